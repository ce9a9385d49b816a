"""``orchestrator_state.json`` of the training orchestrator that counts by itself: one interval, and what it hides."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from engine.errors import Fault, InputError
from engine.watch.money.amounts import is_amount
from engine.watch.money.lines import Entered

_WANTED: Final = "JSON with elapsed_time in seconds and an ISO 8601 timestamp, as training_orchestrator.py writes"
_LARGEST_S: Final = Decimal(10 * 366 * 86400)
"""Ten years: more is no training run."""
_MAX_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class OrchestratorState:
    """What the file holds."""

    written: datetime
    elapsed: timedelta
    epoch: int | None
    step: int | None
    best_val_loss: Decimal | None
    """None where the orchestrator never saw one: it writes Infinity then."""
    interrupted: bool
    zone_assumed: bool
    """Its time names no zone; UTC was assumed, which cloud machines keep."""
    sha256: str

    def as_interval(self, instance: str, kind: str, usd_per_hour: Decimal) -> Entered:
        """Return it as one interval at a price, with a note on what it cannot know."""
        since = f"{self.written - self.elapsed:%Y-%m-%d %H:%M}"
        notes = ["from orchestrator_state.json, all at one price, which may have changed meanwhile"]
        notes += [f"it counts anew after each restart, so what ran before {since} is missing"]
        notes += ["it is written only when a run stops, so what ran after it is missing"]
        notes += ["its time names no zone and is taken as UTC"] if self.zone_assumed else []
        notes += ["it stopped by an interruption"] if self.interrupted else []
        return Entered(
            time=self.written,
            instance=instance,
            kind=kind,
            usd_per_hour=usd_per_hour,
            start=self.written - self.elapsed,
            end=self.written,
            note="; ".join(notes),
            source_sha256=self.sha256,
        )


def read_orchestrator_state(path: Path) -> OrchestratorState:
    """Read the file. It is not strict JSON: Python writes Infinity and NaN as they are.

    Raises:
        InputError: when it cannot be read, or lacks what is needed.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(Fault(f"it cannot be read: {error.strerror}", file=str(path))) from error
    if len(content) > _MAX_BYTES:
        raise _refuse(path, "it is too large", f"more than {_MAX_BYTES:,} bytes")
    try:
        state = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise _refuse(path, "it is not JSON", str(error)) from error
    if not isinstance(state, dict):
        raise _refuse(path, "it is not an object", type(state).__name__)
    written, assumed = _moment(path, state.get("timestamp"))
    return OrchestratorState(
        written=written,
        elapsed=_elapsed(path, state.get("elapsed_time")),
        epoch=_count(state.get("current_epoch")),
        step=_count(state.get("global_step")),
        best_val_loss=_loss(state.get("best_val_loss")),
        interrupted=state.get("interrupted") is True,
        zone_assumed=assumed,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _moment(path: Path, raw: object) -> tuple[datetime, bool]:
    try:
        if isinstance(raw, str):
            moment = datetime.fromisoformat(raw)
            return (moment, False) if moment.tzinfo is not None else (moment.replace(tzinfo=UTC), True)
        if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
            return datetime.fromtimestamp(float(raw), UTC), False
    except (ValueError, OverflowError, OSError):
        pass
    raise _refuse(path, "its time cannot be read", repr(raw), member="timestamp")


def _elapsed(path: Path, raw: object) -> timedelta:
    try:
        seconds = Decimal(str(raw)) if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool) else None
    except InvalidOperation:
        seconds = None
    if seconds is None or not is_amount(seconds) or seconds > _LARGEST_S:
        raise _refuse(path, "its elapsed time cannot be read", repr(raw), member="elapsed_time")
    return timedelta(microseconds=int(seconds * 1_000_000))


def _count(raw: object) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _loss(raw: object) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
        return None  # Infinity and NaN come as floats
    return Decimal(raw)


def _refuse(path: Path, problem: str, read: str, member: str = "") -> InputError:
    return InputError(Fault(problem, file=str(path), member=member, read=read[:80], wanted=_WANTED))
