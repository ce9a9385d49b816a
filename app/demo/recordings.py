"""Real recordings that lie on this machine: what three Debian packages bring, read where they are, never copied along.

Licences: alsa-utils GPL-2, oxygen-sounds LGPL-3+, hedgewars-data GFDL-1.3 and GPL-2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]
"""Float samples in -1 to 1, shape (frames, channels)."""

_PLACES: Final = (
    ("alsa-utils", "usr/share/sounds/alsa", "*.wav"),
    ("hedgewars-data", "usr/share/games/hedgewars/Data/Sounds/voices", "*/*.ogg"),
    ("oxygen-sounds", "usr/share/sounds", "Oxygen-*.ogg"),
)
"""Package, folder, pattern; speech at 48 kHz first, then voices at 44.1 kHz, then sounds that are no speech."""
_LANGUAGES: Final = {"es": "es", "pl": "pl", "ru": "ru", "uk": "uk"}
"""Ending of a Hedgewars voice's name to its language; one without an ending speaks English."""


@dataclass(frozen=True)
class Recording:
    """One recording and what its name says of it."""

    path: Path
    package: str
    rate_hz: int
    channels: int
    frames: int
    text: str
    """The words of the file's name: what is said in it, as far as a name can tell."""
    voice: str
    """Who speaks, or what the sounds belong to: ``hedgewars-pirate``."""
    language: str
    is_speech: bool

    @property
    def duration_s(self) -> float:
        """The length in seconds."""
        return self.frames / self.rate_hz

    def samples(self) -> Samples:
        """Decode the whole recording.

        Raises:
            soundfile.SoundFileError: when it cannot be decoded.
        """
        data: Samples = soundfile.read(self.path, dtype="float32", always_2d=True)[0]
        return data


def find_recordings(root: Path = Path("/")) -> list[Recording]:
    """List the recordings below ``root`` in a fixed order; an empty list where none of the packages is installed."""
    return [
        recording
        for package, folder, pattern in _PLACES
        for path in sorted((root / folder).glob(pattern))
        for recording in _describe(package, path)
    ]


def _describe(package: str, path: Path) -> Iterator[Recording]:
    """Yield the recording, or nothing where libsndfile cannot open it: the demo has enough others."""
    try:
        info = soundfile.info(path)
    except soundfile.SoundFileError:
        return
    voice, language = _voice(package, path)
    is_speech = package != "oxygen-sounds" and path.stem != "Noise"
    text = _words(path.stem) if is_speech else ""
    yield Recording(
        path,
        package,
        info.samplerate,
        info.channels,
        info.frames,
        text,
        voice,
        language if is_speech else "",
        is_speech,
    )


def _voice(package: str, path: Path) -> tuple[str, str]:
    if package == "hedgewars-data":
        name = path.parent.name
        return f"hedgewars-{name.lower()}", _LANGUAGES.get(name.rpartition("_")[2], "en")
    return package.partition("-")[0], "en"


def _words(stem: str) -> str:
    """Split a file's name into words: ``Front_Center`` is ``front center``, ``Firepunch1`` is ``firepunch``."""
    return " ".join(re.sub(r"[0-9]+$", "", stem).replace("_", " ").replace("-", " ").lower().split())
