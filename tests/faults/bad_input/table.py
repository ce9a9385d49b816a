"""All rows, asked of a plain script and of gonogo."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.bad_input import flacs, jsons, names, parquets, tars, tomls, wavs
from tests.faults.bad_input.doors import Doors
from tests.faults.bad_input.row import Door, Outcome, Row

KINDS: Mapping[str, tuple[Row, ...]] = {
    "Tar": tars.ROWS,
    "WAV": wavs.ROWS,
    "FLAC": flacs.ROWS,
    "Parquet": parquets.ROWS,
    "JSON and CSV": jsons.ROWS,
    "TOML": tomls.ROWS,
    "Names": names.ROWS,
}
ROWS = tuple(row for rows in KINDS.values() for row in rows)
_OURS_BESIDE = {"lock", ".state"}
"""What gonogo itself makes while it looks."""
_STATUS = "shard_conversion_status.json"


@dataclass(frozen=True)
class Line:
    """One row, tried."""

    row: Row
    naive: str
    ours: Outcome
    digest: str
    """Of the files before: SHA-256 over names and contents."""
    unchanged: bool

    @property
    def holds(self) -> bool:
        """Whether the row came to the state that it must come to, with the words that must be told."""
        told = all(words in self.ours.text for words in self.row.told)
        return self.ours.state == self.row.state and told and self.unchanged


def tried(folder: Path, rows: Sequence[Row] = ROWS) -> Iterator[Line]:
    """Try rows, one after the other, in a folder of their own."""
    with Doors(folder) as doors:
        for row in rows:
            with doors.planted(row) as place:
                naive = doors.naive(row, place)
                before = _contents(place)
                ours = doors.ours(row, place)
                yield Line(row, naive, ours, _digest(row, before), _contents(place) == before)


def _contents(place: Path) -> dict[bytes, bytes]:
    """Return what lies in a folder: the bytes of files, the targets of links."""
    found: dict[bytes, bytes] = {}
    for folder, folders, files in os.walk(place):
        for name in (*folders, *files):
            path = Path(folder, name)
            relative = os.path.relpath(path, place)
            if Path(relative).parts[0] in _OURS_BESIDE:
                continue
            if path.is_symlink():
                found[os.fsencode(relative)] = os.fsencode(path.readlink())
            elif path.is_file():
                found[os.fsencode(relative)] = path.read_bytes()
    return found


def _digest(row: Row, contents: Mapping[bytes, bytes]) -> str:
    """Hash a row's files; the record of a conversion that went before holds its time, and is left out."""
    whole = hashlib.sha256()
    for name in sorted(contents):
        if row.door is Door.CLIP_TABLE and name == _STATUS.encode():
            continue
        whole.update(name + b"\0" + len(contents[name]).to_bytes(8) + contents[name])
    return whole.hexdigest()
