"""Mutants of tars: damaged, or with a header that says something else under a checksum that is right."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

import xxhash

from tests.engine.audio.clips import encoded, noise
from tests.engine.shards.test_tar import FORMATS
from tests.faults.bad_input.fuzzing import SILENT, Oracle, same
from tests.faults.bad_input.mutants import Mutant, mutants

BLOCK: Final = tarfile.BLOCKSIZE
MEMBERS: Final = (
    ("talks/", b""),
    ("talks/a.wav", encoded(noise(480))),
    ("talks/a.json", b'{"text": "words"}'),
    ("names/" + "long-" * 12 + "/" + "long-" * 12 + "é.bin", b"\x07" * 1_300),
    ("b.bin", bytes(range(256)) * 5),
)


def tar(format_name: str) -> bytes:
    """A tar with a folder, a clip, words, a long name and bytes, as Python writes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=FORMATS[format_name], encoding="utf-8") as archive:
        for name, data in MEMBERS:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def places(whole: bytes) -> dict[int, range]:
    """Where each member's data lie, as Python finds them."""
    with tarfile.open(fileobj=io.BytesIO(whole), encoding="utf-8") as archive:
        return {at: range(info.offset_data, info.offset_data + info.size) for at, info in enumerate(archive)}


def headers(whole: bytes) -> tuple[range, ...]:
    """Everything but the members' data and what follows them: headers, extension headers and padding."""
    data = [place for place in places(whole).values() if place]
    starts = [0, *(-(-place.stop // BLOCK) * BLOCK for place in data[:-1])]
    return tuple(range(start, place.start) for start, place in zip(starts, data, strict=True))


def long_names(whole: bytes) -> dict[int, range]:
    """Where the names lie that stand in extension headers, by member: no checksum covers them."""
    at, member, found = 0, 0, {}
    while whole[at + 257 : at + 262] == b"ustar":
        size = int(whole[at + 124 : at + 135], 8)
        if whole[at + 156 : at + 157] in (b"L", b"x"):
            found[member] = range(at + BLOCK, at + BLOCK + size)
        else:
            member += 1
        at += BLOCK + -(-size // BLOCK) * BLOCK
    return found


def damaged(whole: bytes, count: int, chance: Random) -> Iterator[Mutant]:
    """Change bytes, and take out, put in and exchange whole blocks."""
    hot = headers(whole)
    yield from mutants(whole, count - count // 3, chance, hot=hot)
    yield from mutants(whole, count // 3, chance, step=BLOCK)


def miswritten(whole: bytes, count: int, chance: Random) -> Iterator[Mutant]:
    """Change one byte of a header and reckon its checksum again."""
    blocks = [at for place in headers(whole) for at in place[::BLOCK] if whole[at + 257 : at + 262] == b"ustar"]
    made = 0
    while made < count:
        start = chance.choice(blocks)
        field = chance.choice((range(100), range(124, 136), range(156, 157), range(157, 257), range(257, 512)))
        at = start + chance.choice(field)
        if start + 148 <= at < start + 156:
            continue
        value = chance.choice((0, 0x20, 0x2F, 0x30, 0x37, 0x80, 0xFF, chance.randrange(256)))
        block = bytearray(whole[start : start + BLOCK])
        block[at - start] = value
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        data = whole[:start] + bytes(block) + whole[start + BLOCK :]
        if data != whole:
            made += 1
            yield Mutant(data, "a header that says something else", (range(start, start + BLOCK),), same_length=True)


def judge_damage(whole: bytes) -> Oracle:
    """Damage may change the bytes of the members that it hit, names that no checksum covers, and nothing else."""
    data, names = places(whole), long_names(whole)

    def judge(mutant: Mutant, intact: Mapping[str, str], seen: Mapping[str, str]) -> str:
        if same(intact, seen):
            return "nothing that counts was changed"
        if [key.split()[2:] for key in intact] == [key.split()[2:] for key in seen]:
            pairs = list(enumerate(zip(intact.items(), seen.items(), strict=True)))
            renamed = {at for at, ((was, _), (now, _)) in pairs if was != now}
            rewritten = {at for at, ((_, was), (_, now)) in pairs if was != now}
            hit = {at for at, place in data.items() if _met(mutant, place)}
            moved = rewritten == {len(intact) - 1}  # nothing stands behind the last member that could tell
            if rewritten <= hit and (mutant.same_length or moved) and not renamed:
                return "a member's bytes, which no tar protects"
            if renamed <= {at for at, place in names.items() if _met(mutant, place)} and rewritten <= hit:
                return "a long name, which no tar protects, and which shows"
        if list(seen.items()) == _by_python(mutant.data):
            if mutant.step == BLOCK:
                return "whole blocks moved to another whole tar, which shows"
            if mutant.what == "ranges exchanged" and len({place.start // BLOCK for place in mutant.touched}) == 1:
                return "bytes of one header exchanged: its checksum is their sum; it shows"
        return SILENT

    return judge


def judge_writing(mutant: Mutant, intact: Mapping[str, str], seen: Mapping[str, str]) -> str:
    """A header that is whole and says something else must be read as Python reads it."""
    if same(intact, seen):
        return "nothing that counts was changed"
    return "read as Python's tarfile reads it" if list(seen.items()) == _by_python(mutant.data) else SILENT


def _met(mutant: Mutant, place: range) -> bool:
    return any(_meet(place, touched) for touched in mutant.touched)


def _meet(place: range, touched: range) -> bool:
    return touched.start <= place.stop and place.start <= touched.stop


def _by_python(data: bytes) -> list[tuple[str, str]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8", errors="surrogateescape") as archive:
            infos = list(archive)
            if any(not (info.isfile() or info.isdir()) for info in infos):
                return []
    except (tarfile.TarError, ValueError):
        return []
    read = []
    for at, info in enumerate(infos):
        body = data[info.offset_data : info.offset_data + info.size] if info.isfile() else b""
        read.append((f"{at} {_plain(info.name)} {len(body)} {info.isdir()}", xxhash.xxh3_128_hexdigest(body)))
    return read


def _plain(name: str) -> str:
    """Write a name as the reader of mutants does, but for the slash that Python takes off a folder's."""
    return name.encode("utf-8", "surrogateescape").hex()
