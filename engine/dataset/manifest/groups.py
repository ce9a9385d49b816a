"""Which clips of a corpus belong together, and which are there twice: from all fragments, in bounded memory.

Clips of one video, and clips that are the same byte for byte, stay in one split. What is alike is found by 128-bit
hashes dealt out to files; the names of units that share audio are then read from their fragments. What is made of them
is what the split makes of the same clips where nothing is locked yet: both ask :mod:`engine.dataset.split.groups`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.checklist.kinds.table_stop import Stop
from engine.dataset.manifest.fragment import open_fragment
from engine.dataset.manifest.schema import AUDIO_KEYS, KEYS, UNIT_KEY, UTT_KEYS
from engine.dataset.manifest.spill import Numbers, Rows, Spill
from engine.dataset.split.groups import Links, group
from engine.dataset.split.quota import Codes, Split
from engine.dataset.split.session import CLIP
from engine.dataset.split.settings import COMMON_VIDEOS

Tick = Callable[[], None]

_NO_ROWS: Final = np.empty((0, 2), np.uint64)


@dataclass(frozen=True)
class Twins:
    """Rows of the manifest that are like an earlier one."""

    rows: Numbers
    """Numbered from 0 over all fragments, rising."""
    firsts: Numbers
    """For each the first row that it is like."""


@dataclass(frozen=True)
class Groups:
    """What the merge has to know of the corpus as a whole."""

    leaders: Mapping[str, str]
    """From a unit (a video, or a clip without one) to its group, for those whose group bears another's name."""
    starts: Codes
    """The number of each fragment's first row, and behind them the number of all rows."""
    same_utt_id: Twins
    same_audio: Twins


def find_groups(
    fragments: Sequence[Path],
    scratch: Path,
    *,
    common_videos: int = COMMON_VIDEOS,
    tick: Tick = lambda: None,
    stop: Stop | None = None,
) -> Groups:
    """Find them.

    Args:
        fragments: in the order of the manifest.
        scratch: a folder for what does not fit in memory (60 bytes a clip); nothing stays there.
        common_videos: audio in more units than this unites none.
        tick: called once a fragment and pass.
        stop: what ends it.

    Raises:
        DamagedError: when a fragment cannot be read.
        OSError: when the disk refuses.
        StoppedError: when nobody waits any more.
    """
    with tempfile.TemporaryDirectory(prefix="gonogo-manifest-", dir=scratch) as folder:
        reading = _Reading(fragments, tick, stop or Stop())
        utts, audios = Spill(Path(folder), "utt", 3), Spill(Path(folder), "audio", 4)
        starts = reading.spill(utts, audios)
        same_utt_id = _later([rows for rows in utts.twins() if rows.size], at=2)
        alike = [rows for rows in audios.twins() if rows.size]
        _give_back()
        return Groups(_leaders(reading, starts, alike, common_videos), starts, same_utt_id, _later(alike, at=3))


@dataclass(frozen=True)
class _Reading:
    """Passes over all fragments, or over some."""

    fragments: Sequence[Path]
    tick: Tick
    stop: Stop

    def spill(self, utts: Spill, audios: Spill) -> Codes:
        """Deal out the keys of all clips; return where each fragment's rows begin."""
        starts = [0]
        for path in self.fragments:
            self._go_on()
            with open_fragment(path) as file:
                table = file.read(columns=list(KEYS), use_threads=False)
            keys = {name: table[name].to_numpy() for name in KEYS}
            rows = np.arange(starts[-1], starts[-1] + table.num_rows, dtype=np.uint64)
            utts.add(*(keys[name] for name in UTT_KEYS), rows)
            heard = (keys[AUDIO_KEYS[0]] | keys[AUDIO_KEYS[1]]) > 0
            audios.add(*(keys[name][heard] for name in (*AUDIO_KEYS, UNIT_KEY)), rows[heard])
            starts.append(starts[-1] + table.num_rows)
        return np.array(starts, np.int64)

    def units(self, starts: Codes, rows: Numbers) -> Iterator[str]:
        """Yield the provisional groups of some rows, which rise."""
        ends = np.searchsorted(rows, starts.astype(np.uint64))
        for path, start, begin, end in zip(self.fragments, starts[:-1], ends[:-1], ends[1:], strict=True):
            if begin < end:
                self._go_on()
                with open_fragment(path) as file:
                    column = file.read(columns=["group_id"], use_threads=False)["group_id"]
                yield from (column[at].as_py() for at in (rows[begin:end].astype(np.int64) - start).tolist())

    def _go_on(self) -> None:
        self.stop.check()
        self.tick()


def _give_back() -> None:
    """Have Arrow return what it keeps of freed memory, before the merge takes its own."""
    import pyarrow as pa  # noqa: PLC0415  # loaded by now

    pa.default_memory_pool().release_unused()


def _later(found: Sequence[Rows], at: int) -> Twins:
    """Sum up rows that are alike, whose number stands in column ``at``."""
    pairs = np.concatenate([_NO_ROWS, *(_after_first(rows, at) for rows in found)])
    pairs = pairs[np.argsort(pairs[:, 0])]
    return Twins(pairs[:, 0].copy(), pairs[:, 1].copy())


def _after_first(rows: Rows, at: int) -> Rows:
    """Return, of rows sorted by key, each one's number and that of the first with its key, but for the firsts."""
    begins = _begins(rows)
    firsts = rows[begins, at][np.cumsum(begins) - 1]
    return np.stack([rows[~begins, at], firsts[~begins]], axis=1)


def _begins(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which rows are the first of their key."""
    return np.insert((rows[1:, :2] != rows[:-1, :2]).any(axis=1), 0, True)


def _leaders(reading: _Reading, starts: Codes, alike: Sequence[Rows], common_videos: int) -> dict[str, str]:
    """Unite the units that share audio."""
    audio, rows = _of_several(alike)
    order = np.argsort(rows)
    audio, rows = audio[order], rows[order]
    numbers: dict[str, int] = {}
    unit = np.array([numbers.setdefault(name, len(numbers)) for name in reading.units(starts, rows)], np.int64)
    names = sorted(numbers, key=_by_rank)
    ranks = np.empty(len(names), np.int64)
    ranks[[numbers[name] for name in names]] = np.arange(len(names))
    links = _uniting(audio, ranks[unit] if unit.size else unit, common_videos)
    root = group(len(names), links, np.full(len(names), Split.NONE, np.int8)).root
    return {names[at]: names[root[at]] for at in np.flatnonzero(root != np.arange(root.size)).tolist()}


def _by_rank(name: str) -> tuple[bool, str]:
    """Order units: the first of a group bears its name, and a clip's name stands only where there is no video's."""
    return name.startswith(CLIP), name


def _of_several(alike: Sequence[Rows]) -> tuple[Codes, Numbers]:
    """Number the audio that several units have; return its number and the row of each clip with it."""
    audios, rows, count = [np.empty(0, np.int64)], [np.empty(0, np.uint64)], 0
    for found in alike:
        begins = _begins(found)
        audio = np.cumsum(begins) - 1
        units = found[:, 2]
        differs = np.zeros(int(audio[-1]) + 1, np.bool_)
        np.logical_or.at(differs, audio, units != units[begins][audio])
        shared = differs[audio]
        audios.append(audio[shared] + count)
        rows.append(found[shared, 3])
        count += differs.size
    return np.concatenate(audios), np.concatenate(rows)


def _uniting(audio: Codes, unit: Codes, common_videos: int) -> Links:
    """Return which unit has which audio, each once, without audio that is everywhere."""
    pairs = np.unique(np.stack([audio, unit], axis=1), axis=0)
    counts = np.bincount(pairs[:, 0])[pairs[:, 0]] if len(pairs) else pairs[:, 0]
    pairs = pairs[counts <= common_videos]
    return Links(pairs[:, 0], pairs[:, 1])
