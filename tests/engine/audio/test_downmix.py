"""Many channels to one: the mean, and a warning when the channels were each other's opposite."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.clip import convert_clip
from tests.engine.audio.clips import decoded, encoded, noise

pytestmark = pytest.mark.usefixtures("each_decimator")


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_channels_of_opposite_polarity_are_reported(subtype: str, container: str) -> None:
    if container == "FLAC":
        subtype = {"PCM_U8": "PCM_S8", "FLOAT": "PCM_16"}.get(subtype, subtype)
    voice = noise(10_000, peak=0.9)[:, 0]
    clip = convert_clip(encoded(np.stack([voice, -voice], axis=1), subtype, container))
    assert clip.cancelled


def test_channels_that_differ_keep_quiet_about_it() -> None:
    voice = noise(10_000)[:, 0]
    for columns in ([voice, voice], [voice, 0 * voice], [voice, noise(10_000, seed=2)[:, 0]], [voice, -0.9 * voice]):
        assert not convert_clip(encoded(np.stack(columns, axis=1))).cancelled


def test_one_voice_in_one_of_64_channels_is_not_called_cancelled() -> None:
    channels = np.zeros((5_000, 64))
    channels[:, 17] = noise(5_000)[:, 0]
    assert not convert_clip(encoded(channels)).cancelled


def test_silence_and_faint_noise_are_not_called_cancelled() -> None:
    assert not convert_clip(encoded(np.zeros((5_000, 2)))).cancelled
    faint = noise(5_000, peak=0.0005)[:, 0]
    assert not convert_clip(encoded(np.stack([faint, -faint], axis=1), "FLOAT")).cancelled


def test_one_channel_cannot_cancel() -> None:
    assert not convert_clip(encoded(noise(5_000))).cancelled


@pytest.mark.parametrize("channels", [2, 3, 7, 64])
def test_the_mix_is_the_mean_of_the_channels(channels: int) -> None:
    levels = np.arange(channels) * 100
    constant = np.tile(levels.astype(np.int16), (3_000, 1))
    result = decoded(convert_clip(encoded(constant)).data, "int16")[150:-150]
    assert set(result[:, 0].tolist()) == {round(levels.mean())}
