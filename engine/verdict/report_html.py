"""The verdict as one HTML file: no script, nothing from the network, light or dark as the reader has it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from engine.run.markup import html_page
from engine.run.markup import html_text as _text
from engine.verdict.judging import Judged, Judgement, Outcome, Standing
from engine.verdict.plots import Curve, Plot, plot_curve, plot_weeks
from engine.verdict.report_markdown import evidence_of, sha256_of, shown_time
from engine.verdict.signoff import SignOff
from engine.watch.money.projection import WeekRow
from engine.watch.money.wording import WEEK_COLUMNS, week_cells

_STYLE: Final = """
:root { color-scheme: light dark; --page: #fbfbf9; --ink: #1c2126; --quiet: #5a646e; --line: #d9dde1; --card: #ffffff;
  --before: #9aa5b1; --after: #2f6f9f; --good: #1d6b3a; --good-page: #e5f3e9; --mid: #7a5200; --mid-page: #fdf3dc;
  --bad: #a32020; --bad-page: #fbe9e7; }
@media (prefers-color-scheme: dark) { :root { --page: #14181c; --ink: #e6e9ec; --quiet: #a0abb5; --line: #333b43;
  --card: #1b2127; --before: #6f7b87; --after: #6db3e0; --good: #7fd6a0; --good-page: #16301f; --mid: #e8c170;
  --mid-page: #332a14; --bad: #ff9a8f; --bad-page: #3a1c1a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 70rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; margin: 0; font-weight: 600; color: var(--quiet); }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; } h3 { font-size: .95rem; margin: 0 0 .4rem; } p { margin: .4rem 0; }
.verdict { border: 2px solid; border-radius: .6rem; padding: .9rem 1.1rem; margin: .75rem 0 1.25rem; }
.verdict strong { font-size: 2.2rem; line-height: 1.1; display: block; } .verdict p { color: var(--ink); }
.good { color: var(--good); border-color: var(--good); } .mid { color: var(--mid); border-color: var(--mid); }
.bad { color: var(--bad); border-color: var(--bad); }
.verdict.good { background: var(--good-page); } .verdict.mid { background: var(--mid-page); }
.verdict.bad { background: var(--bad-page); }
.cards { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; margin: 0; }
.card b { font-weight: 600; } .note { color: var(--quiet); font-size: .875rem; }
.card svg { display: block; width: 100%; max-width: 36rem; height: auto; font-size: 11.5px; }
svg text { fill: var(--ink); } svg .before { fill: var(--before); } svg .after { fill: var(--after); }
svg .axis { stroke: var(--quiet); } svg .limit { stroke: var(--bad); stroke-dasharray: 4 3; }
svg .curve { fill: none; stroke: var(--after); stroke-width: 1.2; stroke-linejoin: round; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .4rem .7rem; border-top: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead th { border-top: 0; color: var(--quiet); }
@media print { .card, tr { break-inside: avoid; } }
"""
_OUTCOMES: Final = {
    Outcome.GO: ("good", "✓"),
    Outcome.CONDITIONAL: ("mid", "!"),
    Outcome.HOLD: ("mid", "?"),
    Outcome.NO_GO: ("bad", "✗"),
}
_STANDINGS: Final = {
    Standing.MET: ("good", "✓"),
    Standing.NEAR: ("mid", "!"),
    Standing.OPEN: ("mid", "?"),
    Standing.STALE: ("mid", "?"),
    Standing.MISSED: ("bad", "✗"),
}


def to_html(
    judgement: Judgement,
    weeks: Sequence[WeekRow] = (),
    budget_usd: Decimal | None = None,
    curves: Sequence[Curve] = (),
    sign_off: SignOff | None = None,
) -> str:
    """Write a verdict as HTML.

    Args:
        judgement: the verdict.
        weeks: cost by week, where there is a plan.
        budget_usd: the budget that the weeks are drawn under; None to draw none.
        curves: losses to draw.
        sign_off: who signed; None to say nothing of it.
    """
    criteria = judgement.criteria
    plots = [plot_curve(curve) for curve in curves]
    plots += [plot_weeks(weeks, budget_usd)] if weeks and budget_usd is not None else []
    about = f'<p class="note">{_text(criteria.about)}</p>' if criteria.about else ""
    body = f"""<h1>{_text(criteria.title)}</h1>
<p class="note">{shown_time(judgement.time)}, criteria {_text(criteria.id)} ({criteria.sha256[:16]})</p>
{_verdict(judgement)}
{about}
<h2>Evidence</h2>
<div class="cards">{"".join(map(_card, judgement.judged))}</div>
{_pictures(plots)}
{_weeks(weeks)}
{_sign_off(sign_off) if sign_off is not None else ""}
<p class="note">verdict {sha256_of(judgement)}</p>"""
    return html_page(f"{judgement.outcome}: {criteria.title}", _STYLE, body)


def _verdict(judgement: Judgement) -> str:
    kind, sign = _OUTCOMES[judgement.outcome]
    lead = f"{judgement.lead[:1].upper()}{judgement.lead[1:]}."
    words = f"<strong>{sign} {judgement.outcome}</strong><p>{_text(lead)}</p>"
    return f'<section class="verdict {kind}">{words}</section>'


def _card(one: Judged) -> str:
    kind, sign = _STANDINGS[one.standing]
    more = "".join(f'<p class="note">{_text(detail)}</p>' for detail in one.figure.details)
    why = f'<p class="note">Why: {_text(one.criterion.why)}</p>' if one.criterion.why else ""
    return (
        f'<section class="card"><h3 class="{kind}">{sign} {_text(one.criterion.id)}: {one.standing.value}</h3>'
        f"<p>{_text(one.criterion.ask)}</p><p><b>{_text(one.told)}</b></p>"
        f'<p class="note">From {_text(evidence_of(one.figure))}.</p>{more}{why}</section>'
    )


def _pictures(plots: Sequence[Plot]) -> str:
    if not plots:
        return ""
    figures = "".join(
        f'<figure class="card"><h3>{_text(plot.title)}</h3>{plot.svg}<p class="note">{_text(plot.note)}</p></figure>'
        for plot in plots
    )
    return f'<h2>In pictures</h2><div class="cards">{figures}</div>'


def _sign_off(sign_off: SignOff) -> str:
    lead = f"{sign_off.lead[:1].upper()}{sign_off.lead[1:]}."
    heads = "".join(f"<th>{name}</th>" for name in ("Item", "Answer", "Signed by", "As", "Key", "At"))
    rows = "".join(
        f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"
        for one in sign_off.signed
        for cells in [(one.item, one.answer, one.by, one.role, one.key, one.time)]
    )
    table = f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    waits = [f"Waits: {each}" for each in sign_off.waiting]
    told = "".join(f"<li>{_text(each)}</li>" for each in (*waits, *sign_off.notes))
    how = "".join(f"<li><code>{_text(each)}</code></li>" for each in sign_off.how)
    return (
        f"<h2>Sign-off</h2><p>{_text(lead)}</p>{table if rows else ''}{f'<ul>{told}</ul>' if told else ''}"
        f"{f'<h3>To sign</h3><ol>{how}</ol>' if how else ''}"
    )


def _weeks(weeks: Sequence[WeekRow]) -> str:
    if not weeks:
        return ""
    heads = "".join(f"<th>{_text(name)}</th>" for name in WEEK_COLUMNS)
    rows = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in week_cells(tuple(weeks)))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<h2>Cost by week</h2><div class="scroll">{table}</div>'
