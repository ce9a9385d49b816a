"""Reading a Markdown document as CommonMark has it: its title, and its boxes with the headings above them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BOX: Final = re.compile(r"\[([ \txX])\](?:\s+(.*))?", re.DOTALL)
"""A task list item of GitHub Flavored Markdown, section 5.3: it begins the first paragraph of a list's item."""
_BOX_IN_CODE: Final = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+\[[ xX]\]\s")
_BLANK: Final = re.compile(r"_{3,}")
_SPACE: Final = re.compile(r"\s+")
_LABEL_LEVEL: Final = 7
"""Below the six levels of headings: a paragraph that is bold from end to end is used as one."""
_BEGIN_OF_ITEM: Final = ["list_item_open", "paragraph_open"]
_BREAKS: Final = frozenset({"softbreak", "hardbreak"})
_TEXTS: Final = frozenset({"text", "code_inline", "text_special"})


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the document."""

    line: int
    text: str
    """Without marks of emphasis, code and links; "" for an empty box."""
    ticked: bool
    headings: tuple[str, ...]
    """The headings that it stands under, the highest first, without the title."""


@dataclass(slots=True)
class Page:
    """What of a document matters to a checklist."""

    title: str = ""
    """The first heading of the first level; "" where there is none."""
    boxes: list[Box] = field(default_factory=list)
    boxes_in_code: list[int] = field(default_factory=list)
    """Lines of code that look like boxes."""
    blanks: list[int] = field(default_factory=list)
    """Lines that leave a blank to be filled in by hand, such as one for a signature."""


def read_markdown(text: str) -> Page:
    """Read a document whose lines end with line feeds."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  # most commands read no Markdown

    reader = _Reader(MarkdownIt("commonmark"))
    return reader.read(text)


class _Reader:
    """Walks through a document's tokens, and knows under which headings it is."""

    def __init__(self, markdown: MarkdownIt) -> None:
        self._markdown = markdown
        self._references: dict[str, object] = {}
        self._path: list[tuple[int, str]] = []
        self._page = Page()

    def read(self, text: str) -> Page:
        tokens = self._markdown.parse(text, self._references)
        for index, token in enumerate(tokens):
            line = token.map[0] + 1 if token.map else 0
            above = [each.type for each in tokens[max(0, index - 2) : index]]
            if token.type == "inline" and token.level == 1 and above[-1:] == ["heading_open"]:
                self._heading(int(tokens[index - 1].tag[1:]), _plain(token.children or ()))
            elif token.type == "inline":
                self._paragraph(token, line, above)
            elif token.type in ("fence", "code_block"):
                lines = enumerate(token.content.split("\n"), line + (token.type == "fence"))
                self._page.boxes_in_code += [at for at, code in lines if _BOX_IN_CODE.match(code)]
        return self._page

    def _heading(self, level: int, text: str) -> None:
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        if level == 1 and not self._page.title:
            self._page.title = text
        elif text:
            self._path.append((level, text))

    def _paragraph(self, inline: Token, line: int, above: Sequence[str]) -> None:
        label = _label(inline) if inline.level == 1 else ""
        if label:
            self._heading(_LABEL_LEVEL, label)
        lines = enumerate(inline.content.split("\n"), line)
        self._page.blanks += [at for at, part in lines if _BLANK.search(part)]
        found = _BOX.fullmatch(inline.content) if list(above) == _BEGIN_OF_ITEM else None
        if found is not None:
            headings = tuple(heading for _, heading in self._path)
            self._page.boxes.append(Box(line, self._said(found[2] or ""), found[1] in "xX", headings))

    def _said(self, marked: str) -> str:
        inline = self._markdown.parseInline(marked, self._references)
        said = _plain(inline[0].children or ()) if inline else ""
        return said or _SPACE.sub(" ", marked).strip()


def _label(inline: Token) -> str:
    """Return the text of a paragraph that is bold from end to end, but for a colon."""
    kinds = [(each.type, each.content) for each in inline.children or () if each.type != "text" or each.content]
    while kinds and kinds[-1] == ("text", ":"):
        kinds.pop()
    bold = [kind for kind, _ in kinds if kind.startswith("strong_")]
    if bold == ["strong_open", "strong_close"] and kinds[0][0] == "strong_open" and kinds[-1][0] == "strong_close":
        return _plain(inline.children or ()).rstrip(":")
    return ""


def _plain(tokens: Sequence[Token]) -> str:
    """Return the text alone; of a picture what stands for it, of HTML nothing."""
    parts = []
    for token in tokens:
        if token.type in _BREAKS:
            parts.append(" ")
        elif token.type == "image":
            parts.append(_plain(token.children or ()))
        elif token.type in _TEXTS:
            parts.append(token.content)
    return _SPACE.sub(" ", "".join(parts)).strip()
