"""A TOML file as entries, each with the line that it stands on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.config.origins import Entry, Origin, OriginKind
from engine.config.sections import SECTIONS
from engine.errors import ConfigError


def read_entries(path: Path, kind: OriginKind) -> list[Entry]:
    """Read one TOML file into its entries, each with its line.

    Raises:
        ConfigError: when the file cannot be read or is not TOML.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: the configuration cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}: wanted TOML, which is UTF-8") from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        place = f"{path}:{at[1]}:{at[2]}" if at else f"{path}: end of file"
        reason = str(error).partition(" (at ")[0]
        raise ConfigError(f"{place}: not TOML: {reason}; mend the line and run `gonogo config validate`") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deep for a configuration; wanted sections with plain values") from error
    lines = _lines_of_keys(text)
    return [Entry(".".join(key), raw, Origin(kind, f"{path}:{lines.get(key, 1)}")) for key, raw in _flatten(tables, ())]


def _flatten(table: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the keys of known sections one by one, and an unknown or misplaced table as one value."""
    for name, raw in table.items():
        path = (*above, name)
        dotted = ".".join(path)
        is_section = path[0] == "gates" or any(f"{known}.".startswith(f"{dotted}.") for known in SECTIONS)
        if is_section and isinstance(raw, dict):
            yield from _flatten(raw, path)
        else:
            yield path, raw


def _lines_of_keys(text: str) -> dict[tuple[str, ...], int]:
    """Find the line of each key, which tomllib does not tell.

    A section is parsed line by line: the first piece that parses and holds a key ends on the last line of its
    value, so it began after the last piece that parsed. No multi-line string is taken for a key.
    """
    lines: dict[tuple[str, ...], int] = {}
    rows = text.split("\n")
    first = begun = 0
    for number, row in enumerate(rows):
        bare = row.strip()
        if not bare or bare.startswith("#"):
            begun += begun == number
            continue
        if bare.startswith("[") and begun == number:
            first = number
        try:
            piece = tomllib.loads("\n".join(rows[first : number + 1]))
        except tomllib.TOMLDecodeError:
            continue
        for path in _paths(piece, ()):
            lines.setdefault(path, begun + 1)
        begun = number + 1
    return lines


def _paths(table: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, raw in table.items():
        yield (*above, name)
        if isinstance(raw, dict):
            yield from _paths(raw, (*above, name))
