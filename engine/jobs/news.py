"""What is said of red things that were gathered, alone in a notice or as a part of the last one. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final, TypeVar

from engine.errors import printable
from engine.jobs.gathering import Gathered
from engine.jobs.notice import Weight
from engine.run.events import WorkerEnded
from engine.units import counted

_LONGEST: Final = 300
"""Characters of one reason: services cut long messages off, and the last line says where to look."""
_HOWS: Final = {"killed": "was killed", "silent": "said nothing any more", "flooded": "wrote without end"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class News:
    """Red things of one kind that no notice has told of."""

    what: str
    """How many: ``2 shards quarantined since, 3 in all``."""
    lines: tuple[str, ...]
    """The first of them, and how many more there are."""
    weight: Weight


def shards_news(words: Counter[str], gathered: Gathered[tuple[str, str]]) -> News:
    """Say which shards have turned red since the last such news.

    Args:
        words: how many became what: quarantined, failed.
        gathered: the shards, each with its reason.
    """
    what = " and ".join(f"{counted(number, 'shard')} {word}" for word, number in words.items())
    lines = [f"{printable(shard)}: {one_line(reason)}" for shard, reason in gathered.first]
    return _news(what, lines, gathered, Weight.ALARM)


def workers_news(gathered: Gathered[WorkerEnded]) -> News:
    """Say which workers were lost."""
    lines = [f"Worker {one.worker} {_HOWS.get(one.how, one.how)}: {one_line(one.detail)}" for one in gathered.first]
    return _news(f"{counted(gathered.count, 'worker')} lost", lines, gathered, Weight.CAUTION)


def _news(what: str, lines: list[str], gathered: Gathered[T], weight: Weight) -> News:
    if gathered.before:
        what = f"{what} since, {gathered.before + gathered.count:,} in all"
    if gathered.count > len(lines):
        lines.append(f"... and {gathered.count - len(lines):,} more.")
    return News(what, tuple(lines), weight)


def one_line(text: str) -> str:
    """Make one line of a reason, of a length that every service takes."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
