"""``report``: what does a figure in one of gonogo's own reports say?"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, ClassVar

import msgspec

from engine.checklist.answers import Answer, State
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_pattern, checked_seconds
from engine.checklist.kinds.sizes import judge_age
from engine.checklist.kinds.table_findings import Finding, answer, cut
from engine.errors import printable
from engine.run.off_loop import off_loop

Scalar = str | bool | int | float


class Report(CheckTable, frozen=True, kw_only=True, tag="report"):
    """Reads a figure of a report under the state folder's ``artifacts``."""

    parses: ClassVar[bool] = True

    file: Annotated[str, msgspec.Meta(min_length=1)]
    """The report, such as ``sweep.json`` or ``validation.json``."""
    figure: Annotated[str, msgspec.Meta(pattern=r"\A[^.]+(\.[^.]+)*\Z")]
    """Where the figure stands: keys and list indexes with dots between, such as ``codecs.0.recommended_workers``."""
    equals: Scalar | None = None
    """What it must be."""
    match: str | None = None
    """A regular expression to be found in it."""
    min: float | None = None
    """The least that it may be."""
    max: float | None = None
    """The most that it may be."""
    max_age: str = ""
    """How long ago the report may have been written at most, such as ``24h``."""

    def __post_init__(self) -> None:
        """Refuse a wish that says nothing, or several things."""
        is_number = self.min is not None or self.max is not None
        if sum((self.equals is not None, self.match is not None, is_number)) != 1:
            raise ValueError("wanted one of equals, match, or min and max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is more than max {self.max:g}")
        checked_pattern("match", self.match or "")
        if self.max_age:
            checked_seconds("max_age", self.max_age)
        name = PurePosixPath(self.file)
        if name.is_absolute() or ".." in name.parts or name.suffix != ".json":
            raise ValueError(f"file = {self.file!r}: wanted a JSON report of gonogo's, such as sweep.json")

    async def look(self, around: Around) -> Answer:
        """Read it."""
        return await off_loop(lambda: self._look(around))

    def _look(self, around: Around) -> Answer:
        path = around.state / "artifacts" / self.file
        try:
            content, mtime_s = path.read_bytes(), path.stat().st_mtime
        except FileNotFoundError:
            return Answer(State.FAIL, f"there is no {cut(self.file, 80)} yet; {_way_out(self.file)}")
        files = {str(path): hashlib.sha256(content).hexdigest()}
        try:
            report = msgspec.json.decode(content)
        except msgspec.DecodeError as error:
            told = f"{printable(str(path))} is no JSON: {error}; {_way_out(self.file)}"
            return Answer(State.FAIL, told, files=files)
        findings = [self._figure(report)]
        if self.max_age:
            age = judge_age(mtime_s, self.max_age)
            findings.append(Finding(age.well, f"the report is {age.told}" + ("" if age.well else "; run it again")))
        return answer(findings, files)

    def _figure(self, report: object) -> Finding:
        """Walk down to the figure; where a key is missing, name the nearest."""
        at = report
        steps = self.figure.split(".")
        for depth, step in enumerate(steps):
            inner = dict(_inside(at))
            if step not in inner:
                above = ".".join(steps[:depth])
                return Finding(False, f"no {step!r} in {above or self.file}" + _nearest(step, list(inner)))
            at = inner[step]
        return self._judge(at)

    def _judge(self, value: object) -> Finding:
        name, read = self.figure, cut(_shown(value), 200)
        if isinstance(value, dict | list):
            return Finding(False, f"{name} is {'a table' if isinstance(value, dict) else 'a list'}, wanted a figure")
        if self.equals is not None:
            alike = isinstance(value, bool) == isinstance(self.equals, bool)
            return _finding(f"{name} = {read}", f"{_shown(self.equals)}", well=alike and value == self.equals)
        if self.match is not None:
            pattern = checked_pattern("match", self.match)
            text = value if isinstance(value, str) else _shown(value)
            well = value is not None and pattern.search(text) is not None
            return _finding(f"{name} = {read}", f"what matches {self.match!r}", well=well)
        bounds = [f"at least {self.min:,g}"] if self.min is not None else []
        bounds += [f"at most {self.max:,g}"] if self.max is not None else []
        if not isinstance(value, int | float) or isinstance(value, bool):
            return Finding(False, f"{name} = {read}, wanted a number, {' and '.join(bounds)}")
        inside = (self.min is None or value >= self.min) and (self.max is None or value <= self.max)
        return _finding(f"{name} = {read}", " and ".join(bounds), well=inside)


def _finding(read: str, wanted: str, *, well: bool) -> Finding:
    return Finding(well, read if well else f"{read}, wanted {wanted}")


def _inside(value: object) -> Iterator[tuple[str, object]]:
    """Return what is right below a value, by the steps that a figure's path has."""
    if isinstance(value, dict):
        yield from ((str(key), inner) for key, inner in value.items())
    elif isinstance(value, list):
        yield from ((str(index), inner) for index, inner in enumerate(value))


def _nearest(step: str, known: list[str]) -> str:
    if not known:
        return ", where nothing is"
    near = difflib.get_close_matches(step, known, 3, 0.5)
    if near:
        return f"; the nearest {'is' if len(near) == 1 else 'are'} {cut(', '.join(map(repr, near)), 200)}"
    return f"; there are {cut(', '.join(known), 200)}"


def _shown(value: object) -> str:
    """Write a value as JSON does; of text only the text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _way_out(file: str) -> str:
    """Say what writes a report."""
    job = {"sweep.json": "sweep", "validation.json": "validate"}.get(file)
    return f"run `gonogo {job}` first" if job else "run what writes it first"
