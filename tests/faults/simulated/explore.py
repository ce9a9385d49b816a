"""Every call of a conversion is a kill, a power cut, an error or a lie once; what is left is judged, and gone on from.

An *attempt* is one run of the real worker's code. Pictures of the disk are taken before each call that changes it, and
at its end. Each picture is a kill (the disk as it is, with what the kernel has not written back yet) and as many power
cuts as there are distinct survivors. What a first attempt leaves is where a second one starts, and so on: crashes
inside recovery.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.faults.fault_files import EFFECTS, Harm, Strike
from tests.faults.simulated.judge import Judge, Key, Verdict
from tests.faults.simulated.shard import AUDIO, BACKUP, STATUS, Run, Setting, Shard
from tests.faults.simulated.sim_disk import Disk, Model, survivors, written_back
from tests.faults.simulated.sim_files import STRANGERS, Call, Trick
from tests.faults.tally import Tally

REFUSALS = (
    (Harm.ERROR_BEFORE, errno.EIO),
    (Harm.ERROR_BEFORE, errno.ENOSPC),
    (Harm.ERROR_AFTER, errno.EIO),
    (Harm.ERRORS_FROM_HERE, errno.EROFS),
)
"""Of a call that changes something; one that only reads errs once, with EIO. What an errno does beyond that is which
trouble the engine sees in it, and the tests on the real file system go through all of them."""
SYNC_TRICKS = (Trick.SYNC_FAILS, Trick.SYNC_NOTHING, Trick.SYNC_HALF, Trick.SYNC_ZEROS, Trick.SYNC_FLIPPED)
Start = tuple[str, Disk]
"""How a disk came about, and the disk."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that the code under test did not stand."""

    scenario: str
    verdict: Verdict

    def __str__(self) -> str:
        return f"{self.scenario.removesuffix('; ')}: {self.verdict}"


class FoundError(Exception):
    """Raised at the first finding where one is enough."""


@dataclass
class Explorer:
    """Injects faults into one shard's conversion, and counts."""

    shard: Shard
    setting: Setting
    model: Model
    tally: Tally
    one_is_enough: bool = False
    findings: list[Finding] = field(default_factory=list)
    red_is_an_end: bool = False
    """After two lies, one of which took the record: recovery may leave the shard to a person, untouched."""
    sees: Callable[[str, str, Disk], None] | None = None
    """Is told of each distinct disk: its class, what made it, and the disk."""
    _now: dict[Key, Start] = field(default_factory=dict)
    _seen: set[Key] = field(default_factory=set)
    _told: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.judge = Judge(self.shard, self.setting)

    @property
    def fresh(self) -> Start:
        return "", self.shard.fresh()

    def crashes(self, starts: Sequence[Start]) -> list[Start]:
        """Kill each attempt before each change, and cut the power there; return the disks that were not seen before."""
        self._now = {}
        for how, disk in starts:
            run = self.shard.convert(disk, self.setting)
            for at, call in self._pictures(run):
                self._kills(f"{how}killed before {at} {call}; ", call)
                self._cuts(f"{how}power cut before {at} {call}; ", call, "power cut")
        return list(self._now.values())

    def errors(self, starts: Sequence[Start], share: float = 1.0, seed: int = 0) -> list[Start]:
        """Refuse each call of each attempt, or do it and say otherwise; cut the power at each later change."""
        self._now, chosen = {}, Random(seed)
        for how, disk in starts:
            for at, call in enumerate(self.shard.convert(disk, self.setting).calls[:-1], 1):
                for harm, code in _refusals(call):
                    if chosen.random() >= share:
                        continue
                    run = self.shard.convert(disk, self.setting, strike=Strike(at, harm, code), pictures_from=at + 1)
                    name = errno.errorcode[code]
                    self._after(f"{how}{name}, {harm}, at {at} {call}; ", run, "error", cuts=True)
        return list(self._now.values())

    def lies(self, starts: Sequence[Start], share: float = 1.0, seed: int = 0) -> list[Start]:
        """Let the disk lie in each call of each attempt; cut the power at each later change.

        After a folder's sync that lied, the power is cut in the ordered model only: a disk that neither keeps order nor
        syncs can take an original with it whatever a program does.
        """
        self._now, chosen = {}, Random(seed)
        for how, disk in starts:
            calls = self.shard.convert(disk, self.setting).calls
            for at, call in enumerate(calls[:-1], 1):
                for trick in _tricks(at, calls):
                    if chosen.random() >= share:
                        continue
                    run = self.shard.convert(disk, self.setting, trick=(at, trick), pictures_from=at + 1)
                    if run.struck:
                        cuts = trick is not Trick.NAMES_NOTHING or self.model is Model.ORDERED
                        self._after(f"{how}{trick}, at {at} {call}; ", run, "lie", cuts=cuts)
        return list(self._now.values())

    def strangers(self) -> None:
        """Let somebody else put a file of A's or B's name there, at each call before the swap looks for it last.

        What is counted as lost is the stranger's file.
        """
        calls = self.shard.convert(self.shard.fresh(), self.setting).calls
        record = next(at for at, call in enumerate(calls, 1) if call.name == f"{STATUS}.tmp")
        takes = ("link", "move", "rename")
        backup = next(at for at, call in enumerate(calls, 1) if call.name == BACKUP and call.what in takes)
        for trick, end in ((Trick.NEW_AUDIO, min(record, backup)), (Trick.NEW_BACKUP, backup + 1)):
            for at in range(1, end):
                disk = self.shard.convert(self.shard.fresh(), self.setting, trick=(at, trick)).disk
                self.tally.faults += 1
                if STRANGERS not in (disk.bytes_at(AUDIO), disk.bytes_at(BACKUP)):
                    self._found(f"{trick}, at {at} {calls[at - 1]}; ", Verdict(lost="the stranger's file"))

    def _after(self, how: str, run: Run, what: str, *, cuts: bool) -> None:
        """Judge what an attempt left that met a fault, and what a power cut after the fault would leave."""
        self._note(f"{how}end; ", run.disk, what)
        if cuts:
            for at, call in self._pictures(run):
                self._cuts(f"{how}power cut before {at} {call}; ", call, f"{what}, power cut")

    def _pictures(self, run: Run) -> Iterator[tuple[int, Call]]:
        return ((at, call) for at, call in enumerate(run.calls, 1) if call.before is not None)

    def _kills(self, how: str, call: Call) -> None:
        assert call.before is not None
        self._note(how, call.before, "kill")
        if call.before.pending:
            self._note(f"{how}data written back; ", written_back(call.before, names_too=False), "kill")
            self._note(f"{how}all written back; ", written_back(call.before, names_too=True), "kill")

    def _cuts(self, how: str, call: Call, what: str) -> None:
        assert call.before is not None
        for left in survivors(call.before, self.model):
            self._note(how, left, what)

    def _note(self, how: str, disk: Disk, what: str) -> None:
        self.tally.faults += 1
        key, verdict = self.judge(disk)
        self.tally.states.add(verdict.state)
        if key not in self._seen:
            self._now[key] = how, disk
        if self.sees is not None and (key not in self._seen or (verdict.state, what) not in self._told):
            self.sees(verdict.state, what, disk)
        self._seen.add(key)
        self._told.add((verdict.state, what))
        excused = self.red_is_an_end and verdict.left_alone and not (verdict.lost or verdict.early)
        if not verdict.holds and not excused:
            self._found(how, verdict)

    def _found(self, how: str, verdict: Verdict) -> None:
        self.tally.lost += bool(verdict.lost)
        self.tally.early += bool(verdict.early)
        self.tally.stuck += bool(verdict.stuck)
        self.findings.append(Finding(how, verdict))
        if self.one_is_enough:
            raise FoundError(how)


def _refusals(call: Call) -> Iterator[tuple[Harm, int]]:
    if call.what not in EFFECTS:
        yield Harm.ERROR_BEFORE, errno.EIO
        return
    yield from REFUSALS
    if call.what == "move":
        yield Harm.ERROR_AFTER, errno.EEXIST  # the way without RENAME_NOREPLACE looks first, and finds what is done


def _tricks(at: int, calls: Sequence[Call]) -> Iterator[Trick]:
    call = calls[at - 1]
    if call.what in ("sync", "sync_file"):
        yield from SYNC_TRICKS
    if call.what == "sync_folder":
        yield Trick.NAMES_NOTHING
    if call.what == "read_at" and call.uncached:
        yield Trick.READ_FLIPPED
    if at <= _last_look(calls):
        yield Trick.ROT


def _last_look(calls: Sequence[Call]) -> int:
    """Return when the result is last read back while the original is there: what rots later, nobody can know.

    After a swap, that is the call that follows its durable rename at the latest, whether the code looks there or not.
    """
    whats = [str(call) for call in calls]
    ends = whats.index(f"unlink {BACKUP}") if f"unlink {BACKUP}" in whats else len(calls)
    looks = [at for at, call in enumerate(calls[:ends], 1) if str(call) == f"open {AUDIO}" and call.uncached]
    after = whats.index(f"rename {AUDIO}") + 2 if f"rename {AUDIO}" in whats else 0
    durable = after and after + (calls[after - 1].what == "sync_folder")
    return max([*looks, durable])
