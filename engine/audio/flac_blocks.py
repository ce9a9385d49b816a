"""FLAC's metadata blocks: what STREAMINFO says, and which blocks the result takes over.

Source: RFC 9639, "Free Lossless Audio Codec (FLAC)", section 8.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.audio.formats import ClipInfo, Codec, SampleFormat
from engine.audio.riff import MADE_AGAIN, ReadAt, read_exactly
from engine.errors import DamagedError, Fault, UnsupportedError

MAGIC: Final = b"fLaC"
BLOCK_HEADER_BYTES: Final = 4
LAST_BLOCK: Final = 0x80
STREAMINFO: Final = 0
STREAMINFO_BYTES: Final = 34
SEEK_POINT_BYTES: Final = 18
MAX_BLOCKS: Final = 1024
BLOCK_NAMES: Final = {
    1: "PADDING",
    2: "APPLICATION",
    3: "SEEKTABLE",
    4: "VORBIS_COMMENT",
    5: "CUESHEET",
    6: "PICTURE",
}
CARRIED: Final = frozenset({"APPLICATION", "VORBIS_COMMENT", "PICTURE"})
FOREIGN_HEADERS: Final = frozenset({b"riff", b"aiff", b"w64 "})
"""APPLICATION blocks in which ``flac --keep-foreign-metadata`` keeps the header of the file that it encoded."""
_FORMATS: Final = {8: SampleFormat.PCM_S8, 16: SampleFormat.PCM_16, 24: SampleFormat.PCM_24}


@dataclass(frozen=True)
class StreamInfo:
    """What STREAMINFO says of the clip."""

    info: ClipInfo
    md5: bytes
    """Of the samples, interleaved, little-endian; all zero where the encoder did not know."""
    longest_block: int
    """Samples per channel of the longest block."""


@dataclass(frozen=True)
class Block:
    """One metadata block behind STREAMINFO."""

    name: str
    content: bytes
    raw: bytes
    """Header and content, with the last-block mark cleared."""
    is_regular: bool
    """Whether its content is what its kind says, to the last byte: every reader gets over it."""


def read_streaminfo(read_at: ReadAt) -> StreamInfo:
    """Read the facts of a FLAC clip.

    Raises:
        DamagedError: If STREAMINFO is not there or impossible.
        UnsupportedError: If the length is not told, or samples have a width that libsndfile does not keep.
    """
    start = read_exactly(read_at, 0, len(MAGIC) + BLOCK_HEADER_BYTES + STREAMINFO_BYTES)
    kind, length = start[4] & ~LAST_BLOCK, int.from_bytes(start[5:8], "big")
    if start[:4] != MAGIC or kind != STREAMINFO or length != STREAMINFO_BYTES:
        raise _damaged("FLAC does not begin with STREAMINFO", start[:8].hex(" "), "66 4c 61 43 00 00 00 22")
    content = start[8:]
    # 20 bits of rate, 3 of channels - 1, 5 of bits per sample - 1, 36 of samples per channel.
    packed = int.from_bytes(content[10:18], "big")
    rate_hz, channels = packed >> 44, (packed >> 41 & 0x7) + 1
    bits, frames = (packed >> 36 & 0x1F) + 1, packed & (1 << 36) - 1
    if rate_hz == 0:
        raise _damaged("FLAC without a sample rate", "0 Hz", "a rate")
    if bits not in _FORMATS:
        raise _unsupported("the width of the FLAC samples is not converted", f"{bits} bits", "8, 16 or 24 bits")
    if frames == 0:
        raise _unsupported("FLAC does not tell its length, so that nothing proves it whole", "0 samples", "a length")
    info = ClipInfo(Codec.FLAC, _FORMATS[bits], rate_hz, channels, frames)
    return StreamInfo(info, content[18:34], int.from_bytes(content[2:4], "big"))


def other_blocks(read_at: ReadAt) -> tuple[tuple[Block, ...], int]:
    """Return the metadata blocks behind STREAMINFO, and the offset where the audio begins.

    Raises:
        DamagedError: If the blocks do not end within the clip.
    """
    blocks = tuple(_walk(read_at))
    streaminfo_end = len(MAGIC) + BLOCK_HEADER_BYTES + STREAMINFO_BYTES
    return blocks, streaminfo_end + sum(len(block.raw) for block in blocks)


def _walk(read_at: ReadAt) -> Iterator[Block]:
    offset = len(MAGIC)
    for _ in range(MAX_BLOCKS):
        header = read_exactly(read_at, offset, BLOCK_HEADER_BYTES)
        kind, length = header[0] & ~LAST_BLOCK, int.from_bytes(header[1:], "big")
        if kind != STREAMINFO:
            content = read_exactly(read_at, offset + BLOCK_HEADER_BYTES, length)
            name = BLOCK_NAMES.get(kind, f"block type {kind}")
            is_regular = _regular_bytes(name, content, offset) == length
            yield Block(name, content, bytes([kind]) + header[1:] + content, is_regular)
        if header[0] & LAST_BLOCK:
            return
        offset += BLOCK_HEADER_BYTES + length
    raise _damaged("there are too many metadata blocks", f"more than {MAX_BLOCKS:,}", f"{MAX_BLOCKS:,} at most")


def _regular_bytes(name: str, content: bytes, offset: int) -> int:
    """Return how many bytes of a block its kind explains; -1 for kinds that are not looked into.

    Lengths that lead out of a block are refused: libFLAC gets over them in some places, and cannot read them in others.

    Raises:
        DamagedError: If a block that is carried contradicts itself.
    """
    try:
        match name:
            case "PADDING":
                return len(content)
            case "SEEKTABLE":
                return len(content) // SEEK_POINT_BYTES * SEEK_POINT_BYTES
            case "VORBIS_COMMENT":
                at = _behind(content, 0, "<I")
                (tags,) = struct.unpack_from("<I", content, at)
                at += 4
                for _ in range(tags):
                    at = _behind(content, at, "<I")
                return at
            case "PICTURE":
                at = _behind(content, _behind(content, 4, ">I"), ">I")
                return _behind(content, at + 16, ">I")
            case "APPLICATION":
                struct.unpack_from(">I", content)
                return len(content)
    except struct.error:
        read, wanted = f"{name} of {len(content):,} bytes", "lengths that fit into it"
        fault = Fault("a metadata block is damaged", offset_bytes=offset, read=read, wanted=wanted, way_out=MADE_AGAIN)
        raise DamagedError(fault) from None
    return -1


def _behind(content: bytes, at: int, length_format: str) -> int:
    """Return the place behind a length and as many bytes."""
    (length,) = struct.unpack_from(length_format, content, at)
    if at + 4 + length > len(content):
        raise struct.error("too long")
    return at + 4 + int(length)


def is_carried(block: Block) -> bool:
    """Tell whether the block holds words or pictures, not positions, padding or another file's header."""
    return block.name in CARRIED and not (block.name == "APPLICATION" and block.content[:4] in FOREIGN_HEADERS)


def with_blocks(encoded: memoryview, blocks: tuple[Block, ...]) -> tuple[bytes, int]:
    """Return a new start for an encoded clip: its STREAMINFO, then ``blocks``; and the offset where its audio begins.

    The encoder's own comment, which only names the library, goes.
    """

    def read_at(offset: int, length: int) -> bytes:
        return bytes(encoded[offset : offset + length])

    _, audio_offset = other_blocks(read_at)
    streaminfo = bytes([STREAMINFO, 0, 0, STREAMINFO_BYTES]) + read_at(8, STREAMINFO_BYTES)
    raw_blocks = [bytearray(raw) for raw in (streaminfo, *(block.raw for block in blocks))]
    raw_blocks[-1][0] |= LAST_BLOCK
    return MAGIC + b"".join(raw_blocks), audio_offset


def _damaged(problem: str, read: str, wanted: str) -> DamagedError:
    return DamagedError(Fault(problem=problem, read=read, wanted=wanted, way_out=MADE_AGAIN))


def _unsupported(problem: str, read: str, wanted: str) -> UnsupportedError:
    way_out = "encode the clip again from its source, or leave it out of the corpus"
    return UnsupportedError(Fault(problem=problem, read=read, wanted=wanted, way_out=way_out))
