"""What is wrong with a lock that is not whole: the first line that cannot be right, and the way out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec
import xxhash

from engine.dataset.split.quota import Split
from engine.errors import Fault

_FROM_GIT: Final = "take it whole from version control (git checkout -- split.lock); do not edit it by hand"
_MERGE: Final = (
    "take one side of the merge whole (git checkout --ours split.lock, or --theirs) and make the split again: "
    "who is missing from it gets a split then"
)
_LINE_ENDS: Final = "write `split.lock -text` into .gitattributes and check it out again"
_END: Final = re.compile(rb"# end: (\d+) lines, xxh3-128 ([0-9a-f]{32})")
_SHOWN: Final = 80
"""Characters of a line that are repeated."""
_WORDS: Final = tuple(split.word.encode() for split in Split if split is not Split.NONE)
_WANTED: Final = b", ".join(_WORDS).decode() + ", then a tab and a name"
_HEADER_LINES: Final = 2


def explain(content: bytes, file: str) -> Fault:
    """Find the first line of a damaged lock that cannot be right."""
    lines = content.split(b"\n")
    torn = lines.pop()
    found = _of_tools(lines) or _of_ends(lines, torn) or _of_lines(lines[_HEADER_LINES:-1]) or _of_sums(content, lines)
    return msgspec.structs.replace(found, file=file)


def _of_tools(lines: Sequence[bytes]) -> Fault | None:
    """Look for what version control leaves in text files."""
    for number, line in enumerate(lines, start=1):
        if line.endswith(b"\r"):
            return _fault(number, "lines were changed to end in CR LF", line, "lines that end in LF", _LINE_ENDS)
        if line.startswith((b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")):
            return _fault(number, "a merge of this file was left half done", line, _WANTED, _MERGE)
    return None


def _of_ends(lines: Sequence[bytes], torn: bytes) -> Fault | None:
    if not lines or not lines[0].startswith(b"# gonogo split.lock"):
        return _fault(1, "this is no lock of a split", (*lines, torn)[0], "# gonogo split.lock, …", _FROM_GIT)
    if torn or not _END.fullmatch(lines[-1]):
        number, read = len(lines) + bool(torn), torn or lines[-1]
        return _fault(number, "the file is cut short", read, "# end: … as the last line", _FROM_GIT)
    return None


def _of_lines(lines: Sequence[bytes]) -> Fault | None:
    before = b""
    for number, line in enumerate(lines, start=_HEADER_LINES + 1):
        split, tab, name = line.partition(b"\t")
        if split not in _WORDS or not tab or b"\t" in name:
            return _fault(number, "this line tells nobody's split", line, _WANTED, _FROM_GIT)
        if name == before:
            return _fault(number, "a name comes twice", line, "each name once", _MERGE)
        if name < before and b"\\" not in name + before:  # an escaped name stands where the real one belongs
            return _fault(number, "the names are out of order", line, f"a name behind {_shown(before)}", _MERGE)
        before = name
    return None


def _of_sums(content: bytes, lines: Sequence[bytes]) -> Fault:
    count, digest = lines[-1].split()[2], lines[-1].split()[-1]
    there = b"%d" % (len(lines) - _HEADER_LINES - 1)
    if there != count:
        return _fault(len(lines), "lines are missing or were added", there, f"{count.decode()} lines", _MERGE)
    read = xxhash.xxh3_128_hexdigest(content[: content.rindex(b"# end: ")]).encode()
    if read != digest:
        problem = "the checksum of the lines is wrong: some were changed"
        return _fault(len(lines), problem, read, f"XXH3-128 {digest.decode()}", _FROM_GIT)
    return _fault(_HEADER_LINES, "gonogo did not write this", lines[1], "# asked: {settings as JSON}", _FROM_GIT)


def _fault(number: int, problem: str, read: bytes, wanted: str, way_out: str) -> Fault:
    place = f"line {number:,}"
    return Fault(problem, member=place, read=_shown(read) if read else "nothing", wanted=wanted, way_out=way_out)


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
