"""The formats of logs: how each is told by a file's first bytes, and how it is opened; names only break ties."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from engine.errors import UsageError, printable
from engine.watch.sources import csv_log, dora, hf_stdout, jsonl, lightning_csv, text, trainer_state
from engine.watch.sources.base import Source
from engine.watch.sources.patterns import PATTERNS, Pattern

HEAD_BYTES: Final = 1 << 16
"""What a format is told by: some six hundred lines, past the banners that launchers print."""
BEGUN_BYTES: Final = 1024
"""A binary file that is shorter may be one of ours whose first record is half written: those of event files and of
W&B's fit into a hundred bytes, and some more for long host names."""

Sniff = Callable[[Path, bytes], bool]
Open = Callable[[Path, str], Source]


@dataclass(frozen=True, slots=True)
class Form:
    """One format: how it is told, how it is opened."""

    name: str
    short: str
    """In a word: it tells two sources of one folder apart."""
    sniff: Sniff
    open: Open
    folder: bool = False
    """Whether all its files under a folder are one source, opened on the folder."""


class _BinaryClass(Protocol):
    def __call__(self, name: str, path: Path) -> Source: ...


_BINARY: Final = (
    ("TensorBoard events", "tensorboard", "TensorBoardSource", True),
    ("W&B offline files", "wandb_offline", "WandbSource", True),
    ("trackio", "trackio", "TrackioSource", False),
)


def forms(patterns: Sequence[Pattern] = PATTERNS, *, logging_steps: int = 1) -> tuple[Form, ...]:
    """Return every format there is, in the order in which they are asked: the particular before the general."""
    return (
        *(form for form in map(_binary, _BINARY) if form is not None),
        Form("Hugging Face trainer_state.json", "trainer_state", trainer_state.sniff, trainer_state.open_trainer_state),
        Form("audiocraft history.json", "history", dora.sniff_history, dora.open_history),
        Form("audiocraft/dora", "dora", dora.sniff_log, dora.open_dora),
        Form("Lightning CSV", "lightning", lightning_csv.sniff, lightning_csv.open_lightning_csv),
        Form("JSON Lines", "jsonl", jsonl.sniff, jsonl.open_jsonl),
        Form(
            "Hugging Face output",
            "hf_stdout",
            hf_stdout.sniff,
            lambda path, name: text.open_text(path, name, patterns, logging_steps=logging_steps),
        ),
        Form("CSV", "csv", csv_log.sniff, csv_log.open_csv),
        Form(
            "text with " + ", ".join(pattern.name for pattern in patterns) + ", composer",
            "text",
            lambda path, head: text.sniff(path, head, patterns),
            lambda path, name: text.open_text(path, name, patterns, logging_steps=logging_steps),
        ),
    )


def form_of(path: Path, head: bytes, known: Sequence[Form]) -> Form | None:
    """Return the format of a file with these first bytes; None where they are of none."""
    return next((form for form in known if form.sniff(path, head)), None)


def open_file(path: Path, name: str, known: Sequence[Form]) -> Source | None:
    """Open one file by its content; None where it has none yet.

    Raises:
        UsageError: where it is no text and no known binary format.
        OSError: where it may not be read.
    """
    head = read_head(path)
    form = form_of(path, head, known)
    if form is not None:
        return form.open(path, name)
    if not head:
        return None
    if b"\0" in head:
        raise UsageError(f"{printable(str(path))}: read {head[:8]!r}, wanted one of: {_names(known)}")
    return known[-1].open(path, name)  # text that has not come to its first metric yet


def read_head(path: Path) -> bytes:
    """Return a file's first bytes.

    Raises:
        OSError: where it is not there, or may not be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.pread(fd, HEAD_BYTES, 0)
    finally:
        os.close(fd)


def _names(known: Sequence[Form]) -> str:
    return "; ".join(form.name for form in known)


def _binary(entry: tuple[str, str, str, bool]) -> Form | None:
    """Return a format of a module that may not be installed with this copy."""
    name, module_name, class_name, folder = entry
    qualified = f"engine.watch.sources.{module_name}"
    if importlib.util.find_spec(qualified) is None:
        return None
    module = importlib.import_module(qualified)
    sniff = cast("Sniff", module.sniff)
    opened = cast("_BinaryClass", getattr(module, class_name))
    return Form(name, module_name.removesuffix("_offline"), sniff, lambda path, label: opened(label, path), folder)
