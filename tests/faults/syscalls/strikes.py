"""Which system calls are struck, and how: from a recording of one undisturbed conversion to orders for strace."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ERRNOS = {
    "openat": ("EACCES", "EDQUOT", "EINTR", "EIO", "EMFILE", "ENFILE", "ENOMEM", "ENOSPC", "EROFS"),
    "newfstatat": ("EACCES", "EIO", "ENOMEM", "EOVERFLOW"),
    "pread64": ("EIO", "EINTR"),
    "write": ("EDQUOT", "EFBIG", "EINTR", "EIO", "ENOSPC", "EPERM"),
    "fsync": ("EDQUOT", "EINTR", "EIO", "ENOSPC", "EROFS"),
    "close": ("EDQUOT", "EINTR", "EIO", "ENOSPC"),
    "fadvise64": ("EINVAL",),
    "lchown": ("EACCES", "EDQUOT", "EIO", "EPERM", "EROFS"),
    "chmod": ("EACCES", "EIO", "EPERM", "EROFS"),
    "flock": ("EAGAIN", "EINTR", "EINVAL", "ENOLCK"),
    "linkat": ("EACCES", "EDQUOT", "EEXIST", "EIO", "EMLINK", "ENOMEM", "ENOSPC", "EPERM", "EROFS", "EXDEV"),
    "rename": ("EACCES", "EBUSY", "EDQUOT", "EIO", "ENOMEM", "ENOSPC", "EPERM", "EROFS"),
    "renameat2": ("EACCES", "EDQUOT", "EEXIST", "EINVAL", "EIO", "ENOSPC", "ENOSYS", "EPERM", "EROFS"),
    "unlink": ("EACCES", "EBUSY", "EIO", "ENOMEM", "EPERM", "EROFS"),
}
"""What each call can give for a file or a folder, by section 2 of the manual; EIO also where the manual leaves it out,
as network and FUSE file systems give it. Not ENOENT: it says that a file is absent, which is no failure of the call."""

_ALSO = {
    "open": "openat", "fstat": "newfstatat", "lstat": "newfstatat", "stat": "newfstatat", "statx": "newfstatat",
    "fchownat": "lchown", "fchmodat": "chmod", "fchmod": "chmod", "link": "linkat", "renameat": "rename",
    "unlinkat": "unlink",
}  # fmt: skip
"""Further names of the same calls: which is used depends on the C library and the processor."""

_LIES = ("0", "1", "100000")
"""What a write that wrote nothing claims to have written: nothing, a byte, more than was asked for (all of it)."""

_CALL = re.compile(r"^(\w+)\((.*)")


@dataclass(frozen=True)
class Call:
    """One system call of the recording."""

    name: str
    nth: int
    """Of its name, from 1."""
    text: str
    """As strace wrote it."""


@dataclass(frozen=True)
class Blow:
    """One call, and what befalls it."""

    call: Call
    harm: str
    """In strace's words: ``error=EIO``, ``signal=KILL``, ``retval=1``."""

    @property
    def options(self) -> tuple[str, ...]:
        """What strace is told."""
        return (f"-etrace={self.call.name}", f"-einject={self.call.name}:{self.harm}:when={self.call.nth}")

    @property
    def kills(self) -> bool:
        """Whether the process is gone before the call is done."""
        return self.harm == "signal=KILL"

    def __str__(self) -> str:
        return f"{self.harm} at {self.call.name} {self.call.nth}: {self.call.text}"


def calls_of(trace: Iterable[str]) -> tuple[Call, ...]:
    """Read a recording."""
    counts: Counter[str] = Counter()
    calls = []
    for line in trace:
        found = _CALL.match(line)
        if found:
            name, text = found.groups()
            counts[name] += 1
            calls.append(Call(name, counts[name], text))
    return tuple(calls)


def blows_at(calls: Iterable[Call]) -> Iterator[Blow]:
    """Yield everything that can befall these calls, one at a time."""
    for call in calls:
        errnos = ERRNOS[_ALSO.get(call.name, call.name)]
        yield from (Blow(call, f"error={errno}") for errno in errnos if _can_give(call, errno))
        yield Blow(call, "signal=KILL")
        if call.name == "write":
            yield from (Blow(call, f"retval={count}") for count in _LIES)


def _can_give(call: Call, errno: str) -> bool:
    """Opening a file that is there needs no room, and may be done on a file system that is read-only."""
    makes_one = "O_CREAT" in call.text
    return makes_one or not (call.name.startswith("open") and errno in {"EDQUOT", "ENOSPC", "EROFS"})
