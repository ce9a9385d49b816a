"""Lines that differ from an earlier one in their numbers alone: understood once by the patterns, then read by place.

A trainer writes the same words a hundred thousand times. The patterns take some 25 microseconds a line; one expression
made of such a line, its words as they stand and a group for each metric, takes less than one, and needs no copy of the
line. It must never say anything but what the patterns say. So it is made only where a line has a step of its own, and
it is narrow: a number that is no metric, or is named like a place in the run, may change its digits but not its form,
since a pattern could tell ``5`` from ``0.5`` there; digits inside words do not change at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.watch.sources.numbers import NUMBER
from engine.watch.sources.patterns import PAIR, PLACES, Pattern
from engine.watch.sources.reading import Reading, Row
from engine.watch.sources.stamps import time_of

MOST_MADE: Final = 64
"""A trainer writes its lines in a handful of shapes; prose with numbers in it has no end of them, and each costs a
millisecond to make."""
_MOST_KEPT: Final = 8
_STAMP_WITHIN: Final = 40
"""A time that begins by this letter ends within those in which a line's time is looked for."""
_STEP: Final = "([0-9]{1,15})"
_VALUE: Final = r"(-?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|nan|inf))"
_PADDED_VALUE: Final = f" +{_VALUE}"
_STAMP: Final = (
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]{1,6})[0-9]*)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_STAMP_GROUPS: Final = 4
_TIME: Final = "\0time"
"""Among the names of a template's groups; no metric is called so."""
_FORMS: Final = ("[0-9]+", r"[0-9]+\.0+", r"[0-9]+\.[0-9]*[1-9][0-9]*")
"""What a number that is no metric may look like, each in place of its own kind only: ``5.0`` can be a step."""
_TOKEN: Final = re.compile(rf"(?<![\w.,+-])(?:(?P<stamp>{_STAMP})|{NUMBER})")
_FOLLOWS_VALUE: Final = re.compile(r"(?!,\d)")
_FOLLOWS_FORM: Final = re.compile(r"(?![.,-]|\w*\d)")
_PLACE_NAME: Final = re.compile(r"(?i)ep|iter|update|batch")
"""Names of epochs, steps, iterations: a pattern may take a whole number behind them for the line's place."""
_ONE_SPACE: Final = "val loss"
"""In a line with these words a pattern counts the spaces; elsewhere numbers may be set flush right."""
_OTHERS: Final = re.compile(r"^\s|^\[?(?:rank|default)?\d+\]?:|\{|batch=")
"""What a line of another format or process may look like: those are asked before the patterns."""


@dataclass(frozen=True, slots=True)
class Template:
    """One line with its numbers left open."""

    pattern: str
    """Which pattern understood it."""
    match: Callable[[bytes, int, int], re.Match[bytes] | None]
    step: int
    values: tuple[tuple[str, int], ...]
    time: int | None
    """Which groups of the match are the step, the metrics and the time."""

    def read(self, block: bytes, start: int, stop: int) -> Row | None:
        """Return what a line says that is the same but for its numbers; None for any other."""
        match = self.match(block, start, stop)
        if match is None:
            return None
        texts = match.groups()
        try:
            values = {name: float(texts[at]) for name, at in self.values}
        except ValueError:  # thousands set apart by commas
            values = {name: float(texts[at].replace(b",", b"")) for name, at in self.values}
        return (
            int(texts[self.step]),
            values,
            None if self.time is None else time_of(*texts[self.time : self.time + _STAMP_GROUPS]),
        )


class Templates:
    """The templates of one log, the one that fitted last in front."""

    def __init__(self) -> None:
        self._kept: list[Template] = []
        self._made = 0

    def read(self, block: bytes, start: int, stop: int) -> tuple[str, Row] | None:
        """Return the pattern, and what a line says, by the first template that fits it."""
        for at, template in enumerate(self._kept):
            row = template.read(block, start, stop)
            if row is not None:
                if at:
                    self._kept.insert(0, self._kept.pop(at))
                return template.pattern, row
        return None

    def learn(self, pattern: Pattern, head: re.Match[str], reading: Reading, name_of: Callable[[str], str]) -> None:
        """Make a template of a line that a pattern understood, where that can be done without losing anything.

        Args:
            pattern: the pattern.
            head: its match in the line.
            reading: what it said.
            name_of: the metric's name for the name of a pair.
        """
        if self._made >= MOST_MADE:
            return
        template = template_of(pattern, head, reading.values, name_of)
        if template is None:
            return
        self._made += 1
        line = head.string.encode()
        wanted = (reading.step, reading.values, reading.time_s)
        if repr(template.read(line, 0, len(line))) == repr(wanted):  # by their text: NaN is not equal to itself
            self._kept = [template, *self._kept][:_MOST_KEPT]


def template_of(
    pattern: Pattern, head: re.Match[str], values: Mapping[str, float], name_of: Callable[[str], str]
) -> Template | None:
    """Return a line's template; None where more than the numbers at their places decides what it says."""
    line = head.string
    told = {name for name, text in head.groupdict().items() if text is not None}
    if "step" not in told or told & (set(PLACES) - {"step"}) or _OTHERS.search(line):
        return None
    places = _places(pattern, head, told, name_of)
    names = {places[name]: name for name in values if name in places} | {head.start("step"): "step"}
    groups: list[str] = []
    source = []
    done = 0
    for token, name, form in _forms(line, names, is_padded=pattern.pairs and _ONE_SPACE not in line):
        words = line[done : token.start()]
        source += [re.escape(words.rstrip(" ") if form == _PADDED_VALUE else words), form]
        done = token.end()
        if name is not None:
            groups += [name] * (_STAMP_GROUPS if name == _TIME else 1)
    source.append(re.escape(line[done:]))
    at = {name: groups.index(name) for name in groups}
    if at.keys() - {_TIME} != {"step", *values} or groups.count(_TIME) > _STAMP_GROUPS:
        return None
    match = re.compile("".join(source).encode()).fullmatch
    return Template(pattern.name, match, at["step"], tuple((name, at[name]) for name in values), at.get(_TIME))


def _places(pattern: Pattern, head: re.Match[str], told: set[str], name_of: Callable[[str], str]) -> dict[str, int]:
    """Return where each metric's number begins: the first, where a name comes twice; a pattern's own group wins."""
    places: dict[str, int] = {}
    if pattern.pairs:
        for pair in PAIR.finditer(head.string):
            places.setdefault(name_of(pair[1]), pair.start(2))
    return places | {name: head.start(name) for name in told - {"step"}}


def _forms(line: str, names: Mapping[int, str], *, is_padded: bool) -> Iterator[tuple[re.Match[str], str | None, str]]:
    """Yield each number that may change, what it is called where it is told, and the expression for it."""
    for token in _TOKEN.finditer(line):
        name, end = names.get(token.start()), token.end()
        if token["stamp"] is not None:
            if token.start() <= _STAMP_WITHIN:
                yield token, _TIME, _STAMP
        elif name == "step":
            yield token, name, _STEP
        elif name is not None and _PLACE_NAME.search(name) is None and _FOLLOWS_VALUE.match(line, end):
            yield token, name, _PADDED_VALUE if is_padded and line[token.start() - 1] == " " else _VALUE
        else:
            form = next((form for form in _FORMS if re.fullmatch(form, token[0])), None)
            if form is not None and _FOLLOWS_FORM.match(line, end) is not None:
                yield token, name, form if name is None else f"({form})"
