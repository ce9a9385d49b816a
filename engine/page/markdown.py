"""A page as Markdown: for a terminal, a pull request, a wiki. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from engine.page.sheet import Page, Table
from engine.run.markup import markdown_text as _text


def to_markdown(page: Page) -> str:
    """Write a page as Markdown."""
    parts = [f"# {_text(page.title)}: {page.verdict}", _text(page.about), _text(page.lead)]
    if page.reasons:
        parts += [f"## Why it is {page.verdict}", _list(page.reasons)]
    if page.cautions:
        parts += ["## Worth knowing", _list(page.cautions)]
    figures = (f"**{_text(figure.label)}**: {_text(figure.value)}{_beside(figure.detail)}" for figure in page.figures)
    parts += ["## In figures", "\n".join(f"- {figure}" for figure in figures)]
    for table in page.tables:
        parts += [f"## {_text(table.title)}", *_table(table)]
    return "\n\n".join(parts) + "\n"


def _beside(detail: str) -> str:
    return f" ({_text(detail)})" if detail else ""


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {_text(item)}" for item in items)


def _table(table: Table) -> list[str]:
    if not table.rows:
        return [_text(table.empty)]
    rule = ("---:" if at in table.numbers else "---" for at in range(len(table.columns)))
    lines = [_row(map(_text, table.columns)), _row(rule), *(_row(map(_text, row)) for row in table.rows)]
    return ["\n".join(lines), *([_text(table.note)] if table.note else [])]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
