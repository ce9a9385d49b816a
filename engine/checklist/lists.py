"""A checklist file: what must be true before a gate opens. Definitions only; answers are never kept in them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import ConfigError, UsageError
from engine.units import parse_seconds


class CheckRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which check answers an item."""

    type: str


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question, and the answer that is wanted."""

    id: str
    ask: str
    want: str
    kind: Literal["machine"]
    check: CheckRef
    timeout: str
    """An answer that takes longer counts as none."""
    level: Literal["killer"]
    """A red one closes the gate."""
    waive: Literal["never"]
    fix: str
    """What a person does about a red answer."""
    source: str
    """Why it is asked."""

    @property
    def timeout_s(self) -> float:
        """The timeout in seconds."""
        return parse_seconds(self.timeout)


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a checklist is for."""

    id: str
    title: str
    gates: str
    mode: Literal["do-confirm", "read-do"]


class Checklist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A checklist file, read."""

    checklist: Head
    item: tuple[Item, ...]


def load_checklist(path: Path) -> Checklist:
    """Read a checklist file.

    Raises:
        ConfigError: when it is no TOML, or has unknown keys, double ids or impossible values; names file and place.
    """
    try:
        checklist = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Checklist)
        for item in checklist.item:
            parse_seconds(item.timeout)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, UsageError) as error:
        raise ConfigError(f"{path}: {error}") from error
    ids = [item.id for item in checklist.item]
    if len(set(ids)) != len(ids):
        twice = next(one for one in ids if ids.count(one) > 1)
        raise ConfigError(f"{path}: two items have the id {twice!r}; wanted each id once")
    return checklist
