"""What sources are called: as short as tells them apart, and never twice the same."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESERVED = frozenset({"gpu", "checkpoints", "cost", "spot"})
"""What the gauges are called, whose alerts stand beside those of logs."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a name is chosen by."""

    label: str
    """The shortest name that would do: the end of its path; "" for its last part."""
    path: Path
    form: str
    """The format in a word, or "" where it is not known yet."""

    @property
    def key(self) -> tuple[str, str]:
        """Equal for one log that was named twice."""
        return os.path.realpath(self.path), self.form


class Labels:
    """The names that are given so far."""

    def __init__(self) -> None:
        self._taken: set[str] = set(RESERVED)
        self._keys: set[tuple[str, str]] = set()

    def is_new(self, one: Labelled) -> bool:
        """Tell whether a log has no name yet; one whose format was not known then counts as the same."""
        return one.key not in self._keys and (one.key[0], "") not in self._keys

    def give(self, logs: Sequence[Labelled]) -> list[str]:
        """Name several logs at once: what clashes gets as many folders before its name as tell it apart."""
        names = distinct(logs, self._taken)
        self._taken.update(names)
        self._keys.update(one.key for one in logs)
        return names


def distinct(logs: Sequence[Labelled], taken: set[str] | frozenset[str] = frozenset()) -> list[str]:
    """Return a name for each log that no other has.

    >>> distinct([Labelled("", Path("/runs/a/train.log"), ""), Labelled("", Path("/runs/b/train.log"), "")])
    ['a/train.log', 'b/train.log']
    """
    parts = [Path(os.path.abspath(one.path)).parts for one in logs]  # noqa: PTH100 (a link keeps its own name)
    counts = [max(1, len(Path(one.label).parts)) for one in logs]
    names = [_end(path, count) for path, count in zip(parts, counts, strict=True)]
    while True:
        of_name, of_path = Counter(names), Counter(zip(parts, names, strict=True))
        clashing = [at for at, name in enumerate(names) if of_name[name] > 1 or name in taken]
        # Formats of one folder are told apart by no longer path.
        longer = [
            at
            for at in clashing
            if counts[at] < len(parts[at])
            and (names[at] in taken or of_path[parts[at], names[at]] < of_name[names[at]])
        ]
        if not longer:
            break
        for at in longer:
            counts[at] += 1
            names[at] = _end(parts[at], counts[at])
    return _numbered([_with_form(name, one, names) for name, one in zip(names, logs, strict=True)], taken)


def _end(parts: tuple[str, ...], count: int) -> str:
    return str(Path(*parts[-count:]))


def _with_form(name: str, one: Labelled, names: Sequence[str]) -> str:
    return f"{name} ({one.form})" if one.form and names.count(name) > 1 else name


def _numbered(names: list[str], taken: set[str] | frozenset[str]) -> list[str]:
    """Count what no path and no format tells apart: a log that was given its name again later."""
    given = set(taken)
    for at, name in enumerate(names):
        number = 2
        while names[at] in given:
            names[at], number = f"{name} #{number}", number + 1
        given.add(names[at])
    return names
