"""``rename`` that never replaces: the kernel's own where there is one, else as near to it as a lock holder can come."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path
from typing import Final

NOREPLACE: Final = 1  # linux/fs.h
EXCHANGE: Final = 2
_AT_FDCWD: Final = -100


def renameat2(source: Path, target: Path, flags: int) -> None:
    """Call ``renameat2``: Python has none; glibc has since 2.28, musl has not.

    Raises:
        AttributeError: where the C library has no such call.
        OSError: when the file system refuses, or does not know the flag.
    """
    call = ctypes.CDLL(None, use_errno=True).renameat2
    if call(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), ctypes.c_uint(flags)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(source), None, str(target))


def rename_new(source: Path, target: Path) -> None:
    """Rename a file to a name that must be free.

    Where the kernel's own test is not to be had, we look first; that leaves a moment in between, which is harmless only
    while the caller holds the lock that all writers of this folder take. An errno does not tell reliably whether a file
    system lacks the call or refused it, so any refusal but "it is there" leads to the second way.

    Raises:
        FileExistsError: when ``target`` is there.
        OSError: when the file system refuses.
    """
    try:
        renameat2(source, target, NOREPLACE)
    except FileExistsError:
        raise
    except (OSError, AttributeError):
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(source), None, str(target)) from None
        os.rename(source, target)  # noqa: PTH104  # the system call by its name
