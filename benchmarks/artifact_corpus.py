"""A corpus to split, as the manifest of it: videos of some minutes in strata of very different sizes.

165,520 videos of 16,464 hours in 240 strata, each of three clips: what counts for a split are videos. One in a hundred
is a re-upload: its first clip is that of an earlier video, byte for byte. A corpus that has grown begins with the same
rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

VIDEOS: Final = 165_520
HOURS: Final = 16_464
CLIPS: Final = 3
LANGUAGES: Final = tuple(f"l{number:02d}" for number in range(12))
QUALITIES: Final = tuple(f"q{number}" for number in range(5))
SOURCES: Final = tuple(f"export-{number}" for number in range(4))
STRATA: Final = len(LANGUAGES) * len(QUALITIES) * len(SOURCES)
GROWTH: Final = 1.11
_ROW_GROUP: Final = 1 << 17
_CLIP_SHARES: Final = np.array([0.2, 0.3, 0.5])
"""Of a video's seconds."""
_UNEVEN: Final = 0.4
"""The concentration of the Dirichlet distribution of the strata's sizes: a few hold most, many hold a few videos."""
_LEAST_SHARE: Final = 0.05 / STRATA
"""Added to each, so that none of them is empty."""
_SPREAD: Final = 0.9
"""Of the logarithm of a video's length: one in a hundred is eight times as long as the one in the middle."""
_COPIED: Final = 0.01

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Videos:
    """Videos, the first ``old`` of which were there before the corpus grew."""

    old: int
    stratum: Numbers
    hours: npt.NDArray[np.float64]
    audio: Numbers
    """Of each video's first clip: the number of the video that it was first heard in."""

    @classmethod
    def drawn(cls, old: int, seed: int) -> Videos:
        """Draw as many as there are after growth; the old ones are of the corpus's mean length together."""
        random = np.random.default_rng(seed)
        count = round(old * GROWTH)
        sizes = random.dirichlet(np.full(STRATA, _UNEVEN)) + _LEAST_SHARE
        hours = random.lognormal(0.0, _SPREAD, count)
        number = np.arange(count)
        is_copy = (random.random(count) < _COPIED) & (number > 0)
        return cls(
            old=old,
            stratum=random.choice(STRATA, count, p=sizes / sizes.sum()),
            hours=hours * (HOURS * old / VIDEOS / hours[:old].sum()),
            audio=np.where(is_copy, (random.random(count) * number).astype(np.int64), number),
        )


def write_manifest(path: Path, videos: Videos, count: int) -> Path:
    """Write the manifest of the first ``count`` videos: the columns that a split and its report look at."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # 60 MB of library

    pq.write_table(_table(videos, count), path, row_group_size=_ROW_GROUP, compression="zstd")
    return path


def _table(videos: Videos, count: int) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    video, clip = np.divmod(np.arange(count * CLIPS), CLIPS)
    rest, source = np.divmod(videos.stratum[video], len(SOURCES))
    language, quality = np.divmod(rest, len(QUALITIES))
    heard = np.where(clip == 0, videos.audio[video], videos.hours.size + CLIPS * video + clip)
    names = [f"video{number:08d}" for number in range(count)]
    return pa.table(
        {
            "utt_id": [f"{names[of]}-{at}" for of, at in zip(video.tolist(), clip.tolist(), strict=True)],
            "video_id": pa.array(names).take(pa.array(video)),
            "source": pa.array(SOURCES).take(pa.array(source)),
            "duration_s": videos.hours[video] * 3600 * _CLIP_SHARES[clip],
            "language": pa.array(LANGUAGES).take(pa.array(language)),
            "bucket": pa.array([[name] for name in QUALITIES]).take(pa.array(quality)),
            "text": [f"what is said in clip {number}" for number in range(count * CLIPS)],
            "audio_hash": [f"{number:032x}" for number in heard.tolist()],
        }
    )
