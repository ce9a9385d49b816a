"""The header that is recognised at once: what is told of it is what the parser of all headers tells."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.formats import ClipInfo, as_result
from engine.audio.plain_wav import HEADER_BYTES, plain_head, plain_info
from engine.audio.wav import read_layout, result_shell
from tests.engine.audio.clips import chunk, encoded, extensible, fmt, noise, riff

PLAIN = [
    riff([chunk(b"fmt ", fmt(1, channels, bits)), chunk(b"data", bytes(frames * channels * bits // 8))])
    for channels, bits, frames in [(1, 16, 40), (2, 16, 0), (1, 8, 9), (3, 24, 7), (64, 32, 2), (1, 24, 3)]
] + [encoded(noise(10), rate_hz=44_100), encoded(noise(10), rate_hz=16_000)]
OTHERS = {
    "float": encoded(noise(10), "FLOAT"),
    "extensible": riff([chunk(b"fmt ", extensible(1, 1, 16, 4)), chunk(b"data", bytes(20))]),
    "a chunk behind": riff([chunk(b"fmt ", fmt()), chunk(b"data", bytes(20)), chunk(b"LIST", b"INFO")]),
    "a chunk before": riff([chunk(b"LIST", b"INFO"), chunk(b"fmt ", fmt()), chunk(b"data", bytes(20))]),
    "RF64": encoded(noise(10), container="RF64"),
    "FLAC": encoded(noise(10), container="FLAC"),
    "a byte too many": PLAIN[0] + b"\0",
    "a byte too few": PLAIN[0][:-1],
    "half a frame": riff([chunk(b"fmt ", fmt()), chunk(b"data", bytes(21))]),
    "no channel": riff([chunk(b"fmt ", fmt(channels=0)), chunk(b"data", bytes(20))]),
    "a wrong byte rate": riff([chunk(b"fmt ", fmt(byte_rate=1)), chunk(b"data", bytes(20))]),
    "a header alone": PLAIN[0][: HEADER_BYTES - 1],
    "nothing": b"",
}


def by_parser(clip: bytes) -> tuple[ClipInfo, bytes, bytes, int]:
    """The facts, the head and the tail of the result, and where the samples stand."""

    def read_at(offset: int, length: int) -> bytes:
        return clip[offset : offset + length]

    layout = read_layout(len(clip), read_at)
    shell = result_shell(layout, read_at)
    assert not shell.dropped_chunks
    return layout.info, shell.head, shell.tail, layout.data.offset


def assert_told_as_by_the_parser(clip: bytes, info: ClipInfo) -> None:
    result = as_result(info)
    padding = bytes(result.frames * result.sample_format.sample_bytes % 2)
    assert (info, plain_head(result), padding, HEADER_BYTES) == by_parser(clip)


@pytest.mark.parametrize("clip", PLAIN, ids=range(len(PLAIN)))
def test_a_plain_header_is_recognised_and_told_as_by_the_parser(clip: bytes) -> None:
    info = plain_info(clip, len(clip))
    assert info is not None
    assert_told_as_by_the_parser(clip, info)


@pytest.mark.parametrize("name", OTHERS)
def test_all_others_are_left_to_the_parser(name: str) -> None:
    assert plain_info(OTHERS[name], len(OTHERS[name])) is None


@settings(max_examples=400, deadline=None)
@given(
    clip=st.sampled_from(PLAIN),
    field=st.integers(0, 21),
    value=st.sampled_from([0, 1, 2, 3, 4, 8, 16, 20, 24, 32, 36, 80, 96_000, 0xBB80, 0xFFFE, 0xFFFF]),
)
def test_a_header_of_any_fields_is_left_to_the_parser_or_told_as_by_it(clip: bytes, field: int, value: int) -> None:
    changed = clip[: 2 * field] + struct.pack("<H", value & 0xFFFF) + clip[2 * field + 2 :]
    info = plain_info(changed, len(changed))
    if info is not None:
        assert_told_as_by_the_parser(changed, info)
    assert info is not None or changed != clip
