"""A full disk in a sentence, whichever library meets it first."""

import errno
from pathlib import Path

from schemas.errors import UserError

CODES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SIGNS = ("No space left on device", "Disk quota exceeded", "File too large", "No usable temporary directory")
"""What the system says of a full disk, a quota, and a limit of file size; DuckDB and Polars pass it on as text."""


def is_disk_full(error: BaseException | None) -> bool:
    """Say whether an error, or one that it came from, is the system's refusal to take more bytes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in CODES:
            return True
        if not isinstance(error, UserError) and any(sign in str(error) for sign in SIGNS):
            return True
        error = error.__cause__ or error.__context__
    return False


def disk_full(path: Path) -> UserError:
    """Return the sentence on a full disk; ``path`` is the file or folder that could not be written."""
    return UserError(
        f"磁盘空间不足(或超出配额、文件大小限制),无法写入 {path};此前的数据完好,本次未作任何更改。"
        "请腾出空间后重新运行同一命令。",
        f"The disk is full (or a quota or limit of file size is reached): {path} could not be written. Earlier data "
        "are intact and nothing was changed. Free some space and run the same command again.",
    )
