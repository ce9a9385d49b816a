"""What becomes of a WAV's other chunks: words are carried over, positions in samples are not.

A position (a cue, a loop, a peak) counts source frames and would be wrong by a factor of three in the result. Chunks
that are not known here are carried: to lose a user's own data unasked is worse than to keep it.

Sources: RIFF "Multimedia Programming Interface" (LIST, cue, plst), EBU Tech 3285 (bext, levl), 3306 (r64m).
"""

from __future__ import annotations

import struct
from typing import Final

from engine.audio.formats import FACTOR

REWRITTEN: Final = frozenset({"fmt ", "data", "fact", "ds64"})
"""Made anew for the result."""
WITH_POSITIONS: Final = frozenset({"cue ", "plst", "smpl", "PEAK", "levl", "slnt", "strc", "tlst", "regn", "r64m"})
"""Hold positions or lengths in samples, or values of single samples."""
PADDING: Final = frozenset({"JUNK", "junk", "PAD ", "FLLR", "filr"})
"""Hold nothing: room for a header or alignment of the source file."""
LISTS_WITH_POSITIONS: Final = frozenset({b"adtl", b"wavl"})
"""Kinds of LIST that refer to cues, or that hold samples."""
BEXT_TIME_OFFSET: Final = 338
"""Where ``bext`` has its TimeReference: samples since midnight, 64 bits (EBU Tech 3285, section 2.3)."""


def is_carried(chunk_id: str, head: bytes) -> bool:
    """Tell whether a chunk that is not rewritten belongs into the result; ``head`` is the start of its content."""
    if chunk_id == "LIST":
        return head[:4] not in LISTS_WITH_POSITIONS
    return chunk_id not in WITH_POSITIONS and chunk_id not in PADDING


def dropped_name(chunk_id: str, head: bytes) -> str:
    """Return how a dropped chunk is reported: its id, a LIST with its kind."""
    return f"LIST/{head[:4].decode('latin-1')}" if chunk_id == "LIST" else chunk_id.strip()


def carried_content(chunk_id: str, content: bytes) -> bytes:
    """Return what a carried chunk holds in the result: the same, but for the time in ``bext``.

    The time is rounded down, so that the clip never begins after the moment that was noted.
    """
    if chunk_id != "bext" or len(content) < BEXT_TIME_OFFSET + 8:
        return content
    (samples,) = struct.unpack_from("<Q", content, BEXT_TIME_OFFSET)
    return content[:BEXT_TIME_OFFSET] + struct.pack("<Q", samples // FACTOR) + content[BEXT_TIME_OFFSET + 8 :]
