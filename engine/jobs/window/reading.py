"""Reading a window's plan: every fault in it with its line and column, in one complaint."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar, get_type_hints

import msgspec

from engine.checklist.finding import OWN_FOLDER
from engine.checklist.kinds import KINDS
from engine.checklist.shipped import PLAN_PREFIX, shipped_folder
from engine.config import GATES
from engine.config.positions import KeyPath, Position
from engine.config.tomlfile import Toml, read_toml
from engine.errors import ConfigError, UsageError
from engine.jobs.registry import JOBS, Order
from engine.jobs.window.plan import Head, Plan, Step, over_full

STANDARD: Final = "window-8h"
"""The plan that comes with gonogo."""
JOB: Final = "window"
"""A window is no step of a window."""
_TABLES: Final = ("window", "step")
_NOT_GIVEN: Final = ("job", "corpus", "settings", "plan", "drop", "from_step", "anew")
"""Fields of an order that a step does not choose: they are the window's."""
_MEND: Final = "run `gonogo window --plan`"
_WANTED: Final = {
    "name": "lower case letters, digits, - and _",
    "id": "lower case letters, digits, - and _",
    "type": f"one of {', '.join(KINDS)}",
    "red": '"stop" or "go on"',
}

_T = TypeVar("_T")


def _given_type() -> type[msgspec.Struct]:
    """Return what a step's job can be given: the fields of an order, each with its type."""
    hints = get_type_hints(Order)
    fields = [(one.name, hints[one.name], one.default) for one in dataclasses.fields(Order)]
    chosen = [(name, kind, default) for name, kind, default in fields if name not in _NOT_GIVEN]
    return msgspec.defstruct("Given", chosen, frozen=True, kw_only=True, forbid_unknown_fields=True)


GIVEN: Final = _given_type()


def find_plan(name: str, corpus: Path | None) -> Path:
    """Return the file of a plan: ``window-8h``, or ``8h`` for short; a corpus's own is the one.

    Raises:
        UsageError: when there is none of this name; names those that there are.
    """
    folders = [shipped_folder(), *([] if corpus is None else [corpus / OWN_FOLDER])]
    known = {path.stem: path for folder in folders for path in sorted(folder.glob(f"{PLAN_PREFIX}*.toml"))}
    for each in (name, f"{PLAN_PREFIX}{name}"):
        if each in known:
            return known[each]
    raise UsageError(f"there is no plan of a window {name!r}; there are {', '.join(sorted(known)) or 'none'}")


def open_plan(name: str, corpus: Path | None) -> Plan:
    """Find a plan and read it.

    Raises:
        UsageError: when there is none.
        ConfigError: when its file is wrong.
    """
    return read_plan(find_plan(name, corpus))


def read_plan(path: Path) -> Plan:
    """Read a plan's file.

    Raises:
        ConfigError: when it is no TOML, or has unknown keys, jobs that there are not, names that come twice, budgets
            that the window has no room for, or impossible values; each with file, line and column.
    """
    reader = _Reader(read_toml(path, "plan", _MEND))
    head = reader.head()
    steps = tuple(reader.steps())
    if head is not None and head.id != path.stem:
        told = f"id: read {head.id!r}, wanted {path.stem!r}: a plan is found by the name of its file"
        reader.complain(("window", "id"), told)
    if head is not None and not reader.faults and (told := over_full(head, steps)):
        reader.complain(("window", "window"), told)
    if reader.faults or head is None:
        raise ConfigError("\n".join(f"{path}:{at.line}:{at.column}: {told}" for at, told in sorted(reader.faults)))
    return Plan(head, steps, path, reader.toml.content)


class _Reader:
    """One file, and what is wrong with it."""

    def __init__(self, toml: Toml) -> None:
        self.toml = toml
        self.faults: list[tuple[Position, str]] = []

    def complain(self, path: KeyPath, told: str) -> None:
        """Tell of a key's fault; of one that has no place of its own, at the nearest table above."""
        while path and path not in self.toml.positions:
            path = path[:-1]
        self.faults.append((self.toml.positions.get(path, Position(1, 1)), told))

    def head(self) -> Head | None:
        for name in self.toml.tables:
            if name not in _TABLES:
                self.complain((name,), unknown(name, _TABLES))
        if "window" not in self.toml.tables:
            self.complain((), "there is no [window] table; wanted one with id, title and window")
            return None
        return self._convert(self.toml.tables["window"], Head, ("window",))

    def steps(self) -> Iterator[Step]:
        """Read each step by itself: one that is wrong does not hide the next."""
        tables = self.toml.tables.get("step", [])
        if not isinstance(tables, list) or not tables:
            self.complain(("step",), "there are no steps; wanted a [[step]] for each")
            return
        seen: set[str] = set()
        for index, table in enumerate(tables):
            step = self._convert(table, Step, ("step", index))
            if step is None:
                continue
            if step.name in seen:
                self.complain(("step", index, "name"), f"name: {step.name!r} comes twice; wanted each name once")
            seen.add(step.name)
            self._check_job(step, index)
            self._convert(step.give, lambda given: msgspec.convert(given, GIVEN), ("step", index, "give"))
            yield step

    def _check_job(self, step: Step, index: int) -> None:
        place = ("step", index, "job")
        if step.job == JOB:
            self.complain(place, "job: a window is no step of a window")
        elif step.job not in JOBS:
            there = ", ".join(name for name in JOBS if name != JOB)
            self.complain(place, f"job: this gonogo has no job {step.job!r} (step {step.name!r}); there are {there}")
        elif step.gate and (own := JOBS[step.job].gate) and own != step.gate:
            self.complain(("step", index, "gate"), f"gate: read {step.gate!r}, but {step.job} has its own: {own!r}")

    def _convert(self, table: object, kind: type[_T] | Callable[[object], _T], above: KeyPath) -> _T | None:
        try:
            return msgspec.convert(table, kind) if isinstance(kind, type) else kind(table)
        except msgspec.ValidationError as error:
            self._explain(error, table, above)
            return None

    def _explain(self, error: msgspec.ValidationError, table: object, above: KeyPath) -> None:
        """Turn msgspec's complaint into one with a place, the value read, and the key that was meant."""
        problem, _, at = str(error).partition(" - at `")
        path: KeyPath = (*above, *(name or int(number) for name, number in re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", at)))
        odd = re.fullmatch(r"Object contains unknown field `(.*)`", problem)
        missing = re.fullmatch(r"Object missing required field `(.*)`", problem)
        key = ".".join(str(part) for part in path[len(above) :])
        if odd is not None:
            self.complain((*path, odd[1]), unknown(odd[1], _known(path)))
        elif missing is not None:
            self.complain(path, f"{missing[1]}{f' in {key}' if key else ''} is missing; wanted a value")
        else:
            last = next((part for part in reversed(path) if isinstance(part, str)), "")
            told = f"wanted {_WANTED[last]}" if last in _WANTED else problem[:1].lower() + problem[1:]
            named = re.match(r"(\w+)(?: =|:) ", problem)  # a rule of several keys tells which one it is about
            place = (*path, named[1]) if named is not None and not key else path
            self.complain(place, f"{key}: read {_at(table, path[len(above) :])!r}: {told}" if key else told)


def order_of(step: Step, window: Order) -> Order:
    """Return what a step's job is asked to do."""
    given = msgspec.convert(step.give, GIVEN)
    chosen = {name: getattr(given, name) for name in step.give}
    return Order(step.job, window.corpus, window.settings, **chosen)


def unknown(name: str, known: Sequence[str]) -> str:
    """Say that a key is not known, and which was meant."""
    near = difflib.get_close_matches(name, known, 1)
    return f"{name!r} is not known here" + (f"; did you mean {near[0]!r}?" if near else "")


def _known(path: KeyPath) -> tuple[str, ...]:
    match path:
        case ("window",):
            return Head.__struct_fields__
        case ("step", int()):
            return Step.__struct_fields__
        case ("step", int(), "give"):
            return GIVEN.__struct_fields__
    return GATES if path and path[-1] == "gate" else ()


def _at(table: object, path: KeyPath) -> object:
    for step in path:
        if isinstance(table, dict):
            table = table.get(step)
        elif isinstance(table, list) and isinstance(step, int) and step < len(table):
            table = table[step]
    return table
