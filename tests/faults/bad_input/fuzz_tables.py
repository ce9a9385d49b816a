"""Mutants of what is read beside the tars: Parquet with checksums on its pages, JSON, CSV, records, clip tables."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

import msgspec

from engine.shards.clips import ClipRow
from engine.shards.files import Identity
from engine.shards.record import Record, SwapState, Tally, TarDigest
from tests.faults.bad_input.fuzzing import SILENT, Oracle, same
from tests.faults.bad_input.mutants import Mutant, mutants
from tests.faults.bad_input.parquets import parquet, rows

_ROWS: Final = [{"member": f"clip_{at}.wav", "text": f"wörter {at}", "duration": at / 8, "n": at} for at in range(6)]
_DIGEST: Final = TarDigest("00112233445566778899aabbccddeeff", 30_720)


@dataclass(frozen=True)
class Original:
    """A file, the reader that takes it, and the oracle for its mutants."""

    reader: str
    name: str
    data: bytes
    judge: Oracle


def _record() -> bytes:
    record = Record(
        state=SwapState.SWAPPED,
        tool="gonogo 1",
        run="run",
        time="2026-01-02T03:04:05.000Z",
        original=_DIGEST,
        result=TarDigest("ff" * 16, 10_240),
        tally=Tally(members=4, clips=3, seconds_of_audio=1.5, flags=("no sidecar",)),
        keeps_backup=True,
        audio_identity=Identity(1, 2, 10_240, 3, 4),
        backup_identity=Identity(1, 5, 30_720, 3, 4),
    )
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def _clip_table() -> bytes:
    row = ClipRow(
        member="clip_0.wav",
        offset_bytes=512,
        size_bytes=3_244,
        frames=1_600,
        original_frames=4_800,
        original_xxh3_128=_DIGEST.xxh3_128,
        xxh3_128="ff" * 16,
    )
    return gzip.compress(msgspec.json.Encoder().encode_lines([row] * 9), mtime=0)


def _csv() -> bytes:
    lines = ["member,text,duration", *(f"{row['member']},{row['text']},{row['duration']}" for row in _ROWS)]
    return ("\n".join(lines) + "\n").encode()


def originals() -> tuple[Original, ...]:
    """One file of each kind."""
    jsonl = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _ROWS).encode()
    named = {str(row["member"]): {"duration": row["duration"]} for row in _ROWS}
    return (
        *(
            Original("sidecar", f"{packing}.parquet", parquet(rows(60), compression=packing), judge_checked)
            for packing in ("none", "snappy", "zstd")
        ),
        Original("sidecar", "rows.jsonl", jsonl, judge_json),
        Original("sidecar", "rows.json", json.dumps(_ROWS).encode(), judge_json),
        Original("sidecar", "named.json", json.dumps(named).encode(), judge_json),
        Original("sidecar", "rows.csv", _csv(), judge_csv),
        Original("member", "clip_0.json", json.dumps(_ROWS[1]).encode(), judge_json),
        Original("record", "status.json", _record(), judge_record),
        Original("table", "clips.jsonl.gz", _clip_table(), judge_table),
    )


def damaged(original: Original, count: int, chance: Random) -> Iterator[Mutant]:
    """Change one."""
    return mutants(original.data, count, chance)


def judge_checked(mutant: Mutant, intact: Mapping[str, str], seen: Mapping[str, str]) -> str:
    """Values under a checksum are what they were; a column may have another name in a footer, which has none."""
    del mutant
    if same(intact, seen):
        return "nothing that counts was changed"
    if intact.get("columns") != seen.get("columns"):
        return "a column of another name or type, which shows: no checksum covers a footer"
    return SILENT


def judge_table(mutant: Mutant, intact: Mapping[str, str], seen: Mapping[str, str]) -> str:
    """A packed table is what it was, under its checksum; or it is empty: no shard's is, and a validation tells."""
    return "a table without rows" if seen["rows"] == "[]" else judge_checked(mutant, intact, seen)


def judge_json(mutant: Mutant, intact: Mapping[str, str], seen: Mapping[str, str]) -> str:
    """Text that says something else must at least be what JSON says it is: whole, and without a key twice."""
    if same(intact, seen):
        return "nothing that counts was changed"
    try:
        text = mutant.data.decode("utf-8-sig")
        lines = [text] if text.lstrip().startswith(("[", "{\n")) or "\n" not in text.strip() else text.split("\n")
        for line in lines:
            if line.strip():
                json.loads(line, object_pairs_hook=_once, parse_constant=_never)
    except ValueError:
        return SILENT
    return "JSON that says something else: nothing protects it"


def judge_csv(mutant: Mutant, intact: Mapping[str, str], seen: Mapping[str, str]) -> str:
    """The same for CSV: a table all of whose rows are as wide as its first."""
    if same(intact, seen):
        return "nothing that counts was changed"
    text = mutant.data.decode("utf-8-sig")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    widths = {len(cells) for cells in csv.reader(text.splitlines(keepends=True), delimiter=delimiter) if cells}
    return "CSV that says something else: nothing protects it" if len(widths) == 1 else SILENT


def judge_record(mutant: Mutant, intact: Mapping[str, str], seen: Mapping[str, str]) -> str:
    """A record that says something else is read for what it says; what it leads to is tried with real shards."""
    if same(intact, seen):
        return "nothing that counts was changed"
    says, read = json.loads(mutant.data.decode("utf-8", "replace")), json.loads(seen["record"])
    faithful = all(_agrees(says[key], value) for key, value in read.items() if key in says)
    return "a record that says something else: content decides" if faithful else SILENT


def _agrees(says: object, read: object) -> bool:
    if isinstance(says, dict) and isinstance(read, dict):
        return all(_agrees(says[key], value) for key, value in read.items() if key in says)
    return says == read


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _never(name: str) -> object:
    raise ValueError(name)
