"""A watched run as one HTML file: the level, every run's curves, alerts, sources; it needs no other file."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.console.training.curves import Picture, Range, columns, range_of, smoothed
from app.console.training.seen import CurveSeen, RunSeen, run_seen
from app.console.training.words import GLYPHS, figure, main_metric, metric_name
from app.watch_report_rules import looked_at
from app.watch_wording import LEVEL_WORDS, source_line
from engine.crew.artifacts import write_whole
from engine.errors import GonogoError
from engine.run.log import rfc3339
from engine.run.markup import html_page
from engine.run.markup import html_text as _text
from engine.units import counted
from engine.watch.alerts import Alert
from engine.watch.explain import Explained
from engine.watch.machine.host_wording import host_line
from engine.watch.records import EVAL_LOSS, GRAD_NORM, LEARNING_RATE, LOSS, STEPS_PER_S
from engine.watch.watching import Watching

WIDTH: Final = 720
"""Units across, each a place of the curve: as many as a report's column has pixels."""
_HEIGHT: Final = {True: 260, False: 110}
_FOOT: Final = 20
_STYLE: Final = """
:root { color-scheme: light dark; --page: #fbfbf9; --ink: #1c2126; --quiet: #5a646e; --line: #d9dde1; --card: #ffffff;
  --curve: #2f6f9f; --eval: #a36a00; --good: #1d6b3a; --warn: #8a5a00; --bad: #a32020; --odd: #77338f; }
@media (prefers-color-scheme: dark) { :root { --page: #14181c; --ink: #e6e9ec; --quiet: #a0abb5; --line: #333b43;
  --card: #1b2127; --curve: #6db3e0; --eval: #e6b450; --good: #7fd6a0; --warn: #f0c060; --bad: #ff9a8f;
  --odd: #d3a0e8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 64rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 2rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: .9rem; margin: 0; }
p { margin: .3rem 0; } .note { color: var(--quiet); font-size: .875rem; }
.verdict { border: 2px solid; border-radius: .6rem; padding: .8rem 1.1rem; }
.green { color: var(--good); } .yellow { color: var(--warn); }
.red { color: var(--bad); } .unknown { color: var(--odd); }
.verdict p { color: var(--ink); }
figure { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem;
  margin: 0 0 .7rem; }
svg { display: block; width: 100%; height: auto; font-size: 11px; } svg text { fill: var(--quiet);
  paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
.band { fill: var(--curve); stroke: var(--curve); stroke-width: .8; opacity: .3; }
.curve { fill: none; stroke: var(--curve); stroke-width: 1.6; }
.eval { fill: var(--eval); } .resume { stroke: var(--quiet); stroke-dasharray: 3 4; }
.nan { stroke: var(--bad); stroke-width: 2; } .axis { stroke: var(--line); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem; border-top: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; white-space: nowrap; } .plain { white-space: nowrap; }
@media print { figure, tr { break-inside: avoid; } }
"""


class ReportError(GonogoError):
    """Raised when a report of a watched run cannot be written."""


def write_report(path: Path, watching: Watching, rules: Sequence[Explained] = ()) -> None:
    """Write a report of what was seen until now, by the rules in force.

    Raises:
        ReportError: when the disk refuses.
    """
    page = watch_page(watching, time.time(), rules)
    try:
        write_whole(path, page.encode())
    except OSError as error:
        raise ReportError(f"{path}: the report could not be written: {error.strerror}; name another place") from error


def watch_page(watching: Watching, now_s: float, rules: Sequence[Explained] = ()) -> str:
    """Tell all that was seen, as HTML."""
    level, worst = watching.level, watching.worst
    runs = [
        run_seen(key, board, watching.desk.level(*key), steps_per_s=None, heard_s=None)
        for key, board in watching.boards.items()
    ]
    since = f"<p>At the worst it was {worst.name}.</p>" if worst > level else ""
    at = rfc3339(datetime.fromtimestamp(now_s, UTC))
    body = f"""<section class="verdict {level.name.lower()}"><h1>{GLYPHS[level]} {level.name}</h1>
<p>{_text(LEVEL_WORDS[level])}</p>{since}</section>
<p class="note">{at}, {counted(len(runs), "run")}</p>
<h2>Alerts that stand</h2>{_alerts(watching.desk.alerts())}
{"".join(_run(run) for run in runs) or "<h2>Runs</h2><p>No metric was read.</p>"}
<h2>Alerts that are over</h2>{_alerts(watching.desk.ended())}
{_acknowledged(watching)}
{looked_at(watching, rules)}{_host(watching)}
<h2>Sources</h2>{_list(source_line(status) for status in watching.statuses())}"""
    return html_page(f"{level.name}: {', '.join(run.name for run in runs) or 'training'}", _STYLE, body)


def _alerts(alerts: Sequence[Alert]) -> str:
    if not alerts:
        return "<p>None.</p>"
    heads = "".join(f"<th>{head}</th>" for head in ("Level", "Rule", "Run", "Step", "What was seen", "What to do"))
    return f'<div class="scroll"><table><tr>{heads}</tr>{"".join(map(_alert, alerts))}</table></div>'


def _alert(alert: Alert) -> str:
    level = alert.worst
    steps = [f"{step:,}" for step in dict.fromkeys((alert.first_step, alert.last_step)) if step is not None]
    seen_by = f" (seen by {alert.acknowledged_by})" if alert.acknowledged_by else ""
    where = "/".join(filter(None, (alert.source, alert.run)))
    return (
        f'<tr><td class="plain {level.name.lower()}">{GLYPHS[level]} {level.name}</td><td>{_text(alert.rule)}</td>'
        f'<td class="plain">{_text(where)}</td><td class="plain">{" to ".join(steps)}</td>'
        f"<td>{_text(alert.told + seen_by)}</td><td>{_text(alert.advice)}</td></tr>"
    )


def _acknowledged(watching: Watching) -> str:
    notes = watching.desk.acknowledged
    if not notes:
        return ""
    told = (
        f"{each.key.rule} of {'/'.join(filter(None, (each.key.source, each.key.run)))}, by {each.by}"
        + ("" if each.at_s is None else f" at {rfc3339(datetime.fromtimestamp(each.at_s, UTC))}")
        + (f": {each.note}" if each.note else "")
        for each in notes
    )
    return f"<h2>Acknowledged</h2>{_list(told)}"


def _host(watching: Watching) -> str:
    look = watching.host
    return "" if look is None else f"<h3>This machine</h3>{_list([host_line(look)])}"


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def _run(run: RunSeen) -> str:
    name = main_metric(run)
    curve = run.curves.get(name)
    told = [f"step {run.step:,}" if run.step is not None else "no step", counted(run.records, "record")]
    if curve is not None:
        told.append(f"{metric_name(name)} {figure(run.newest.get(name))}")
        told += [f"{figure(curve.best.low)} at its best, near step {curve.best.step:,}"] if curve.best else []
    told += [f"started again at step {', '.join(f'{step:,}' for step in run.resumes)}"] if run.resumes else []
    plots = "".join(_plots(run, name))
    level = f'<span class="{run.level.name.lower()}">{GLYPHS[run.level]} {run.level.name}</span>'
    return f"<h2>{_text(run.name)} {level}</h2><p>{_text(', '.join(told))}</p>{plots}"


def _plots(run: RunSeen, name: str) -> Iterator[str]:
    for each in dict.fromkeys((name, EVAL_LOSS, LEARNING_RATE, GRAD_NORM, STEPS_PER_S)):
        curve = run.curves.get(each)
        if curve is None:
            continue
        evals = run.curves.get(EVAL_LOSS) if each == LOSS else None
        picture = Picture(curve, evals=evals, resumes=run.resumes)
        seen = range_of(picture)
        if seen is not None:
            yield _figure(picture, seen, large=each == name)


def _figure(picture: Picture, seen: Range, *, large: bool) -> str:
    curve, height = picture.curve, _HEIGHT[large]
    bad = f", no number at {counted(len(curve.not_finite), 'step')}" if curve.not_finite else ""
    beside = "; dots are the validation loss" if picture.evals is not None else ""
    cut = f"; {counted(seen.cut, 'point')} above the top" if seen.cut else ""
    title = f"{metric_name(curve.name)}, {figure(seen.low)} to {figure(seen.high)}{bad}{beside}{cut}"
    parts = [
        f'<line class="axis" x1="0" x2="{WIDTH}" y1="{height}" y2="{height}"/>',
        *_curve(curve, seen, height),
        *_marks(picture, seen, height),
        f'<text x="2" y="11">{figure(seen.high)}</text><text x="2" y="{height - 4}">{figure(seen.low)}</text>',
        f'<text x="0" y="{height + 14}">{seen.first:,}</text>',
        f'<text x="{WIDTH}" y="{height + 14}" text-anchor="end">step {seen.last:,}</text>',
    ]
    svg = (
        f'<svg viewBox="0 0 {WIDTH} {height + _FOOT}" role="img" aria-label="{_text(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
    return f"<figure><h3>{_text(title)}</h3>{svg}</figure>"


def _curve(curve: CurveSeen, seen: Range, height: int) -> Iterator[str]:
    """Draw the band between lows and highs, and the line through it; both end where the loss was no number."""
    found = columns(curve, seen, WIDTH)
    line = smoothed([column.mean for column in found])
    start = 0
    for at in range(1, len(found) + 1):
        if at < len(found) and not found[at].after_gap:
            continue
        piece = found[start:at]
        there = [f"{one.at},{_y(one.high, seen, height)}" for one in piece]
        back = [f"{one.at},{_y(one.low, seen, height)}" for one in reversed(piece)]
        yield f'<polygon class="band" points="{" ".join(there + back)}"/>'
        smooth = [f"{one.at},{_y(value, seen, height)}" for one, value in zip(piece, line[start:at], strict=True)]
        yield f'<polyline class="curve" points="{" ".join(smooth)}"/>'
        start = at


def _marks(picture: Picture, seen: Range, height: int) -> Iterator[str]:
    for step in picture.resumes:
        x = seen.column(step, WIDTH)
        yield f'<line class="resume" x1="{x}" x2="{x}" y1="0" y2="{height}"><title>started again</title></line>'
    for point in picture.evals.points if picture.evals is not None else ():
        place = f'cx="{seen.column(point.step, WIDTH)}" cy="{_y(point.mean, seen, height)}"'
        yield f'<circle class="eval" r="3" {place}><title>{figure(point.mean)} at step {point.step:,}</title></circle>'
    for x in sorted({seen.column(step, WIDTH) for step in picture.curve.not_finite}):
        yield f'<path class="nan" d="M{x - 4},{height - 4}l8,8m0,-8l-8,8"><title>no number</title></path>'


def _y(value: float, seen: Range, height: int) -> int:
    return height - seen.row(value, height + 1)
