"""Repairing text that was UTF-8 and was once read as Mac Roman, Windows-1252 or Latin-1, and nothing else.

Each segment is repaired by itself, since a document is often mended in parts. A segment is one or more characters
whose bytes in the wrong reading are sound UTF-8. That alone is not enough: “Ä and É” are sound UTF-8 by accident. So
one of these must hold as well:

- it is a mark, a sign or an emoji, which takes three or four bytes; no language writes those characters in a row
- it is a pair that nobody writes, such as Ã© or √©
- several such characters stand side by side
- it is an accented or a Greek letter, and the text has shown elsewhere that it was read this way
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CONTROLS: Final = {chr(code): code for code in range(0x80, 0xA0)}
"""What Latin-1 has where Windows-1252 has marks; Windows-1252 itself has them for the five bytes it leaves open."""
_SIGNS: Final = ((0x2000, 0x2BFF), (0x3000, 0x303F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFFC, 0xFFFD))
"""Punctuation, arrows, mathematics, boxes, dingbats; variation selectors, byte order mark, replacement character."""
_EMOJI: Final = ((0x1F000, 0x1FAFF),)
_LETTERS: Final = ((0xA0, 0xFF), (0x370, 0x3FF))
"""What a pair may become where the rest of the text vouches for it. Quotation marks that stand before or after a
capital letter would become other letters than these."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One segment that was put right."""

    start: int
    """Where it stood in the text that was handed in, in characters."""
    was: str
    now: str
    misread_as: str
    """``Mac Roman``, ``Windows-1252`` or ``Latin-1``."""


@dataclass(frozen=True, slots=True)
class _Reading:
    name: str
    bytes_of: dict[str, int]
    """Each character above ASCII, and the byte that was read as it."""
    telling: frozenset[str]
    """Pairs that nobody writes."""

    def pattern(self) -> re.Pattern[str]:
        """Match one character of UTF-8, as this reading shows it."""
        head2, head3, head4 = self._class(0xC2, 0xDF), self._class(0xE0, 0xEF), self._class(0xF0, 0xF4)
        more = self._class(0x80, 0xBF)
        return re.compile(f"{head2}{more}|{head3}{more}{{2}}|{head4}{more}{{3}}")

    def _class(self, first: int, last: int) -> str:
        members = (char for char, byte in self.bytes_of.items() if first <= byte <= last)
        return "[" + "".join(map(re.escape, members)) + "]"


def _upper_half(codec: str) -> dict[str, int]:
    chars = {bytes([byte]).decode(codec, "replace"): byte for byte in range(0x80, 0x100)}
    chars.pop("\ufffd", None)
    return chars


_WESTERN: Final = frozenset(lead + more for lead in "ÂÃ" for more in "¡¢£¤¥¦§¨©¬®¯±²³´µ¶¸¹¼½¾¿")  # noqa: RUF001  # as they are
_MAC: Final = frozenset("√" + more for more in "©®†§ºß¥´™¢")  # noqa: RUF001  # as they are
_MAC_BYTES: Final = {char: byte for char, byte in _upper_half("mac_roman").items() if char != "\xa0"}
"""Without the space that does not break: French has it on both sides of an à."""
_READINGS: Final = (
    _Reading("Mac Roman", _MAC_BYTES, _MAC),
    _Reading("Windows-1252", {**_CONTROLS, **_upper_half("cp1252")}, _WESTERN),
)
_SHOWN_BY_LATIN_1_ALONE: Final = frozenset(_CONTROLS) - frozenset("\x81\x8d\x8f\x90\x9d")


@dataclass(frozen=True, slots=True)
class _Candidate:
    repair: Repair
    strength: int
    """2 for what nobody writes, 1 for several side by side, 0 for what the rest of the text must vouch for."""


def repair_mojibake(text: str) -> tuple[str, tuple[Repair, ...]]:
    """Put right what was UTF-8 and was read as something else; return the text, and what was done in its order."""
    repairs, taken = [], bytearray(len(text))
    for candidate in sorted(_candidates(text), key=lambda each: (-each.strength, each.repair.start)):
        start, end = candidate.repair.start, candidate.repair.start + len(candidate.repair.was)
        if not any(taken[start:end]):
            taken[start:end] = b"1" * (end - start)
            repairs.append(candidate.repair)
    repairs.sort(key=lambda each: each.start)
    parts, at = [], 0
    for repair in repairs:
        parts += [text[at : repair.start], repair.now]
        at = repair.start + len(repair.was)
    return "".join([*parts, text[at:]]), tuple(repairs)


def _candidates(text: str) -> Iterator[_Candidate]:
    if text.isascii():
        return
    for reading in _READINGS:
        found = [_candidate(reading, run) for run in _runs(reading, text)]
        shown = any(candidate.strength for candidate in found)
        yield from (each for each in found if each.strength or (shown and _within(each.repair.now, _LETTERS)))


def _runs(reading: _Reading, text: str) -> Iterator[list[tuple[int, str, str]]]:
    """Yield what stands side by side and is sound UTF-8: place, as it stands, as it was meant."""
    run: list[tuple[int, str, str]] = []
    for match in reading.pattern().finditer(text):
        try:
            meant = bytes(reading.bytes_of[char] for char in match[0]).decode("utf-8")
        except UnicodeDecodeError:
            continue
        if run and run[-1][0] + len(run[-1][1]) != match.start():
            yield run
            run = []
        run.append((match.start(), match[0], meant))
    if run:
        yield run


def _candidate(reading: _Reading, run: list[tuple[int, str, str]]) -> _Candidate:
    was, now = "".join(part[1] for part in run), "".join(part[2] for part in run)
    nobody_writes = any(
        stands in reading.telling or _within(meant, _SIGNS + _EMOJI) or not _SHOWN_BY_LATIN_1_ALONE.isdisjoint(stands)
        for _, stands, meant in run
    )
    strength = 2 if nobody_writes else int(len(run) > 1)
    latin_1 = reading.name == "Windows-1252" and not _SHOWN_BY_LATIN_1_ALONE.isdisjoint(was)
    return _Candidate(Repair(run[0][0], was, now, "Latin-1" if latin_1 else reading.name), strength)


def _within(text: str, blocks: tuple[tuple[int, int], ...]) -> bool:
    return all(any(first <= ord(char) <= last for first, last in blocks) for char in text)
