"""What must hold of a shard after a fault, and after the undisturbed run behind it; counted, not raised."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from engine.shards.record import Record, SwapState, read_record
from tests.faults.tally import Tally

ANY_LINKS = pytest.mark.parametrize("links", [True, False], ids=["links", "renames"])
"""Both protocols: an original gets out of the way by a second name, or by a new one."""

AFTERWARDS = {"audio.tar", "shard_conversion_status.json"}
"""All that a finished swap leaves."""


@dataclass(frozen=True)
class Judge:
    """Knows a shard before and after its conversion, and counts what is not as promised."""

    original: bytes
    result: bytes
    line: Tally
    links: bool = True
    stories: list[str] = field(default_factory=list)
    """What went wrong, for a person."""

    def after_a_fault(self, folder: Path, when: str, *, may_be_absent: bool = False) -> None:
        """The original is whole, or its conversion stands proven in its place; and ``audio.tar`` is there.

        Where there are no hard links, A is absent between two renames: after a kill or a power cut there, never else.
        """
        names = ShardFiles.of_folder(folder)
        audio, backup, temporary = (_bytes_at(path) for path in (names.audio, names.backup, names.temporary))
        record = read_record(RealFiles(), names.status)
        state = record.state if isinstance(record, Record) else "-" if record is None else "?"
        row = f"A={self._thing(audio)} B={self._thing(backup)} T={self._thing(temporary)} S={state}"
        if audio is not None and backup is not None and names.audio.samefile(names.backup):
            row = row.replace("B=O", "B=O=")
        self.line.states.add(row)
        when = f"{when}\n    left {row}"
        if self.original not in (audio, backup):
            if audio != self.result:
                self.line.lost += 1
                self.stories.append(f"lost: {when}")
            elif state != SwapState.SWAPPED:
                self.line.early += 1
                self.stories.append(f"gone before its conversion was proven: {when}")
        if audio is None and not (may_be_absent and not self.links and backup == self.original):
            self.line.lost += 1
            self.stories.append(f"audio.tar is absent: {when}")

    def at_the_end(self, folder: Path, when: str) -> None:
        """The conversion is in its place, with its record, and nothing else is left."""
        names = ShardFiles.of_folder(folder)
        there = {path.name for path in folder.iterdir()}
        record = read_record(RealFiles(), names.status)
        is_swapped = isinstance(record, Record) and record.state is SwapState.SWAPPED
        if there != AFTERWARDS or names.audio.read_bytes() != self.result or not is_swapped:
            self.line.stuck += 1
            self.stories.append(f"a clean run came to {sorted(there)}, {record}: {when}")

    def told(self) -> str:
        """Return the line of the table, and what went wrong."""
        return "\n".join([str(self.line), *self.stories])

    def _thing(self, data: bytes | None) -> str:
        known = {None: "-", self.original: "O", self.result: "N"}
        return known.get(data, "x")


def _bytes_at(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
