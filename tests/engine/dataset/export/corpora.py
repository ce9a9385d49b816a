"""Corpora of real recordings at 16 kHz, with the manifest and split that exports are made from."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import xxhash

from engine.checklist.kinds.table_stop import Stop
from engine.config.artifact_sections import EXPORTS
from engine.dataset.export.ask import ExportAsk, ExportReport
from engine.dataset.export.exporting import export
from engine.errors import printable
from tests.recordings import Clip, cut, make_corpus, make_lone, real_clips_48k

RATE_HZ = 16_000
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
_LABELS = ("source", "shard", "tar", "codec", "sample_format", "language", "shard_state")
_TEXTS = ("utt_id", "video_id", "group_id", "member", "text", "audio_hash")
SCHEMA = pa.schema(
    {
        **dict.fromkeys(_TEXTS, pa.string()),
        **dict.fromkeys(_LABELS, _DICTIONARY),
        "offset": pa.int64(),
        "size": pa.int64(),
        "duration_s": pa.float64(),
        "num_frames": pa.int64(),
        "sample_rate_hz": pa.int32(),
        "channels": pa.int16(),
        "text_empty": pa.bool_(),
        "bucket": pa.list_(pa.string()),
        "has_metadata": pa.bool_(),
    }
)
AUDIO = (".wav", ".flac")
Row = dict[str, object]


@dataclass(frozen=True)
class Made:
    """A corpus, its tables, and where its exports go."""

    corpus: Path
    manifest: Path
    split: Path
    folder: Path
    rows: tuple[Row, ...]
    """Of the manifest, each with its split."""

    def ask(self, *formats: str) -> ExportAsk:
        return ExportAsk(
            corpus=str(self.corpus),
            manifest=str(self.manifest),
            split=str(self.split),
            folder=str(self.folder),
            formats=formats or EXPORTS,
        )

    def export(self, *formats: str) -> ExportReport:
        return export(self.ask(*formats), lambda: None, Stop())

    @property
    def tars(self) -> list[Path]:
        """The corpus's own, not the links of an export."""
        return _tars(self.corpus)

    def of(self, split: str) -> list[Row]:
        """Return the rows that go out in a split."""
        return [row for row in self.rows if row["split"] == split]


def recordings(count: int) -> list[Clip]:
    """Return clips of real recordings at 16 kHz, each of another length."""
    pieces = ((name, data, 4_800 + 960 * number) for number, (name, data) in enumerate(real_clips_48k(count)))
    return [cut((name, data), frames, at=9_600, rate_hz=RATE_HZ) for name, data, frames in pieces]


def as_flac(clip: Clip) -> Clip:
    samples, rate_hz = soundfile.read(io.BytesIO(clip[1]), dtype="int16")
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format="FLAC")
    return clip[0].replace(".wav", ".flac"), buffer.getvalue()


def small_corpus(folder: Path, *, shards: int = 4, clips: int = 5, state: Path | None = None) -> Made:
    """Make folder shards of WAV and one lone tar of FLAC."""
    corpus = make_corpus(folder / "corpus", shards=shards, clips=clips, rate_hz=RATE_HZ)
    make_lone(corpus / "speech" / "lone.tar", [as_flac(clip) for clip in recordings(3)])
    return made(corpus, state=state)


def made(corpus: Path, change: Callable[[Row], object] = lambda row: None, *, state: Path | None = None) -> Made:
    """Write manifest and split of all tars in a corpus, row groups of few rows; ``change`` may alter each row."""
    artifacts = (state or corpus / ".gonogo") / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    rows = [row | {"split": _split(number)} for number, row in enumerate(_rows(corpus))]
    for row in rows:
        change(row)
    manifest, split = artifacts / "manifest.parquet", artifacts / "split.parquet"
    write_tables(manifest, split, rows)
    return Made(corpus, manifest, split, artifacts / "export", tuple(rows))


def write_tables(manifest: Path, split: Path, rows: Sequence[Mapping[str, object]]) -> None:
    names = [{name: row[name] for name in SCHEMA.names} for row in rows]
    pq.write_table(pa.Table.from_pylist(names, SCHEMA), manifest, row_group_size=7, write_page_checksum=True)
    columns = ("utt_id", "video_id", "group_id", "split")
    splits = [{name: row[name] for name in columns} for row in rows]
    pq.write_table(pa.Table.from_pylist(splits), split, row_group_size=5)


def _split(number: int) -> str:
    return ("train", "train", "dev", "train", "test")[number % 5]


def _rows(corpus: Path) -> Iterator[Row]:
    for tar in _tars(corpus):
        inside = tar.relative_to(corpus)
        shard = inside.parts[1:-1] if tar.name == "audio.tar" else inside.parts[1:]
        with tarfile.open(tar) as members:
            audio = [member for member in members if member.isreg() and member.name.endswith(AUDIO)]
        source, name = printable(inside.parts[0]), printable("/".join(shard))
        yield from (_row(tar, printable(str(inside)), source, name, member) for member in audio)


def _tars(corpus: Path) -> list[Path]:
    return sorted(tar for tar in corpus.rglob("*.tar") if ".gonogo" not in tar.parts)


def _row(tar: Path, inside: str, source: str, shard: str, member: tarfile.TarInfo) -> Row:
    data = read(tar, member.offset_data, member.size)
    info = soundfile.info(io.BytesIO(data))
    name = printable(member.name)
    utt_id = f"{source}/{shard}/{name.rpartition('.')[0]}"
    return {
        "utt_id": utt_id,
        "video_id": f"video {shard}",
        "group_id": f"video {shard}",
        "source": source,
        "shard": shard,
        "tar": inside,
        "member": name,
        "offset": member.offset_data,
        "size": member.size,
        "duration_s": info.frames / info.samplerate,
        "num_frames": info.frames,
        "sample_rate_hz": info.samplerate,
        "channels": info.channels,
        "codec": info.format.lower(),
        "sample_format": info.subtype.lower(),
        "text": f"words of “{utt_id}”, \\ and\nmore",
        "text_empty": False,
        "language": "en",
        "bucket": ["clean", "long"],
        "audio_hash": xxhash.xxh3_128_hexdigest(data),
        "has_metadata": True,
        "shard_state": "done",
    }


def read(tar: Path, offset: int, size: int) -> bytes:
    return tar.read_bytes()[offset : offset + size]


def clip_bytes(corpus: Made, row: Mapping[str, object]) -> bytes:
    """Return the bytes of a manifest's row."""
    return read(corpus.corpus / str(row["tar"]), int(str(row["offset"])), int(str(row["size"])))


def write_tar(tar: Path, members: Sequence[Clip], packed: int) -> None:
    """Write a tar by Python's tarfile, in one of its formats."""
    tar.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tar, "w", format=packed) as out:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
