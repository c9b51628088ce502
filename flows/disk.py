"""A full disk, or a place that cannot be used, to whoever started a command: one sentence with the remedy."""

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import UserError

NO_RIGHT = {errno.EACCES: "没有权限", errno.EPERM: "没有权限", errno.EROFS: "只读"}
NO_PLACE = {
    errno.ENOENT: "不存在", errno.ENOTDIR: "上级不是文件夹", errno.EISDIR: "是文件夹", errno.EEXIST: "已有同名文件",
    errno.ENAMETOOLONG: "名称太长",
}  # fmt: skip


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


def wrong_place(error: OSError, named: Iterable[Path]) -> UserError | None:
    """Return the sentence on a path of the user's that the system refuses; None where the error is a defect of ours.

    ``named``: the paths that the user named. The error must be about one of them, what it lies in, or what is made
    beside it before it takes its place; in what lies below it, a right must be lacking, or it is no folder.
    """
    why = {**NO_RIGHT, **NO_PLACE}.get(error.errno or 0)
    if why is None or not isinstance(error.filename, str):
        return None
    at = Path(error.filename2 or error.filename).absolute()
    for path in (p.absolute() for p in named):
        beside = at.parent == path.parent and at.name.startswith(".")
        below = path in at.parents and error.errno in (*NO_RIGHT, errno.ENOTDIR)
        if at == path or at in path.parents or beside or below:
            place = at if below else path
            return UserError(
                f"{place} 不能使用({why})。请检查路径和权限,或换一个位置。",
                f"{place} cannot be used ({error.strerror}). Check path and permissions, or choose another place.",
            )
    return None
