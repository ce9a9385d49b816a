"""Archives by chance, valid and not: in every format that Python writes, by hand, and damaged."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from random import Random
from typing import Final

from tests.engine.shards.test_tar import END, FORMATS, extension, header, pax, raw_header

BLOCK: Final = tarfile.BLOCKSIZE
Part = Callable[[Random, str], bytes]


def _name(chance: Random) -> str:
    stem = chance.choice(
        ("a", "b", "talks/c", "d" * 90, "e" * 120, "folder/" * 20 + "f", "é" * 60, "g" * 300, "h\udcff")
    )
    return f"{stem}{chance.randrange(1_000_000)}.{chance.choice(('wav', 'json', 'bin'))}"


def _data(chance: Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 17, 511, 512, 513, 1_500)))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _file(chance: Random, format_name: str) -> bytes:
    data, name = _data(chance), _name(chance)
    try:
        return header(name, len(data), format_=FORMATS[format_name]) + _padded(data)
    except ValueError:  # too long for this format
        return header(name[-50:].strip("/"), len(data), format_=FORMATS[format_name]) + _padded(data)


def _folder(chance: Random, format_name: str) -> bytes:
    return header(f"folder{chance.randrange(1_000_000)}/", 0, tarfile.DIRTYPE, FORMATS[format_name])


def _special(chance: Random, format_name: str) -> bytes:
    kind = chance.choice((b"1", b"2", b"3", b"4", b"6", b"7", b"S", b"V", b"D", b"M", b"Q"))
    return header(_name(chance)[-40:].strip("/"), 0, kind, FORMATS[format_name], linkname="target")


def _base_256(chance: Random, _: str) -> bytes:
    data = _data(chance)
    size = chance.choice((len(data), len(data), len(data), 2**63, -1, 10**9))
    field = (b"\xff" if size < 0 else b"\x80") + size.to_bytes(11, "big", signed=size < 0)
    return raw_header(_name(chance)[-30:].encode("utf-8", "surrogateescape"), field) + _padded(data)


def _old(chance: Random, _: str) -> bytes:
    """A header of Seventh Edition tar, its numbers written as its time wrote them."""
    data = _data(chance)
    field = chance.choice((b"%11o ", b"%o \0", b"%011o\0", b" %o ")) % len(data)
    kind = chance.choice((b"0", b"\0"))
    return raw_header(b"old%d" % chance.randrange(1_000_000), field, kind, bytes(8)) + _padded(data)


def _pax_size(chance: Random, _: str) -> bytes:
    data = _data(chance)
    size = chance.choice((b"%d" % len(data), b"%d" % len(data), b"-1", b"1e3", b"99999999"))
    return pax((b"size", size)) + header(_name(chance)[-30:].strip("/"), len(data)) + _padded(data)


def _pax_odd(chance: Random, _: str) -> bytes:
    head = chance.choice(
        (
            pax((b"path", b"x"), (b"path", b"y")),
            pax((b"comment", b"hello"), kind=b"g"),
            pax((b"path", b"all"), kind=b"g"),
            pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"5")),
            extension(b"x", b"99 path=x\n"),
            extension(b"x", b"9 path=x\n" + b"junk"),
            extension(b"L", b"long-name\0"),
            extension(b"L", b"long\0name\0"),
            extension(b"L", b"one\0") + extension(b"L", b"two\0"),
            extension(b"K", b"long-target\0"),
            pax((b"path", b"../climbs")),
            pax((b"path", b"/root")),
            pax((b"mtime", b"1.5"), (b"uname", b"somebody")),
        )
    )
    return head + _file(chance, "gnu")


def _twice(chance: Random, format_name: str) -> bytes:
    return header("twice.wav", 0, format_=FORMATS[format_name]) * chance.choice((1, 2))


PARTS: Final[tuple[Part, ...]] = (
    (_file,) * 8 + (_folder,) * 2 + (_special, _base_256, _old, _pax_size, _pax_odd, _twice)
)


def archive(chance: Random) -> bytes:
    """Make one archive: a third of them damaged, a third ended oddly."""
    format_name = chance.choice(sorted(FORMATS))
    parts = PARTS if chance.random() < 0.6 else PARTS[:10]
    whole = b"".join(chance.choice(parts)(chance, format_name) for _ in range(chance.randrange(6)))
    ending = chance.random()
    if ending < 0.7:
        whole += END + bytes(BLOCK * chance.choice((0, 0, 1, 17)))
    else:
        odd = (b"", bytes(BLOCK), END + b"#" * BLOCK, END + whole + END, END + bytes(100), bytes(BLOCK) + whole)
        whole += chance.choice(odd)
    return _damaged(whole, chance) if whole and chance.random() < 0.4 else whole


def _damaged(whole: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(whole))
    block = at - at % BLOCK
    match chance.randrange(6):
        case 0:
            return whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :]
        case 1:
            return whole[:block]
        case 2:
            return whole[:block] + bytes(BLOCK) + whole[block:]
        case 3:
            return whole[:block] + whole[block + BLOCK :]
        case 4:
            return whole[:at]
        case _:
            return _resummed(whole, block, chance)


def _resummed(whole: bytes, block: int, chance: Random) -> bytes:
    """Change a byte of a block as if it were a header, and reckon its checksum again, some by signed bytes."""
    changed = bytearray(whole[block : block + BLOCK].ljust(BLOCK, b"\0"))
    at = chance.choice((*range(100), *range(124, 136), 156, *range(257, 265)))
    changed[at] = chance.choice((0, 0x20, 0x31, 0x80, 0xFF))
    changed[148:156] = b" " * 8
    negative = 256 * sum(byte > 127 for byte in changed) if chance.random() < 0.3 else 0
    total = sum(changed) - negative
    changed[148:156] = b"%06o\0 " % max(total, 0)
    return whole[:block] + bytes(changed) + whole[block + BLOCK :]
