"""Corpora to look for leaks in. Half of them are hypothesis's own, which go for corners: few clips, most of no length.

The other half are drawn evenly from a seed that hypothesis gives, with some dozens of clips, so that dev and test are
filled: where all is in train, nothing can leak.
"""

from __future__ import annotations

import random
from typing import Final

from hypothesis import strategies as st

from tests.engine.dataset.split.corpora import AUDIOS, BUCKETS, DURATIONS, LANGUAGES, SOURCES, Row, rows

MOST_CLIPS: Final = 60
MOST_VIDEOS: Final = 40
MOST_SHARED: Final = 0.6
"""The chance that a clip's audio is one of those that all videos share: more, and all videos are one group."""
_SEEDS: Final = st.integers(0, (1 << 64) - 1)


def pairs() -> st.SearchStrategy[tuple[list[Row], list[Row]]]:
    """Make a corpus and what it grows by: other clips of other videos, which share audio with it."""
    return st.one_of(st.tuples(rows("a"), rows("b")), _SEEDS.map(_pair))


def _pair(seed: int) -> tuple[list[Row], list[Row]]:
    dice = random.Random(seed)  # noqa: S311 - a corpus, not a secret
    return _drawn("a", dice), _drawn("b", dice)


def _drawn(prefix: str, dice: random.Random) -> list[Row]:
    videos, shared = dice.randint(1, MOST_VIDEOS), dice.uniform(0, MOST_SHARED)
    return [
        Row(
            utt_id=f"{prefix}u{at}",
            video_id=dice.choice((None, "")) if dice.random() < 0.1 else f"{prefix}v{dice.randrange(videos):02d}",
            source=dice.choice(SOURCES),
            language=dice.choice(LANGUAGES),
            bucket=dice.choice(BUCKETS),
            audio_hash=dice.choice(AUDIOS) if dice.random() < shared else f"{prefix}{at}",
            duration_s=dice.choice(DURATIONS),
        )
        for at in range(dice.randint(1, MOST_CLIPS))
    ]
