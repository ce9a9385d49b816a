"""A TOML file as entries, each with the line that it stands on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from engine.config.origins import Entry, Origin, OriginKind
from engine.config.positions import KeyPath, Position, positions_of
from engine.config.sections import FREE_SECTIONS, SECTIONS
from engine.errors import ConfigError


class Toml(NamedTuple):
    """A TOML file, read."""

    tables: Mapping[str, object]
    positions: Mapping[KeyPath, Position]
    content: bytes


def read_toml(path: Path, what: str, way_out: str) -> Toml:
    """Read one TOML file and where each of its keys stands.

    Args:
        path: the file.
        what: what it is, for complaints: ``configuration``.
        way_out: what shows whether it is mended: ``run gonogo config validate``.

    Raises:
        ConfigError: when the file cannot be read or is not TOML; names the place.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: the {what} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}: wanted TOML, which is UTF-8") from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        place = f"{path}:{at[1]}:{at[2]}" if at else f"{path}: end of file"
        reason = str(error).partition(" (at ")[0]
        raise ConfigError(f"{place}: not TOML: {reason}; mend the line and {way_out}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deep for a {what}; wanted sections with plain values") from error
    return Toml(tables, positions_of(text), content)


def read_entries(path: Path, kind: OriginKind) -> list[Entry]:
    """Read one file of settings into its entries, each with its line.

    Raises:
        ConfigError: when the file cannot be read or is not TOML.
    """
    found = read_toml(path, "configuration", "run `gonogo config validate`")
    top = Position(1, 1)
    return [
        Entry(".".join(key), raw, Origin(kind, f"{path}:{found.positions.get(key, top).line}"))
        for key, raw in _flatten(found.tables, ())
    ]


def _flatten(table: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the keys of known sections one by one, and an unknown or misplaced table as one value."""
    for name, raw in table.items():
        path = (*above, name)
        dotted = ".".join(path)
        is_free = any(f"{dotted}.".startswith(f"{free}.") for free in FREE_SECTIONS)
        is_section = is_free or any(f"{known}.".startswith(f"{dotted}.") for known in (*SECTIONS, *FREE_SECTIONS))
        if is_section and isinstance(raw, dict):
            yield from _flatten(raw, path)
        else:
            yield path, raw
