"""What a path is: each format is asked whether a file's first bytes are its own; names only break ties.

A folder is searched: event files and checkpoint states of one run are one source, other logs one each.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from engine.errors import UsageError, printable
from engine.watch.late import LateSource
from engine.watch.sources import csv_log, dora, hf_stdout, jsonl, lightning_csv, text, trainer_state
from engine.watch.sources.base import Source
from engine.watch.sources.patterns import PATTERNS, Pattern
from engine.watch.sources.stdin import NAME as STDIN
from engine.watch.sources.stdin import StdinSource

HEAD_BYTES: Final = 1 << 16
"""What a format is told by: some six hundred lines, past the banners that launchers print."""
LARGEST_DEPTH: Final = 6
MOST_ENTRIES: Final = 20_000
"""A run's folder is smaller; a data set that was named by mistake is left after so many entries."""
_NO_LOGS: Final = frozenset(
    [
        ".py",
        ".pyc",
        ".md",
        ".rst",
        ".html",
        ".ipynb",
        ".yaml",
        ".yml",
        ".toml",
        ".sh",
        ".js",
        ".css",
        ".pt",
        ".pth",
        ".th",
        ".ckpt",
        ".safetensors",
        ".bin",
        ".npy",
        ".npz",
        ".wav",
        ".flac",
        ".mp3",
        ".ogg",
        ".png",
        ".jpg",
        ".svg",
        ".gz",
        ".zip",
        ".tar",
        ".parquet",
        ".so",
        ".lock",
    ]
)
"""What a search passes over unread: source code quotes lines of logs, and the rest is large. Named, it is read."""
_ROTATED: Final = re.compile(r"(.+)\.\d{1,3}")
_CHECKPOINT: Final = re.compile(r"checkpoint-\d+")

Sniff = Callable[[Path, bytes], bool]
Open = Callable[[Path, str], Source]


@dataclass(frozen=True, slots=True)
class Form:
    """One format: how it is told, how it is opened."""

    name: str
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
        Form("Hugging Face trainer_state.json", trainer_state.sniff, trainer_state.open_trainer_state),
        Form("audiocraft history.json", dora.sniff_history, dora.open_history),
        Form("audiocraft/dora", dora.sniff_log, dora.open_dora),
        Form("Lightning CSV", lightning_csv.sniff, lightning_csv.open_lightning_csv),
        Form("JSON Lines", jsonl.sniff, jsonl.open_jsonl),
        Form(
            "Hugging Face output",
            hf_stdout.sniff,
            lambda path, name: text.open_text(path, name, patterns, logging_steps=logging_steps),
        ),
        Form("CSV", csv_log.sniff, csv_log.open_csv),
        Form(
            "text with " + ", ".join(pattern.name for pattern in patterns) + ", composer",
            lambda path, head: text.sniff(path, head, patterns),
            lambda path, name: text.open_text(path, name, patterns, logging_steps=logging_steps),
        ),
    )


def open_sources(
    path: Path, *, patterns: Sequence[Pattern] = PATTERNS, logging_steps: int = 1, stdin_fd: int = 0
) -> list[Source]:
    """Open what a path is: a file one source, a folder as many as it holds, ``-`` standard input.

    A file that is not there yet, or is still empty, is waited for and told by its content once it has some.

    Args:
        path: file, folder or ``-``.
        patterns: the text patterns in force, the user's first.
        logging_steps: how many steps lie between the lines of a Hugging Face output, which names none.
        stdin_fd: the descriptor that ``-`` stands for.

    Raises:
        UsageError: where nothing is known in it; says what was looked for.
    """
    if str(path) == STDIN:
        return [StdinSource(stdin_fd, patterns=patterns)]
    known = forms(patterns, logging_steps=logging_steps)
    if path.is_dir():
        return _open_folder(path, known)
    if not path.parent.is_dir():
        raise UsageError(f"{printable(str(path))}: there is neither this file nor its folder; name a log that is there")
    return [LateSource(path.name, path, lambda: open_file(path, path.name, known))]


def open_file(path: Path, name: str, known: Sequence[Form]) -> Source | None:
    """Open one file by its content; None where it has none yet.

    Raises:
        UsageError: where it is no text and no known binary format.
    """
    head = _head(path)
    form = _form_of(path, head, known)
    if form is not None:
        return form.open(path, name)
    if not head:
        return None
    if b"\0" in head:
        raise UsageError(f"{printable(str(path))}: read {head[:8]!r}, wanted one of: {_names(known)}")
    return known[-1].open(path, name)  # text that has not come to its first metric yet


def _open_folder(folder: Path, known: Sequence[Form]) -> list[Source]:
    found: dict[Path, Form] = {}
    for path in _files(folder):
        form = _form_of(path, _head(path), known)
        if form is not None:
            place = folder if form.folder else _run_of(path)
            found.setdefault(place / f"*{form.name}" if form.folder else place, form)
    logged = {path.parent for path, form in found.items() if form.open is dora.open_dora}
    sources = []
    for path, form in sorted(found.items()):
        if form.open is dora.open_history and path.parent in logged:
            continue  # the means of what the log beside it says in full
        sources.append(_open_in(folder, path, form))
    if not sources:
        raise UsageError(f"{printable(str(folder))}: no file in it holds metrics; looked for {_names(known)}")
    return sources


def _open_in(folder: Path, path: Path, form: Form) -> Source:
    if form.folder:
        return form.open(folder, folder.name)
    return form.open(path, str(path.relative_to(folder)) if path != folder else folder.name)


def _run_of(path: Path) -> Path:
    """Return what stands for a file: the folder of the run for a checkpoint's state, else the file."""
    is_state = path.name == trainer_state.FILE and _CHECKPOINT.fullmatch(path.parent.name)
    return path.parent.parent if is_state else path


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that may be logs, in order; hidden folders and links to folders are passed over."""
    seen = 0
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:  # a folder that may not be read hides its logs; the others count
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            seen += 1
            if seen > MOST_ENTRIES or entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth < LARGEST_DEPTH:
                    waiting.append((Path(entry.path), depth + 1))
            elif entry.is_file() and _may_be_log(entry.name, names):
                yield Path(entry.path)


def _may_be_log(name: str, beside: set[str]) -> bool:
    rotated = _ROTATED.fullmatch(name)
    return Path(name).suffix.lower() not in _NO_LOGS and not (rotated is not None and rotated[1] in beside)


def _form_of(path: Path, head: bytes, known: Sequence[Form]) -> Form | None:
    return next((form for form in known if form.sniff(path, head)), None)


def _head(path: Path) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.pread(fd, HEAD_BYTES, 0)
    except OSError:  # a pipe by name: it has no beginning to look at
        return b""
    finally:
        os.close(fd)


def _binary(entry: tuple[str, str, str, bool]) -> Form | None:
    """Return a format of a module that may not be installed with this copy."""
    name, module_name, class_name, folder = entry
    qualified = f"engine.watch.sources.{module_name}"
    if importlib.util.find_spec(qualified) is None:
        return None
    module = importlib.import_module(qualified)
    sniff = cast("Sniff", module.sniff)
    opened = cast("_BinaryClass", getattr(module, class_name))
    return Form(name, sniff, lambda path, label: opened(label, path), folder)


def _names(known: Sequence[Form]) -> str:
    return "; ".join(form.name for form in known)
