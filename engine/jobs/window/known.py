"""What the newest inventory and sweep of a corpus say, read from its state folder. Blocking: not for an event loop."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.convert.inventory import TABLE
from engine.convert.sweep_events import SweepSummary
from engine.crew.answers import State
from engine.crew.artifacts import artifact
from engine.jobs.window.forecast import Counted, Known, Measured
from engine.run.log import rfc3339

_SWEEP_REPORT = "sweep.json"
_TO_DO = (State.PENDING, State.RECOVERING, State.FAILED)


def read_known(state: Path) -> Known:
    """Read what is there; what is not, or cannot be read, is unknown and told of."""
    faults: list[str] = []
    table, report = state / TABLE, artifact(state, _SWEEP_REPORT)
    return Known(_counted(table, faults), _measured(report, faults), tuple(faults))


def _counted(table: Path, faults: list[str]) -> Counted | None:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library, for a table that most windows have to read once
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        time = _time_of(table)
        found = pq.read_table(table, columns=["state", "size_bytes"])
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException) as error:
        faults.append(f"{table}: the inventory cannot be read: {error}; run gonogo inventory again")
        return None
    states, sizes = found["state"].to_pylist(), found["size_bytes"].to_pylist()
    to_do = [size for state, size in zip(states, sizes, strict=True) if state in _TO_DO]
    return Counted(time, len(sizes), len(to_do), sum(to_do))


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
