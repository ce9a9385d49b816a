"""The validation report as one HTML file: no script, nothing from the network, light or dark as the reader has it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.convert.validation_page import Figure, Page, Table
from engine.convert.validation_plots import Plot, plots_of
from engine.convert.validation_report import GO
from engine.convert.validation_shape import ValidationReport
from engine.run.markup import html_page
from engine.run.markup import html_text as _text

_STYLE = """
:root { color-scheme: light dark; --page: #fbfbf9; --ink: #1c2126; --quiet: #5a646e; --line: #d9dde1; --card: #ffffff;
  --before: #9aa5b1; --after: #2f6f9f; --track: #eceff1; --good: #1d6b3a; --good-page: #e5f3e9; --bad: #a32020;
  --bad-page: #fbe9e7; }
@media (prefers-color-scheme: dark) { :root { --page: #14181c; --ink: #e6e9ec; --quiet: #a0abb5; --line: #333b43;
  --card: #1b2127; --before: #6f7b87; --after: #6db3e0; --track: #262d34; --good: #7fd6a0; --good-page: #16301f;
  --bad: #ff9a8f; --bad-page: #3a1c1a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; margin: 0; font-weight: 600; color: var(--quiet); }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; }
h3 { font-size: .95rem; margin: 0 0 .6rem; }
p { margin: .4rem 0; }
.verdict { border: 2px solid; border-radius: .6rem; padding: .9rem 1.1rem; margin: .75rem 0 1.25rem; }
.verdict strong { font-size: 2.2rem; line-height: 1.1; display: block; letter-spacing: .02em; }
.verdict p, .verdict li { color: var(--ink); }
.verdict ul { margin: .5rem 0 0; padding-left: 1.2rem; }
.go { color: var(--good); background: var(--good-page); border-color: var(--good); }
.no-go { color: var(--bad); background: var(--bad-page); border-color: var(--bad); }
.figures, .plots { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9rem), 1fr)); }
.plots { grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
.card b { display: block; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.card span, .note { color: var(--quiet); font-size: .875rem; }
.plots svg { display: block; width: 100%; max-width: 36rem; height: auto; font-size: 11.5px; }
svg text { fill: var(--ink); } svg .told { font-variant-numeric: tabular-nums; }
svg .before { fill: var(--before); } svg .after { fill: var(--after); } svg .track { fill: var(--track); }
svg .axis { stroke: var(--quiet); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem; border-top: 1px solid var(--line); }
td { min-width: 4.5rem; overflow-wrap: break-word; } td:first-child { min-width: 10rem; }
td.wide { min-width: 14rem; overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) {
  .scroll { border: 0; background: none; overflow: visible; }
  table, tbody, tr, td { display: block; width: 100%; } thead { display: none; }
  tr { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 .6rem;
    padding: .3rem 0; }
  td, td.wide, td.number, td:first-child { border: 0; padding: .15rem .8rem; min-width: 0;
    text-align: left; white-space: normal; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--quiet); }
}
@media print { .card, .scroll, tr { break-inside: avoid; } }
"""
_WIDE_FROM = 36
"""A column with a cell of so many characters gets room to wrap in."""


def to_html(report: ValidationReport, page: Page) -> str:
    """Write a report as HTML."""
    first, *rest = map(_table, page.tables)
    body = f"""<h1>{_text(page.title)}</h1>
<p class="note">{_text(report.about.corpus)}, {_text(report.about.time)}</p>
{_verdict(page)}
<div class="figures">{"".join(map(_figure, page.figures))}</div>
{_cautions(page.cautions)}
{first}
<h2>In pictures</h2>
<div class="plots">{"".join(map(_plot, plots_of(report)))}</div>
{"".join(rest)}"""
    return html_page(f"{page.verdict}: {page.title}", _STYLE, body)


def _verdict(page: Page) -> str:
    kind, sign = ("go", "✓") if page.verdict == GO else ("no-go", "✗")
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


def _plot(plot: Plot) -> str:
    note = f'<p class="note">{_text(plot.note)}</p>' if plot.note else ""
    return f'<figure class="card" style="margin:0"><h3>{_text(plot.title)}</h3>{plot.svg}{note}</figure>'


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
    heads = "".join(f"<th{mark}>{_text(name)}</th>" for mark, name in zip(marks, table.columns, strict=True))
    rows = "".join(f"<tr>{_cells(table, row, marks)}</tr>" for row in table.rows)
    head = f"<thead><tr>{heads}</tr></thead>" if any(table.columns) else ""
    note = f'<p class="note">{_text(table.note)}</p>' if table.note else ""
    body = f'<div class="scroll"><table>{head}<tbody>{rows}</tbody></table></div>{note}'
    return f"<h2>{_text(table.title)}</h2>{body}"


def _cells(table: Table, row: tuple[str, ...], marks: list[str]) -> str:
    cells = []
    for mark, name, words in zip(marks, table.columns, row, strict=True):
        label = f' data-name="{_text(name)}"' if name and words else ""
        cells.append(f"<td{mark}{label}>{_text(words)}</td>")
    return "".join(cells)
