"""One fuzzed kind of file: its originals, its mutants, and an oracle that shares nothing with the reader under test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from engine.crew.wire import to_wire
from tests.faults.bad_input.limited import Child, DiedError
from tests.faults.bad_input.mutants import Mutant
from tests.faults.bad_input.reader import Mutant as Request
from tests.faults.bad_input.reader import Seen

SILENT: Final = "silently accepted"
REFUSED: Final = "refused"

Oracle = Callable[[Mutant, Mapping[str, str], Mapping[str, str]], str]
"""Says of an accepted mutant why that is right, or :data:`SILENT`: what was read of the original, and of the mutant."""


@dataclass
class Found:
    """What became of mutants."""

    classes: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    changed: int = 0
    """Files that were not afterwards what they were before."""

    @property
    def tried(self) -> int:
        """How many."""
        return self.classes.total()


class Fuzzer:
    """A process that reads mutants, and the folder that they lie in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child = Child("tests.faults.bad_input.reader")
        self._child.line()
        self.found = Found()

    def close(self) -> None:
        """End the process."""
        self._child.__exit__(None, None, None)

    @property
    def peak_bytes(self) -> int:
        """The most memory that reading took so far."""
        return self._child.peak_bytes()

    def read(self, reader: str, name: str, data: bytes) -> Seen:
        """Have one file read."""
        path = self._folder / name
        path.write_bytes(data)
        try:
            self._child.say(msgspec.json.encode(Request(reader, to_wire(path))) + b"\n")
            seen = msgspec.json.decode(self._child.line(), type=Seen)
        except DiedError as error:
            self._child.line()
            seen = Seen(crash=str(error))
        self.found.changed += path.read_bytes() != data
        path.unlink()
        return seen

    def try_all(self, reader: str, name: str, whole: bytes, mutants: Iterable[Mutant], oracle: Oracle) -> None:
        """Have mutants of one file read, and judge what is accepted."""
        intact = self.read(reader, name, whole)
        assert intact.parts, intact
        for mutant in mutants:
            seen = self.read(reader, name, mutant.data)
            if seen.crash:
                self.found.crashes.append(f"{mutant.what} {mutant.touched}: {seen.crash}")
            verdict = REFUSED if seen.refused else oracle(mutant, intact.parts, seen.parts) if seen.parts else "crash"
            self.found.classes[verdict] += 1
            if verdict == SILENT:
                self.found.silent.append(f"{name}: {mutant.what} {mutant.touched}: {seen.parts}"[:1_000])


def same(intact: Mapping[str, str], seen: Mapping[str, str]) -> bool:
    """Tell whether the same was read, in the same order."""
    return list(intact.items()) == list(seen.items())
