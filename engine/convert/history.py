"""What earlier conversions said of each shard: the last word in their logs, and how long a shard took.

A shard that a conversion quarantined for its samples looks pending to everybody who reads headers alone; the log knows.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.convert.events import ShardDone, ShardFailed, ShardQuarantined, ShardTried
from engine.crew.answers import State
from engine.errors import Fault, InputError
from engine.run.folder import list_runs
from engine.run.reading import read_events
from engine.shards.files import Identity

_WORDS = ShardDone | ShardTried | ShardQuarantined | ShardFailed


@dataclass(frozen=True, slots=True)
class LastWord:
    """What the newest conversion that came to a shard said of it."""

    time: str
    """RFC 3339, UTC."""
    state: State
    fault: Fault | None = None
    seconds: float | None = None
    """How long its conversion took, by whichever run did it."""

    def holds_for(self, identity: Identity | None) -> bool:
        """Tell whether the tar is unchanged since: ctime, which no program sets, is older than the word."""
        said_ns = datetime.fromisoformat(self.time).timestamp() * 1e9
        return identity is not None and identity.ctime_ns <= said_ns


def read_history(state: Path) -> dict[str, LastWord]:
    """Fold the logs of all conversions, oldest first; a damaged log tells as far as it can be read."""
    words: dict[str, LastWord] = {}
    for run in list_runs(state):
        if run.record.job != "convert":
            continue
        with contextlib.suppress(InputError, FileNotFoundError):
            for logged in read_events(run.events_path, _WORDS):
                match logged.event:
                    case ShardDone() as said if said.original is not None:
                        words[said.shard] = LastWord(logged.time, State.DONE, seconds=said.seconds)
                    case ShardTried() as said:
                        words[said.shard] = LastWord(logged.time, State.PENDING)
                    case ShardQuarantined() as said:
                        words[said.shard] = LastWord(logged.time, State.QUARANTINED, said.fault)
                    case ShardFailed(final=True) as said:
                        words[said.shard] = LastWord(logged.time, State.FAILED, said.fault)
                    case _:
                        pass
    return words
