"""The checkpoints of a run: which is the newest, how old and how large, can it be read, did a save break off?"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from engine.errors import printable
from engine.host.disk import free_bytes
from engine.watch.machine.readable import why_unreadable

SETTLED_S: Final = 60.0
"""A file that was not written to for so long is not being saved any more: writers that pause longer are stuck."""
_SUFFIXES: Final = frozenset({".pt", ".pth", ".ckpt", ".th", ".bin", ".safetensors", ".distcp", ".npz", ".msgpack"})
"""What trainers call the files that hold weights and optimizers."""
_PARTIAL: Final = re.compile(
    r"\.(tmp|temp|part|partial|incomplete)(\.|$)|^(tmp|\.tmp)[-_.]|^\..+\.[a-z0-9]{6}$", re.IGNORECASE
)
"""Names under which programs write before they rename: audiocraft (.tmp), Hugging Face (tmp-checkpoint-500), rsync
(.name.x7Qz2p)."""
_FOLDER: Final = re.compile(r"^(global_)?(checkpoint|ckpt|step|iter(ation)?|epoch|ep)s?[-_=]?\d+", re.IGNORECASE)
"""A folder that is one checkpoint of several files: checkpoint-500, global_step500, step-500, ep0-ba10."""
_MOST_FILES: Final = 10_000
"""More files than any run keeps: a folder of something else was named."""
_LEARNED_FROM: Final = 3
"""Saves from which an interval is learned."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint: a file, or a folder of them."""

    path: Path
    files: tuple[Path, ...]
    size_bytes: int
    saved_s: float
    """When its newest file was written, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class CheckpointsLook:
    """What lies there at one moment."""

    place: str
    """What was looked at, as it is shown."""
    time_s: float
    """Wall clock, seconds since 1970."""
    newest: Checkpoint | None = None
    """The newest that is not being written any more."""
    count: int = 0
    saving: Checkpoint | None = None
    """One that is not whole yet, and may still become so."""
    unreadable: str = ""
    """Why the newest cannot be read; "" where it can, or is still being written."""
    fallback: Path | None = None
    """Where the newest cannot be read: the one before it that can."""
    interval_s: float | None = None
    """How often one is saved: as given, or learned from those that lie there; None where neither tells."""
    free_bytes: int | None = None
    leftovers: tuple[Path, ...] = ()
    """Files of saves that broke off, settled."""
    problem: str = ""
    """Why nothing can be said; "" for nothing."""

    @property
    def age_s(self) -> float | None:
        """How long ago the newest was saved; a time in the future, of another machine's clock, counts as now."""
        return None if self.newest is None else max(0.0, self.time_s - self.newest.saved_s)


def look_at_checkpoints(
    where: Path, now_s: float, interval_s: float | None = None, before: CheckpointsLook | None = None
) -> CheckpointsLook:
    """Look at a folder, a file, or what a pattern in the last part of a path finds (``runs/*.ckpt``).

    Args:
        where: the folder, file or pattern.
        now_s: the wall clock.
        interval_s: how often the run saves; None to learn it from what lies there.
        before: the look before this one, which shows whether a file was left as it was.
    """
    place = printable(str(where))
    try:
        root, found = _files(where)
        whole = [path for path in found if not _is_partial(path, root)]
        stats = {path: path.stat() for path in found}
        free = free_bytes(root)
    except FileNotFoundError as error:
        # It is not there yet, or a trainer removed an old one between listing and looking: the next look sees.
        return CheckpointsLook(place, now_s, problem=f"{place}: {error.strerror}")
    except OSError as error:
        return CheckpointsLook(place, now_s, problem=f"{place}: it cannot be read: {error.strerror}")
    if len(found) >= _MOST_FILES:
        told = f"{place}: it holds {_MOST_FILES:,} files and more; name the folder that checkpoints alone go to"
        return CheckpointsLook(place, now_s, problem=told)
    units = _grouped({path: (stats[path].st_size, stats[path].st_mtime) for path in whole}, root)
    leftovers = sorted(path for path in found if path not in whole and now_s - stats[path].st_mtime > SETTLED_S)
    saving = units.pop() if units and _is_saving(units[-1], now_s, before) else None
    reason = _broken(units) if units else ""
    return CheckpointsLook(
        place=place,
        time_s=now_s,
        newest=units[-1] if units else None,
        count=len(units),
        saving=saving,
        unreadable=reason,
        fallback=_readable_before(units) if reason else None,
        interval_s=interval_s or _learned(units),
        free_bytes=free,
        leftovers=tuple(leftovers),
    )


def _files(where: Path) -> tuple[Path, list[Path]]:
    """Return the folder that is meant, and the files in it that are checkpoints or were to become some."""
    if where.is_dir():
        return where, _below(where)
    if any(sign in where.name for sign in "*?["):
        where.parent.stat()
        found: list[Path] = []
        for path in sorted(where.parent.glob(where.name)):
            found += _below(path) if path.is_dir() else [path]
        return where.parent, found
    where.stat()
    return where.parent, [where]


def _below(folder: Path) -> list[Path]:
    found = []
    for path in folder.rglob("*"):
        if (path.suffix in _SUFFIXES or _PARTIAL.search(path.name)) and path.is_file():
            found.append(path)
            if len(found) >= _MOST_FILES:
                break
    return sorted(found)


def _is_partial(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return any(_PARTIAL.search(part) for part in parts)


def _grouped(files: dict[Path, tuple[int, float]], root: Path) -> list[Checkpoint]:
    """Put files that are one checkpoint together; the newest comes last."""
    groups: dict[Path, list[Path]] = {}
    for path in files:
        groups.setdefault(_unit(path, root), []).append(path)
    units = [
        Checkpoint(unit, tuple(paths), sum(files[path][0] for path in paths), max(files[path][1] for path in paths))
        for unit, paths in groups.items()
    ]
    return sorted(units, key=lambda one: (one.saved_s, one.path))


def _unit(path: Path, root: Path) -> Path:
    """Return the outermost folder that is one checkpoint, or the file itself."""
    folder = root
    for part in path.relative_to(root).parts[:-1]:
        folder /= part
        if _FOLDER.search(part):
            return folder
    return path


def _is_saving(newest: Checkpoint, now_s: float, before: CheckpointsLook | None) -> bool:
    """Tell whether it is not whole but may still become so: it was written to a moment ago."""
    age_s = now_s - newest.saved_s
    if age_s >= SETTLED_S or not _first_fault(newest):
        return False
    # A time in the future is another machine's clock, which tells nothing: such a file is settled once it stays as
    # it was.
    return age_s > -SETTLED_S or before is None or before.saving != newest


def _first_fault(one: Checkpoint) -> str:
    for path in one.files:
        if reason := why_unreadable(path):
            return f"{printable(path.name)}: {reason}"
    return ""


def _broken(units: list[Checkpoint]) -> str:
    """Say what is wrong with the newest checkpoint; "" for nothing."""
    newest = units[-1]
    if reason := _first_fault(newest):
        return reason
    largest = max((one.size_bytes for one in units if _alike(one, newest)), default=0)
    if newest.size_bytes < largest / 2:
        told = f"it holds {newest.size_bytes:,} bytes where one before it held {largest:,}"
        return f"{printable(newest.path.name)}: {told}"
    return ""


def _readable_before(units: list[Checkpoint]) -> Path | None:
    return next((one.path for one in reversed(units[:-1]) if not _first_fault(one)), None)


def _alike(one: Checkpoint, other: Checkpoint) -> bool:
    """Tell whether sizes may be compared: the names differ in their numbers alone."""
    return re.sub(r"\d+", "#", one.path.name) == re.sub(r"\d+", "#", other.path.name)


def _learned(units: Iterable[Checkpoint]) -> float | None:
    times = [one.saved_s for one in units]
    if len(times) < _LEARNED_FROM:
        return None
    return median(later - earlier for earlier, later in itertools.pairwise(times)) or None
