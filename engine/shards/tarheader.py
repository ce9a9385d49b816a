"""The 512-byte header of a tar member and its pax records: read without guessing, rewritten for a new size.

Source of the layout: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

import zlib

import msgspec

from engine.errors import DamagedError, Fault, UnsupportedError
from engine.shards.excerpt import excerpt

BLOCK_BYTES = 512
_CHECKSUM = slice(148, 156)
_SIZE = slice(124, 136)
_BLANK_SUM = 8 * ord(" ")
_MAX_OCTAL_SIZE = 8**11 - 1
MAX_SIZE_DIGITS = 40
"""A longer number is no size of anything; Python refuses thousands of digits with an error of its own."""
_POSIX_MAGIC = b"ustar\x0000"
_KNOWN_MAGICS = (_POSIX_MAGIC, b"ustar  \0", bytes(8))
"""POSIX, GNU, and the unmarked headers of Seventh Edition tar."""


class Header(msgspec.Struct, frozen=True):
    """The fields of one header block that matter to a reader."""

    name: str
    size_bytes: int
    kind: bytes
    """The type flag, one byte."""


def parse_header(block: bytes, offset: int) -> Header:
    """Read one header block that is not all zeros.

    Raises:
        DamagedError: when its checksum, magic or a number is wrong; the fault carries ``offset``.
    """
    if len(block) != BLOCK_BYTES:
        raise DamagedError(Fault("a tar header is cut short", offset_bytes=offset, read=f"{len(block)} bytes"))
    stored = _number(block[_CHECKSUM], "checksum", offset)
    if stored not in checksums(block):
        fault = Fault(
            "the checksum of a tar header is wrong",
            offset_bytes=offset,
            read=str(stored),
            wanted=str(checksums(block)[0]),
            way_out="the tar is damaged here; restore it from another copy",
        )
        raise DamagedError(fault)
    magic = block[257:265]
    if magic not in _KNOWN_MAGICS:
        raise DamagedError(
            Fault("a tar header's magic is unknown", offset_bytes=offset, read=repr(magic), wanted="ustar")
        )
    raw = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if magic == _POSIX_MAGIC else b""
    name = (prefix + b"/" + raw if prefix else raw).decode("utf-8", "surrogateescape")
    return Header(name, _number(block[_SIZE], "size", offset), block[156:157])


def checksums(block: bytes) -> tuple[int, int]:
    """Return the sum of the block's bytes with a blank checksum field, unsigned as POSIX has it, and signed."""
    unsigned = _sum(block) - _sum(block[_CHECKSUM]) + _BLANK_SUM
    if block.isascii():
        return unsigned, unsigned
    high = sum(byte > 127 for byte in block) - sum(byte > 127 for byte in block[_CHECKSUM])
    return unsigned, unsigned - 256 * high


def _sum(block: bytes) -> int:
    """Add up to 512 bytes: what Adler-32 counts in its lower half, one too many and modulo 65,521."""
    return (zlib.adler32(block[:256]) & 0xFFFF) + (zlib.adler32(block[256:]) & 0xFFFF) - 2


def _number(field: bytes, what: str, offset: int) -> int:
    if field[0] in (0x80, 0xFF):
        value = int.from_bytes(field[1:], "big", signed=field[0] == 0xFF)
        if value < 0:
            fault = Fault(
                f"a tar header's {what} is negative", offset_bytes=offset, read=str(value), wanted="0 or more"
            )
            raise DamagedError(fault)
        return value
    text = field.split(b"\0", 1)[0].strip(b" ")
    if not text or text.strip(b"01234567"):
        fault = Fault(
            f"a tar header's {what} is no number", offset_bytes=offset, read=repr(field), wanted="octal digits"
        )
        raise DamagedError(fault)
    return int(text, 8)


def parse_pax(data: bytes, offset: int) -> dict[str, str]:
    r"""Read the records ``LENGTH KEY=VALUE\n`` of a pax extension header, in their order.

    Only a sparse file's map may give one key several times; whoever reads on refuses those.

    Raises:
        DamagedError: when a record's length, shape or end is wrong.
    """
    return {key: value.decode("utf-8", "surrogateescape") for key, value in _pax_records(data, offset)}


def _pax_records(data: bytes, offset: int) -> list[tuple[str, bytes]]:
    records: dict[str, bytes] = {}
    at = 0
    while at < len(data):
        digits, blank, _ = data[at : at + 12].partition(b" ")
        length = int(digits) if blank and digits.isdigit() else 0
        record = data[at : at + length]
        key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
        if not (length and len(record) == length and record.endswith(b"\n") and equals and key):
            read, wanted = repr(data[at : at + 40]), "LENGTH KEY=VALUE, a new line, and as many bytes"
            raise DamagedError(Fault("a pax record is damaged", offset_bytes=offset, read=read, wanted=wanted))
        name = key.decode("utf-8", "surrogateescape")
        if name in records and not name.startswith("GNU.sparse"):
            problem, wanted = f"a pax header gives {excerpt(name)} twice", "each key once"
            raise UnsupportedError(Fault(problem, offset_bytes=offset, wanted=wanted))
        records[name] = value
        at += length
    return list(records.items())


def use_pax(header: Header, extensions: dict[str, str], offset: int) -> tuple[str, int]:
    """Return a member's name and size in bytes, as its extension headers overrule its plain header."""
    size = header.size_bytes
    if "size" in extensions:
        text = extensions["size"]
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_SIZE_DIGITS):
            read, wanted = repr(excerpt(text)), f"at most {MAX_SIZE_DIGITS} digits"
            raise DamagedError(Fault("a pax size is no number", offset_bytes=offset, read=read, wanted=wanted))
        size = int(text)
    return extensions.get("path", header.name), size


def resized(headers: bytes, size_bytes: int) -> bytes:
    """Return all header blocks of one member, extension headers included, for data of a new size.

    Nothing but the size and the checksum changes: name, times, owner and mode stay as they stand.

    Raises:
        UnsupportedError: when the new size needs more than the 33 bits that a plain header holds.
    """
    if size_bytes > _MAX_OCTAL_SIZE:
        raise UnsupportedError(Fault("a converted clip is too long for a tar header", read=f"{size_bytes:,} bytes"))
    out = bytearray()
    at = 0
    while at < len(headers) - BLOCK_BYTES:
        block = headers[at : at + BLOCK_BYTES]
        extension = parse_header(block, at)
        end = at + BLOCK_BYTES + extension.size_bytes
        data = headers[at + BLOCK_BYTES : end]
        if extension.kind == b"x" and "size" in parse_pax(data, at):
            data = _pax_with_size(data, size_bytes)
            block = _with_size(block, len(data))
        out += block + data + bytes(-len(data) % BLOCK_BYTES)
        at = end + -end % BLOCK_BYTES
    return bytes(out) + _with_size(headers[at:], size_bytes)


def _with_size(block: bytes, size_bytes: int) -> bytes:
    block = block[: _SIZE.start] + b"%011o\0" % size_bytes + block[_SIZE.stop :]
    return block[: _CHECKSUM.start] + b"%06o\0 " % checksums(block)[0] + block[_CHECKSUM.stop :]


def _pax_with_size(data: bytes, size_bytes: int) -> bytes:
    out = bytearray()
    for key, value in _pax_records(data, 0):
        text = str(size_bytes).encode() if key == "size" else value
        body = b" " + key.encode("utf-8", "surrogateescape") + b"=" + text + b"\n"
        length = len(body) + len(str(len(body)))
        out += str(len(body) + len(str(length))).encode() + body
    return bytes(out)
