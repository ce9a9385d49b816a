"""What every source turns its logs into: values at a step of a run, and mishaps that a log tells of."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

LOSS: Final = "loss"
EVAL_LOSS: Final = "eval_loss"
LEARNING_RATE: Final = "learning_rate"
GRAD_NORM: Final = "grad_norm"
LOSS_SCALE: Final = "loss_scale"
"""The factor of automatic mixed precision."""
STEPS_PER_S: Final = "steps_per_s"
TOKENS_PER_S: Final = "tokens_per_s"
EPOCH: Final = "epoch"
"""The names under which rules and screens know what trainers call by many; other metrics keep their own names."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """What was logged at one step."""

    source: str
    """The source's name, as it is shown."""
    run: str
    """Which run of the source, where it holds several; "" for its only one."""
    segment: int
    """How often the run was started again before this; steps may repeat from one segment to the next."""
    step: int
    """Optimizer steps as the trainer counts them. Never compared between sources."""
    values: Mapping[str, float]
    """By canonical name; NaN and infinities as they were logged."""
    time_s: float | None = None
    """Wall clock, seconds since 1970 UTC; None where the log does not tell."""


class MishapKind(enum.StrEnum):
    """What a log tells of beside metrics."""

    OUT_OF_MEMORY = "out of memory"
    TRACEBACK = "traceback"
    SAVE_FAILED = "checkpoint not saved"
    OVERFLOW = "gradient overflow"
    """A step that mixed precision skipped; a single one is nothing."""
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Mishap:
    """A line that tells of trouble."""

    source: str
    run: str
    kind: MishapKind
    text: str
    """The line, escaped and cut."""
    step: int | None = None
    """The newest step before it."""
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one poll of a source brought."""

    records: tuple[Record, ...] = ()
    mishaps: tuple[Mishap, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences about the source that are new: a file was cut short, a number could not be read."""
    more: bool = False
    """There may be more to read at once, whether anything was found so far or not."""

    def __bool__(self) -> bool:
        """Tell whether anything came, or there is more to read."""
        return bool(self.records or self.mishaps or self.notes or self.more)


@dataclass(frozen=True, slots=True)
class UnparsedLine:
    """A line that holds no metric that is known, and how many there were that differ from it in their numbers alone."""

    text: str
    """The first of them, escaped and cut."""
    count: int


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing, for a screen and for the rules about silence."""

    name: str
    format: str
    """``hf_stdout``, ``tensorboard``, …"""
    path: str
    records: int = 0
    lines: int = 0
    """Lines or stored records that were read."""
    unparsed: int = 0
    """Of these, such that hold no metric that we know; shown, never hidden."""
    sample_unparsed: str = ""
    """The newest of them, escaped and cut."""
    unparsed_lines: tuple[UnparsedLine, ...] = ()
    """The first few kinds of them, as counted in the log's beginning (:mod:`engine.watch.unparsed`)."""
    newest_s: float | None = None
    """When it last grew: the file's own time."""
    problem: str = ""
    """Why it cannot be read at the moment; "" for nothing."""
    hides_nan: bool = False
    """The trainer is known to turn NaN into zeros or repeats (Hugging Face's logging_nan_inf_filter)."""
    files: tuple[str, ...] = field(default=())
