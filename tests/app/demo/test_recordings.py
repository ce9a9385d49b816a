from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from app.demo.recordings import find_recordings
from tests.recordings import wav_bytes


def plant(root: Path) -> None:
    tone = np.zeros((480, 2), dtype=np.float32)
    voices = root / "usr/share/games/hedgewars/Data/Sounds/voices/Pirate_pl"
    alsa = root / "usr/share/sounds/alsa"
    for folder in (alsa, voices):
        folder.mkdir(parents=True)
    (alsa / "Front_Left.wav").write_bytes(wav_bytes(tone[:, :1]))
    (alsa / "Broken.wav").write_bytes(b"RIFF")
    soundfile.write(voices / "Uh-oh2.ogg", tone, 44_100)
    soundfile.write(alsa.parent / "Oxygen-Sys-Log.ogg", tone, 48_000)


def test_recordings_are_found_with_voice_language_and_words(tmp_path: Path) -> None:
    plant(tmp_path)
    alsa, voice, sound = find_recordings(tmp_path)
    assert (alsa.text, alsa.voice, alsa.language, alsa.rate_hz, alsa.channels) == (
        "front left",
        "alsa",
        "en",
        48_000,
        1,
    )
    assert (voice.text, voice.voice, voice.language, voice.rate_hz) == ("uh oh", "hedgewars-pirate_pl", "pl", 44_100)
    assert (sound.is_speech, sound.text, sound.language) == (False, "", "")


def test_samples_have_the_shape_that_the_recording_tells(tmp_path: Path) -> None:
    plant(tmp_path)
    for recording in find_recordings(tmp_path):
        assert recording.samples().shape == (recording.frames, recording.channels)


def test_a_machine_without_recordings_has_none(tmp_path: Path) -> None:
    assert find_recordings(tmp_path) == []


def test_what_this_machine_has_can_all_be_decoded() -> None:
    for recording in find_recordings()[:40]:
        assert recording.samples().shape[0] == recording.frames
