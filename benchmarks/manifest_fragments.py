"""Fragments of a corpus that never was: lengths, ids and words as a corpus of speech has them, in any number.

``python -m benchmarks.manifest_fragments FOLDER FIRST LAST ROWS`` writes those of some shards. Each is made from its
own number, so that any process makes the same.
"""

from __future__ import annotations

import sys
from itertools import accumulate
from pathlib import Path
from typing import Final

import numpy as np

from engine.dataset.manifest.fragment import write_fragment
from engine.dataset.manifest.fragment_inputs import FragmentInputs, Version
from engine.dataset.manifest.rows import ClipEntry, ShardRows
from engine.shards.tar import padded

CLIPS_OF_A_VIDEO: Final = 60
WORDS_PER_S: Final = 2.6
MEAN_S: Final = 5.9
"""Of gamma-distributed lengths, which is what segments of talk have."""
RATE_HZ: Final = 16_000
LANES: Final = 20
AGAIN: Final = 0.01
"""Share of clips whose sound another shard has too, as re-uploads make it."""
LANGUAGES: Final = ("en", "de", "fr", "es", "it", "ru", "zh", "ja", "pt", "nl", "pl", "sv")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VOCABULARY: Final = 20_000
_HEADER_BYTES: Final = 512


def fragment_path(folder: Path, shard: int) -> Path:
    """Name a shard's fragment."""
    return folder / f"{shard:05d}.parquet"


def make(folder: Path, shard: int, clips: int) -> None:
    """Write one shard's fragment."""
    source, name = "final-export" if shard % 7 else "web-export", f"shard_{shard:05d}"
    tar = f"{source}/{name}/audio.tar"
    version = Version(inode=shard, size_bytes=clips, mtime_ns=shard, ctime_ns=shard)
    inputs = FragmentInputs(
        source=source,
        shard=name,
        tar_name=tar,
        tar=version,
        sidecar=version,
        clip_table=version,
        state="done",
        aliases={},
    )
    rows = ShardRows(source=source, shard=name, tar=tar, state="done", rows=_clips(shard, clips))
    write_fragment(fragment_path(folder, shard), rows, inputs)


def _clips(shard: int, count: int) -> tuple[ClipEntry, ...]:
    dice = np.random.default_rng(shard)
    frames = (dice.gamma(2, MEAN_S / 2, count) * RATE_HZ).astype(np.int64) + RATE_HZ // 4
    sizes = (2 * frames + 44).tolist()
    offsets = accumulate((_HEADER_BYTES + padded(size) for size in sizes), initial=_HEADER_BYTES)
    texts = _texts(dice, (frames / RATE_HZ * WORDS_PER_S).astype(np.int64) + 1)
    videos = ["".join(_LETTERS[at] for at in row) for row in dice.integers(0, 64, (count // CLIPS_OF_A_VIDEO + 1, 11))]
    lanes = dice.integers(0, LANES, (count, 2)).tolist()
    language = LANGUAGES[shard % len(LANGUAGES)]
    columns = zip(frames.tolist(), sizes, offsets, texts, lanes, _hashes(dice, count), strict=False)
    return tuple(
        ClipEntry(
            utt_id=f"{videos[at // CLIPS_OF_A_VIDEO]}_{at % CLIPS_OF_A_VIDEO:04d}",
            video_id=videos[at // CLIPS_OF_A_VIDEO],
            member=f"{videos[at // CLIPS_OF_A_VIDEO]}_{at % CLIPS_OF_A_VIDEO:04d}.wav",
            offset=offset,
            size=size,
            num_frames=length,
            sample_rate_hz=RATE_HZ,
            channels=1,
            codec="wav",
            sample_format="pcm_16",
            text=text,
            language=language,
            bucket=(f"lane_{lane[0]}",) if lane[1] else (f"lane_{lane[0]}", "gold"),
            audio_hash=audio_hash,
            has_metadata=True,
        )
        for at, (length, size, offset, text, lane, audio_hash) in enumerate(columns)
    )


def _texts(dice: np.random.Generator, words: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[str]:
    """Say so many words each, often ones often (Zipf's law)."""
    ranks = np.minimum(dice.zipf(1.3, int(words.sum())), _VOCABULARY) - 1
    said = [VOCABULARY[rank] for rank in ranks.tolist()]
    ends = np.cumsum(words).tolist()
    return [" ".join(said[end - count : end]) for count, end in zip(words.tolist(), ends, strict=True)]


def _hashes(dice: np.random.Generator, count: int) -> list[str]:
    """Return hashes, some of which other shards have as well."""
    hashes = [dice.bytes(16).hex() for _ in range(count)]
    pool = np.random.default_rng(0)
    shared = [pool.bytes(16).hex() for _ in range(count)]
    for at in np.flatnonzero(dice.random(count) < AGAIN).tolist():
        hashes[at] = f"{shared[at]}"[:28] + f"{dice.integers(0, 1024):04x}"
    return hashes


def _vocabulary() -> list[str]:
    dice = np.random.default_rng(1)
    lengths = 2 + (np.log(np.arange(1, _VOCABULARY + 1)) * 0.8).astype(np.int64)
    return ["".join("etaoinshrdlucmfwypvbgk"[at] for at in dice.integers(0, 22, length)) for length in lengths]


VOCABULARY: Final = _vocabulary()


def main() -> None:
    """Make the fragments that were asked for."""
    folder, first, last, rows = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    for shard in range(first, last):
        make(folder, shard, rows)


if __name__ == "__main__":
    main()
