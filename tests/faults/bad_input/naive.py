"""What a plain script makes of a bad file: ``python -m tests.faults.bad_input.naive``, run for the table's sake.

A :class:`Question` a line comes in, an :class:`Answer` a line goes out: what the reader gave, or how it failed.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import soundfile

from engine.crew.wire import from_wire
from engine.errors import printable
from engine.run.child import become_worker

_LONGEST = 110


def _tar(path: Path) -> str:
    with tarfile.open(path) as archive:
        names = [f"{info.name} ({info.size:,})" for info in archive if archive.extractfile(info) is not None]
    return f"{len(names)} files: {', '.join(names)}"


def _clip(path: Path) -> str:
    with soundfile.SoundFile(path) as clip:
        head = f"{clip.format} {clip.subtype}, {clip.samplerate} Hz, {clip.channels} channels, {clip.frames} frames"
        data = clip.read(dtype="int16", always_2d=True)
    return f"{head}; {len(data)} read, the last {data[-1][0] if len(data) else 'none'}"


def _parquet(path: Path) -> str:
    table = pq.read_table(path)
    return f"{table.num_rows} rows: {table.slice(0, 1).to_pylist()}"


def _jsonl(path: Path) -> str:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return f"{len(rows)} rows, the last {rows[-1]!r}"


def _json(path: Path) -> str:
    return repr(json.loads(path.read_text("utf-8")))


def _csv(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return repr(list(csv.DictReader(file)))


def _table(path: Path) -> str:
    with gzip.open(path) as file:
        rows = [json.loads(line) for line in io.TextIOWrapper(file, "utf-8")]
    return f"{len(rows)} rows, the last {rows[-1]!r}"


def _toml(path: Path) -> str:
    return repr(tomllib.loads(path.read_text("utf-8")))


def _folder(path: Path) -> str:
    names = "\n".join(sorted(str(tar.parent.name) for tar in path.rglob("audio.tar")))
    names.encode()
    return f"prints {names!r}"


READERS: dict[str, Callable[[Path], str]] = {
    "tarfile": _tar,
    "soundfile": _clip,
    "pyarrow": _parquet,
    "json, by line": _jsonl,
    "json": _json,
    "csv": _csv,
    "gzip and json": _table,
    "tomllib": _toml,
    "rglob and print": _folder,
}


class Question(msgspec.Struct, frozen=True):
    """A file, and what to read it with."""

    how: str
    path: str


class Answer(msgspec.Struct, frozen=True):
    """What was read."""

    told: str


def read(how: str, path: Path) -> str:
    """Say in one line what a reader gives."""
    try:
        told = READERS[how](path)
    except (Exception, RecursionError) as error:  # noqa: BLE001  # whatever it is: that is what a script would meet
        told = f"{type(error).__name__}: {error}"
    told = printable(" ".join(told.replace(str(path), path.name).split()))
    return told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…"


def main() -> None:
    """Answer until there are no more questions."""
    messages = become_worker()
    for question in messages.tasks(Question):
        messages.send(Answer(read(question.how, from_wire(question.path))))


if __name__ == "__main__":
    main()
