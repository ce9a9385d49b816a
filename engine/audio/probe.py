"""The facts of a clip from its header alone, in a few small reads."""

from __future__ import annotations

from typing import Final

from engine.audio.flac_blocks import read_streaminfo
from engine.audio.formats import ClipInfo, Codec
from engine.audio.plain_wav import plain_info
from engine.audio.riff import MADE_AGAIN, ReadAt
from engine.audio.sniff import kind_of_audio
from engine.audio.wav import read_layout
from engine.errors import DamagedError, Fault, UnsupportedError

HEAD_BYTES: Final = 4096
"""One page: the whole header of nearly every clip."""
SNIFF_BYTES: Final = 64


def probe_clip(size_bytes: int, read_at: ReadAt) -> ClipInfo:
    """Read a clip's header; what it is decides the content, not a name.

    Args:
        size_bytes: The length of the clip.
        read_at: ``read_at(offset, length)`` returns the bytes there, fewer only where the clip ends.

    Raises:
        DamagedError: If the header contradicts itself or the length of the clip.
        UnsupportedError: If the clip is neither WAV nor FLAC, or of a kind that is not converted.
    """
    head = read_at(0, min(HEAD_BYTES, size_bytes))
    plain = plain_info(head, size_bytes)
    if plain is not None:
        return plain

    def read_through_head(offset: int, length: int) -> bytes:
        return head[offset : offset + length] if offset + length <= len(head) else read_at(offset, length)

    if codec_of(head[:SNIFF_BYTES]) is Codec.FLAC:
        return read_streaminfo(read_through_head).info
    return read_layout(size_bytes, read_through_head).info


def codec_of(head: bytes) -> Codec:
    """Return the codec of a clip that begins with ``head``.

    Raises:
        DamagedError: If there is nothing, or nothing that is known to be audio.
        UnsupportedError: If it is another codec; the fault names it.
    """
    kind = kind_of_audio(head)
    if kind == "WAV":
        return Codec.WAV
    if kind == "FLAC":
        return Codec.FLAC
    wanted = "WAV or FLAC"
    if kind is None:
        problem, read = ("the clip begins like no audio", repr(head[:12])) if head else ("the clip is empty", "")
        raise DamagedError(Fault(problem=problem, read=read or "0 bytes", wanted=wanted, way_out=MADE_AGAIN))
    way_out = "convert the clip to WAV or FLAC first, or leave it out of the corpus"
    raise UnsupportedError(Fault(problem="the codec is not converted", read=kind, wanted=wanted, way_out=way_out))
