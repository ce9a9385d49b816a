"""The strict reader: every way in which a tar can be broken or odd is refused, and no healthy tar is."""

from __future__ import annotations

import io
import itertools
import os
import re
import subprocess
import sysconfig
import tarfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from engine.errors import DamagedError, InputError, UnsupportedError
from engine.shards.tar import MAX_EXTENSION_BYTES, Member, TarIndex, padded, read_index
from tests.recordings import member_block, tar_bytes

BLOCK = 512
TEN = [(f"clip_{number:02d}.wav", bytes([number]) * (700 + 37 * number)) for number in range(10)]
TarFormat = Literal[0, 1, 2]
FORMATS: dict[str, TarFormat] = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
END = bytes(2 * BLOCK)


def index(tar: bytes) -> TarIndex:
    return read_index(lambda offset, size: tar[offset : offset + size], len(tar))


def outcome(tar: bytes) -> TarIndex | InputError:
    try:
        return index(tar)
    except InputError as error:
        return error


def assert_refused(tar: bytes, error: type[InputError], match: str = "") -> InputError:
    found = outcome(tar)
    assert isinstance(found, error), found
    assert re.search(match, str(found)), f"{found} does not tell {match!r}"
    return found


def header(
    name: str, size: int = 0, kind: bytes = b"0", format_: TarFormat = tarfile.GNU_FORMAT, **fields: object
) -> bytes:
    """One member's header blocks, as Python writes them."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(format_, "utf-8", "surrogateescape")


def raw_header(name: bytes, size_field: bytes, kind: bytes = b"0", magic: bytes = b"ustar\x0000") -> bytes:
    """A header made byte by byte, its checksum right, for what no program would write."""
    block = bytearray(BLOCK)
    block[: len(name)] = name
    block[100:124] = b"0000644\x000000000\x000000000\x00"
    block[124:136] = size_field.ljust(12, b"\0")
    block[136:148] = b"00000000000\x00"
    block[156:157], block[257:265] = kind, magic
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def extension(kind: bytes, data: bytes) -> bytes:
    return raw_header(b"././@LongLink", b"%011o" % len(data), kind) + data + bytes(-len(data) % BLOCK)


def pax(*records: tuple[bytes, bytes], kind: bytes = b"x") -> bytes:
    data = b""
    for key, value in records:
        body = b" " + key + b"=" + value + b"\n"
        length = len(body) + 1
        while len(body) + len(str(length)) != length:
            length += 1
        data += str(length).encode() + body
    return extension(kind, data)


def read_by_python(tar: bytes) -> list[tuple[str, int, int, bool]]:
    with tarfile.open(fileobj=io.BytesIO(tar), encoding="utf-8", errors="surrogateescape") as archive:
        return [(info.name, info.size, info.offset_data, info.isdir()) for info in archive]


def as_python_tells(found: TarIndex) -> list[tuple[str, int, int, bool]]:
    return [(each.name.rstrip("/"), each.size_bytes, each.data_offset, each.is_folder) for each in found.members]


# Damage.


def test_a_flipped_bit_in_any_header_is_refused_or_changes_nothing() -> None:
    """A bit matters unless it lies in the checksum field where a number is padded.

    Those are the last byte, which nobody reads, and a leading zero or a final NUL that becomes a blank.
    """
    tar = tar_bytes(TEN)
    healthy = index(tar)
    silent = []
    later = [healthy.members[number] for number in (0, 1, 5, 9)]
    for member in later:
        for bit in range(BLOCK * 8):
            at = member.header_offset + bit // 8
            flipped = bytearray(tar)
            flipped[at] ^= 1 << bit % 8
            found = outcome(bytes(flipped))
            if isinstance(found, TarIndex):
                assert found == healthy
                silent.append((at - member.header_offset, flipped[at]))
            else:
                assert isinstance(found, DamagedError)
                assert found.fault.offset_bytes == member.header_offset
    assert all(offset == 155 or (148 <= offset < 155 and after == 0x20) for offset, after in silent)
    assert 0 < len(silent) <= len(later) * (8 + 3)


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_a_flipped_bit_around_a_long_name_is_refused_or_changes_nothing(format_: TarFormat) -> None:
    """In both header blocks of the member; between them lies the name itself, which no checksum covers."""
    long = "talks/" + "x" * 150 + ".wav"
    tar = header(long, 3, format_=format_) + b"abc".ljust(BLOCK, b"\0") + END
    healthy = index(tar)
    assert healthy.members == (Member(long, 0, 3 * BLOCK, 3, is_folder=False),)
    for start in (0, 2 * BLOCK):
        for bit in range(BLOCK * 8):
            flipped = bytearray(tar)
            flipped[start + bit // 8] ^= 1 << bit % 8
            found = outcome(bytes(flipped))
            assert isinstance(found, InputError) or (found == healthy and bit // 8 in range(148, 156)), bit


def test_python_misses_what_is_refused_here() -> None:
    """Why this reader exists: tarfile ends a listing in silence where a header is damaged."""
    tar = bytearray(tar_bytes(TEN))
    tar[index(bytes(tar)).members[5].header_offset + 3] ^= 1
    assert len(read_by_python(bytes(tar))) == 5
    assert_refused(bytes(tar), DamagedError, "checksum of a tar header is wrong")


def test_every_truncation_is_refused() -> None:
    tar = tar_bytes(TEN)
    end = index(tar).end_offset
    lengths = {*range(0, end + 2 * BLOCK, BLOCK), *Random(1).sample(range(end + 2 * BLOCK), 600)}
    assert len(lengths) > 600
    for length in lengths:
        assert_refused(tar[:length], DamagedError)


def test_a_tar_that_is_cut_between_two_members_is_refused() -> None:
    tar = tar_bytes(TEN)
    for member in index(tar).members:
        error = assert_refused(tar[: member.end_offset], DamagedError, "ends without its end-of-archive marker")
        assert error.fault.offset_bytes == member.end_offset


@pytest.mark.parametrize("blocks", [1, 2, 20])
def test_a_hole_between_two_members_is_refused(blocks: int) -> None:
    tar = tar_bytes(TEN)
    at = index(tar).members[5].header_offset
    error = assert_refused(tar[:at] + bytes(blocks * BLOCK) + tar[at:], DamagedError, "data follows the end-of-archive")
    assert error.fault.offset_bytes == at + blocks * BLOCK


def test_a_header_that_was_zeroed_is_refused() -> None:
    tar = tar_bytes(TEN)
    at = index(tar).members[5].header_offset
    assert_refused(tar[:at] + bytes(BLOCK) + tar[at + BLOCK :], DamagedError, "data follows the end-of-archive")


def test_two_tars_glued_together_are_refused() -> None:
    first = tar_bytes(TEN[:3])
    error = assert_refused(first + tar_bytes(TEN[3:]), DamagedError, "two tars glued together")
    assert error.fault.offset_bytes == len(first)


def test_a_single_zero_block_is_no_end() -> None:
    body = b"".join(member_block(*member) for member in TEN)
    error = assert_refused(body + bytes(BLOCK), DamagedError, "end-of-archive marker is incomplete")
    assert error.fault.offset_bytes == len(body)


@pytest.mark.parametrize("zeros", [2, 3, 19, 20, 5_000])
def test_an_end_of_two_zero_blocks_or_more_is_accepted(zeros: int) -> None:
    body = b"".join(member_block(*member) for member in TEN)
    found = index(body + bytes(zeros * BLOCK))
    assert [member.name for member in found.members] == [name for name, _ in TEN]
    assert (found.end_offset, found.size_bytes) == (len(body), len(body) + zeros * BLOCK)


@pytest.mark.parametrize("behind", [0, 1, 511, 512, 40_000, 3_000_000])
def test_trailing_garbage_is_refused_with_its_place(behind: int) -> None:
    tar = tar_bytes(TEN)
    garbage = bytearray(padded(behind + 1))
    garbage[behind] = 7
    error = assert_refused(tar + bytes(garbage), DamagedError, "data follows the end-of-archive")
    assert error.fault.offset_bytes == len(tar) + behind


@pytest.mark.parametrize("size", [1, 100, 511])
def test_a_tar_of_odd_length_is_refused(size: int) -> None:
    assert_refused(tar_bytes(TEN) + bytes(size), DamagedError, "length is impossible")
    assert_refused(bytes(size), DamagedError, "length is impossible")


def test_an_empty_file_is_refused_and_an_empty_tar_is_not() -> None:
    assert_refused(b"", DamagedError, "length is impossible")
    assert index(END).members == ()


@pytest.mark.parametrize("size", [10**11, 8**11 - 1, 2**33, 2**62])
def test_a_size_beyond_the_end_is_refused_before_anything_is_read(size: int) -> None:
    tar = member_block(*TEN[0]) + header("big.wav", size) + bytes(4_096) + END
    asked = []

    def read_at(offset: int, count: int) -> bytes:
        asked.append(count)
        return tar[offset : offset + count]

    with pytest.raises(DamagedError, match="longer than the rest of the tar") as caught:
        read_index(read_at, len(tar))
    assert max(asked) == BLOCK
    assert caught.value.fault.member == "big.wav"
    assert caught.value.fault.read == f"{size:,} bytes declared"


@pytest.mark.parametrize("size", [10**11, 2**70])
def test_a_pax_size_beyond_the_end_is_refused(size: int) -> None:
    tar = pax((b"size", str(size).encode())) + header("big.wav", 0) + bytes(4_096) + END
    assert_refused(tar, DamagedError, "longer than the rest of the tar")


@pytest.mark.parametrize("size", [b"-1", b"1.5", b"1e3", b" 12", b"0x10", b"", "٣".encode()])
def test_a_pax_size_that_is_no_number_is_refused(size: bytes) -> None:
    assert_refused(pax((b"size", size)) + header("a.wav", 0) + END, DamagedError, "pax size is no number")


@pytest.mark.parametrize("size", [-1, -512, -(2**40)])
def test_a_negative_size_is_refused(size: int) -> None:
    field = b"\xff" + size.to_bytes(11, "big", signed=True)
    assert_refused(raw_header(b"a.wav", field) + END, DamagedError, "size is negative")


@pytest.mark.parametrize("field", [b"0000000008", b"abc", b"-0000000001", b"", b"0x10", b"1_0", b"\x81" + bytes(11)])
def test_a_size_that_is_no_number_is_refused(field: bytes) -> None:
    assert_refused(raw_header(b"a.wav", field) + END, DamagedError, "size is no number")


def test_an_unknown_magic_is_refused() -> None:
    assert_refused(raw_header(b"a.wav", b"0", magic=b"tarball!") + END, DamagedError, "magic is unknown")


def test_a_size_in_base_256_is_read() -> None:
    tar = raw_header(b"a.wav", b"\x80" + (600).to_bytes(11, "big")) + bytes(1_024) + END
    assert index(tar).members[0].size_bytes == 600


def test_a_seventh_edition_header_is_read() -> None:
    tar = raw_header(b"a.wav", b"00000000005", b"\0", bytes(8)) + b"hello".ljust(BLOCK, b"\0") + END
    assert [(member.name, member.size_bytes) for member in index(tar).members] == [("a.wav", 5)]


@pytest.mark.parametrize(
    "data",
    [b"nonsense", b"8 path=a\n", b"99 path=a\n", b"0 path=a\n", b"10 path=ab", b"7 path\n", b"5 =a\n", b"\0" * 9],
)
def test_a_damaged_pax_record_is_refused(data: bytes) -> None:
    assert_refused(extension(b"x", data) + header("a.wav") + END, DamagedError, "pax record is damaged")


@pytest.mark.parametrize("kind", [b"x", b"g", b"L"])
def test_an_extension_header_that_is_followed_by_nothing_is_refused(kind: bytes) -> None:
    data = b"a.wav\0" if kind == b"L" else b"13 comment=a\n"
    assert_refused(extension(kind, data) + END, DamagedError, "followed by no member")
    assert_refused(extension(kind, data), DamagedError, "ends without its end-of-archive marker")


def test_a_file_that_shrinks_while_it_is_read_is_refused() -> None:
    tar = tar_bytes(TEN)
    with pytest.raises(DamagedError):
        read_index(lambda offset, size: tar[: len(tar) - 9_000][offset : offset + size], len(tar))


# What no corpus holds.


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.CHRTYPE, "a character device"),
        (tarfile.BLKTYPE, "a block device"),
        (tarfile.FIFOTYPE, "a fifo"),
        (tarfile.CONTTYPE, "a contiguous file"),
        (tarfile.GNUTYPE_SPARSE, "a sparse file"),
        (b"M", "a part of a multi-volume member"),
        (b"V", "a volume label"),
        (b"Z", "type b'Z'"),
    ],
)
def test_a_member_that_is_no_plain_file_is_refused_by_its_kind(kind: bytes, told: str) -> None:
    error = assert_refused(
        tar_bytes(TEN[:2])[: 2 * 1_536] + header("odd", 0, kind, linkname="x") + END, UnsupportedError
    )
    assert (error.fault.read, error.fault.member, error.fault.offset_bytes) == (told, "odd", 3_072)


@pytest.mark.parametrize(
    "records",
    [
        (
            (b"GNU.sparse.major", b"1"),
            (b"GNU.sparse.minor", b"0"),
            (b"GNU.sparse.name", b"a"),
            (b"GNU.sparse.realsize", b"9"),
        ),
        ((b"GNU.sparse.size", b"200000000"), (b"GNU.sparse.numblocks", b"0")),
        ((b"GNU.sparse.map", b"0,1"), (b"GNU.sparse.size", b"9")),
    ],
)
@pytest.mark.parametrize("kind", [b"x", b"g"])
def test_a_sparse_file_of_the_pax_kind_is_refused(records: tuple[tuple[bytes, bytes], ...], kind: bytes) -> None:
    """Also where the header is global: Python takes it for the member behind it."""
    tar = pax(*records, kind=kind) + header("a.wav", BLOCK) + bytes(BLOCK) + END
    assert_refused(tar, UnsupportedError, "sparse")


def test_real_sparse_tars_of_gnu_tar_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "hole.wav").open("wb") as file:
        file.truncate(1 << 22)
        file.seek(1 << 21)
        file.write(b"data")
    for version in ("--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0"):
        arguments = [version] if version.startswith("--format") else ["--format=pax", version]
        assert_refused(gnu_tar(tmp_path, "-S", *arguments, "hole.wav"), UnsupportedError, "a sparse file")


@pytest.mark.parametrize(
    "name", ["../up.wav", "a/../../up.wav", "a/..", "..", "/etc/passwd", "//a", "/", "", "a\0b.wav", "file.wav/"]
)
def test_a_hostile_name_is_refused(name: str) -> None:
    tar = pax((b"path", os.fsencode(name))) + header("harmless.wav", 3) + b"abc".ljust(BLOCK, b"\0") + END
    error = assert_refused(tar, UnsupportedError, "name is hostile")
    assert error.fault.read == repr(name)


@pytest.mark.parametrize("name", [b"../up.wav", b"/abs.wav", b"", b".."])
def test_a_hostile_name_in_a_plain_header_is_refused(name: bytes) -> None:
    assert_refused(raw_header(name, b"0") + END, UnsupportedError, "name is hostile")


def test_names_that_only_look_hostile_are_kept() -> None:
    names = ["..a.wav", "a..wav", "...", "a/.../b.wav", "~root", "-rf", "a\nb.wav", "\x1b[31m.wav", "C:\\a.wav", " "]
    tar = tar_bytes([(name, b"x") for name in names])
    assert [member.name for member in index(tar).members] == names


@pytest.mark.parametrize(
    ("first", "second"),
    [("a.wav", "a.wav"), ("./a.wav", "a.wav"), ("a.wav", "./a.wav"), ("d/a", "d/a"), ("a", "a/"), ("./d/", "d")],
)
def test_a_name_that_comes_twice_is_refused(first: str, second: str) -> None:
    between = member_block("between.wav", b"x")
    blocks = [header(name, 0, b"5" if name.endswith("/") else b"0") for name in (first, second)]
    error = assert_refused(blocks[0] + between + blocks[1] + END, UnsupportedError, "the first at byte 0")
    assert error.fault.offset_bytes == BLOCK + len(between)


@pytest.mark.parametrize("twin", ["././a.wav", "d/.././a.wav", ".//a.wav", "d//a.wav", "d/./a.wav"])
def test_a_name_that_comes_twice_under_another_spelling_is_refused(twin: str) -> None:
    assert_refused(
        tar_bytes([("a.wav", b"x"), ("d/a.wav", b"x"), (twin, b"y")]),
        UnsupportedError,
        "two members have this name|hostile",
    )


def test_names_that_differ_by_case_or_composition_are_two() -> None:
    names = ["a.wav", "A.wav", "\u00e9.wav", "e\u0301.wav"]
    assert [member.name for member in index(tar_bytes([(name, b"x") for name in names])).members] == names


def test_two_extension_headers_that_name_one_member_are_refused() -> None:
    plain = header("c.wav", 0) + END
    long = extension(b"L", b"a.wav\0")
    assert_refused(long + pax((b"path", b"b.wav")) + plain, UnsupportedError, "both give its path")
    assert_refused(long + long + plain, UnsupportedError, "both give its path")
    assert_refused(pax((b"path", b"a"), (b"path", b"b")) + plain, UnsupportedError, "gives path twice")


@pytest.mark.parametrize("key", [b"path", b"size", b"linkpath"])
def test_a_global_header_that_names_or_sizes_every_member_is_refused(key: bytes) -> None:
    assert_refused(
        pax((key, b"1"), kind=b"g") + header("a.wav", 0) + END, UnsupportedError, "names or sizes every member"
    )


def test_a_global_header_that_only_tells_is_read_over() -> None:
    """``git archive`` writes one with the commit."""
    tar = pax((b"comment", b"0" * 40), kind=b"g") + b"".join(member_block(*member) for member in TEN) + END
    found = index(tar)
    assert [member.name for member in found.members] == [name for name, _ in TEN]
    assert found.members[0].header_offset == 0
    assert found.members[0].data_offset == 3 * BLOCK
    assert as_python_tells(found) == read_by_python(tar)


@pytest.mark.parametrize("kind", [b"x", b"g", b"L"])
def test_a_huge_extension_header_is_refused_before_it_is_read(kind: bytes) -> None:
    asked = []
    tar = extension(kind, b"x" * (MAX_EXTENSION_BYTES + 1)) + header("a.wav") + END

    def read_at(offset: int, size: int) -> bytes:
        asked.append(size)
        return tar[offset : offset + size]

    with pytest.raises(UnsupportedError, match="an extension header is too long"):
        read_index(read_at, len(tar))
    assert max(asked) == BLOCK


def test_cpythons_own_test_archive_is_refused_by_the_kind_of_its_first_odd_member() -> None:
    """It holds one of everything; a contiguous file comes first, as the one listed second shows."""
    library = Path(sysconfig.get_paths()["stdlib"]) / "test"
    found = [path for path in (library / "testtar.tar", library / "archivetestdata/testtar.tar") if path.is_file()]
    if not found:
        pytest.skip("this Python comes without its tests")
    error = assert_refused(found[0].read_bytes(), UnsupportedError, "a member is no plain file")
    assert error.fault.read == "a contiguous file"
    assert error.fault.member == "ustar/conttype"


# What healthy tars hold.


@pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS)
def test_folders_are_members_without_data(format_: TarFormat) -> None:
    tar = header("talks/", 0, b"5", format_) + header("talks/a.wav", 5, format_=format_) + bytes(BLOCK) + END
    found = index(tar)
    assert [(member.name, member.is_folder, member.size_bytes) for member in found.members] == [
        ("talks/", True, 0),
        ("talks/a.wav", False, 5),
    ]


@pytest.mark.parametrize("length", [99, 100, 101, 155, 156, 255, 256, 1_000, 1_300])
@pytest.mark.parametrize("letter", ["x", "é", "語"])
@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_long_and_foreign_names_are_read(length: int, letter: str, format_: TarFormat) -> None:
    name = f"talks/{letter * length}.wav"
    tar = header(name, 5, format_=format_) + bytes(BLOCK) + END
    found = index(tar)
    assert [(member.name, member.size_bytes) for member in found.members] == [(name, 5)]
    assert as_python_tells(found) == read_by_python(tar)


@pytest.mark.parametrize(
    ("format_", "raw"),
    [
        *itertools.product(FORMATS.values(), (b"caf\xe9.wav", b"\xff\xfe.wav")),
        (tarfile.GNU_FORMAT, b"\xe9" * 300 + b".wav"),
        (tarfile.PAX_FORMAT, b"\xe9" * 300 + b".wav"),
    ],
)
def test_names_that_are_no_utf8_are_kept_byte_for_byte(raw: bytes, format_: TarFormat) -> None:
    tar = header(os.fsdecode(raw), 5, format_=format_) + bytes(BLOCK) + END
    assert [os.fsencode(member.name) for member in index(tar).members] == [raw]


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=40).filter(
    lambda part: part not in {".", ".."} and part == part.strip()
)
PATHS = st.lists(NAMES, min_size=1, max_size=8).map("/".join)
SIZES = st.one_of(st.integers(0, 3_000), st.sampled_from([0, 1, 511, 512, 513, 1_024, 10_240]))
MEMBERS = st.lists(st.tuples(PATHS, SIZES, st.booleans()), max_size=12, unique_by=lambda member: member[0])


@given(MEMBERS, st.sampled_from(sorted(FORMATS)))
@example([("a/" * 60 + "b.wav", 5, False)], "ustar")
@settings(max_examples=200, deadline=None)
def test_healthy_tars_of_python_are_read_as_python_reads_them(
    members: list[tuple[str, int, bool]], format_name: str
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=FORMATS[format_name], encoding="utf-8") as archive:
        for name, size, is_folder in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = (0, tarfile.DIRTYPE) if is_folder else (size, tarfile.REGTYPE)
            try:
                archive.addfile(info, io.BytesIO(bytes(size)))
            except ValueError:  # too long for USTAR
                continue
    tar = buffer.getvalue()
    found = index(tar)
    assert as_python_tells(found) == read_by_python(tar)
    contiguous = [0, *(member.end_offset for member in found.members)]
    assert [*(member.header_offset for member in found.members), found.end_offset] == contiguous


def gnu_tar(folder: Path, *arguments: str) -> bytes:
    command = ["tar", "-C", str(folder), "-cf", "-", "--sort=name", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def listed_by_gnu_tar(tar: bytes) -> list[tuple[str, int]]:
    command = ["tar", "-tvf", "-", "--quoting-style=literal", "--numeric-owner"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    told = subprocess.run(command, input=tar, check=True, capture_output=True, env=environment).stdout
    lines = [line.split(maxsplit=5) for line in told.decode("utf-8", "surrogateescape").splitlines()]
    return [(line[5], int(line[2])) for line in lines]


FILE_NAMES = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyzäé語_.-", min_size=1, max_size=60).filter(lambda part: part[0] not in ".-"),
    min_size=1,
    max_size=4,
).map("/".join)


@given(st.dictionaries(FILE_NAMES, st.integers(0, 20_000), max_size=8), st.sampled_from(["ustar", "gnu", "pax", "v7"]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_healthy_tars_of_gnu_tar_are_read_as_gnu_tar_lists_them(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, int], format_name: str
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    for name, size in files.items():
        path = folder / name
        if any(parent.is_file() for parent in path.parents) or path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    try:
        tar = gnu_tar(folder, f"--format={format_name}", "--no-recursion", *tree(folder))
    except subprocess.CalledProcessError:  # a name that this format cannot hold
        return
    found = index(tar)
    assert [(member.name, member.size_bytes) for member in found.members] == listed_by_gnu_tar(tar)
    assert as_python_tells(found) == read_by_python(tar)


def tree(folder: Path) -> Sequence[str]:
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    return names or ["--files-from=/dev/null"]


def test_a_folder_that_was_packed_from_inside_is_read(tmp_path: Path) -> None:
    """``tar -C shard -cf x.tar .`` begins with a member called ``./``."""
    (tmp_path / "a.wav").write_bytes(b"x")
    assert [member.name for member in index(gnu_tar(tmp_path, ".")).members] == ["./", "./a.wav"]


def test_the_walk_ticks_for_every_member_and_may_be_stopped() -> None:
    tar = tar_bytes(TEN)
    calls = 0

    def tick() -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_index(lambda offset, size: tar[offset : offset + size], len(tar), tick)
    assert calls == 5


def signed(data: bytes) -> int:
    """The sum of bytes as some old tars have it."""
    return sum(byte - 256 if byte > 127 else byte for byte in data)


@given(st.binary(min_size=1, max_size=4 * BLOCK), st.integers(0, 2_000))
@settings(max_examples=300, deadline=None)
def test_overwritten_bytes_are_refused_or_change_no_member_but_their_own(junk: bytes, at: int) -> None:
    """Anything at all in the middle of a tar: the reader refuses it or tells of members that lie where they say."""
    tar = bytearray(tar_bytes(TEN))
    at = at * 7 % (len(tar) - len(junk))
    before = bytes(tar[at : at + len(junk)])
    assume(
        junk == before or not {sum(junk), signed(junk)} & {sum(before), signed(before)}
    )  # a header has no more proof
    tar[at : at + len(junk)] = junk
    try:
        found = index(bytes(tar))
    except InputError:
        return
    assert [member.name for member in found.members] == [name for name, _ in TEN]
    assert [member.size_bytes for member in found.members] == [len(data) for _, data in TEN]
