"""The sheet as one HTML file: for a screen, and for A4 in black and white."""

from __future__ import annotations

from collections.abc import Iterable

from engine.checklist.sheet.shape import Fact, Group, Look, Question, Sheet
from engine.run.markup import html_page
from engine.run.markup import html_text as _text

_STYLE = """
:root { color-scheme: light dark; --page: #fbfbf9; --ink: #1c2126; --quiet: #5a646e; --line: #c9ced3; --card: #ffffff;
  --good: #1d6b3a; --bad: #a32020; }
@media (prefers-color-scheme: dark) { :root { --page: #14181c; --ink: #e6e9ec; --quiet: #a0abb5; --line: #3b444d;
  --card: #1b2127; --good: #7fd6a0; --bad: #ff9a8f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 56rem; background: var(--page); color: var(--ink);
  font: 1rem/1.4 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .6rem; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .6rem; padding-bottom: .2rem; border-bottom: 2px solid var(--ink); }
h3 { font-size: 1rem; margin: 0; }
p { margin: .4rem 0; }
.verdict { border: 3px solid; border-radius: .4rem; padding: .5rem .9rem; margin: 0 0 1rem; color: var(--bad); }
.verdict.go { color: var(--good); }
.verdict strong { font-size: 1.9rem; line-height: 1.15; letter-spacing: .02em; margin-right: .6rem; }
.verdict span { color: var(--ink); }
.alarms { margin: 0 0 1rem; padding: .5rem .9rem .5rem 2rem; border: 3px double var(--bad); }
.alarms li, .red { color: var(--bad); font-weight: 700; }
.item { background: var(--card); border: 1px solid var(--line); border-left: .35rem solid var(--line);
  border-radius: .3rem; padding: .5rem .8rem .6rem; margin: 0 0 .6rem; break-inside: avoid; }
.item.bad { border-left-color: var(--bad); }
.item header { display: grid; grid-template-columns: 8rem 1fr; gap: 0 .8rem; align-items: start; }
.state { justify-self: start; min-width: 7rem; border: 1.5px solid; border-radius: .25rem; padding: 0 .4rem;
  font-weight: 600; white-space: nowrap; text-align: center; }
.good .state { color: var(--good); }
.bad .state { justify-self: start; min-width: 7rem; border-width: 2.5px; color: var(--bad); font-weight: 800; }
.note { color: var(--quiet); font-size: .85rem; }
dl { display: grid; grid-template-columns: 8rem 1fr; gap: .15rem .8rem; margin: .4rem 0 0; }
dt { color: var(--quiet); } dd { margin: 0; min-width: 0; }
.evidence { font-size: .8rem; line-height: 1.3; border-top: 1px dotted var(--line); padding-top: .3rem; }
.exact { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em; }
.blank { border-bottom: 1px solid var(--ink); min-height: 1.9rem; }
dt:has(+ .blank) { align-self: end; }
@page { size: A4; margin: 14mm 13mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); } }
@media print {
  :root { color-scheme: light; --page: #fff; --ink: #000; --quiet: #333; --line: #777; --card: #fff; --good: #000;
    --bad: #000; }
  :root { font-size: 10pt; } body { max-width: none; padding: 0; }
  h2 { break-after: avoid; } .alarms, .verdict, .closing, p { break-inside: avoid; }
  .blank { min-height: 8mm; } .evidence { font-size: .85rem; }
  .item { border-radius: 0; } .item.bad { border-left: .35rem solid #000; }
  .red, .alarms li { text-decoration: underline; text-underline-offset: .15em; }
}
"""


def to_html(sheet: Sheet) -> str:
    """Write a sheet as HTML."""
    kind = "verdict go" if sheet.is_go else "verdict"
    body = f"""<h1>{_text(sheet.title)}</h1>
<p class="{kind}"><strong>{_text(sheet.verdict)}</strong><span>{_text(sheet.why)}</span></p>
{_alarms(sheet.alarms)}
{_facts(sheet.facts)}
{"".join(map(_group, sheet.groups))}
<h2>The ledger</h2>
{_facts(sheet.ledger)}
{"".join(f"<p>{_text(note)}</p>" for note in sheet.notes)}
<section class="closing"><h2>By hand</h2>{_facts(sheet.closing)}</section>"""
    return html_page(f"{sheet.verdict}: {sheet.title}", _STYLE, body)


def _alarms(alarms: Iterable[str]) -> str:
    listed = "".join(f"<li>{_text(alarm)}</li>" for alarm in alarms)
    return f'<ul class="alarms">{listed}</ul>' if listed else ""


def _group(group: Group) -> str:
    return f"<h2>{_text(group.title or 'Items')}</h2>{''.join(map(_question, group.questions))}"


def _question(question: Question) -> str:
    state = f'<span class="state">{_text(question.glyph)} {_text(question.state)}</span>'
    words = f'<div><h3>{_text(question.ask)}</h3><span class="note">{_text(question.detail)}</span></div>'
    facts = _facts(question.facts) + (_facts(question.evidence, "evidence") if question.evidence else "")
    return f'<article class="item {question.tone}"><header>{state}{words}</header>{facts}</article>\n'


def _facts(facts: Iterable[Fact], kind: str = "facts") -> str:
    return f'<dl class="{kind}">{"".join(map(_fact, facts))}</dl>'


def _fact(fact: Fact) -> str:
    mark = "" if fact.look is Look.PLAIN else f' class="{fact.look}"'
    return f"<dt>{_text(fact.label)}</dt><dd{mark}>{_text(fact.value)}</dd>"
