"""Parquet that is cut, damaged or hostile: as a sidecar of a shard, and under a check of a data set."""

from __future__ import annotations

import io
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.faults.bad_input.row import Door, Make, Row, State, fixed, slug

SIDECAR: Final = "metadata.parquet"
CLIP_S: Final = 0.1
"""How long the clips of the shard are."""


def parquet(table: pa.Table, *, checksums: bool = True, **more: object) -> bytes:
    """Return the bytes of a file with one table."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, write_page_checksum=checksums, **more)
    return buffer.getvalue()


def rows(count: int = 200) -> pa.Table:
    """Rows as sidecars have them, the first three of them about the clips of the shard."""
    return pa.table(
        {
            "member": [f"clip_{number}.wav" for number in range(count)],
            "text": [f"words {number * number}" for number in range(count)],
            "duration": [CLIP_S] * count,
        }
    )


GOOD = parquet(rows(), compression="none")


def _page_flipped() -> bytes:
    """A flipped bit in the text of a transcript, which nothing but the page's checksum shows."""
    at = GOOD.index(b"words 100")
    return GOOD[:at] + bytes([GOOD[at] ^ 1]) + GOOD[at + 1 :]


def _footer_of(length: int) -> bytes:
    return GOOD[:-8] + length.to_bytes(4, "little") + GOOD[-4:]


def _packed_tightly() -> bytes:
    """A megabyte of text two million times: 6 KB on disk, 2 TB in memory."""
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000_000, pa.int32()), pa.array(["a" * (1 << 20)]))
    return parquet(pa.table({"member": words}), compression="zstd")


def _too_many_rows() -> bytes:
    return parquet(pa.table({"duration": pa.array([0.1] * 2_000_001)}), compression="zstd")


def _too_many_columns() -> bytes:
    return parquet(pa.table({f"c{number}": [1] for number in range(1_001)}))


_UNREADABLE: dict[str, tuple[Make, tuple[str, ...]]] = {
    "an empty file": (fixed(b""), ("0 bytes",)),
    "text": (fixed(b"member,duration\nclip_0.wav,0.1\n"), ("Parquet",)),
    "cut in half": (fixed(GOOD[: len(GOOD) // 2]), ("Parquet",)),
    "still being written": (fixed(GOOD[:-1]), ("Parquet",)),
    "a footer longer than the file": (fixed(_footer_of(1 << 30)), ("Parquet",)),
    "a footer of no bytes": (fixed(_footer_of(0)), ("Parquet",)),
    "a flipped bit in a page": (_page_flipped, ("checksum", "Parquet")),
    "zeros in the middle": (fixed(GOOD[:300] + bytes(600) + GOOD[900:]), ("Parquet",)),
    "an encrypted footer": (fixed(GOOD[:-4] + b"PARE"), ("encrypted",)),
}
_HOSTILE: dict[str, tuple[Make, tuple[str, ...]]] = {
    "6 KB that are 2 TB in memory": (_packed_tightly, ("takes too much memory", "2,097,152,000,000 bytes")),
    "two million rows and one": (_too_many_rows, ("too large", "2,000,001 rows")),
    "a thousand columns and one": (_too_many_columns, ("too large", "1,001 columns")),
    "two columns of one name": (
        lambda: parquet(pa.table([pa.array([0.1]), pa.array([0.2])], names=["duration", "duration"])),
        ("two columns have one name", "duration"),
    ),
    "durations that are three times too long": (
        lambda: parquet(rows(3).set_column(2, "duration", pa.array([3 * CLIP_S] * 3))),
        ("contradict each other", "48000 Hz", "0.33 times"),
    ),
}

_CHECKED: dict[str, tuple[Make, tuple[str, ...]]] = {
    "an empty file": (fixed(b""), ("0 bytes",)),
    "text": (fixed(b"member,duration\nclip_0.wav,0.1\n"), ("no Parquet file",)),
    "cut in half": (fixed(GOOD[: len(GOOD) // 2]), ("cut short, or still being written",)),
    "a footer longer than the file": (fixed(_footer_of(1 << 30)), ("a footer that fits",)),
    "a flipped bit in a page": (_page_flipped, ("pages as they were written",)),
    "an encrypted footer": (fixed(GOOD[:-4] + b"PARE"), ("encrypted",)),
    "columns that differ in case only": (
        lambda: parquet(pa.table({"text": ["a"], "Text": ["b"]})),
        ("differ in case only",),
    ),
    "rows that are missing": (lambda: parquet(rows(199)), ("199 rows", "wanted 200")),
    "keys that come twice": (
        lambda: parquet(pa.concat_tables([rows(199), rows(1)])),
        ("1 row with a key that another row has",),
    ),
    "numbers where text belongs": (
        lambda: parquet(rows().set_column(1, "text", pa.array(range(200)))),
        ("text: int64", "wanted string"),
    ),
    "transcripts that are missing": (
        lambda: parquet(rows().set_column(1, "text", pa.array([None, *map(str, range(199))]))),
        ("text: null in 1 of 200 rows",),
    ),
}


def _state(wrong: str) -> State:
    return State.QUARANTINED if wrong.startswith("durations") else State.FLAGGED


ROWS = (
    *(
        Row(slug(f"sidecar {wrong}"), f"sidecar: {wrong}", Door.SIDECAR, data, _state(wrong), told, name=SIDECAR)
        for group in (_UNREADABLE, _HOSTILE)
        for wrong, (data, told) in group.items()
    ),
    *(
        Row(slug(f"data set {wrong}"), f"data set: {wrong}", Door.CHECK, data, State.REFUSED, told, name="data.parquet")
        for wrong, (data, told) in _CHECKED.items()
    ),
)
