"""The artifacts of a corpus: where they lie, what makes them, and whether they were made from the others as they are.

An artifact keeps the XXH3-128 of each file that it was made from; these are held against the files. The manifest is
made from the tars and the validation looks at them: what the kernel says of each tar is held against both.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.crew.artifacts import artifact
from engine.dataset.export.folder import MADE
from engine.dataset.report.shape import Artifact, Freshness
from engine.dataset.split.table import file_xxh3_128
from engine.errors import DamagedError, Fault, printable


@dataclass(frozen=True, slots=True)
class Named:
    """One artifact, as the report knows it."""

    name: str
    file: str
    """Under the state folder."""
    verb: str
    """Of the command that makes it."""
    required: bool = False
    trained_on: bool = False
    """A trainer reads it: where it is stale, training would go by another corpus. A stale measurement only misleads."""

    def renew(self, corpus: Path) -> str:
        """Return the command that makes it."""
        return f"gonogo {self.verb} {printable(shlex.quote(str(corpus)))}"


INVENTORY: Final = Named("inventory", "inventory.parquet", "inventory")
SWEEP: Final = Named("sweep", "artifacts/sweep.json", "sweep")
VALIDATION: Final = Named("validation", "artifacts/validation.json", "validate", required=True)
MANIFEST: Final = Named("manifest", "artifacts/manifest.parquet", "manifest", required=True, trained_on=True)
SPLIT: Final = Named("split", "artifacts/split.parquet", "split", trained_on=True)
BENCHMARK: Final = Named("decode benchmark", "artifacts/benchmark.json", "benchmark")
BUCKETS: Final = Named("buckets", "artifacts/buckets.toml", "buckets", trained_on=True)
EXPORT: Final = Named("export", "artifacts/export", "export", trained_on=True)
"""A folder for each format, with an ``export.json``."""
_SETTINGS: Final = "["
"""Begins what an artifact calls the settings that it was made with: a person may have others by now."""


def export_of(kind: str) -> Named:
    """Name the export of one format."""
    return Named(f"{EXPORT.name} {kind}", f"{EXPORT.file}/{kind}/{MADE}", EXPORT.verb, trained_on=True)


@dataclass(slots=True)
class Hashes:
    """Hashes files, each once."""

    state: Path
    corpus: Path
    _known: dict[Path, str] = field(default_factory=dict)

    def of(self, path: Path) -> str:
        """Return a file's XXH3-128 in hex; empty where it is not there.

        Raises:
            OSError: when the disk fails.
        """
        if path not in self._known:
            try:
                self._known[path] = file_xxh3_128(path)
            except FileNotFoundError:
                self._known[path] = ""
        return self._known[path]

    def changed(self, inputs: Mapping[str, str]) -> str:
        """Say which of the files that something was made from are others now; empty where none is.

        Args:
            inputs: the hash of each, by its name: of an artifact, or of a file in the corpus or the state folder.
        """
        other = []
        for name, was in inputs.items():
            if name.startswith(_SETTINGS):
                continue
            places = (artifact(self.state, name), self.corpus / name, self.state / name)
            hashes = [found for found in map(self.of, places) if found]
            if not hashes:
                other.append(f"{printable(name)} is gone")
            elif was not in hashes:
                other.append(f"{printable(name)} is another one now")
        return ", ".join(other)


def told(
    named: Named, state: Path, corpus: Path, *, missing: bool, damage: str = "", stale: str = "", untold: bool = False
) -> Artifact:
    """Say how one artifact stands; the gravest of what is known."""
    freshness, why = Freshness.CURRENT, ""
    if missing:
        freshness = Freshness.MISSING
    elif damage:
        freshness, why = Freshness.DAMAGED, damage
    elif stale:
        freshness, why = Freshness.STALE, stale
    elif untold:
        freshness = Freshness.UNTOLD
    size_bytes, time = (0, "") if missing else _facts(state / named.file)
    return Artifact(
        name=named.name,
        file=named.file,
        freshness=freshness,
        why=why,
        renew=named.renew(corpus),
        size_bytes=size_bytes,
        time=time,
    )


def _facts(path: Path) -> tuple[int, str]:
    found = path.stat()
    written = datetime.fromtimestamp(found.st_mtime, UTC)
    return found.st_size, written.isoformat(timespec="seconds").replace("+00:00", "Z")


def not_ours(path: Path) -> DamagedError:
    """Return the error of a table that does not say what it was made from."""
    return DamagedError(
        Fault("it does not say what it was made from", str(path), wanted="a table of ours", way_out="make it again")
    )
