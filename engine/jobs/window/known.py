"""What the newest inventory and sweep of a corpus say, read from its state folder. Blocking: not for an event loop."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.convert.events import ShardDone
from engine.convert.inventory import TABLE
from engine.convert.sweep_events import SweepSummary
from engine.crew.answers import State
from engine.crew.artifacts import artifact
from engine.errors import InputError
from engine.jobs.window.forecast import CONVERT, Counted, Known, Measured
from engine.run.folder import list_runs
from engine.run.log import rfc3339
from engine.run.reading import read_events

_SWEEP_REPORT = "sweep.json"
_TO_DO = (State.PENDING, State.RECOVERING, State.FAILED)


def read_known(state: Path) -> Known:
    """Read what is there; what is not, or cannot be read, is unknown and told of."""
    faults: list[str] = []
    table, report = state / TABLE, artifact(state, _SWEEP_REPORT)
    return Known(_counted(table, state, faults), _measured(report, faults), tuple(faults))


def _counted(table: Path, state: Path, faults: list[str]) -> Counted | None:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library, for a table that most windows have to read once
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        time = _time_of(table)
        found = pq.read_table(table, columns=["source", "shard", "state", "size_bytes"])
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException) as error:
        faults.append(f"{table}: the inventory cannot be read: {error}; run gonogo inventory again")
        return None
    rows = zip(*(found[name].to_pylist() for name in ("source", "shard", "state", "size_bytes")), strict=True)
    to_do = {f"{source}/{shard}": size for source, shard, told, size in rows if told in _TO_DO}
    since = len(to_do.keys() & _converted_since(state, time)) if to_do else 0
    return Counted(time, found.num_rows, len(to_do), sum(to_do.values()), since)


def _converted_since(state: Path, time: str) -> set[str]:
    """Return the shards that conversions tell of since a moment; a damaged log tells as far as it can be read."""
    done: set[str] = set()
    for run in list_runs(state):
        with contextlib.suppress(InputError, FileNotFoundError):
            if run.record.job == CONVERT and _time_of(run.events_path) > time:
                done |= {each.event.shard for each in read_events(run.events_path, ShardDone) if each.time > time}
    return done


def _measured(report: Path, faults: list[str]) -> Measured | None:
    try:
        time = _time_of(report)
        swept = msgspec.json.decode(report.read_bytes(), type=SweepSummary)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        faults.append(f"{report}: the sweep's report cannot be read: {error}; run gonogo sweep again")
        return None
    return Measured(time, swept.usable_cpus, swept.codecs)


def _time_of(path: Path) -> str:
    return rfc3339(datetime.fromtimestamp(path.stat().st_mtime, UTC))
