"""One question at each door, and what a person is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.console.rebinding import keymap_of
from engine.checklist.answers import State as Found
from engine.checklist.reading import load_checklist
from engine.config import Layout, load_settings
from engine.convert.tasks import Convert, Result
from engine.crew.wire import ShardRef, to_wire
from engine.errors import ConfigError
from engine.shards.layout import find_shards
from tests.engine.checklist.asking import around, look
from tests.faults.bad_input.row import Row, State

CHECK = (
    'type = "parquet"\npath = "data.parquet"\nrows = 200\ncolumns = { text = "string" }\n'
    'not_null = [{ column = "text" }]\nunique = ["member"]'
)
"""What a data set is held against."""


def shard_at(place: Path, *, sidecar: Path | None = None, lone: bool = False) -> ShardRef:
    return ShardRef(
        folder=to_wire(place),
        audio_name="x.tar" if lone else "audio.tar",
        lone=lone,
        sidecar=None if sidecar is None else to_wire(sidecar),
        lock=to_wire(place / "lock") if lone else None,
    )


def convert_at(place: Path, *, scratch: Path | None = None, sidecar: Path | None = None) -> Convert:
    """Convert a shard as an engine orders it."""
    return Convert(
        shard=shard_at(place, sidecar=sidecar),
        run="run",
        tool="test",
        spot_checks=2,
        scratch=None if scratch is None else to_wire(scratch),
    )


def told(result: Result) -> tuple[str, str]:
    """Return what a person is told of a shard."""
    flags = [flag for flag in result.flags if flag != "no sidecar"]
    if result.validation is not None:
        flags += [str(fault) for fault in result.validation.mismatches]
    if result.fault is not None:
        return str(result.state), str(result.fault)
    return (str(State.FLAGGED) if flags else str(result.state)), "; ".join(flags) or result.note


def ask_settings(row: Row, place: Path) -> tuple[str, str]:
    del row
    try:
        keymap_of(load_settings(place).settings.keys)
    except ConfigError as error:
        return State.REFUSED, str(error)
    return "accepted", ""


def ask_checklist(row: Row, place: Path) -> tuple[str, str]:
    try:
        load_checklist(place / row.name)
    except ConfigError as error:
        return State.REFUSED, str(error)
    return "accepted", ""


def ask_check(row: Row, place: Path) -> tuple[str, str]:
    del row
    answer = asyncio.run(look(around(place), CHECK))
    return (str(answer.state) if answer.state is Found.PASS else State.REFUSED), answer.read


def ask_layout(row: Row, place: Path) -> tuple[str, str]:
    del row
    found = find_shards(place, Layout())
    text = "; ".join((*map(str, found.warnings), *(shard.id for shard in found.shards)))
    return (State.FLAGGED if found.warnings else State.KEPT), text


def without(text: str, place: Path) -> str:
    return text.replace(f"{place}/", "").replace(str(place), "corpus")
