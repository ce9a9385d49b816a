"""The demo's utterances: real recordings where the machine has them, synthetic speech for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from app.demo.recordings import Recording, Samples
from app.demo.resample import resample
from app.demo.speech import speak

RATE_HZ: Final = 48_000
SYNTHETIC: Final = "synthetic"
_PART_SHARE: Final = 0.4
"""Share of utterances that are joined from two recordings of one voice."""
_GAP_S: Final = 0.15
_SESSION: Final = 12
"""Utterances of one voice that count as one video."""


@dataclass(frozen=True)
class Utterance:
    """One clip with all that its metadata says."""

    utt_id: str
    video_id: str
    text: str
    language: str
    bucket: str
    package: str
    """Where the samples are from: a Debian package, or ``synthetic``."""
    samples: Samples
    """48 kHz, shape (frames, 1), (frames, 2) where the recording is stereo."""

    @property
    def duration_s(self) -> float:
        """The length in seconds."""
        return len(self.samples) / RATE_HZ

    def mono(self) -> Utterance:
        """Return the mean of the channels."""
        return replace(self, samples=self.samples.mean(axis=1, keepdims=True, dtype=np.float32))

    def stereo(self) -> Utterance:
        """Return two channels; a mono clip moves a little to the left, so that the two differ."""
        if self.samples.shape[1] == 2:
            return self
        return replace(self, samples=np.hstack([self.samples, 0.8 * self.samples]).astype(np.float32))


def utterances(seed: int, recordings: Sequence[Recording]) -> Iterator[Utterance]:
    """Yield utterances without an end: each recording once at most, then synthetic speech.

    Recordings come voice by voice in turn, so that a shard holds several videos and a video lies in several shards.
    """
    chance = np.random.default_rng(seed)
    spoken: dict[str, int] = {}
    queue = _in_turn([each for each in recordings if each.is_speech])
    while queue:
        first = queue.pop(0)
        parts = [first]
        twin = next((each for each in queue if each.voice == first.voice), None)
        if twin is not None and chance.random() < _PART_SHARE:
            queue.remove(twin)
            parts.append(twin)
        yield _utterance(parts, _number(spoken, first.voice), _bucket(chance))
    while True:
        voice = f"{SYNTHETIC}-{chance.integers(0, 4)}"
        made = speak(int(chance.integers(0, 2**31)), float(chance.uniform(1.0, 4.0)), RATE_HZ)
        number = _number(spoken, voice)
        names = (f"{voice}_{number:04d}", _video(voice, number))
        yield Utterance(*names, made.text, "und", _bucket(chance), SYNTHETIC, made.samples)


def _number(spoken: dict[str, int], voice: str) -> int:
    spoken[voice] = spoken.get(voice, -1) + 1
    return spoken[voice]


def _video(voice: str, number: int) -> str:
    return f"{voice}-{number // _SESSION:02d}"


def _bucket(chance: np.random.Generator) -> str:
    return str(chance.choice(["clean", "standard", "noisy"], p=[0.5, 0.4, 0.1]))


def _in_turn(recordings: Sequence[Recording]) -> list[Recording]:
    """Deal the recordings out voice by voice."""
    voices: dict[str, list[Recording]] = {}
    for each in recordings:
        voices.setdefault(each.voice, []).append(each)
    longest = max(map(len, voices.values()), default=0)
    return [group[turn] for turn in range(longest) for group in voices.values() if turn < len(group)]


def _utterance(parts: Sequence[Recording], number: int, bucket: str) -> Utterance:
    voice = parts[0].voice
    channels = max(part.channels for part in parts)
    gap = np.zeros((round(_GAP_S * RATE_HZ), channels), dtype=np.float32)
    pieces: list[Samples] = []
    for part in parts:
        heard = resample(part.samples(), part.rate_hz, RATE_HZ)
        pieces += [np.broadcast_to(heard, (heard.shape[0], channels)), gap]
    return Utterance(
        utt_id=f"{voice}_{number:04d}",
        video_id=_video(voice, number),
        text=" ".join(part.text for part in parts),
        language=parts[0].language,
        bucket=bucket,
        package=parts[0].package,
        samples=np.concatenate(pieces[:-1]),
    )
