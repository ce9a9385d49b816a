"""Names that climb, move a cursor, are no text or are too long: of members, files and folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.engine.audio.clips import encoded, noise
from tests.engine.shards.test_tar import pax, raw_header
from tests.faults.bad_input.row import Door, Make, Row, State, fixed, slug
from tests.faults.bad_input.tars import CLIPS, END, FIRST_BLOCKS, GOOD, ONE
from tests.recordings import member_block, tar_bytes

_HOSTILE: dict[str, tuple[Make, tuple[str, ...]]] = {
    name: (fixed(data), ("hostile", *told))
    for name, data, told in (
        ("climbs out", tar_bytes([*CLIPS, ("../../etc/passwd", b"x")]), ("../../etc/passwd",)),
        ("climbs in its middle", tar_bytes([*CLIPS, ("a/../../b.wav", b"x")]), ("a/../../b.wav",)),
        ("begins at the root", tar_bytes([*CLIPS, ("/etc/passwd", b"x")]), ("/etc/passwd",)),
        ("is empty", raw_header(b"", b"0" * 11) + FIRST_BLOCKS + END, ("''",)),
        ("ends like a folder's and holds data", pax((b"path", b"a.wav/")) + ONE + END, ("a.wav/",)),
        ("has a NUL in it", pax((b"path", b"a.wav\0.txt")) + ONE + END, ("a.wav\\x00.txt",)),
    )
}
_SHOWN = "the sample rate"
"""What is wrong with a shard whose one clip has another rate: a reason to print its name."""


def _low(name: bytes) -> bytes:
    """A tar of one clip at 44.1 kHz under a name that only a pax header can hold."""
    return pax((b"path", name)) + member_block("a.wav", encoded(noise(441), rate_hz=44_100)) + END


_ODD: dict[str, tuple[Make, tuple[str, ...]]] = {
    "an escape sequence": (lambda: _low(b"\x1b]0;owned\x07.wav"), ("\\x1b]0;owned\\x07.wav",)),
    "a new line": (lambda: _low(b"a\nb.wav"), ("a\\nb.wav",)),
    "markup of a console": (lambda: _low(b"[/red][bold]a.wav"), ("[/red][bold]a.wav",)),
    "a mark that turns text around": (lambda: _low("a\u202evaw.wav".encode()), ("a\\u202evaw.wav",)),
    "a mark of no width": (lambda: _low("a\u200b.wav".encode()), ("a\\u200b.wav",)),
    "no UTF-8": (lambda: _low(b"caf\xe9.wav"), ("caf\\udce9.wav",)),
    "4,000 bytes that are no UTF-8": (lambda: _low(b"\xff" * 4_000 + b".wav"), ("44100 Hz",)),
}
_LONG: dict[str, tuple[Make, tuple[str, ...]]] = {
    "5,000 letters": (lambda: _low(b"a" * 5_000), ("5,000 bytes", "at most 4,096")),
    "500,000 bytes that are no UTF-8": (lambda: _low(b"\xff" * 500_000), ("500,000 bytes", "at most 4,096")),
    "5,000 letters that climb": (lambda: _low(b"../" * 1_700), ("5,100 bytes", "at most 4,096")),
}


def _folder(name: bytes) -> Callable[[Path], None]:
    def plant(corpus: Path) -> None:
        shard = corpus / "source" / os.fsdecode(name)
        shard.mkdir(parents=True)
        (shard / "audio.tar").write_bytes(GOOD)

    return plant


def _loop(corpus: Path) -> None:
    _folder(b"shard_0")(corpus)
    (corpus / "source" / "back").symlink_to("..", target_is_directory=True)


def _dangling(corpus: Path) -> None:
    (corpus / "source" / "shard_0").mkdir(parents=True)
    (corpus / "source" / "shard_0" / "audio.tar").symlink_to("nowhere.tar")


def _itself(corpus: Path) -> None:
    (corpus / "source").mkdir()
    (corpus / "source" / "again").symlink_to("again")


def _twins(corpus: Path) -> None:
    for name in ("caf\u00e9", "cafe\u0301"):
        _folder(name.encode())(corpus)


_PLACES: dict[str, tuple[Callable[[Path], None], State, tuple[str, ...]]] = {
    "an escape sequence": (_folder(b"\x1b[31mshard"), State.KEPT, ("\\x1b[31mshard",)),
    "a new line": (_folder(b"shard\n0"), State.KEPT, ("shard\\n0",)),
    "no UTF-8": (_folder(b"shard_\xff"), State.KEPT, ("shard_\\udcff",)),
    "a mark that turns text around": (_folder("shard_\u202e0".encode()), State.KEPT, ("shard_\\u202e0",)),
    "two spellings of one letter": (_twins, State.KEPT, ("caf\u00e9", "cafe\u0301")),
    "a link that leads back": (_loop, State.FLAGGED, ("a link leads back to a folder above it",)),
    "a link to itself": (_itself, State.FLAGGED, ("cannot be looked at",)),
    "a tar that is a link to nothing": (_dangling, State.KEPT, ("source/shard_0",)),
}

ROWS = (
    *(
        Row(slug(f"name {wrong}"), f"a member's name {wrong}", Door.TAR, data, State.QUARANTINED, told)
        for wrong, (data, told) in _HOSTILE.items()
    ),
    *(
        Row(slug(f"name {wrong}"), f"{wrong} in a member's name", Door.TAR, data, State.QUARANTINED, (_SHOWN, *told))
        for wrong, (data, told) in _ODD.items()
    ),
    *(
        Row(
            slug(f"name {wrong}"), f"{wrong} in a member's name", Door.TAR, data, State.QUARANTINED, ("too long", *told)
        )
        for wrong, (data, told) in _LONG.items()
    ),
    *(
        Row(slug(f"folder {wrong}"), f"a folder: {wrong}", Door.LAYOUT, bytes, state, told, plant=plant)
        for wrong, (plant, state, told) in _PLACES.items()
    ),
)
