"""Hugging Face Trainer's output: one Python dict a line, with numbers (transformers 4) or strings (5), and bare nan.

A line names no step. It is counted: so many lines of losses, times ``logging_steps``; the epoch that it names tells
where a resumed run goes on. Trap: ``logging_nan_inf_filter`` (on by default) prints a NaN loss as 0 or as the loss
before; the gradient norm beside it is still nan, and the source says that it hides NaN.
"""

from __future__ import annotations

import bisect
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.watch.sources.lines import LineSource
from engine.watch.sources.numbers import NUMBER, read_number, read_step
from engine.watch.sources.reading import NOTHING, Reading
from engine.watch.sources.stamps import line_time

_DICT: Final = re.compile(r"\{'[A-Za-z_][^{}]*\}")
_ITEM: Final = re.compile(rf"'([^']+)': '?({NUMBER})(?![\w.])")
_KNOWN: Final = ("loss", "eval_loss", "train_loss", "eval_runtime", "train_runtime")
"""Settings are printed as dicts too; one of these is in none of them."""
_LINES_FOR_SPACING: Final = 3
_JUMP: Final = 1.5
"""A first epoch beyond so many times what lies between two lines: the run did not begin with this log."""


class HfReader:
    """Reads the Trainer's dicts and counts its steps."""

    def __init__(self, logging_steps: int = 1) -> None:
        """Count ``logging_steps`` a line: as the run was told; 1 counts the lines themselves."""
        self._every = logging_steps
        self._epochs: list[float] = []
        self._steps: list[int] = []
        self._pending: Reading | None = None
        self._notes: list[str] = []

    @property
    def format(self) -> str:
        """The format's name."""
        return "hf_stdout"

    @property
    def anchors(self) -> tuple[bytes, ...] | None:
        """Each dict has a loss in it."""
        return (b"{'",)

    def read(self, line: str) -> Reading | None:
        """Return what a line says."""
        match = _DICT.search(line) if "{'" in line else None
        if match is None:
            return None
        values = {name: value for name, text in _ITEM.findall(match[0]) if (value := read_number(text)) is not None}
        if not any(name in values for name in _KNOWN):
            return None
        time_s = line_time(line)
        told = read_step(values.pop("step", None))
        if told is not None or "loss" not in values:
            held, self._pending = self._pending, None
            return Reading(self._newest if told is None else told, values, time_s, held)
        if not self._steps and "epoch" in values:
            # Whether the run began here is known when the next line tells how far apart two lines are.
            self._pending = self._first(values, time_s)
            return NOTHING
        return self._counted(values, time_s)

    def flush(self) -> Reading | None:
        """Return a first line that no second has followed yet."""
        held, self._pending = self._pending, None
        return held

    def restart(self) -> None:
        """The file begins again, and so does the count."""
        self._epochs, self._steps, self._pending = [], [], None

    def resumes(self, line: str) -> bool:
        """The Trainer says nothing of its own on standard output."""
        del line
        return False

    def notes(self) -> tuple[str, ...]:
        """Return how steps are counted, once."""
        notes, self._notes = tuple(self._notes), []
        return notes

    @property
    def _newest(self) -> int:
        return self._steps[-1] if self._steps else 0

    def _first(self, values: dict[str, float], time_s: float | None) -> Reading:
        self._tell_count()
        self._epochs, self._steps = [values["epoch"]], [self._every]
        return Reading(self._every, values, time_s)

    def _counted(self, values: dict[str, float], time_s: float | None) -> Reading:
        if not self._steps:
            self._tell_count()
        epoch = values.get("epoch", math.nan)
        held, self._pending = self._pending, None
        if held is not None:
            held = self._rebase(held, epoch)
        step = self._newest + self._every
        if self._goes_back(epoch):
            step = self._rewind(epoch)
        self._epochs.append(epoch if math.isfinite(epoch) else (self._epochs or [0.0])[-1])
        self._steps.append(step)
        return Reading(step, values, time_s, held)

    def _goes_back(self, epoch: float) -> bool:
        """Tell whether an epoch is one from before; the same one counts where lines are further apart than rounding."""
        if not self._epochs or epoch != self._epochs[-1] or len(self._epochs) < _LINES_FOR_SPACING:
            return bool(self._epochs) and epoch < self._epochs[-1]
        apart = (epoch - self._epochs[0]) / (len(self._epochs) - 1)
        decimals = max(len(repr(seen).partition(".")[2]) for seen in self._epochs[-_LINES_FOR_SPACING:])
        return apart > 2 * 10.0**-decimals

    def _rebase(self, held: Reading, epoch: float) -> Reading:
        """Return the first line under the step that it has if the lines before it were as far apart as the next."""
        first = self._epochs[0]
        apart = epoch - first
        if not apart > 0 or first <= _JUMP * apart:
            return held
        self._steps[0] = round(first / apart) * self._every
        self._notes.append(f"the log begins at epoch {first:g}: its first line is taken for step {self._steps[0]:,}")
        return replace(held, step=self._steps[0])

    def _tell_count(self) -> None:
        how = "lines of losses" if self._every == 1 else f"lines of losses times {self._every}"
        self._notes.append(f"the trainer prints no steps: steps here are {how}")

    def _rewind(self, epoch: float) -> int:
        """Return the step that had this epoch before, and forget what came after it."""
        at = bisect.bisect_left(self._epochs, epoch)
        step = self._steps[at]
        del self._epochs[at:], self._steps[at:]
        return step


class HfStdoutSource(LineSource):
    """The Trainer's output, followed."""


def open_hf_stdout(path: Path, name: str = "", logging_steps: int = 1) -> LineSource:
    """Follow a Trainer's output in a file."""
    return HfStdoutSource.of_file(path, HfReader(logging_steps), name)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether the first bytes hold one of the Trainer's dicts."""
    del path
    reader = HfReader()
    return b"{'" in head and any(reader.read(line) for line in head.decode("utf-8", "replace").split("\n"))
