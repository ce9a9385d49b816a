"""A disk and its cache in memory: what a process sees, what is durable, and what a power cut may leave of it.

A folder's entries change by pending operations until the folder is synced; a file's data are in the cache until the
file is synced. Two models of what survives a power cut:

- *ordered*: entries persist in the order in which they changed, as by a journal (a prefix of the pending operations);
- *weak*: what POSIX promises, and no more. Each pending operation persists or not, in any combination; only a rename
  is one step.

In both, the data of a file that was not synced are the old, the new, none, zeros of the new length, or a beginning of
the new: half of them, or less than its first clip, with zeros behind or nothing.
Neither model commits entries when a file is synced, so each is harsher than the file systems that it stands for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache

MOST_PENDING_IN_FULL = 7
"""All subsets of so many pending operations are tried (128); of more, each prefix and each set that lacks one or two.
The undisturbed protocol never has more than three pending."""


_BLOCK_BYTES = 512
"""What a disk writes in one piece; of a tar, the first member's header."""


class Model(StrEnum):
    """Which of the pending operations a power cut may leave."""

    ORDERED = "ordered"
    WEAK = "weak POSIX"


class Sync(StrEnum):
    """What a sync of a file does; all but the first say nothing of it, and the pages count as clean afterwards."""

    HONEST = "honest"
    NOTHING = "persists nothing"
    HALF = "persists half"
    ZEROS = "persists zeros"
    FLIPPED = "persists another bit"


@dataclass(frozen=True, slots=True)
class Inode:
    """One version of one file."""

    durable: bytes = b""
    volatile: bytes = b""
    dirty: bool = False
    mtime: int = 0
    ctime: int = 0
    is_file: bool = True
    proven: bool = False
    """Its bytes were all read back from the disk since they were last written."""


@dataclass(frozen=True, slots=True)
class Change:
    """One operation on the folder's entries: a file takes a name, leaves one, or both in one step."""

    inode: int
    takes: str | None = None
    leaves: str | None = None

    def apply(self, names: dict[str, int]) -> None:
        """Do it to a set of entries."""
        if self.leaves is not None and names.get(self.leaves) == self.inode:
            del names[self.leaves]
        if self.takes is not None:
            names[self.takes] = self.inode


@dataclass(slots=True)
class Disk:
    """One folder of files."""

    inodes: dict[int, Inode] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    """As a process sees them."""
    durable: dict[str, int] = field(default_factory=dict)
    """As a power cut would leave them if nothing pending persisted."""
    pending: list[Change] = field(default_factory=list)
    clock: int = 1_000

    def copy(self) -> Disk:
        """Return an image that later changes of this disk leave alone."""
        return Disk(dict(self.inodes), dict(self.names), dict(self.durable), list(self.pending), self.clock)

    def lay(self, name: str, content: bytes, *, is_file: bool = True) -> None:
        """Put a durable file there, as somebody else left it."""
        number = self._new(Inode(content, content, mtime=self._tick(), ctime=self.clock, is_file=is_file))
        self.names[name] = self.durable[name] = number

    def at(self, name: str) -> Inode | None:
        """Return what a process sees under a name."""
        number = self.names.get(name)
        return None if number is None else self.inodes[number]

    def bytes_at(self, name: str) -> bytes | None:
        """Return the content that a process sees under a name; None where there is no plain file."""
        inode = self.at(name)
        return inode.volatile if inode is not None and inode.is_file else None

    def links(self, number: int) -> int:
        """Count a file's names."""
        return sum(1 for other in self.names.values() if other == number)

    def create(self, name: str) -> int:
        """Make an empty file."""
        number = self._new(Inode(dirty=True, mtime=self._tick(), ctime=self.clock))
        self._change(Change(number, takes=name))
        return number

    def append(self, number: int, data: bytes) -> None:
        """Write to a file's end, into the cache."""
        inode = self.inodes[number]
        self.inodes[number] = replace(
            inode, volatile=inode.volatile + data, dirty=True, mtime=self._tick(), ctime=self.clock, proven=False
        )

    def touch(self, number: int) -> None:
        """Change what a file's inode says of it, and no more."""
        self.inodes[number] = replace(self.inodes[number], ctime=self._tick())

    def change(self, change: Change) -> None:
        """Give or take names."""
        self._change(change)
        self.touch(change.inode)

    def sync(self, number: int, how: Sync = Sync.HONEST) -> None:
        """Bring a file's data to the disk, or say so."""
        inode = self.inodes[number]
        if not inode.dirty:
            return
        self.inodes[number] = replace(inode, durable=_synced(inode, how), dirty=False)

    def sync_names(self) -> None:
        """Make the folder's entries durable."""
        self.durable = dict(self.names)
        self.pending = []

    def drop_cache(self, number: int) -> None:
        """Let the disk answer; pages that are not written back yet stay."""
        inode = self.inodes[number]
        if not inode.dirty and inode.volatile is not inode.durable:
            self.inodes[number] = replace(inode, volatile=inode.durable)

    def rot(self, number: int) -> None:
        """Turn one bit on the disk over; the cache still holds what was."""
        inode = self.inodes[number]
        self.inodes[number] = replace(inode, durable=flipped(inode.durable), proven=False)

    def prove(self, number: int) -> None:
        """Remember that a file was read back from the disk from end to end."""
        inode = self.inodes[number]
        if not inode.dirty and not inode.proven:
            self.inodes[number] = replace(inode, proven=True)

    def _new(self, inode: Inode) -> int:
        number = len(self.inodes) + 1
        self.inodes[number] = inode
        return number

    def _change(self, change: Change) -> None:
        change.apply(self.names)
        self.pending.append(change)

    def _tick(self) -> int:
        self.clock += 1
        return self.clock


def written_back(disk: Disk, *, names_too: bool) -> Disk:
    """Return the disk after the kernel has written back what was dirty, as it does within half a minute."""
    later = disk.copy()
    for number in {*later.names.values(), *later.durable.values()}:
        later.sync(number)
    if names_too:
        later.sync_names()
    return later


def survivors(disk: Disk, model: Model) -> Iterator[Disk]:
    """Yield every distinct disk that a power cut at this moment may leave."""
    seen: set[tuple[frozenset[tuple[str, int]], tuple[bytes, ...]]] = set()
    for kept in _kept(disk.pending, model):
        names = dict(disk.durable)
        for change in kept:
            change.apply(names)
        numbers = sorted(set(names.values()))
        for contents in itertools.product(*(_outcomes(disk.inodes[number]) for number in numbers)):
            mark = (frozenset(names.items()), contents)
            if mark in seen:
                continue
            seen.add(mark)
            yield _booted(disk, names, dict(zip(numbers, contents, strict=True)))


def _booted(disk: Disk, names: dict[str, int], contents: dict[int, bytes]) -> Disk:
    inodes = dict(disk.inodes)  # those without a name stay, so that no number is given twice
    for number, content in contents.items():
        was = inodes[number]
        if was.dirty or was.volatile is not content or was.durable is not content:
            inodes[number] = replace(was, durable=content, volatile=content, dirty=False)
    return Disk(inodes, dict(names), dict(names), [], disk.clock + 1)


def _kept(pending: Sequence[Change], model: Model) -> Iterator[Sequence[Change]]:
    if model is Model.ORDERED:
        yield from (pending[:end] for end in range(len(pending) + 1))
    elif len(pending) <= MOST_PENDING_IN_FULL:
        for size in range(len(pending) + 1):
            yield from itertools.combinations(pending, size)
    else:
        yield from (pending[:end] for end in range(len(pending) + 1))
        for lacking in (1, 2):
            yield from itertools.combinations(pending, len(pending) - lacking)


def _outcomes(inode: Inode) -> tuple[bytes, ...]:
    return _torn(inode.durable, inode.volatile) if inode.dirty else (inode.durable,)


@cache
def _torn(old: bytes, new: bytes) -> tuple[bytes, ...]:
    """What may be left of a file that was not synced."""
    half, head = new[: len(new) // 2], new[:_BLOCK_BYTES]
    filled = (part + bytes(len(new) - len(part)) for part in (half, head))
    return tuple(dict.fromkeys((old, new, half, bytes(len(new)), b"", *filled)))


def _synced(inode: Inode, how: Sync) -> bytes:
    new = inode.volatile
    match how:
        case Sync.HONEST:
            return new
        case Sync.NOTHING:
            return inode.durable
        case Sync.HALF:
            return new[: len(new) // 2]
        case Sync.ZEROS:
            return bytes(len(new))
        case Sync.FLIPPED:
            return flipped(new)


@cache
def flipped(data: bytes, bit: int = 1) -> bytes:
    """Return the bytes with one bit turned over, three eighths in: in the tests' result, one of a clip's samples."""
    at = len(data) * 3 // 8
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :] if data else b"\x01"
