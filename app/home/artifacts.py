"""Which artifacts there are, of what date, and which are older than what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.home.values import ArtifactSeen

CONVERSION: Final = "convert"


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    file: str
    """Under STATE; a folder counts by its own time."""
    made_from: tuple[str, ...] = ()
    """Artifacts, or the conversion: one that is older than these was made from others."""


KINDS: Final = (
    _Kind("inventory", "inventory.parquet"),
    _Kind("sweep", "artifacts/sweep.json"),
    _Kind("validation", "artifacts/validation.json", (CONVERSION,)),
    _Kind("manifest", "artifacts/manifest.parquet", (CONVERSION,)),
    _Kind("split", "artifacts/split.parquet", ("manifest",)),
    _Kind("buckets", "artifacts/buckets.toml", ("manifest", "split")),
    _Kind("benchmark", "artifacts/benchmark.json"),
    _Kind("export", "artifacts/export", ("manifest", "split")),
    _Kind("report", "artifacts/report.json", ("manifest", "split", "buckets")),
    _Kind("verdict", "artifacts/verdict.json"),
)


def look_at_artifacts(state: Path, converted_s: float | None) -> tuple[ArtifactSeen, ...]:
    """Look at each.

    Args:
        state: STATE.
        converted_s: when a conversion last changed shards, seconds since 1970; None for never, as far as is known.
    """
    made: dict[str, float] = {} if converted_s is None else {CONVERSION: converted_s}
    return tuple(_look(kind, state, made) for kind in KINDS)


def _look(kind: _Kind, state: Path, made: dict[str, float]) -> ArtifactSeen:
    try:
        found = (state / kind.file).stat()
    except (FileNotFoundError, NotADirectoryError):
        return ArtifactSeen(kind.name, None)
    except OSError as error:
        return ArtifactSeen(kind.name, None, problem=f"cannot be read: {error.strerror}")
    made[kind.name] = found.st_mtime
    return ArtifactSeen(kind.name, found.st_mtime, found.st_size, _is_older(kind, found.st_mtime, made))


def _is_older(kind: _Kind, made_s: float, others: Mapping[str, float]) -> bool:
    return any(others.get(other, 0.0) > made_s for other in kind.made_from)
