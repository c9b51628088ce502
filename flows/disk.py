"""What a full disk looks like to whoever started a command: one sentence with the remedy, not a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import UserError


@contextmanager
def told_when_full(folder: Path) -> Iterator[None]:
    """Turn a full disk, met by any library inside the block, into a sentence that names ``folder``.

    Raises:
        UserError: the disk, a quota or a limit of file size refused bytes. Every other error passes as it is.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        from warehouse import disk_full, is_disk_full

        if is_disk_full(error):
            raise disk_full(folder) from error
        raise
