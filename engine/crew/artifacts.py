"""The reports and tables that a corpus's runs leave for people and for later steps: ``STATE/artifacts/``."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from engine.run.read_only import refuse_changes
from engine.shards.files import RealFiles


def artifact(state: Path, name: str) -> Path:
    """Name one artifact of a corpus."""
    return state / "artifacts" / name


def write_whole(path: Path, content: bytes) -> None:
    """Write a file durably; it appears under its name when it is whole.

    Raises:
        OSError: when the disk refuses; what stood there before stands there still.
    """
    with whole(path) as temporary, temporary.open("wb") as out:
        out.write(content)


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend a temporary name beside ``path``; what is written there gets its name when it is whole and on the disk.

    Raises:
        OSError: when the disk refuses; what stood there before stands there still.
        ReadOnlyError: when this program changes nothing.
    """
    refuse_changes(f"{path} would be written")
    path.parent.mkdir(parents=True, exist_ok=True)
    # A killed thread of the same number may have left one: whoever writes it must not mind that it is there.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_native_id()}.tmp")
    files = RealFiles()
    try:
        yield temporary
        files.sync_file(temporary)
        temporary.replace(path)
        files.sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
