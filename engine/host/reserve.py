"""Whether a folder has room for a file of some size: asked of the file system, for a quota shows in no free space."""

from __future__ import annotations

import ctypes
import errno
import os
import tempfile
from pathlib import Path
from typing import Final

_CANNOT_TELL: Final = {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
_SAYS_NO: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def can_reserve(folder: Path, size_bytes: int) -> bool | None:
    """Reserve so many bytes in a file without a name, and let them go; None where the file system cannot tell.

    Not ``posix_fallocate``: where the kernel has no such call, the C library writes to every block instead.

    Raises:
        OSError: when nothing can be made in ``folder`` at all.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            _fallocate(file.fileno(), size_bytes)
        except (OSError, AttributeError) as fault:
            code = fault.errno if isinstance(fault, OSError) else errno.ENOSYS
            if code in _SAYS_NO:
                return False
            if code in _CANNOT_TELL:
                return None
            raise
    return True


def _fallocate(descriptor: int, size_bytes: int) -> None:
    call = ctypes.CDLL(None, use_errno=True).fallocate64  # musl has only fallocate, which takes 64 bits as well
    if call(descriptor, 0, ctypes.c_int64(0), ctypes.c_int64(max(1, size_bytes))):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
