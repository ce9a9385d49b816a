"""What decodes clips: soundfile, which is always there, and torchcodec and torchaudio where they are installed."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from engine.errors import UsageError
from engine.host.facts import package_versions


@dataclass(frozen=True, slots=True)
class Decoder:
    """Makes samples of a clip's file."""

    name: str
    version: str
    decode: Callable[[bytes], float]
    """Decodes all of it to float32, and returns how many seconds there were."""
    faults: tuple[type[Exception], ...]
    """What it raises for a file that it cannot decode."""


def _soundfile() -> Decoder:
    import soundfile  # noqa: PLC0415

    def decode(data: bytes) -> float:
        samples, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32")
        return len(samples) / float(rate_hz)

    version = f"{soundfile.__version__}, libsndfile {soundfile.__libsndfile_version__}"
    return Decoder("soundfile", version, decode, (soundfile.SoundFileError, ValueError, TypeError))


def _torchcodec() -> Decoder:
    decoders = import_module("torchcodec.decoders")

    def decode(data: bytes) -> float:
        samples = decoders.AudioDecoder(data).get_all_samples()
        return float(samples.data.shape[-1]) / float(samples.sample_rate)

    return Decoder("torchcodec", _version_of("torchcodec"), decode, (RuntimeError, ValueError))


def _torchaudio() -> Decoder:
    torchaudio = import_module("torchaudio")

    def decode(data: bytes) -> float:
        samples, rate_hz = torchaudio.load(io.BytesIO(data))
        return float(samples.shape[-1]) / float(rate_hz)

    return Decoder("torchaudio", _version_of("torchaudio"), decode, (RuntimeError, ValueError, OSError))


def _version_of(name: str) -> str:
    return package_versions([name]).get(name, "")


LOADERS: Final[Mapping[str, Callable[[], Decoder]]] = {
    "soundfile": _soundfile,
    "torchcodec": _torchcodec,
    "torchaudio": _torchaudio,
}


def _some_wav() -> bytes:
    """Return a tenth of a second of silence."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(3_200))
    return buffer.getvalue()


def load_decoder(name: str) -> Decoder:
    """Import a decoder and let it decode something: some find out only then that half of them is missing.

    Raises:
        UsageError: when there is none by that name, or it is not installed or does not load here.
    """
    loader = LOADERS.get(name)
    if loader is None:
        raise UsageError(f"decoder {name!r}: wanted one of {', '.join(LOADERS)}")
    try:
        decoder = loader()
        decoder.decode(_some_wav())
    except (ImportError, OSError, RuntimeError) as error:  # torchcodec raises RuntimeError where FFmpeg is missing
        why = str(error).strip().partition("\n")[0]
        raise UsageError(f"decoder {name} does not load: {why}; install it, or leave it out") from error
    return decoder
