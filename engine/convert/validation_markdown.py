"""The validation report as Markdown: for a terminal, a pull request, a wiki."""

from __future__ import annotations

from collections.abc import Iterable

from engine.convert.validation_page import Page, Table
from engine.run.markup import markdown_text as text


def to_markdown(page: Page) -> str:
    """Write a page as Markdown."""
    parts = [f"# {page.title}: {page.verdict}", text(page.lead)]
    if page.reasons:
        parts += [f"## Why it is {page.verdict}", _list(page.reasons)]
    if page.cautions:
        parts += ["## Worth knowing", _list(page.cautions)]
    figures = (f"**{figure.label}**: {figure.value} ({text(figure.detail)})" for figure in page.figures)
    parts += ["## In figures", "\n".join(f"- {figure}" for figure in figures)]
    for table in page.tables:
        parts += [f"## {table.title}", *_table(table)]
    return "\n\n".join(parts) + "\n"


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {text(item)}" for item in items)


def _table(table: Table) -> list[str]:
    if not table.rows:
        return [table.empty]
    rule = ("---:" if at in table.numbers else "---" for at in range(len(table.columns)))
    lines = [_row(table.columns), _row(rule), *(_row(map(text, row)) for row in table.rows)]
    return ["\n".join(lines), *([text(table.note)] if table.note else [])]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
