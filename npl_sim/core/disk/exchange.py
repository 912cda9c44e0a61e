"""Atomic replacement of a folder by another."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

from npl_sim.core.disk.claims import REPLACED, TARGET

HERE, EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of renameat2(2)."""

UNABLE = frozenset(
    {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EXDEV, errno.EPERM}
)


def exchange(first: Path, second: Path) -> bool:
    """Swap the names of two folders in one step; return False if the system does not support it.

    Raises
    ------
    OSError
        If the swap fails for another reason.
    """
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(HERE, os.fsencode(first), HERE, os.fsencode(second), ctypes.c_uint(EXCHANGE)) == 0:
        return True
    number = ctypes.get_errno()
    if number in UNABLE:
        return False
    raise OSError(number, os.strerror(number), str(second))


def replace_folder(draft: Path, target: Path) -> None:
    """Replace a folder by a draft; the old folder moves into the folder of the draft.

    If names cannot be swapped in one step, a process killed between two steps leaves the old
    folder there. `claims` restores its name when it removes the files of that process.

    Raises
    ------
    OSError
        If the replacement fails; the old folder then stays.
    """
    if exchange(draft, target):
        return
    replaced = draft.parent / REPLACED
    (draft.parent / TARGET).symlink_to(target.name)
    target.rename(replaced)
    try:
        draft.rename(target)
    except BaseException:
        replaced.rename(target)
        raise
