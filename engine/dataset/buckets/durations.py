"""How many clips there are of each duration: what bins are cut from. A few megabytes, whatever the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from engine.errors import DamagedError, Fault, UsageError, printable

Seconds = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

SLOTS_PER_S: Final = 50
"""Slots of 20 ms, two frames of 10 ms: a cut between two clips that differ by less saves nothing."""
LONGEST_S: Final = 3600.0
"""Longer clips are left out unless asked for: no training step takes an hour, and the table of slots stays small."""
COLUMN: Final = "duration_s"
_ROWS: Final = 1 << 16
"""Read at once: half a megabyte of durations."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Which clips are trained on, both ends included, as NeMo's ``min_duration`` and ``max_duration``."""

    min_duration_s: float = 0.0
    max_duration_s: float = LONGEST_S

    def __post_init__(self) -> None:
        """Refuse limits that leave nothing between them.

        Raises:
            UsageError: when they do.
        """
        if not 0.0 <= self.min_duration_s < self.max_duration_s < float("inf"):
            read = f"from {self.min_duration_s:g} s to {self.max_duration_s:g} s"
            raise UsageError(
                f"durations {read}: wanted a range that begins at 0 or later and ends behind its beginning"
            )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Clips that no bin is cut for."""

    without_duration: int = 0
    """Nothing was known of their duration, or it was no positive number."""
    too_short: int = 0
    too_long: int = 0

    def __add__(self, other: LeftOut) -> LeftOut:
        """Count both."""
        return LeftOut(
            self.without_duration + other.without_duration,
            self.too_short + other.too_short,
            self.too_long + other.too_long,
        )


@dataclass(frozen=True)
class Histogram:
    """Clips by duration. The arrays have one element for each duration that occurs, shortest first."""

    longest_s: Seconds
    """No clip that is counted here is longer; rising."""
    clips: Counts
    seconds: Seconds
    """The clips' own, summed up."""
    left_out: LeftOut = LeftOut()

    @property
    def total_clips(self) -> int:
        """How many clips are counted."""
        return int(self.clips.sum())

    @property
    def total_s(self) -> float:
        """How long they are together."""
        return float(self.seconds.sum())

    @classmethod
    def exact(cls, durations_s: Seconds) -> Self:
        """Count positive durations as they are; for what fits into memory."""
        longest, clips = np.unique(durations_s, return_counts=True)
        return cls(longest, clips.astype(np.int64), longest * clips)

    @classmethod
    def count(cls, batches: Iterable[Seconds], limits: Limits | None = None) -> Self:
        """Count durations in slots of 20 ms; a missing one is NaN.

        Args:
            batches: of durations in seconds, each of shape (clips,).
            limits: those outside are left out; None takes up to an hour.
        """
        limits = limits or Limits()
        slots = int(np.ceil(limits.max_duration_s * SLOTS_PER_S)) + 1
        clips, seconds, left_out = np.zeros(slots, np.int64), np.zeros(slots), LeftOut()
        for batch in batches:
            wanted, missed = _wanted(batch, limits)
            left_out += missed
            slot = slots_of(wanted)
            clips += np.bincount(slot, minlength=slots)
            seconds += np.bincount(slot, weights=wanted, minlength=slots)
        there = np.flatnonzero(clips)
        return cls(there / SLOTS_PER_S, clips[there], seconds[there], left_out)


def _wanted(durations_s: Seconds, limits: Limits) -> tuple[Seconds, LeftOut]:
    known = np.isfinite(durations_s) & (durations_s > 0)
    short = known & (durations_s < limits.min_duration_s)
    long = known & (durations_s > limits.max_duration_s)
    missed = LeftOut(int((~known).sum()), int(short.sum()), int(long.sum()))
    return durations_s[known & ~short & ~long], missed


def slots_of(durations_s: Seconds) -> Counts:
    """Return the slot of each duration: the least whole number whose time is not shorter, to the last bit.

    A clip longer than its bin's edge, if only by rounding, is one that lhotse stops at.
    """
    slots = np.ceil(durations_s * SLOTS_PER_S).astype(np.int64)
    slots -= (slots - 1) / SLOTS_PER_S >= durations_s
    slots += slots / SLOTS_PER_S < durations_s
    return slots


def read_durations(manifest: Path, column: str = COLUMN) -> Iterator[Seconds]:
    """Read the durations of a Parquet manifest a piece at a time; what is missing is NaN.

    Raises:
        DamagedError: when the file is no Parquet, or has no column of numbers by that name.
    """
    import pyarrow as pa  # noqa: PLC0415  # tenths of a second, and most of this room does without
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(manifest, page_checksum_verification=True, pre_buffer=False) as table:  # else it holds all
            _check_column(manifest, table.schema_arrow, column)
            for batch in table.iter_batches(_ROWS, columns=[column]):
                yield batch.column(0).cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        why = printable(str(error).splitlines()[0])
        raise DamagedError(
            Fault(
                "the table cannot be read",
                str(manifest),
                read=why,
                wanted="Parquet",
                way_out="build the manifest again",
            )
        ) from error


def _check_column(manifest: Path, schema: object, column: str) -> None:
    import pyarrow as pa  # noqa: PLC0415

    assert isinstance(schema, pa.Schema)
    kind = schema.field(column).type if column in schema.names else None
    if kind is None or not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        found = f"columns {', '.join(schema.names)}" if kind is None else f"{column} of type {kind}"
        fault = Fault(
            f"no durations in column {column}",
            str(manifest),
            read=found,
            wanted=f"{column} in seconds, a number",
            way_out="build the manifest again",
        )
        raise DamagedError(fault)
