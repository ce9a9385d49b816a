"""Importing a checklist: Markdown with boxes in, a draft in TOML out, and what a person must still do about it."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from engine.checklist.lists import Name
from engine.checklist.markdown.drafting import write_draft
from engine.checklist.markdown.mojibake import Repair, repair_mojibake
from engine.checklist.markdown.reading import Box, Page, read_markdown
from engine.checklist.markdown.wanting import draw_want
from engine.checklist.reading import MAX_BYTES
from engine.errors import UsageError, printable
from engine.units import counted

_LINES_NAMED: Final = 12
"""So many line numbers a person still looks up one by one."""
_LOST: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class Draft:
    """A checklist that loads, and is not finished."""

    toml: str
    items: int
    notes: tuple[str, ...]
    """What was changed and what a person must still write, in sentences."""


def read_document(path: Path) -> str:
    """Read a Markdown file.

    Raises:
        UsageError: when it cannot be read, is not UTF-8, or is larger than a checklist may be.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: the document cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path}: read more than {MAX_BYTES:,} bytes, wanted a document with the boxes of one list")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        read = content[error.start]
        raise UsageError(
            f"{path}: not UTF-8: read the byte 0x{read:02X} at byte {error.start:,}; save it as UTF-8 and import again"
        ) from error


def draft_from_markdown(text: str, name: str, list_id: str) -> Draft:
    """Draft a checklist from the boxes (``- [ ]``) of a document.

    Args:
        text: the document.
        name: what its items call it as their source: the file's name.
        list_id: the id of the list to be.

    Raises:
        UsageError: when the id is none, or there is no box.
    """
    try:
        msgspec.convert(list_id, Name)
    except msgspec.ValidationError as error:
        wanted = "at most 64 of lower case letters, digits, - and _, and no - or _ first"
        raise UsageError(f"the id of a checklist: read {printable(list_id)!r}, wanted {wanted}") from error
    lines_alike = re.sub(r"\r\n?", "\n", text)
    mended, repairs = repair_mojibake(lines_alike)
    page = read_markdown(mended.removeprefix("\ufeff"))
    boxes = [box for box in page.boxes if box.text]
    if not boxes:
        raise UsageError(f"{printable(name)}: there is no box in it; wanted lines such as `- [ ] Disk space checked`")
    toml = write_draft(page, boxes, name, list_id)
    return Draft(toml, len(boxes), (*_about_repairs(lines_alike, repairs), *_about_boxes(page), *_to_do(boxes)))


def _about_repairs(text: str, repairs: Sequence[Repair]) -> Iterator[str]:
    breaks = [match.start() for match in re.finditer("\n", text)]
    line_of = {repair: bisect.bisect_left(breaks, repair.start) + 1 for repair in repairs}
    for misread_as in sorted({repair.misread_as for repair in repairs}):
        mine = [repair for repair in repairs if repair.misread_as == misread_as]
        samples = ", ".join(dict.fromkeys(f"{printable(each.was)} is now {printable(each.now)}" for each in mine[:3]))
        places = _lines(line_of[each] for each in mine)
        told = f"{counted(len(mine), 'piece')} of text that had been misread as {misread_as}"
        yield f"Put right: {told} ({places}); {samples}."
    lost = [line_of[each] for each in repairs if _LOST in each.now]
    if lost:
        yield f"In {_lines(lost)} a character was lost before the document came here: {_LOST} stands for it."


def _about_boxes(page: Page) -> Iterator[str]:
    ticked = [box.line for box in page.boxes if box.ticked]
    if ticked:
        yield f"Ticked in the document, and asked again: {_lines(ticked)}. A definition never holds its own result."
    empty = [box.line for box in page.boxes if not box.text]
    if empty:
        yield f"Boxes without words were left out: {_lines(empty)}."
    if page.boxes_in_code:
        yield f"What looks like boxes but is code was left out: {_lines(page.boxes_in_code)}."
    if page.blanks:
        yield f"Blanks to be filled in by hand are no items: {_lines(page.blanks)}; write `sign` where somebody signs."


def _to_do(boxes: Sequence[Box]) -> Iterator[str]:
    drawn = sum(draw_want(box.text) is not None for box in boxes)
    if drawn:
        yield f"{counted(drawn, 'wanted value')} came from the document's words: look whether that is what is wanted."
    if drawn < len(boxes):
        yield f"{counted(len(boxes) - drawn, 'item')} without a wanted value: write it where `want` says TODO."
    yield f"{counted(len(boxes), 'item')} without a way out: write it where `fix` says TODO."
    yield (
        "All items are asked of a person, at level normal: give a `check` to what a machine can answer, and make the "
        "few that must never pass red killers."
    )


def _lines(numbers: Iterable[int]) -> str:
    each = list(dict.fromkeys(numbers))
    named = ", ".join(map(str, each[:_LINES_NAMED]))
    more = f" and {len(each) - _LINES_NAMED} more" if len(each) > _LINES_NAMED else ""
    return f"line{'s' if len(each) > 1 else ''} {named}{more}"
