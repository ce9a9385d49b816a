"""The files of the demo's shards, written with Python's tarfile, libsndfile and pyarrow: none of the engine's code."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import soundfile

from app.demo.material import Utterance
from app.demo.recordings import Samples

_MADE_AT: Final = 1_700_000_000
"""One time for all members, so that a seed always gives the same bytes."""

Member = tuple[str, bytes]
"""Name and content."""


def encode(samples: Samples, rate_hz: int, container: str, sample_format: str) -> bytes:
    """Encode a clip: container ``WAV`` or ``FLAC``, sample format as libsndfile names it (``PCM_16``)."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=container, subtype=sample_format)
    return buffer.getvalue()


def write_tar(path: Path, members: Iterable[Member]) -> None:
    """Write an uncompressed tar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), _MADE_AT, 0o644
            tar.addfile(info, io.BytesIO(data))


def rows_of(utterances: Sequence[Utterance], names: Sequence[str]) -> list[dict[str, str | float]]:
    """Return the rows of a sidecar; ``names`` are the audio members, in the same order."""
    return [
        {
            "utt_id": each.utt_id,
            "member": name,
            "video_id": each.video_id,
            "text": each.text,
            "language": each.language,
            "bucket_label": each.bucket,
            "duration": round(each.duration_s, 6),
        }
        for each, name in zip(utterances, names, strict=True)
    ]


def write_parquet(path: Path, rows: Sequence[Mapping[str, str | float]]) -> None:
    """Write ``metadata.parquet`` with page checksums."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and the demo may be there already
    import pyarrow.parquet as pq  # noqa: PLC0415

    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path, write_page_checksum=True)


def write_jsonl(path: Path, rows: Sequence[Mapping[str, str | float]]) -> None:
    """Write JSON Lines with the column names of a NeMo manifest."""
    renamed = {"member": "audio_filepath", "language": "lang"}
    lines = [json.dumps({renamed.get(key, key): value for key, value in row.items()}) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_json(path: Path, rows: Sequence[Mapping[str, str | float]]) -> None:
    """Write an object of objects by member name."""
    by_member = {row["member"]: {key: value for key, value in row.items() if key != "member"} for row in rows}
    path.write_text(json.dumps(by_member, indent=1), encoding="utf-8")


def write_csv(path: Path, rows: Sequence[Mapping[str, str | float]]) -> None:
    """Write a table with a byte order mark and semicolons, as a spreadsheet saves it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
