"""Files that gonogo did not make under the four names: what is RED is not touched, and no original disappears.

The states are every mixture of tars that another tool, a person with ``cp`` or a dying disk may have left.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import msgspec

from engine.convert.tasks import Result
from engine.crew.answers import State
from engine.shards.record import Record, SwapState, now
from engine.shards.states import Ends
from tests.faults.simulated.shard import AUDIO, BACKUP, STATUS, TEMPORARY, Setting, Shard, hash_of, speech
from tests.faults.simulated.sim_disk import Disk, Model, flipped, survivors
from tests.faults.simulated.sim_files import seen
from tests.faults.tally import Tally
from tests.recordings import cut, real_clips_48k, tar_bytes

SECOND_NAME, LINK = "second name of audio.tar", "symbolic link"
TARS = ("original", "other", "result", "other result", "damaged", "rotten", "empty", "zeros", "mixed", "silent")
OF_A = (*TARS, LINK, None)
OF_B = ("original", "other", "result", "damaged", "empty", "zeros", SECOND_NAME, LINK, None)
OF_T = ("original", "other", "result", "other result", "damaged", "zeros", "mixed", LINK, None)
OF_S = ("swapping", "swapped", "swapped, kept", "swapped, of another shard", "junk", None)
Mixture = tuple[str | None, str | None, str | None, str | None]


def mixtures() -> Iterator[Mixture]:
    """Yield all combinations of A, B, T and S."""
    for a, b, t, s in itertools.product(OF_A, OF_B, OF_T, OF_S):
        if a is not None or b != SECOND_NAME:
            yield a, b, t, s


@dataclass
class Foreign:
    """Lays the mixtures and lets the real worker's code at them."""

    shard: Shard
    findings: list[str] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        other = Shard(self.shard.folder, tar_bytes(speech(2, 38_400)))
        run = other.convert(other.fresh(), Setting())
        assert run.result.state is State.DONE, run.result
        result = run.disk.bytes_at(AUDIO)
        assert result is not None
        self._other = replace(other, result=result)
        low = ("low.wav", cut(real_clips_48k(2)[1], 4_801, rate_hz=16_000)[1])
        self._tars = {
            "original": self.shard.original,
            "other": other.original,
            "result": self.shard.result,
            "other result": result,
            "damaged": self.shard.original[: len(self.shard.original) // 1_024 * 512],
            "rotten": flipped(self.shard.result),
            "empty": b"",
            "zeros": bytes(10_240),
            "mixed": tar_bytes([speech(1, 9_600)[1], low]),
            "silent": tar_bytes([("words.txt", b"no audio")]),
        }
        self.result_of = {self.shard.original: self.shard.result, other.original: result}

    def lay(self, mixture: Mixture) -> Disk:
        """Make the disk of a mixture."""
        disk = Disk()
        a, b, t, s = mixture
        for name, what in ((AUDIO, a), (BACKUP, b), (TEMPORARY, t)):
            if what == SECOND_NAME:
                disk.names[name] = disk.durable[name] = disk.names[AUDIO]
            elif what is not None:
                disk.lay(name, self._tars.get(what, self.shard.original), is_file=what != LINK)
        if s is not None:
            disk.lay(STATUS, b'{"state": "swap' if s == "junk" else self._record(s))
        return disk

    def go_through(self, tally: Tally, *, keeps: bool = False) -> None:
        """Recover and convert every mixture, and judge what is left."""
        for mixture in mixtures():
            tally.faults += 1
            self._judge(mixture, tally, Setting(keeps=keeps))

    def cut_through(self, tally: Tally, model: Model) -> None:
        """Cut the power before every change of the attempt at every mixture; no original may be gone too early."""
        for mixture in mixtures():
            laid = self.lay(mixture)
            had = self._originals(laid)
            for call in self.shard.convert(laid, Setting()).calls:
                for left in survivors(call.before, model) if call.before is not None else ():
                    tally.faults += 1
                    gone = had - self._originals(left)
                    if any(left.bytes_at(AUDIO) != self.result_of[original] for original in gone):
                        tally.lost += 1
                        self.findings.append(f"{mixture}, power cut before {call}")

    def _judge(self, mixture: Mixture, tally: Tally, setting: Setting) -> None:
        laid = self.lay(mixture)
        had = self._originals(laid)
        recovering = laid.copy()
        recovered = self.shard.recover(recovering, let_go=not setting.keeps)
        run = self.shard.convert(laid, setting)
        tally.states.add(f"{mixture}")
        for what, result, disk in (("recover", recovered, recovering), ("convert", run.result, run.disk)):
            if result.recovery is not None:
                self.rows.add(result.recovery.row)
            if any(disk.bytes_at(AUDIO) != self.result_of[original] for original in had - self._originals(disk)):
                tally.lost += 1
                self.findings.append(f"{what} {mixture}: an original is gone, and its conversion is not in its place")
            if _is_red(result) and seen(disk) != seen(laid):
                tally.early += 1
                self.findings.append(f"{what} {mixture}: RED, and touched")
        again = self.shard.convert(run.disk, setting)
        if again.result.state not in (run.result.state, State.SKIPPED) or seen(again.disk) != seen(run.disk):
            tally.stuck += 1
            self.findings.append(f"{mixture}: a second run does something else than the first")

    def _originals(self, disk: Disk) -> set[bytes]:
        held = {disk.bytes_at(name) for name in (AUDIO, BACKUP, TEMPORARY)}
        return {original for original in self.result_of if original in held}

    def _record(self, said: str) -> bytes:
        pair = self._other if said.endswith("of another shard") else self.shard
        original, result = hash_of(pair.original), hash_of(pair.result)
        state = SwapState.SWAPPING if said == "swapping" else SwapState.SWAPPED
        record = Record(
            state=state, tool="t", run="r", time=now(), original=original, result=result, keeps_backup="kept" in said
        )
        return msgspec.json.encode(record)


def _is_red(result: Result) -> bool:
    return result.recovery is not None and result.recovery.ends == Ends.RED
