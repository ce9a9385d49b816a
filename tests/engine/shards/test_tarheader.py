"""The headers of a member whose data changed: a new size, a new checksum, and nothing else."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UnsupportedError
from engine.shards.tar import read_index
from engine.shards.tarheader import BLOCK_BYTES, checksums, parse_header, parse_pax, resized

FORMATS: dict[str, Literal[0, 1, 2]] = {
    "ustar": tarfile.USTAR_FORMAT,
    "gnu": tarfile.GNU_FORMAT,
    "pax": tarfile.PAX_FORMAT,
}
MAX_BYTES = 8**11 - 1


def header(info: tarfile.TarInfo, format_name: str) -> bytes:
    return info.tobuf(FORMATS[format_name], "utf-8", "surrogateescape")


def described(
    name: str = "talks/a.wav", size: int = 960_044, pax: Mapping[str, str] = MappingProxyType({})
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode, info.uid, info.gid = size, 1_700_000_123, 0o640, 1_234, 56
    info.uname, info.gname = "speaker", "studio"
    info.pax_headers = dict(pax)
    return info


def whole(headers: bytes, data: bytes) -> bytes:
    return headers + data + bytes(-len(data) % BLOCK_BYTES) + bytes(2 * BLOCK_BYTES)


def read_back(headers: bytes, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    with tarfile.open(fileobj=io.BytesIO(whole(headers, data)), encoding="utf-8", errors="surrogateescape") as tar:
        (info,) = tar.getmembers()
        file = tar.extractfile(info)
        assert file is not None
        return info, file.read()


def told(info: tarfile.TarInfo) -> tuple[object, ...]:
    words = {key: value for key, value in info.pax_headers.items() if key != "size"}
    return info.name, info.mtime, info.mode, info.uid, info.gid, info.uname, info.gname, info.type, words


@pytest.mark.parametrize("format_name", FORMATS)
def test_only_the_size_and_the_checksum_change(format_name: str) -> None:
    before = header(described(), format_name)
    after = resized(before, 320_044)
    changed = {at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    assert len(before) == len(after) == BLOCK_BYTES
    assert changed
    assert changed <= {*range(124, 136), *range(148, 156)}


@pytest.mark.parametrize("format_name", ["gnu", "pax"])
def test_the_long_name_before_it_stays_as_it_is(format_name: str) -> None:
    before = header(described("talks/" + "long " * 60 + "é.wav"), format_name)
    after = resized(before, 320_044)
    assert after[:-BLOCK_BYTES] == before[:-BLOCK_BYTES]
    assert len(after) == len(before) > BLOCK_BYTES
    assert read_back(after, bytes(320_044))[0].size == 320_044


@dataclass(frozen=True)
class Written:
    """What a program wrote into a member's headers, and in which format."""

    name: str
    size: int
    mtime: float
    ids: tuple[int, int]
    words: dict[str, str]
    format_name: str

    @property
    def headers(self) -> bytes:
        in_pax = self.format_name == "pax"
        info = described(self.name, self.size, self.words if in_pax else {})
        info.mtime = self.mtime if in_pax else int(self.mtime)
        info.uid, info.gid = self.ids
        return header(info, self.format_name)


WRITTEN = st.builds(
    Written,
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300).filter(
        lambda name: not name.startswith("/") and not name.endswith("/") and ".." not in name.split("/")
    ),
    size=st.integers(0, 2**40),
    mtime=st.one_of(st.integers(0, 2**34), st.floats(0, 2**33)),
    ids=st.tuples(st.integers(0, 2**40), st.integers(0, 2**21)),
    words=st.dictionaries(
        st.sampled_from(["comment", "SCHILY.xattr.user.take", "VENDOR.key"]), st.text("aé\n =", max_size=99)
    ),
    format_name=st.sampled_from(["gnu", "pax"]),
)


@given(WRITTEN, st.integers(0, 5_000))
@settings(max_examples=200, deadline=None)
def test_python_reads_the_new_size_and_everything_else_as_it_was(written: Written, size: int) -> None:
    before = written.headers
    after = resized(before, size)
    first, _ = read_back(resized(before, 0), b"")
    read, data = read_back(after, b"w" * size)
    assert (read.size, data) == (size, b"w" * size)
    assert told(read) == told(first)
    assert (read.name, read.uid, read.gid) == (written.name, *written.ids)
    tar = whole(after, b"w" * size)
    (member,) = read_index(lambda offset, length: tar[offset : offset + length], len(tar)).members
    assert (member.size_bytes, member.data_offset) == (size, len(after))


@pytest.mark.parametrize("old", [1, 96, 99, 999_999, 8**11, 2**40])
@pytest.mark.parametrize("new", [0, 5, 9, 10, 99, 100, 12_345, MAX_BYTES])
def test_a_size_in_a_pax_record_is_written_anew(old: int, new: int) -> None:
    before = header(described(size=old, pax={"size": str(old), "comment": "stays"}), "pax")
    after = resized(before, new)
    extension = parse_header(after[:BLOCK_BYTES], 0)
    records = parse_pax(after[BLOCK_BYTES : BLOCK_BYTES + extension.size_bytes], 0)
    assert records["size"] == str(new)
    assert records["comment"] == "stays"
    assert parse_header(after[-BLOCK_BYTES:], 0).size_bytes == new


@given(st.integers(1, 2**40), st.integers(0, MAX_BYTES), st.text("xé", max_size=120))
@settings(max_examples=200, deadline=None)
def test_pax_records_keep_their_lengths_right_whatever_the_new_size(old: int, new: int, comment: str) -> None:
    before = header(described(size=old, pax={"comment": comment, "size": str(old), "zz": comment}), "pax")
    after = resized(before, new)
    length = parse_header(after[:BLOCK_BYTES], 0).size_bytes
    first = parse_pax(before[BLOCK_BYTES : BLOCK_BYTES + parse_header(before[:BLOCK_BYTES], 0).size_bytes], 0)
    assert parse_pax(after[BLOCK_BYTES : BLOCK_BYTES + length], 0) == {**first, "size": str(new)}
    assert not any(after[BLOCK_BYTES + length : -BLOCK_BYTES])
    assert len(after) == 2 * BLOCK_BYTES + -(-length // BLOCK_BYTES) * BLOCK_BYTES


def test_a_size_in_base_256_becomes_octal() -> None:
    before = header(described(size=2**40), "gnu")
    assert before[124] == 0x80
    after = resized(before, 320_044)
    assert after[124:136] == b"00001161054\0"
    assert parse_header(after, 0).size_bytes == 320_044


def test_a_checksum_that_was_counted_with_signs_is_written_as_posix_has_it() -> None:
    """Some old programs added up signed bytes, which shows where a name has bytes above 127."""
    block = bytearray(header(described("é.wav"), "gnu"))
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % (sum(block) - 2 * 256)
    assert parse_header(bytes(block), 0).name == "é.wav"
    info, data = read_back(resized(bytes(block), 3), b"abc")
    assert (info.name, data) == ("é.wav", b"abc")


def test_the_largest_size_of_a_plain_header_is_written_and_the_next_is_refused() -> None:
    before = header(described(), "gnu")
    assert parse_header(resized(before, MAX_BYTES), 0).size_bytes == MAX_BYTES
    with pytest.raises(UnsupportedError, match="too long for a tar header"):
        resized(before, MAX_BYTES + 1)


@given(st.binary(min_size=BLOCK_BYTES, max_size=BLOCK_BYTES))
def test_both_sums_of_a_block_are_those_of_the_standard(block: bytes) -> None:
    blank = block[:148] + b" " * 8 + block[156:]
    assert checksums(block) == (sum(blank), sum(byte - 256 if byte > 127 else byte for byte in blank))


@pytest.mark.parametrize("byte", [0x00, 0x7F, 0x80, 0xFF])
def test_the_largest_sums_are_still_exact(byte: int) -> None:
    rest = BLOCK_BYTES - 8
    assert checksums(bytes([byte]) * BLOCK_BYTES)[0] == rest * byte + 8 * ord(" ")
