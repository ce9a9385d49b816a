"""A strict tar reader: every byte from the first header to a proven end is accounted for, or the tar is refused.

Python's ``tarfile`` stops silently at a damaged header (cpython #120740), so a converter that counts with it converts
half a shard and finds the counts equal. Here a header whose checksum is wrong, a size past the end of the file, a hole,
a missing end-of-archive marker or anything behind it is a fault with its byte offset. Format: POSIX.1-2017 pax,
"ustar Interchange Format", and the GNU tar manual, "Basic Tar Format".

What is whole but nothing that a corpus holds (links, devices, sparse files, hostile or double names) is refused as
unsupported: such a shard is left alone for a person to look at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from engine.errors import DamagedError, Fault, InputError, UnsupportedError, printable
from engine.shards.excerpt import excerpt
from engine.shards.tarheader import BLOCK_BYTES, Header, parse_header, parse_pax, use_pax

ReadAt = Callable[[int, int], bytes]
"""``read_at(offset_bytes, size_bytes)``: the bytes there, fewer only at the end of the file."""

MAX_EXTENSION_BYTES = 1 << 20
"""A long name or a pax header above 1 MiB is an attack or a damaged size, never a name."""

MAX_NAME_BYTES = 4096
"""PATH_MAX of Linux: no file of a longer name was ever packed, or can be unpacked."""

_CHUNK_BYTES = 1 << 20
_ZERO_BLOCK = bytes(BLOCK_BYTES)

_RESTORE = "the tar is damaged here; restore it from another copy"
_PACK_AGAIN = "pack the shard again with plain files and folders under names of their own, or leave it out"
_UNPACK = "unpack it, so that a plain tar lies here"

_PACKED = {
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
}
"""How packed files begin. A member's name may begin so too: asked only where the first header is none."""

_REFUSED_TYPES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a fifo",
    b"7": "a contiguous file",
    b"D": "a GNU dump folder",
    b"K": "a link with a long target",
    b"M": "a part of a multi-volume member",
    b"S": "a sparse file",
    b"V": "a volume label",
}


class Member(msgspec.Struct, frozen=True):
    """One file or folder inside a tar, and where its bytes lie."""

    name: str
    """As it stands there; bytes that are not UTF-8 are kept as surrogate escapes."""
    header_offset: int
    """Of the first header block that belongs to it, extension headers included."""
    data_offset: int
    size_bytes: int
    is_folder: bool

    @property
    def end_offset(self) -> int:
        """Where the next member's headers begin: behind the data and its padding to a whole block."""
        return self.data_offset + padded(self.size_bytes)


@dataclass(frozen=True, slots=True)
class TarIndex:
    """All members of a tar that was walked to its proven end."""

    members: tuple[Member, ...]
    end_offset: int
    """Where the end-of-archive marker begins."""
    size_bytes: int


def padded(size_bytes: int) -> int:
    """Round a size up to whole tar blocks."""
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES


def read_index(
    read_at: ReadAt,
    size_bytes: int,
    tick: Callable[[], None] = lambda: None,
    visit: Callable[[Member], None] = lambda _: None,
) -> TarIndex:
    """Walk every header of a tar to its proven end.

    Args:
        read_at: gives bytes of the tar.
        size_bytes: the length of the file.
        tick: called once a member, and for every MiB behind the last; may raise to stop the walk.
        visit: called with each member while what lies around its header is at hand.

    Raises:
        DamagedError: when the tar is cut short, damaged, or goes on behind its end.
        UnsupportedError: when it is whole but holds what no corpus holds: links, devices, hostile or double names; or
            is packed.
    """
    try:
        return _walk(read_at, size_bytes, tick, visit)
    except InputError as error:
        raise _explained(error, read_at(0, BLOCK_BYTES)) from None


def _explained(error: InputError, first: bytes) -> InputError:
    """Say of a tar that does not begin as one what it is instead; and of any other what a person can do about it."""
    fault = error.fault
    if isinstance(error, DamagedError) and not fault.offset_bytes:
        packed = next((name for magic, name in _PACKED.items() if first.startswith(magic)), None)
        if packed is not None:
            return UnsupportedError(Fault("the tar is packed", read=packed, wanted="a plain tar", way_out=_UNPACK))
        if fault.offset_bytes == 0 and _is_no_header(first):
            read, wanted = repr(first[:16]), "a tar header"
            return DamagedError(
                Fault("the file begins as no tar does", offset_bytes=0, read=read, wanted=wanted, way_out=_RESTORE)
            )
    way_out = _RESTORE if isinstance(error, DamagedError) else _PACK_AGAIN
    return type(error)(msgspec.structs.replace(fault, way_out=fault.way_out or way_out))


def _is_no_header(block: bytes) -> bool:
    """Tell whether a block that holds something has neither the magic nor the checksum of a header."""
    return any(block) and block[257:262] != b"ustar" and not block[148:156].strip(b" \0").isdigit()


def _walk(read_at: ReadAt, size_bytes: int, tick: Callable[[], None], visit: Callable[[Member], None]) -> TarIndex:
    if size_bytes == 0 or size_bytes % BLOCK_BYTES:
        wanted = "whole blocks of 512 bytes, the last of them zeros"
        raise DamagedError(Fault("the tar's length is impossible", read=f"{size_bytes:,} bytes", wanted=wanted))
    members: list[Member] = []
    names: dict[str, int] = {}
    offset = 0
    while True:
        tick()
        member = _read_member(read_at, offset, size_bytes)
        if member is None:
            break
        plain = posixpath.normpath(member.name)
        if plain in names:
            problem = f"two members have this name, the first at byte {names[plain]:,}, the second"
            wanted = "names of their own"
            raise UnsupportedError(Fault(problem, member=member.name, offset_bytes=member.header_offset, wanted=wanted))
        names[plain] = member.header_offset
        members.append(member)
        visit(member)
        offset = member.end_offset
    _prove_end(read_at, offset, size_bytes, tick)
    return TarIndex(tuple(members), offset, size_bytes)


def _read_member(read_at: ReadAt, start: int, size_bytes: int) -> Member | None:
    """Read one member's headers from ``start``; None at the end-of-archive marker."""
    offset = start
    extensions: dict[str, str] = {}
    while True:
        block = _read_block(read_at, offset, size_bytes)
        if block == _ZERO_BLOCK:
            if offset == start:
                return None
            problem, read = "an extension header is followed by no member", "a block of zeros"
            raise DamagedError(Fault(problem, offset_bytes=start, read=read, wanted="the header of a member"))
        header = parse_header(block, offset)
        data_offset = offset + BLOCK_BYTES
        if header.size_bytes > size_bytes - data_offset and header.kind != b"5" and "size" not in extensions:
            raise _past_the_end(header.name, offset, header.size_bytes, size_bytes - data_offset)
        if header.kind not in b"xgL":
            return _member(header, extensions, start, offset, size_bytes)
        if header.size_bytes > MAX_EXTENSION_BYTES:
            read, wanted = f"{header.size_bytes:,} bytes", f"at most {MAX_EXTENSION_BYTES:,}"
            raise UnsupportedError(
                Fault("an extension header is too long", offset_bytes=offset, read=read, wanted=wanted)
            )
        _extend(extensions, header, _extension(read_at, data_offset, header.size_bytes, offset), offset)
        offset = data_offset + padded(header.size_bytes)


def _read_block(read_at: ReadAt, offset: int, size_bytes: int) -> bytes:
    block = read_at(offset, BLOCK_BYTES)
    if len(block) < BLOCK_BYTES:
        problem, read, wanted = (
            "the tar ends without its end-of-archive marker",
            f"{size_bytes:,} bytes in all",
            "two blocks of zeros",
        )
        way_out = "it was cut short, or its writer did not close it; restore it from another copy"
        raise DamagedError(Fault(problem, offset_bytes=offset, read=read, wanted=wanted, way_out=way_out))
    return block


def _extension(read_at: ReadAt, data_offset: int, size_bytes: int, offset: int) -> bytes:
    """Read what an extension header holds, which has no checksum of its own: what follows it must be padding."""
    data = read_at(data_offset, padded(size_bytes))
    if data[size_bytes:].strip(b"\0"):
        problem, read = "an extension header does not end where it says", repr(data[size_bytes : size_bytes + 16])
        wanted = f"zeros behind its {size_bytes:,} bytes"
        raise DamagedError(Fault(problem, offset_bytes=offset, read=read, wanted=wanted))
    return data[:size_bytes]


def _long_name(data: bytes, offset: int) -> str:
    """Read a GNU long name; every writer counts its one NUL at the end, and no checksum tells what else became zero."""
    name, _, rest = data.partition(b"\0")
    if rest:
        read, wanted = f"{len(name):,} bytes and a NUL", f"{len(data) - 1:,} bytes before its NUL"
        raise DamagedError(Fault("a long name ends too early", offset_bytes=offset, read=read, wanted=wanted))
    return name.decode("utf-8", "surrogateescape")


def _extend(extensions: dict[str, str], header: Header, data: bytes, offset: int) -> None:
    """Take what an extension header says about the member behind it into ``extensions``."""
    if header.kind == b"L":
        found = {"path": _long_name(data, offset)}
    else:
        found = parse_pax(data, offset)
        if any(key.startswith("GNU.sparse") for key in found):
            read, wanted = "a sparse file", "a file or a folder"
            raise UnsupportedError(Fault("a member is no plain file", offset_bytes=offset, read=read, wanted=wanted))
        if header.kind == b"g":
            if {"path", "size", "linkpath"} & found.keys():
                problem, wanted = "a global header names or sizes every member", "headers of one member each"
                raise UnsupportedError(Fault(problem, offset_bytes=offset, wanted=wanted))
            return
    twice = extensions.keys() & found.keys()
    if twice:
        problem = f"two extension headers of one member both give its {excerpt(min(twice))}"
        raise UnsupportedError(Fault(problem, offset_bytes=offset, wanted="one that does"))
    extensions.update(found)


def _member(header: Header, extensions: dict[str, str], start: int, offset: int, size_bytes: int) -> Member:
    name, size = use_pax(header, extensions, offset)
    length = len(name.encode("utf-8", "surrogateescape"))
    if length > MAX_NAME_BYTES:
        problem, read, wanted = "a member's name is too long", f"{length:,} bytes", f"at most {MAX_NAME_BYTES:,}"
        raise UnsupportedError(Fault(problem, member=excerpt(name), offset_bytes=offset, read=read, wanted=wanted))
    kind = header.kind
    is_folder = kind == b"5" or (kind in (b"0", b"\0") and name.endswith("/") and size == 0)
    what = _REFUSED_TYPES.get(kind)
    if what or kind not in (b"0", b"\0", b"5"):
        read = what or f"type {kind!r}"
        fault = Fault(
            "a member is no plain file", member=name, offset_bytes=offset, read=read, wanted="a file or a folder"
        )
        raise UnsupportedError(fault)
    _refuse_hostile(name, is_folder, offset)
    if is_folder and size:
        problem, read = "a folder has a size, which readers take for different things", f"{size:,} bytes"
        raise UnsupportedError(Fault(problem, member=name, offset_bytes=offset, read=read, wanted="0 bytes"))
    data_offset = offset + BLOCK_BYTES
    if size > size_bytes - data_offset:
        raise _past_the_end(name, offset, size, size_bytes - data_offset)
    return Member(name, start, data_offset, size, is_folder)


def _refuse_hostile(name: str, is_folder: bool, offset: int) -> None:
    wanted = "a relative path without .."
    if (
        not name
        or name.startswith("/")
        or "\0" in name
        or ".." in name.split("/")
        or (name[-1] == "/" and not is_folder)
    ):
        raise UnsupportedError(Fault("a member's name is hostile", offset_bytes=offset, read=repr(name), wanted=wanted))


def _past_the_end(name: str, offset: int, declared: int, present: int) -> DamagedError:
    problem = "a member is longer than the rest of the tar"
    read, wanted = f"{declared:,} bytes declared", f"at most the {max(present, 0):,} that are left"
    return DamagedError(Fault(problem, member=printable(name), offset_bytes=offset, read=read, wanted=wanted))


def _prove_end(read_at: ReadAt, offset: int, size_bytes: int, tick: Callable[[], None]) -> None:
    """Demand two zero blocks at ``offset`` and nothing but zeros behind them."""
    if size_bytes - offset < 2 * BLOCK_BYTES:
        wanted, read = "two blocks of zeros", "one"
        raise DamagedError(
            Fault("the end-of-archive marker is incomplete", offset_bytes=offset, read=read, wanted=wanted)
        )
    for start, chunk in _chunks(read_at, offset, size_bytes):
        tick()
        if chunk.count(0) != len(chunk):
            at = start + next(i for i, byte in enumerate(chunk) if byte)
            problem, wanted = "data follows the end-of-archive marker", "zeros up to the end of the file"
            read = repr(chunk[at - start : at - start + 16])
            way_out = "a hole in the tar, or two tars glued together: restore it, or pack the shard again"
            raise DamagedError(Fault(problem, offset_bytes=at, read=read, wanted=wanted, way_out=way_out))


def _chunks(read_at: ReadAt, offset: int, end: int) -> Iterator[tuple[int, bytes]]:
    while offset < end:
        chunk = read_at(offset, min(_CHUNK_BYTES, end - offset))
        if not chunk:
            raise DamagedError(Fault("the file became shorter while it was read", offset_bytes=offset))
        yield offset, chunk
        offset += len(chunk)
