"""A page as one HTML file: no script, nothing from the network, light or dark as the reader has it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from engine.page.sheet import Figure, Page, Table
from engine.page.style import STYLE
from engine.page.svg import Plot
from engine.run.markup import html_page
from engine.run.markup import html_text as _text

_WIDE_FROM: Final = 36
"""A column with a cell of so many characters gets room to wrap in."""


def to_html(page: Page, plots: Sequence[Plot]) -> str:
    """Write a page with its pictures as HTML."""
    first, *rest = map(_table, page.tables)
    body = f"""<h1>{_text(page.title)}</h1>
<p class="note">{_text(page.about)}</p>
{_verdict(page)}
<div class="figures">{"".join(map(_figure, page.figures))}</div>
{_cautions(page.cautions)}
{first}
{_pictures(plots)}
{"".join(rest)}"""
    return html_page(f"{page.verdict}: {page.title}", STYLE, body)


def _verdict(page: Page) -> str:
    kind, sign = ("open", "●") if page.is_open else ("go", "✓") if page.is_go else ("no-go", "✗")
    listed = f"<ul>{_items(page.reasons)}</ul>" if page.reasons else ""
    words = f"<strong>{sign} {_text(page.verdict)}</strong><p>{_text(page.lead)}</p>"
    return f'<section class="verdict {kind}">{words}{listed}</section>'


def _cautions(cautions: tuple[str, ...]) -> str:
    return f"<h2>Worth knowing</h2><ul>{_items(cautions)}</ul>" if cautions else ""


def _items(words: Iterable[str]) -> str:
    return "".join(f"<li>{_text(each)}</li>" for each in words)


def _figure(figure: Figure) -> str:
    return (
        f'<div class="card">{_text(figure.label)}<b>{_text(figure.value)}</b><span>{_text(figure.detail)}</span></div>'
    )


def _pictures(plots: Sequence[Plot]) -> str:
    drawn = "".join(map(_plot, plots))
    return f'<h2>In pictures</h2>\n<div class="plots">{drawn}</div>' if plots else ""


def _plot(plot: Plot) -> str:
    note = f'<figcaption class="note">{_text(plot.note)}</figcaption>' if plot.note else ""
    return f'<figure class="card"><h3>{_text(plot.title)}</h3>{plot.svg}{note}</figure>'


def _table(table: Table) -> str:
    if not table.rows:
        return f"<h2>{_text(table.title)}</h2><p>{_text(table.empty)}</p>"
    wide = {
        at
        for at in range(len(table.columns))
        if at not in table.numbers and any(len(row[at]) >= _WIDE_FROM for row in table.rows)
    }
    kinds = ["number" if at in table.numbers else "wide" if at in wide else "" for at in range(len(table.columns))]
    marks = [f' class="{kind}"' if kind else "" for kind in kinds]
    heads = "".join(
        f'<th scope="col"{mark}>{_text(name)}</th>' for mark, name in zip(marks, table.columns, strict=True)
    )
    colours = [f' class="{mark}"' if mark else "" for mark in table.marks] or [""] * len(table.rows)
    rows = "".join(
        f"<tr{colour}>{_cells(table, row, marks)}</tr>" for colour, row in zip(colours, table.rows, strict=True)
    )
    head = f"<thead><tr>{heads}</tr></thead>" if any(table.columns) else ""
    note = f'<p class="note">{_text(table.note)}</p>' if table.note else ""
    label = f' aria-label="{_text(table.title)}"'
    body = f'<div class="scroll"><table{label}>{head}<tbody>{rows}</tbody></table></div>{note}'
    return f"<h2>{_text(table.title)}</h2>{body}"


def _cells(table: Table, row: tuple[str, ...], marks: list[str]) -> str:
    cells = []
    for mark, name, words in zip(marks, table.columns, row, strict=True):
        label = f' data-name="{_text(name)}"' if name and words else ""
        cells.append(f"<td{mark}{label}>{_text(words)}</td>")
    return "".join(cells)
