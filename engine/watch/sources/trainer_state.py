"""Hugging Face's ``trainer_state.json``: the whole ``log_history``, written at each save; NaN stands bare in it.

Given the folder of a run, the newest ``checkpoint-N`` counts: each new save is another file with all rows so far.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from engine.watch.sources.numbers import read_step
from engine.watch.sources.whole_file import Row, WholeFileSource, numbers_in

FILE: Final = "trainer_state.json"
_TOGETHER_S: Final = 60.0
"""Written so close together they were copied, and the number counts; a run's saves lie further apart, and then an old
run's checkpoint with a larger number must not hide the new one's."""
_CHECKPOINT: Final = re.compile(r"checkpoint-(\d+)")


def newest_state(folder: Path) -> Path | None:
    """Return the ``trainer_state.json`` of the newest ``checkpoint-N`` under a folder, or the folder's own."""
    try:
        names = [entry.name for entry in folder.iterdir() if _CHECKPOINT.fullmatch(entry.name)]
    except OSError:
        names = []
    names.sort(key=lambda name: int(name.removeprefix("checkpoint-")), reverse=True)
    candidates = [folder / FILE, *(folder / name / FILE for name in names)]
    written = [(path.stat().st_mtime, path) for path in candidates if path.is_file()]
    if not written:
        return None
    newest_s = max(written)[0]
    return next(path for written_s, path in written if newest_s - written_s <= _TOGETHER_S)


def log_rows(content: object) -> list[Row] | None:
    """Return the rows of a trainer's state; None where it is none."""
    history = content.get("log_history") if isinstance(content, dict) else None
    if not isinstance(history, list):
        return None
    rows: list[Row] = []
    for entry in history:
        values = numbers_in(entry)
        step = read_step(values.pop("step", None))
        if step is not None and values:
            rows.append((step, values))
    return rows


class TrainerStateSource(WholeFileSource):
    """The states of one run; a :class:`~engine.watch.sources.base.Source`."""

    def __init__(self, path: Path, name: str = "") -> None:
        """Follow a ``trainer_state.json``, or a folder with ``checkpoint-N`` folders in it."""
        super().__init__(name or path.name, path, "trainer_state", log_rows)

    def _newest_path(self) -> Path:
        if not self._path.is_dir():
            return self._path
        return newest_state(self._path) or self._path / FILE


def open_trainer_state(path: Path, name: str = "") -> TrainerStateSource:
    """Follow a trainer's states; a file in ``checkpoint-N`` stands for the run, whose newest state counts."""
    run = path.parent.parent if _CHECKPOINT.fullmatch(path.parent.name) else path
    return TrainerStateSource(run, name)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is a trainer's state: an object with ``log_history``, which may lie beyond its head."""
    if not head.lstrip().startswith(b"{\n"):
        return False
    if b'"log_history"' in head:
        return True
    keys = (b'"best_metric"', b'"global_step"', b'"is_world_process_zero"')
    return path.name == FILE or all(key in head for key in keys)
