"""Tars that are cut, damaged, glued, mislabelled, or hold what no corpus holds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

from tests.engine.audio.clips import encoded, noise
from tests.engine.shards.test_tar import extension, header, pax, raw_header
from tests.faults.bad_input.row import Door, Make, Row, State, fixed, slug
from tests.recordings import Clip, member_block, tar_bytes

BLOCK = tarfile.BLOCKSIZE
CLIPS: list[Clip] = [(f"clip_{number}.wav", encoded(noise(4_800, seed=number))) for number in range(3)]
GOOD = tar_bytes(CLIPS)
SECOND = len(member_block(*CLIPS[0]))
"""Where the second member's header begins."""
THIRD = SECOND + len(member_block(*CLIPS[1]))
FIRST_BLOCKS = b"".join(member_block(*clip) for clip in CLIPS)
END = bytes(2 * BLOCK)
ONE = member_block("a.wav", CLIPS[0][1])


def _flipped(at: int) -> bytes:
    return GOOD[:at] + bytes([GOOD[at] ^ 0x10]) + GOOD[at + 1 :]


def _sized(field: bytes) -> bytes:
    """A first member whose size field holds anything."""
    return raw_header(b"huge.wav", field) + FIRST_BLOCKS + END


def _base_256(size: int) -> bytes:
    return (b"\xff" if size < 0 else b"\x80") + size.to_bytes(11, "big", signed=size < 0)


def _special(kind: bytes) -> bytes:
    return header("odd", 0, kind, linkname="clip_0.wav") + FIRST_BLOCKS + END


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in CLIPS:
            archive.writestr(zipfile.ZipInfo(name), data)
    whole = buffer.getvalue()
    return whole + bytes(-len(whole) % BLOCK)


def _whole_blocks(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _twice(name: str) -> bytes:
    return tar_bytes([*CLIPS, (name, CLIPS[1][1])])


_DAMAGED: dict[str, tuple[Make, tuple[str, ...]]] = {
    "an empty file": (fixed(b""), ("length is impossible", "0 bytes")),
    "a length of no whole blocks": (fixed(GOOD[:-100]), ("length is impossible",)),
    "a flipped bit in the name in a later header": (fixed(_flipped(SECOND + 3)), ("checksum", f"{SECOND:,}")),
    "a flipped bit in the size in a later header": (fixed(_flipped(SECOND + 130)), ("checksum", f"{SECOND:,}")),
    "a flipped bit in a checksum": (fixed(_flipped(SECOND + 149)), ("checksum", f"{SECOND:,}")),
    "cut at a member's border": (fixed(GOOD[:SECOND]), ("end-of-archive", "cut short")),
    "cut in the middle of a member": (fixed(GOOD[: SECOND + 10 * BLOCK]), ("clip_1.wav", "longer than the rest")),
    "cut behind the last member": (fixed(FIRST_BLOCKS), ("end-of-archive",)),
    "one zero block at the end": (fixed(FIRST_BLOCKS + bytes(BLOCK)), ("end-of-archive marker is incomplete",)),
    "one zero block in the middle": (fixed(GOOD[:SECOND] + bytes(BLOCK) + GOOD[SECOND:]), ("hole",)),
    "two zero blocks in the middle": (fixed(GOOD[:SECOND] + END + GOOD[SECOND:]), ("hole",)),
    "a later header zeroed": (fixed(GOOD[:THIRD] + bytes(BLOCK) + GOOD[THIRD + BLOCK :]), ("hole",)),
    "two tars glued together": (fixed(GOOD + GOOD), ("glued",)),
    "garbage behind the end": (fixed(GOOD + b"#" * BLOCK), ("data follows the end-of-archive",)),
    "text and no tar": (
        fixed(b"these are no tar headers, this is text\n" * 512),
        ("begins as no tar does", "these are no tar"),
    ),
    "a whole block lost in a member": (fixed(GOOD[: BLOCK * 3] + GOOD[BLOCK * 4 :]), ()),
    "a block doubled in a member": (fixed(GOOD[: BLOCK * 4] + GOOD[BLOCK * 3 :]), ()),
    "100 GB declared in base 256": (fixed(_sized(_base_256(100 << 30))), ("huge.wav", "longer than the rest")),
    "8 GiB declared in octal": (fixed(_sized(b"77777777777\0")), ("huge.wav", "longer than the rest")),
    "a negative size": (fixed(_sized(_base_256(-512))), ("size is negative", "-512")),
    "a size that is no number": (fixed(_sized(b"12345abc\0\0\0\0")), ("size is no number",)),
    "an empty size": (fixed(_sized(b" " * 12)), ("size is no number",)),
    "a pax size beyond the end": (
        fixed(pax((b"size", b"999999999999")) + ONE + END),
        ("a.wav", "longer than the rest"),
    ),
    "a negative pax size": (fixed(pax((b"size", b"-1")) + ONE + END), ("pax size is no number", "-1")),
    "a pax size of 5,000 digits": (
        fixed(pax((b"size", b"9" * 5_000)) + ONE + END),
        ("pax size is no number", "5,000 characters", "at most 40 digits"),
    ),
    "a pax size of 500,000 letters": (
        lambda: pax((b"size", b"\xff" * 500_000)) + ONE + END,
        ("pax size is no number", "500,000 characters"),
    ),
    "a pax record of another length": (fixed(extension(b"x", b"99 path=a.wav\n") + ONE + END), ("pax record",)),
    "a pax record without an end": (fixed(extension(b"x", b"14 path=a.wavX") + ONE + END), ("pax record",)),
    "a long name that names nothing": (
        fixed(FIRST_BLOCKS + extension(b"L", b"a" * 200 + b"\0") + END),
        ("followed by no member",),
    ),
    "a long name with a NUL in it": (
        fixed(extension(b"L", b"long\0name.wav\0") + ONE + END),
        ("a long name ends too early", "4 bytes and a NUL"),
    ),
    "a long name whose length was changed": (
        fixed(raw_header(b"././@LongLink", b"%011o" % 5, b"L") + b"long-name.wav".ljust(BLOCK, b"\0") + ONE + END),
        ("does not end where it says", "b'name.wav"),
    ),
    "an unknown magic": (fixed(raw_header(b"a.wav", b"0" * 11, magic=b"USTAR\x0000") + END), ("magic", "ustar")),
}
_FOREIGN: dict[str, tuple[Make, tuple[str, ...]]] = {
    "a hard link": (fixed(_special(b"1")), ("odd", "a hard link")),
    "a symbolic link": (fixed(_special(b"2")), ("odd", "a symbolic link")),
    "a character device": (fixed(_special(b"3")), ("odd", "a character device")),
    "a block device": (fixed(_special(b"4")), ("odd", "a block device")),
    "a fifo": (fixed(_special(b"6")), ("odd", "a fifo")),
    "a contiguous file": (fixed(_special(b"7")), ("odd", "a contiguous file")),
    "a GNU dump folder": (fixed(_special(b"D")), ("odd", "a GNU dump folder")),
    "a part of a multi-volume member": (fixed(_special(b"M")), ("odd", "multi-volume")),
    "a sparse file": (fixed(_special(b"S")), ("odd", "a sparse file")),
    "a volume label": (fixed(_special(b"V")), ("odd", "a volume label")),
    "a folder with a size": (
        fixed(header("folder/", 512, b"5") + FIRST_BLOCKS + END),
        ("folder/", "a folder has a size", "512 bytes"),
    ),
    "a type that nobody has defined": (fixed(_special(b"Q")), ("odd", "type", "Q")),
    "a pax sparse file of 200 MB in one block": (
        fixed(
            pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"200000000"))
            + header("a.wav", BLOCK)
            + b"0\n".ljust(BLOCK, b"\0")
            + END
        ),
        ("a sparse file",),
    ),
    "a link with a long target": (
        fixed(extension(b"K", b"x" * 200 + b"\0") + _special(b"2")),
        ("a link with a long target",),
    ),
    "a name that comes twice": (fixed(_twice("clip_1.wav")), ("clip_1.wav", "two members have this name")),
    "a name that comes twice, spelled otherwise": (fixed(_twice("./clip_1.wav")), ("two members have this name",)),
    "a pax header with one key twice": (
        fixed(pax((b"path", b"a.wav"), (b"path", b"b.wav")) + ONE + END),
        ("gives path twice",),
    ),
    "a pax header with one key of 100,000 letters twice": (
        lambda: pax((b"k" * 100_000, b"1"), (b"k" * 100_000, b"2")) + ONE + END,
        ("100,000 characters", "twice"),
    ),
    "two headers that give one key of 100,000 letters": (
        lambda: pax((b"k" * 100_000, b"1")) + pax((b"k" * 100_000, b"2")) + ONE + END,
        ("two extension headers", "100,000 characters"),
    ),
    "two headers that name one member": (
        fixed(extension(b"L", b"b.wav\0") + pax((b"path", b"c.wav")) + ONE + END),
        ("two extension headers", "path"),
    ),
    "a global header that names every member": (
        fixed(pax((b"path", b"a.wav"), kind=b"g") + FIRST_BLOCKS + END),
        ("global header",),
    ),
    "a pax header of 10 MB": (
        lambda: pax((b"comment", b"#" * 10_000_000)) + FIRST_BLOCKS + END,
        ("extension header is too long", "1,048,576"),
    ),
    "a long name of 2 MB": (
        lambda: extension(b"L", b"a" * 2_000_000 + b"\0") + FIRST_BLOCKS + END,
        ("extension header is too long",),
    ),
}
_PACKED: dict[str, tuple[Make, tuple[str, ...]]] = {
    "a gzipped tar": (lambda: _whole_blocks(gzip.compress(GOOD, mtime=0)), ("gzip",)),
    "a tar packed with bzip2": (lambda: _whole_blocks(bz2.compress(GOOD)), ("bzip2",)),
    "a tar packed with xz": (lambda: _whole_blocks(lzma.compress(GOOD)), ("xz",)),
    "a zip archive": (_zipped, ("zip",)),
}

ROWS = tuple(
    Row(slug(wrong), wrong, Door.TAR, data, State.QUARANTINED, told)
    for group in (_DAMAGED, _FOREIGN, _PACKED)
    for wrong, (data, told) in group.items()
)
