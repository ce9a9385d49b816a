"""Which row of a sidecar is about which clip of the tar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from engine.shards.sidecar.fields import Sidecar


@dataclass(frozen=True, slots=True)
class Match:
    """Which clips and rows belong together."""

    row_of: Mapping[str, int]
    """Member name to the index of its row."""
    clips_without_row: tuple[str, ...]
    rows_without_clip: tuple[int, ...]
    doubled: tuple[int, ...]
    """Rows that name the same clip as an earlier row, which counts."""


def webdataset_key(name: str) -> str:
    """Return the text before the first dot after the last slash, which webdataset groups members by.

    >>> webdataset_key("a/vid.1_0.wav")
    'a/vid'
    """
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _without_ending(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return folder + slash + (last.rpartition(".")[0] or last)


_LEVELS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    _base,
    _without_ending,
    lambda name: _without_ending(_base(name)),
    webdataset_key,
    lambda name: webdataset_key(_base(name)),
)
"""How closely a row must name a clip, strictest first: whole name, base name, without its ending, webdataset key."""


def match_rows(sidecar: Sidecar, member_names: Sequence[str]) -> Match:
    """Find the row of each clip.

    A looser level decides only what the stricter ones left open, and only where one clip and one row have the form:
    ``vid.1_0.wav`` and ``vid.1_1.wav`` share the webdataset key ``vid``, which therefore names neither.
    """
    first: dict[str, int] = {}
    for index, row in enumerate(sidecar.rows):
        name = row.member or row.utt_id
        if name:
            first.setdefault(name, index)
    owners = {index: name for name, index in first.items()}
    doubled = tuple(i for i, row in enumerate(sidecar.rows) if (row.member or row.utt_id) and i not in owners)
    row_of: dict[str, int] = {}
    left = dict(owners)
    for form in _LEVELS:
        clips = _once((form(name), name) for name in member_names)
        by_member = _once((form(row.member), i) for i in owners if (row := sidecar.rows[i]).member)
        by_id = _once((row.utt_id, i) for i in owners if (row := sidecar.rows[i]).utt_id)
        for rows in (by_member, by_id):
            for shape, index in rows.items():
                clip = clips.get(shape)
                if clip is not None and clip not in row_of and index in left:
                    row_of[clip] = index
                    del left[index]
    told = {*row_of.values(), *doubled}
    return Match(
        row_of,
        tuple(name for name in member_names if name not in row_of),
        tuple(i for i in range(len(sidecar.rows)) if i not in told),
        doubled,
    )


_T = TypeVar("_T", int, str)


def _once(pairs: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    """Return the pairs whose first half occurs once."""
    listed = list(pairs)
    counts = Counter(shape for shape, _ in listed)
    return {shape: value for shape, value in listed if counts[shape] == 1}
