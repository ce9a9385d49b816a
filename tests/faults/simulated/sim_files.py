"""``engine.shards.files.Files`` over a simulated disk, and the watcher that takes its picture before every change."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from engine.shards.files import Facts, Identity, Reader, Writer
from engine.shards.names import FOLDER_BACKUP
from tests.faults.fault_files import EFFECTS, FaultFiles, Strike
from tests.faults.simulated.sim_disk import Change, Disk, Inode, Sync, flipped

_DEVICE = 1
_READ_BIT = 2
"""Turned over on the way from the disk; another than what rots on it, or two faults would make one right."""
_FOLDER = Facts(Identity(_DEVICE, 0, 0, 0, 0), is_file=False, links=2)


@dataclass
class Humour:
    """How the next calls of a simulated file system are answered."""

    sync: Sync = Sync.HONEST
    sync_fails: bool = False
    """The sync says so, and the pages count as clean all the same, as Linux has it."""
    sync_names: bool = True
    flips_read: bool = False
    struck: bool = False
    """Something was done otherwise than it should."""


class SimFiles:
    """The files of one folder of a simulated disk; only the last part of a path counts."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        self.disk = disk
        self.humour = Humour()
        self._folder = folder

    def facts(self, path: Path) -> Facts | None:
        if path == self._folder:
            return _FOLDER
        number = self.disk.names.get(path.name)
        return None if number is None else self._facts(number)

    @contextlib.contextmanager
    def open(self, path: Path, *, uncached: bool = False) -> Iterator[Reader]:
        number = self._number(path)
        if uncached:
            self.disk.drop_cache(number)
        yield _SimReader(self.disk, number, self._facts(number), self.humour if uncached else None)

    @contextlib.contextmanager
    def create(self, path: Path) -> Iterator[Writer]:
        self._demand_free(path)
        yield _SimWriter(self, self.disk.create(path.name))

    def resemble(self, path: Path, model: Path) -> None:
        self._number(model)
        self.disk.touch(self._number(path))

    def link(self, old: Path, new: Path) -> None:
        number = self._number(old)
        self._demand_free(new)
        self.disk.change(Change(number, takes=new.name))

    def move(self, old: Path, new: Path) -> None:
        self._demand_free(new)  # first: whatever the kernel refuses, RealFiles.move looks there again
        self.disk.change(Change(self._number(old), takes=new.name, leaves=old.name))

    def rename(self, old: Path, new: Path) -> None:
        number, replaced = self._number(old), self.disk.names.get(new.name)
        if replaced == number:  # rename(2) says yes and does nothing
            return
        self.disk.change(Change(number, takes=new.name, leaves=old.name))
        if replaced is not None:
            self.disk.touch(replaced)

    def unlink(self, path: Path) -> None:
        self.disk.change(Change(self._number(path), leaves=path.name))

    def sync_file(self, path: Path) -> None:
        self.sync(self._number(path))

    def sync_folder(self, folder: Path) -> None:
        if folder != self._folder:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
        if not self.humour.sync_names:
            self.humour.sync_names, self.humour.struck = True, True
            return
        self.disk.sync_names()

    def sync(self, number: int) -> None:
        """Sync a file in the humour of the moment."""
        how, fails = self.humour.sync, self.humour.sync_fails
        self.humour.struck |= self.disk.inodes[number].dirty and (fails or how is not Sync.HONEST)
        self.humour.sync, self.humour.sync_fails = Sync.HONEST, False
        self.disk.sync(number, Sync.NOTHING if fails else how)
        if fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _facts(self, number: int) -> Facts:
        return Facts(
            identity_of(number, self.disk.inodes[number]), self.disk.inodes[number].is_file, self.disk.links(number)
        )

    def _number(self, path: Path) -> int:
        number = self.disk.names.get(path.name)
        if number is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return number

    def _demand_free(self, path: Path) -> None:
        if path.name in self.disk.names:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def identity_of(number: int, inode: Inode) -> Identity:
    """Say what ``lstat`` says of a file."""
    return Identity(_DEVICE, number, len(inode.volatile), inode.mtime, inode.ctime)


def seen(disk: Disk) -> dict[str, tuple[int, Inode]]:
    """Everything that can be told of a folder's entries; what is cached makes no difference."""
    return {name: (number, replace(disk.inodes[number], proven=False)) for name, number in disk.names.items()}


class _SimReader:
    def __init__(self, disk: Disk, number: int, facts: Facts, humour: Humour | None) -> None:
        self.facts, self.size_bytes = facts, facts.identity.size_bytes
        self._disk, self._number, self._humour, self._upto = disk, number, humour, 0

    def read_at(self, offset: int, size: int) -> bytes:
        data = self._disk.inodes[self._number].volatile[offset : offset + size]
        if self._humour is None:
            return data
        if self._humour.flips_read and data:
            self._humour.flips_read, self._humour.struck = False, True
            return flipped(data, _READ_BIT)
        if offset <= self._upto:
            self._upto = max(self._upto, offset + len(data))
        if self._upto >= self.size_bytes:
            self._disk.prove(self._number)
        return data


class _SimWriter:
    def __init__(self, files: SimFiles, number: int) -> None:
        self._files, self._number = files, number

    def write(self, data: bytes | memoryview) -> None:
        self._files.disk.append(self._number, bytes(data))

    def sync(self) -> None:
        self._files.sync(self._number)


class Trick(StrEnum):
    """What a disk may do to a call beside refusing it."""

    SYNC_FAILS = "the sync fails and the pages count as clean"
    SYNC_NOTHING = "the sync lies: nothing persists"
    SYNC_HALF = "the sync lies: half persists"
    SYNC_ZEROS = "the sync lies: zeros persist"
    SYNC_FLIPPED = "the sync lies: another bit persists"
    NAMES_NOTHING = "the folder's sync lies: nothing persists"
    READ_FLIPPED = "another bit is read back"
    ROT = "a bit of the converted tar turns over on the disk"
    NEW_AUDIO = "somebody puts another audio.tar there"
    NEW_BACKUP = "somebody puts a file of the backup's name there"


FOLDER_AUDIO = "audio.tar"
STRANGERS = b"somebody else's"
_SYNC_OF = {
    Trick.SYNC_NOTHING: Sync.NOTHING,
    Trick.SYNC_HALF: Sync.HALF,
    Trick.SYNC_ZEROS: Sync.ZEROS,
    Trick.SYNC_FLIPPED: Sync.FLIPPED,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the watcher saw it come."""

    what: str
    name: str
    uncached: bool = False
    """Of an open and of the reads after it."""
    before: Disk | None = None
    """The disk before a call that changes it."""

    def __str__(self) -> str:
        return f"{self.what} {self.name}"


@dataclass
class Watched(FaultFiles):
    """A simulated file system that is struck once at most and keeps a picture of its disk before every change."""

    sim: SimFiles
    strike: Strike | None = None
    trick: tuple[int, Trick] | None = None
    """At which call, counted from 1, and what."""
    rots: bytes = b""
    """The content of the file that a rotting disk turns over."""
    pictures_from: int = 1
    """The first call whose picture is wanted."""
    seen: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.sim, self.strike)
        self._uncached: dict[str, bool] = {}

    @contextlib.contextmanager
    def open(self, path: Path, *, uncached: bool = False) -> Iterator[Reader]:
        self._uncached[path.name] = uncached
        with super().open(path, uncached=uncached) as reader:
            yield reader

    @contextlib.contextmanager
    def _call(self, what: str, path: Path) -> Iterator[None]:
        number = len(self.seen) + 1
        changes = what in EFFECTS and number >= self.pictures_from
        uncached = what in ("open", "read_at") and self._uncached.get(path.name, False)
        self.seen.append(Call(what, path.name, uncached, self.sim.disk.copy() if changes else None))
        if self.trick is not None and self.trick[0] == number:
            self._play(self.trick[1])
        with super()._call(what, path):
            yield

    def _play(self, trick: Trick) -> None:
        humour, disk = self.sim.humour, self.sim.disk
        match trick:
            case Trick.SYNC_FAILS:
                humour.sync_fails = True
            case Trick.NAMES_NOTHING:
                humour.sync_names = False
            case Trick.READ_FLIPPED:
                humour.flips_read = True
            case Trick.ROT:
                for number in sorted({*disk.names.values()}):
                    if disk.inodes[number].durable == self.rots and not disk.inodes[number].dirty:
                        disk.rot(number)
                        humour.struck = True
            case Trick.NEW_AUDIO | Trick.NEW_BACKUP:
                disk.lay(FOLDER_AUDIO if trick is Trick.NEW_AUDIO else FOLDER_BACKUP, STRANGERS)
                humour.struck = True
            case _:
                humour.sync = _SYNC_OF[trick]
