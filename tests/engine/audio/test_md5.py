"""The compiled MD5, of one stream and of several side by side, is everybody's MD5."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pytest

from engine import native
from engine.audio.kernel import INSTRUCTION_SETS, ROOM, VERSION, kernel

DECLARATIONS: Final = """
int gonogo_version(void);
void gonogo_md5(int isa, unsigned count, const uint8_t *const *streams, const uint64_t *sizes, size_t piece_blocks,
                uint8_t *digests);
"""
SIZES: Final = (0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1_000, 20_000)
"""Around the block of 64 bytes, and around the 8 bytes of it that the length takes."""

pytestmark = pytest.mark.skipif(kernel() is None, reason="there is no compiled code here")


def digests(instruction_set: int, streams: list[bytes], piece_blocks: int) -> list[bytes]:
    loaded = native.load(ROOM, DECLARATIONS, version=VERSION)
    assert loaded is not None
    ffi, library = loaded
    kept = [ffi.from_buffer("uint8_t[]", stream) for stream in streams]
    made = ffi.new("uint8_t[]", 16 * len(streams))
    sizes = ffi.new("uint64_t[]", [len(stream) for stream in streams])
    library.gonogo_md5(instruction_set, len(streams), ffi.new("uint8_t *[]", kept), sizes, piece_blocks, made)
    return [bytes(ffi.buffer(made)[16 * index : 16 * index + 16]) for index in range(len(streams))]


@pytest.mark.parametrize("instruction_set", INSTRUCTION_SETS)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 16])
def test_streams_of_all_lengths_side_by_side_have_the_md5_that_each_has_alone(count: int, instruction_set: str) -> None:
    found = kernel()
    assert found is not None
    number = INSTRUCTION_SETS[instruction_set]
    if number > found.instruction_set:
        pytest.skip("this processor has no such instructions")
    rng = np.random.default_rng(count)
    for piece_blocks in (1, 3, 1_000):
        for start in range(len(SIZES)):
            streams = [rng.bytes(SIZES[(start + index) % len(SIZES)]) for index in range(count)]
            wanted = [hashlib.md5(stream, usedforsecurity=False).digest() for stream in streams]
            assert digests(number, streams, piece_blocks) == wanted
