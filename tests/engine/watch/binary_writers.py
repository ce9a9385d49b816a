"""Tiny writers of TensorBoard's and W&B's files: enough to make every state that a reader can meet."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.watch.records import Batch, Record
from engine.watch.sources.base import Source
from engine.watch.sources.leveldb_log import BLOCK_BYTES, MAGIC
from engine.watch.sources.protobuf import encoded
from engine.watch.sources.tfrecord import framed


def message(number: int, content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return encoded(number << 3 | 2) + encoded(len(data)) + data


def number(field: int, value: int) -> bytes:
    return encoded(field << 3) + encoded(value & 2**64 - 1)


def event(step: int, *parts: bytes, time_s: float = 1_700_000_000.0) -> bytes:
    return b"\x09" + struct.pack("<d", time_s) + (number(2, step) if step else b"") + b"".join(parts)


def simple(tag: str, value: float) -> bytes:
    return message(1, message(1, tag) + b"\x15" + struct.pack("<f", value))


def tensor(tag: str, content: bytes, plugin: str = "scalars") -> bytes:
    metadata = message(9, message(1, message(1, plugin))) if plugin else b""
    return message(1, message(1, tag) + message(8, content) + metadata)


def image(tag: str, size_bytes: int) -> bytes:
    return message(1, message(1, tag) + message(4, number(1, 8) + message(4, b"\x89" * size_bytes)))


def scalars(step: int, values: Mapping[str, float], time_s: float = 1_700_000_000.0) -> bytes:
    return framed(event(step, message(5, b"".join(simple(*item) for item in values.items())), time_s=time_s))


def start(step: int) -> bytes:
    return framed(event(step, message(7, number(1, 1))))


FILE_VERSION = framed(event(0, message(3, "brain.Event:2")))


def event_file(folder: Path, made_s: int, content: bytes, suffix: str = "host.1.0") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"events.out.tfevents.{made_s}.{suffix}"
    path.write_bytes(content)
    return path


def history(values: Mapping[str, str], step: int | None = None) -> bytes:
    items = b"".join(
        message(1, b"".join(message(2, part) for part in key.split(".")) + message(16, value))
        for key, value in values.items()
    )
    return message(2, items + (message(2, number(1, step) if step else b"") if step is not None else b""))


def run_named(run_id: str, display_name: str = "", project: str = "p") -> bytes:
    return message(17, message(1, run_id) + message(3, project) + message(8, display_name))


def wandb_log(records: Iterable[bytes]) -> bytes:
    out = bytearray(MAGIC + b"\0")
    for record in records:
        rest, first = record, True
        while first or rest:
            left = BLOCK_BYTES - len(out) % BLOCK_BYTES
            if left < 7:
                out += bytes(left)
                continue
            piece, rest = rest[: left - 7], rest[left - 7 :]
            kind = (1 if first else 4) if not rest else (2 if first else 3)
            out += struct.pack("<IHB", zlib.crc32(bytes([kind]) + piece), len(piece), kind) + piece
            first = False
    return bytes(out)


def read_all(source: Source, most_polls: int = 10_000) -> Batch:
    """Poll until nothing comes; a source that never ends fails."""
    records: list[Record] = []
    notes: list[str] = []
    for _ in range(most_polls):
        batch = source.poll()
        if not batch:
            return Batch(tuple(records), (), tuple(notes))
        records += batch.records
        notes += batch.notes
    raise AssertionError(f"still telling something after {most_polls} polls")


def told(batch: Batch) -> list[tuple[str, int, int, dict[str, float]]]:
    return [(record.run, record.segment, record.step, dict(record.values)) for record in batch.records]
