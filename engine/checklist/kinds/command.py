"""``command``: what does a program say, and how does it end?"""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import Answer, State
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_pattern
from engine.checklist.kinds.programs import last_line, run_program
from engine.errors import printable

_SHOWN: Final = 200


class Command(CheckTable, frozen=True, kw_only=True, tag="command"):
    """Runs a program, without a shell and without a terminal, and reads its exit code and output."""

    argv: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """The program and its arguments; ``$CORPUS``, ``$STATE`` and variables are put in."""
    cwd: str = "."
    """Where it runs, under the corpus."""
    exit: int = 0
    """The exit code that is wanted."""
    match: str = ""
    """A regular expression to be found in the output; its first group, where there is one, is the value read."""
    min: float | None = None
    """The least that the value read may be."""
    max: float | None = None
    """The most that the value read may be."""

    def __post_init__(self) -> None:
        """Refuse a pattern that is none, bounds for a value that nothing reads, and bounds that leave nothing."""
        groups = checked_pattern("match", self.match).groups
        if (self.min is not None or self.max is not None) and groups == 0:
            raise ValueError("min and max want a match with a (group), which reads the value")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is more than max {self.max:g}")

    async def look(self, around: Around) -> Answer:
        """Run it; its whole process group is killed where this is cancelled."""
        argv = tuple(around.expand(part) for part in self.argv)
        ended = await run_program(argv, cwd=around.path(self.cwd), env=around.env)
        state, read = self._judge(ended.code, ended.text)
        return Answer(state, read, argv=argv, exit_code=ended.code, output=ended.output)

    def _judge(self, code: int, text: str) -> tuple[State, str]:
        found = re.search(self.match, text, re.MULTILINE) if self.match else None
        value = found[1] if found is not None and found.re.groups else found[0] if found is not None else None
        said = printable((value if value is not None else last_line(text))[:_SHOWN])
        if code != self.exit:
            return State.FAIL, f"exit code {code}" + (f": {said}" if said else "")
        if self.match and found is None:
            return State.FAIL, f"nothing that matches {self.match!r}" + (f"; it said {said!r}" if said else "")
        if self.min is None and self.max is None:
            return State.PASS, said or f"exit code {code}"
        try:
            number = float((value or "").replace(",", ""))
        except ValueError:
            return State.ERROR, f"{said!r} is no number"
        inside = (self.min is None or number >= self.min) and (self.max is None or number <= self.max)
        return (State.PASS if inside else State.FAIL), said
