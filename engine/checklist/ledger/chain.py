"""Does each line of a ledger follow the one above it? Where it does not, what happened, in a person's words. Pure."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.checklist.ledger.entries import Begun
from engine.checklist.ledger.lines import NO_LINE, Head, Line
from engine.errors import printable


class Weight(enum.StrEnum):
    """What a finding means."""

    TAMPERED = "tampered"
    """The ledger is not what was written; no gate opens on it."""
    WARNING = "warning"
    """Something that a person should know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    line: int
    """Where it shows; 0 for the whole ledger."""
    told: str
    weight: Weight = Weight.TAMPERED

    def __str__(self) -> str:
        """Tell it with its place."""
        return f"line {self.line}: {self.told}" if self.line else self.told


def check_chain(lines: Sequence[Line]) -> Iterator[Finding]:
    """Follow the chain from the first line to the last."""
    numbers = Counter(line.entry.n for line in lines if line.entry is not None)
    above, last_time = NO_LINE, ""
    for place, line in enumerate(lines):
        entry = line.entry
        if entry is None:
            yield _unreadable(lines, place)
        else:
            if entry.n != line.number:
                yield Finding(line.number, _misplaced(entry.n, line.number, numbers, len(lines)))
            elif entry.prev != above:
                yield _broken(line.number)
            if (line.number == 1) != isinstance(entry, Begun):
                yield Finding(line.number, "a ledger begins with the line that names it, and has one such line")
            if entry.time < last_time:
                told = f"written at {printable(entry.time)}, which is before the line above: the clock was set back"
                yield Finding(line.number, told, Weight.WARNING)
            last_time = entry.time
        above = line.sha256


def check_head(lines: Sequence[Line], head: Head, where: str) -> Iterator[Finding]:
    """Compare with a head that was written down: the ledger may have grown since, and nothing else."""
    if head.count > len(lines):
        missing = head.count - len(lines)
        cut = "1 line was" if missing == 1 else f"{missing} lines were"
        yield Finding(0, f"the end is missing: {where} says {head.count} lines, there are {len(lines)}: {cut} cut off")
    elif head.count and lines[head.count - 1].sha256 != head.sha256:
        yield Finding(head.count, f"this line is not the one that {where} wrote down: it was changed or replaced")


def _unreadable(lines: Sequence[Line], place: int) -> Finding:
    """A line that a crash cut off is sealed by the line after it; any other was damaged."""
    number = place + 1
    below = lines[place + 1].entry if place + 1 < len(lines) else None
    if below is not None and below.prev == lines[place].sha256 and below.n == number + 1:
        return Finding(number, "cut off while it was written (a crash); nothing rests on it", Weight.WARNING)
    if number == len(lines) and place and not lines[place].content.endswith(b"}"):
        return Finding(number, "cut off while it was written (a crash); nothing rests on it", Weight.WARNING)
    return Finding(number, "this is no entry of a ledger: the line was damaged or overwritten")


def _misplaced(n: int, number: int, numbers: Counter[int], count: int) -> str:
    numbered = f"it is numbered {n} and stands at place {number}"
    if numbers[n] > 1:
        return f"{numbered}: line {n} was repeated, or written anew"
    if n > count or number not in numbers:
        return f"{numbered}: a line above it was removed or changed"
    if sorted(numbers) == list(range(1, count + 1)):
        return f"{numbered}: lines were moved"
    return f"{numbered}: a line was added above it, or lines were moved"


def _broken(number: int) -> Finding:
    if number == 1:
        return Finding(1, "the first line refers to a line above it: the beginning was removed or changed")
    return Finding(number - 1, f"this line was changed after it was written: line {number} does not follow it")
