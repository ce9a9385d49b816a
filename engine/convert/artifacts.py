"""The reports and tables that a corpus's runs leave for people and for later steps: ``STATE/artifacts/``."""

from __future__ import annotations

import os
from pathlib import Path


def artifact(state: Path, name: str) -> Path:
    """Name one artifact of a corpus."""
    return state / "artifacts" / name


def write_artifact(path: Path, content: bytes) -> None:
    """Write an artifact durably; it appears under its name when it is whole.

    Raises:
        OSError: when the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
