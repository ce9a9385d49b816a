"""What became of the shards of a sweep: converted in scratch, or none to measure with; each is told once."""

from __future__ import annotations

from collections import Counter

from engine.convert.events import ShardFailed, ShardQuarantined, ShardSkipped, ShardTried
from engine.convert.tasks import Result
from engine.crew.answers import State
from engine.errors import Fault
from engine.run.log import EventLog


class Tried:
    """The shards of the dry run, and those that a trial showed to be none to measure with.

    Args:
        log: where each is told.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.measured: dict[str, Result] = {}
        """The dry run's, by shard."""
        self.counts: Counter[State] = Counter()
        self.left_out: set[str] = set()
        """Shards that turned out to be none to measure with."""

    def converted(self, shard: str, source: str, result: Result) -> None:
        """Keep what the dry run of a shard took, and made."""
        made = result.conversion
        assert made is not None
        self.measured[shard] = result
        self.counts[State.PENDING] += 1
        self._log.append(
            ShardTried(
                shard=shard,
                source=source,
                seconds=result.seconds,
                original=made.original,
                result=made.result,
                tally=made.tally,
            )
        )

    def unfit(self, shard: str, source: str, result: Result) -> None:
        """Leave a shard out that needs no conversion, or that none can be made of."""
        if not self._leave_out(shard, result.state):
            return
        if result.state is State.SKIPPED:
            self._log.append(ShardSkipped(shard=shard, source=source, note=result.note))
        else:
            fault = result.fault or Fault("the worker did not say why")
            self._log.append(ShardQuarantined(shard=shard, source=source, fault=fault))

    def failed(self, shard: str, source: str, fault: Fault) -> None:
        """Leave a shard out that failed."""
        if self._leave_out(shard, State.FAILED):
            self._log.append(ShardFailed(shard=shard, source=source, fault=fault, final=True))

    def _leave_out(self, shard: str, state: State) -> bool:
        """Return whether the shard is one more."""
        if shard in self.left_out:
            return False
        self.left_out.add(shard)
        self.counts[state] += 1
        return True
