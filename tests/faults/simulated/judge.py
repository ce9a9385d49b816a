"""What a simulated disk is worth: is something lost, gone too early, stuck? Asked of bytes, not of the code under test.

*lost*: no whole original under A or B, and A is not the whole result.
*early*: the original is gone, and A is the result, but was never read back from the disk, or no whole record says
``swapped`` beside it. With hard links also: A is absent, though only for a moment.
*stuck*: an undisturbed run does not end with the result, its record and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from engine.crew.answers import State
from engine.shards.record import Record, SwapState
from engine.shards.states import Ends
from tests.faults.simulated.shard import AUDIO, BACKUP, STATUS, TEMPORARY, Run, Setting, Shard
from tests.faults.simulated.sim_disk import Disk, Inode
from tests.faults.simulated.sim_files import identity_of, seen

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a disk, in words; "" where nothing is."""

    lost: str = ""
    early: str = ""
    stuck: str = ""
    state: str = ""
    """Its class: what stands under A, B, T and S."""
    left_alone: bool = False
    """It is stuck because recovery leaves it to a person (RED): nothing was touched, and the original is there."""

    @property
    def holds(self) -> bool:
        return not (self.lost or self.early or self.stuck)

    def __str__(self) -> str:
        told = (("lost", self.lost), ("early", self.early), ("stuck", self.stuck))
        return "; ".join(f"{what}: {why}" for what, why in told if why) + f" [{self.state}]"


@dataclass
class Judge:
    """Judges disks of one shard in one setting; equal disks are judged once."""

    shard: Shard
    setting: Setting
    _verdicts: dict[Key, Verdict] = field(default_factory=dict)
    _labels: dict[bytes, str] = field(default_factory=dict)
    _records: dict[bytes, Record | None] = field(default_factory=dict)

    def __call__(self, disk: Disk) -> tuple[Key, Verdict]:
        """Return what makes a disk distinct, and what it is worth."""
        key = self.key(disk)
        if key not in self._verdicts:
            self._verdicts[key] = self._judged(disk)
        return key, self._verdicts[key]

    def key(self, disk: Disk) -> Key:
        """Return what is the same for disks that no program can tell apart, now or after a power cut."""
        order: dict[int, int] = {}
        for names in (disk.names, disk.durable):
            for name in sorted(names):
                order.setdefault(names[name], len(order))
        for change in disk.pending:
            order.setdefault(change.inode, len(order))
        return (
            frozenset((name, order[number]) for name, number in disk.names.items()),
            frozenset((name, order[number]) for name, number in disk.durable.items()),
            tuple((order[change.inode], change.takes, change.leaves) for change in disk.pending),
            tuple(self._file(disk.inodes[number], disk, order) for number in order),
        )

    def state(self, disk: Disk) -> str:
        """Return a disk's class: ``A=N B=O T=- S=sg``, as a process sees it."""
        same = BACKUP in disk.names and disk.names[BACKUP] == disk.names.get(AUDIO)
        backup = "O=" if same and self._kind(disk, BACKUP) == "O" else self._kind(disk, BACKUP)
        return f"A={self._kind(disk, AUDIO)} B={backup} T={self._kind(disk, TEMPORARY)} S={self._said(disk)}"

    def _judged(self, disk: Disk) -> Verdict:
        held = {disk.bytes_at(AUDIO), disk.bytes_at(BACKUP)}
        audio = disk.at(AUDIO)
        lost = early = ""
        if self.shard.original not in held:
            if audio is None or audio.volatile != self.shard.result:
                lost = "no whole original and no whole result"
            elif not audio.proven:
                early = "the original is gone, and the result was never read back from the disk"
            elif not self._is_done(disk):
                early = "the original is gone, and no record says that the swap is over"
        if audio is None and self.setting.links:
            early = "audio.tar is absent"
        run = self.shard.convert(disk, self.setting, pictures_from=1 << 30)
        red = run.result.recovery is not None and run.result.recovery.ends == Ends.RED
        left_alone = red and self.shard.original in held and seen(run.disk) == seen(disk)
        return Verdict(lost, early, self._stuck(run), self.state(disk), left_alone)

    def _stuck(self, run: Run) -> str:
        """Say what is wrong with the end of an undisturbed run."""
        after = run.disk
        if run.result.state is not State.DONE:
            return f"the next run ends {run.result.state}: {run.result.fault}"
        if after.bytes_at(AUDIO) != self.shard.result:
            return "the next run ends with other bytes"
        wanted = {AUDIO, STATUS} | ({BACKUP} if self.setting.keeps else set())
        if {*after.names} != wanted:
            return f"the next run leaves {', '.join(sorted(after.names))}"
        if self.setting.keeps and after.bytes_at(BACKUP) != self.shard.original:
            return "the next run keeps something else than the original"
        if not self._is_done(after):
            return "the next run leaves no record of what it did"
        return ""

    def _is_done(self, disk: Disk) -> bool:
        record = self._record(disk.bytes_at(STATUS) or b"")
        return record is not None and (
            (record.state, record.original, record.result) == (SwapState.SWAPPED, *self.shard.digests)
        )

    def _record(self, data: bytes) -> Record | None:
        if data not in self._records:
            try:
                self._records[data] = msgspec.json.decode(data, type=Record)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._records[data] = None
        return self._records[data]

    def _kind(self, disk: Disk, name: str) -> str:
        inode = disk.at(name)
        if inode is None:
            return "-"
        return {self.shard.original: "O", self.shard.result: "N"}.get(inode.volatile, "x")

    def _said(self, disk: Disk) -> str:
        inode = disk.at(STATUS)
        if inode is None:
            return "-"
        record = self._record(inode.volatile)
        return "?" if record is None else {SwapState.SWAPPING: "sg", SwapState.SWAPPED: "sd"}[record.state]

    def _file(self, inode: Inode, disk: Disk, order: dict[int, int]) -> Key:
        durable = self._content(inode.durable, disk, order)
        same = inode.volatile is inode.durable
        volatile = durable if same else self._content(inode.volatile, disk, order)
        return durable, volatile, inode.dirty, inode.proven, inode.is_file

    def _content(self, data: bytes, disk: Disk, order: dict[int, int]) -> Key:
        """Name a content; a record by what it says and by which files it stands for."""
        record = self._record(data) if data[:1] == b"{" else None
        if record is None:
            if data not in self._labels:
                self._labels[data] = "?" if data[:1] == b"{" else str(len(self._labels))
            return (self._labels[data],)
        stands_for = {
            position: which
            for number, position in order.items()
            for which in ("audio", "backup")
            if identity_of(number, disk.inodes[number])
            == (record.audio_identity if which == "audio" else record.backup_identity)
        }
        digests = tuple(
            {self.shard.digests[0]: "O", self.shard.digests[1]: "N"}.get(each, "other") if each else "-"
            for each in (record.original, record.result)
        )
        return (record.state, record.keeps_backup, record.adopted, digests, tuple(stands_for.items()))
