"""Reading a checklist file: every fault in it with its line and column, in one complaint."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import msgspec

from engine.checklist.kinds import KINDS
from engine.checklist.lists import Checklist, Item, Kind, Level, Mode, Name, Text
from engine.config.positions import KeyPath, Position
from engine.config.tomlfile import Toml, read_toml
from engine.errors import ConfigError

MAX_BYTES: Final = 1 << 20
_MEND: Final = "run `gonogo checklist validate`"
_TABLES: Final = ("checklist", "item")
_WANTED: Final = {
    "id": "lower case letters, digits, - and _",
    "needs": "ids of items",
    "kind": f"one of {', '.join(Kind)}",
    "level": f"one of {', '.join(Level)}",
    "mode": f"one of {', '.join(Mode)}",
    "type": f"one of {', '.join(KINDS)}",
    "waive": '"never" or { by = "reviewer", max_days = 2 }',
    "role": "lower case letters, digits and -",
    "by": "lower case letters, digits and -",
}
"""What a value must be, where the reader of a complaint could not guess it."""


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Name
    title: Text
    gates: str = ""
    mode: Mode = Mode.DO_CONFIRM
    about: str = ""


class _Fault(msgspec.Struct, frozen=True, order=True):
    """One complaint; sorted by its place."""

    position: Position
    told: str

    def __str__(self) -> str:
        """Write it as compilers do: ``4:1: mode: …``."""
        return f"{self.position.line}:{self.position.column}: {self.told}"


def load_checklist(path: Path) -> Checklist:
    """Read a checklist file.

    Raises:
        ConfigError: when it is no TOML, or has unknown keys, ids that come twice, items that need each other in a
            circle, or impossible values; each with file, line and column.
    """
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise ConfigError(f"{path}: read {path.stat().st_size:,} bytes, wanted a checklist of at most {MAX_BYTES:,}")
    toml = read_toml(path, "checklist", _MEND)
    faults: list[_Fault] = []
    head = _head(toml, faults)
    items = _items(toml, faults)
    faults += _double_ids(items, toml)
    faults += _wrong_needs(items, toml)
    if head is not None and head.id != path.stem:
        told = f"id: read {head.id!r}, wanted {path.stem!r}: a list is found by the name of its file"
        faults.append(_Fault(_place(toml, ("checklist", "id")), told))
    if faults or head is None:
        raise ConfigError("\n".join(f"{path}:{fault}" for fault in sorted(faults)))
    return Checklist(
        id=head.id,
        title=head.title,
        gates=head.gates,
        mode=head.mode,
        about=head.about,
        items=tuple(item for _, item in items),
        path=path,
        sha256=hashlib.sha256(toml.content).hexdigest(),
    )


def _head(toml: Toml, faults: list[_Fault]) -> _Head | None:
    for name in toml.tables:
        if name not in _TABLES:
            faults += [_Fault(_place(toml, (name,)), _unknown(name, _TABLES))]
    if "checklist" not in toml.tables:
        faults.append(_Fault(Position(1, 1), "there is no [checklist] table; wanted one with id and title"))
        return None
    try:
        return msgspec.convert(toml.tables["checklist"], _Head)
    except msgspec.ValidationError as error:
        faults.append(_explain(error, toml, ("checklist",), toml.tables["checklist"]))
        return None


def _items(toml: Toml, faults: list[_Fault]) -> list[tuple[int, Item]]:
    """Read each item by itself: one that is wrong does not hide the next."""
    tables = _tables(toml)
    if not tables:
        faults.append(_Fault(_place(toml, ("item",)), "there are no items; wanted a [[item]] for each question"))
        return []
    read = []
    for index, table in enumerate(tables):
        try:
            read.append((index, msgspec.convert(table, Item)))
        except msgspec.ValidationError as error:
            faults.append(_explain(error, toml, ("item", index), table))
    return read


def _tables(toml: Toml) -> list[object]:
    tables = toml.tables.get("item", [])
    return tables if isinstance(tables, list) else []


def _double_ids(items: Sequence[tuple[int, Item]], toml: Toml) -> Iterator[_Fault]:
    first: dict[str, int] = {}
    for index, item in items:
        if item.id in first:
            line = _place(toml, ("item", first[item.id], "id")).line
            told = f"id: {item.id!r} is the id of the item in line {line} already; wanted each id once"
            yield _Fault(_place(toml, ("item", index, "id")), told)
        first.setdefault(item.id, index)


def _wrong_needs(items: Sequence[tuple[int, Item]], toml: Toml) -> Iterator[_Fault]:
    """Find needs that name nothing, and those that go in a circle."""
    known = {item.id: index for index, item in items}
    written = [str(table.get("id")) for table in _tables(toml) if isinstance(table, dict)]
    for index, item in items:
        for need in item.needs:
            if need not in written:
                yield _Fault(_place(toml, ("item", index, "needs")), "needs: " + _unknown(need, written))
    try:
        TopologicalSorter({item.id: item.needs for _, item in items}).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        told = f"needs: the items need each other in a circle: {' needs '.join(circle)}"
        yield _Fault(_place(toml, ("item", known[circle[0]], "needs")), told)


def _explain(error: msgspec.ValidationError, toml: Toml, above: KeyPath, table: object) -> _Fault:
    """Turn msgspec's complaint into one with a place, the value read, and the key that was meant."""
    problem, _, at = str(error).partition(" - at `")
    path: KeyPath = (*above, *_steps(at))
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", problem)
    missing = re.fullmatch(r"Object missing required field `(.*)`", problem)
    key = ".".join(str(step) for step in path[len(above) :])
    if unknown is not None:
        return _Fault(_place(toml, (*path, unknown[1])), _unknown(unknown[1], _known_keys(path)))
    if missing is not None:
        where = f" in {key}" if key else ""
        return _Fault(_place(toml, path), f"{missing[1]}{where} is missing; wanted a value")
    read = _value_at(table, path[len(above) :])
    last = next((step for step in reversed(path) if isinstance(step, str)), "")
    told = f"wanted {_WANTED[last]}" if last in _WANTED else problem[:1].lower() + problem[1:]
    return _Fault(_place(toml, path), f"{key}: read {read!r}: {told}" if key else told)


def _steps(at: str) -> Iterator[str | int]:
    """Split msgspec's path, such as ``$.needs[0]``."""
    for name, index in re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", at):
        yield name or int(index)


def _value_at(table: object, path: KeyPath) -> object:
    for step in path:
        if isinstance(table, Mapping):
            table = table.get(step)
        elif isinstance(table, list) and isinstance(step, int) and step < len(table):
            table = table[step]
    return table


def _known_keys(path: KeyPath) -> tuple[str, ...]:
    if path == ("checklist",):
        return _Head.__struct_fields__
    return Item.__struct_fields__ if len(path) == 2 else ()


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"{name!r} is not known here" + (f"; did you mean {near[0]!r}?" if near else "")


def _place(toml: Toml, path: KeyPath) -> Position:
    """Return where a key stands, or the nearest table above it."""
    while path and path not in toml.positions:
        path = path[:-1]
    return toml.positions.get(path, Position(1, 1))
