"""Small corpora for the split: made by hypothesis, written as real manifests, and counted in plain Python."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from engine.dataset.split.corpus import Corpus
from engine.dataset.split.groups import Links
from engine.dataset.split.make import SplitFiles

SCHEMA = pa.schema(
    {
        **dict.fromkeys(("utt_id", "video_id", "source", "shard", "member"), pa.string()),
        "duration_s": pa.float64(),
        "language": pa.string(),
        "bucket": pa.string(),
        "text": pa.string(),
        "text_empty": pa.bool_(),
        "audio_hash": pa.string(),
    }
)


@dataclass(frozen=True)
class Row:
    """A clip of a manifest."""

    utt_id: str
    video_id: str | None = None
    source: str = "src"
    shard: str = "000"
    member: str = "m.wav"
    duration_s: float | None = 3.0
    language: str | None = "en"
    bucket: str | None = None
    text: str | None = ""
    text_empty: bool = True
    audio_hash: str | None = None

    @property
    def unit(self) -> str:
        return self.video_id or f"clip:{self.utt_id}"

    @property
    def us(self) -> int:
        return round((self.duration_s or 0) * 1e6)

    @property
    def stratum(self) -> str:
        return "\x1f".join((self.language or "", self.bucket or "", self.source))


VIDEOS = (None, "", *(f"v{number:02d}" for number in range(13)))
SOURCES = ("a", "b")
LANGUAGES = (None, "en", "de")
BUCKETS = (None, "x", "y")
AUDIOS = (None, *(f"{number:032x}" for number in range(25)))
DURATIONS = (None, 0.0, *(number / 7 for number in range(1, 300, 13)))
_KINDS = (VIDEOS, SOURCES, LANGUAGES, BUCKETS, AUDIOS, DURATIONS)
_SPREAD = 108467
"""The golden section of their product, with no divisor in common: small numbers become ones far apart."""


def rows(prefix: str = "", most: int = 30) -> st.SearchStrategy[list[Row]]:
    """Make clips of few videos that share few pieces of audio, so that all that can happen does.

    Each clip is one number that says which value of each kind it has: a thousand corpora then take seconds.
    """
    numbers = st.integers(0, math.prod(map(len, _KINDS)) - 1)
    return st.lists(numbers, max_size=most).map(
        lambda found: [_row(f"{prefix}u{at}", prefix, number) for at, number in enumerate(found)]
    )


def _row(utt_id: str, prefix: str, number: int) -> Row:
    number = number * _SPREAD % math.prod(map(len, _KINDS))  # hypothesis likes small numbers; 0 stays the plainest clip
    places = []
    for kind in _KINDS:
        number, place = divmod(number, len(kind))
        places.append(place)
    video, source, language, bucket, audio, duration = places
    return Row(
        utt_id=utt_id,
        video_id=f"{prefix}{VIDEOS[video]}" if VIDEOS[video] else VIDEOS[video],
        source=SOURCES[source],
        language=LANGUAGES[language],
        bucket=BUCKETS[bucket],
        audio_hash=AUDIOS[audio],
        duration_s=DURATIONS[duration],
    )


def write_manifest(path: Path, clips: Sequence[Row], row_group: int = 1 << 17) -> Path:
    table = pa.Table.from_pylist([dataclasses.asdict(row) for row in clips], schema=SCHEMA)
    pq.write_table(table, path, row_group_size=row_group, compression="zstd")
    return path


def files_in(folder: Path) -> SplitFiles:
    return SplitFiles(
        manifest=folder / "manifest.parquet",
        lock=folder / "split.lock",
        table=folder / "artifacts" / "split.parquet",
        near=folder,
    )


def hearing(clips: Iterable[Row], common: int) -> dict[str, set[str]]:
    """Return the units that have each piece of audio, for audio that unites."""
    units = defaultdict(set)
    for row in clips:
        if row.audio_hash and row.us:
            units[row.audio_hash].add(row.unit)
    return {audio: names for audio, names in units.items() if 2 <= len(names) <= common}


def corpus_of(clips: Sequence[Row], common: int) -> Corpus:
    """Count a corpus in Python: what ``read_corpus`` must find in its manifest."""
    units = sorted({row.unit for row in clips}, key=str.encode)
    strata = sorted({row.stratum for row in clips}, key=str.encode)
    unit_at, stratum_at = ({name: at for at, name in enumerate(names)} for names in (units, strata))
    shares = Counter[tuple[int, int]]()
    for row in clips:
        shares[unit_at[row.unit], stratum_at[row.stratum]] += row.us
    audios = hearing(clips, common)
    links = sorted((at, unit_at[unit]) for at, audio in enumerate(sorted(audios)) for unit in audios[audio])
    columns = np.array(sorted((*cell, us) for cell, us in shares.items()), np.int64).reshape(-1, 3)
    pairs = np.array(links, np.int64).reshape(-1, 2)
    return Corpus(
        units=pa.array(units, pa.large_string()),
        share_unit=columns[:, 0],
        share_stratum=columns[:, 1],
        share_us=columns[:, 2],
        audios=pa.array(sorted(audios), pa.large_string()),
        links=Links(pairs[:, 0], pairs[:, 1]),
    )
