"""What the training screen says: pure, from what was seen to lines; a state is a word and a glyph, then a colour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from app.console.checklist.words import grid
from app.console.training.curves import spark
from app.console.training.facts import Facts
from app.console.training.seen import BESIDE, AlertSeen, CurveSeen, GaugeSeen, RunSeen, Seen, foremost
from app.watch_wording import problem_line
from engine.errors import printable
from engine.units import counted, show_bytes
from engine.watch.alerts import Alert, Level
from engine.watch.explain import Explained
from engine.watch.machine.host_wording import host_line
from engine.watch.records import EVAL_LOSS, GRAD_NORM, LEARNING_RATE, LOSS, SourceStatus

GLYPHS: Final = {Level.GREEN: "●", Level.YELLOW: "▲", Level.RED: "■", Level.UNKNOWN: "?"}
COLOURS: Final = {
    Level.GREEN: "bold green",
    Level.YELLOW: "bold yellow",
    Level.RED: "bold red",
    Level.UNKNOWN: "bold magenta",
}
RUN_HEADS: Final = ("step", "loss", "best", "lr", "grad", "steps/s", "silent")
RUN_WIDTHS: Final = (10, 9, 9, 9, 9, 8, 7)
_BRIEF: Final = {LEARNING_RATE: "lr", GRAD_NORM: "grad", EVAL_LOSS: "validation"}
_ROOMY: Final = 100
"""Columns from which the curves beside the loss have room for their full names."""
_FIGURE: Final = 9
_SHORT: Final = {LEARNING_RATE: "learning rate", GRAD_NORM: "gradient norm", EVAL_LOSS: "validation loss", LOSS: "loss"}


def figure(value: float | None) -> str:
    """Write a number in at most nine characters."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        short = f"{value:.2e}"
        return short if len(short) <= _FIGURE else f"{value:.1e}"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


def status(seen: Seen | None, problem: str = "") -> Text:
    """Say how it is, at a glance: a word, a glyph, and why; never green on what cannot be looked at."""
    if seen is None or seen.reading_bytes is not None or problem:
        unknown = Text(f"{GLYPHS[Level.UNKNOWN]} UNKNOWN ", COLOURS[Level.UNKNOWN])
        return unknown.append(printable(f"cannot look: {problem}") if problem else _reading(seen), "default")
    line = Text(f"{GLYPHS[seen.level]} {seen.level.name} ", COLOURS[seen.level])
    alert = first.alert if (first := foremost(seen.alerts)) is not None else None
    if alert is None or alert.level is not seen.level:
        return line.append(_calm(seen), "default")
    count = sum(1 for each in seen.standing if each.level is seen.level) - 1
    more = f" (and {count} more)" if count else ""
    where = f"{_where(alert)}: " if len(seen.runs) > 1 else ""
    line.append(f"{alert.rule} ", "bold")
    return line.append(printable(f"{where}{alert.told}{more}"), "default")


def second(seen: Seen | None) -> Text:
    """Say what to do, or what there is to know where nothing is to be done."""
    if seen is None:
        return Text("")
    alert = first.alert if (first := foremost(seen.alerts)) is not None else None
    if alert is not None and alert.level is seen.level and seen.reading_bytes is None:
        state = f"seen by {alert.acknowledged_by}; " if alert.acknowledged_by else ""
        return Text().append("→ ", "bold").append(printable(f"{state}{alert.advice}"))
    told = [counted(len(seen.runs), "run"), counted(sum(run.records for run in seen.runs), "record")]
    if seen.worst > seen.level:
        told.append(f"{seen.worst.name} at the worst")
    return Text(", ".join(told), "dim")


def _reading(seen: Seen | None) -> str:
    if seen is None:
        return "opening the logs"
    size = f"{show_bytes(seen.reading_bytes)} of logs: " if seen.reading_bytes else "the logs: "
    lines, records = sum(s.lines for s in seen.statuses), sum(s.records for s in seen.statuses)
    return f"reading {size}{counted(lines, 'line')}, {counted(records, 'record')} so far"


def _calm(seen: Seen) -> str:
    problem = next((problem_line(status) for status in seen.statuses if status.problem), "")
    if seen.level is Level.GREEN:
        return printable(f"all is well, but {problem}") if problem else "all that is looked at is well"
    if problem:
        return printable(problem)
    if not seen.runs:
        return "no metric was read yet"
    return "not enough was seen to say"


def _where(alert: Alert) -> str:
    return "/".join(filter(None, (alert.source, alert.run)))


def run_cells(run: RunSeen, now_s: float) -> tuple[str, ...]:
    """Say how a run is, column by column."""
    name = main_metric(run)
    return (
        "-" if run.step is None else f"{run.step:,}",
        figure(run.newest.get(name) if name else None),
        figure(run.lowest),
        figure(run.newest.get(LEARNING_RATE)),
        figure(run.newest.get(GRAD_NORM)),
        figure(run.steps_per_s),
        "-" if run.heard_s is None else f"{ago(now_s - run.heard_s)}",
    )


def ago(seconds: float) -> str:
    """Write how long ago something was, coarsely: what changes all the time is not read.

    >>> ago(3.2), ago(75), ago(7300), ago(300000)
    ('3 s', '1 min', '2 h', '3 d')
    """
    whole = max(0, int(seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size:,} {unit}"
    return f"{whole} s"


def main_metric(run: RunSeen) -> str:
    """Return the loss, or what comes next to it; "" where nothing was logged."""
    return next(iter(run.shown), "")


def metric_name(name: str) -> str:
    """Write a metric's name for people."""
    return printable(_SHORT.get(name, name))


def caption(run: RunSeen | None, metric: str, other: RunSeen | None, told: str) -> Text:
    """Head the plot: which metric of which run, and what the glyphs mean that are in it."""
    if run is None:
        return Text("")
    text = Text(metric_name(metric), "bold").append(f"  {'━━ ' if other else ''}{printable(run.name)}", "cyan")
    if other is not None:
        text.append("  against ", "default").append(f"╍╍ {printable(other.name)}", "magenta")
    return text.append(f"  {told}", "dim not bold") if told else text


def beside(run: RunSeen | None, metric: str, width: int) -> Text:
    """Draw the other curves, one short line for each: its name, its value, how it went."""
    text = Text()
    if run is None:
        return text
    names = [name for name in BESIDE if name in run.curves and name != metric]
    each = max(24, (width - 2 * (len(names) - 1)) // max(1, len(names)))
    for at, name in enumerate(names):
        head = f"{metric_name(name) if width >= _ROOMY else _BRIEF[name]} {figure(run.newest.get(name))} "
        line = spark([point.mean for point in run.curves[name].points], max(0, each - len(head)))
        text.append(head).append(f"{line:<{max(0, each - len(head))}}", "cyan dim")
        text.append("  " if at < len(names) - 1 else "")
    return text


def machine(seen: Seen, facts: Facts, *, tall: bool = False) -> Text:
    """Say what the gauges say, what sources suffer from, and what is armed: one line each.

    Args:
        seen: what is seen.
        facts: what else is known.
        tall: there is room for the host too, which no rule judges; elsewhere it stands beside the sources.
    """
    troubled = [status_ for status_ in seen.statuses if status_.problem]
    lines = [Text(f"! {problem_line(each)}", "bold yellow") for each in troubled]
    for name in dict.fromkeys(gauge.name for gauge in seen.gauges):
        said = sorted((gauge for gauge in seen.gauges if gauge.name == name), key=lambda gauge: -gauge.level)
        level = said[0].level
        mark = Text(f"{GLYPHS[level]} ", COLOURS[level]).append(f"{name}: ", "bold default")
        lines.append(mark.append(printable(_gauge(said)), "not bold default"))
    if not seen.gauges:
        lines.append(Text("GPU and checkpoints are not watched: --gpu, --checkpoints DIR", "dim"))
    if tall and seen.host is not None:
        lines.append(Text(f"  {host_line(seen.host)}", "dim"))
    if seen.deeds:
        lines.append(Text(printable(f"on red: {seen.deeds[-1]}"), "bold red"))
    elif facts.armed:
        lines.append(Text(printable(f"on red: {facts.armed}"), "bold"))
    return Text("\n").join(lines)


def _gauge(said: Sequence[GaugeSeen]) -> str:
    """Say a gauge in one line, the worst first; what it measures comes before what its rules find good."""
    details = said[0].details
    worst = said[0].level
    several = f"{len(details)} of them (u), " if len(details) > 1 else ""
    word = {Level.UNKNOWN: "unknown: ", Level.YELLOW: "YELLOW: ", Level.RED: "RED: "}.get(worst, "")
    if not details:
        return word + "; ".join(dict.fromkeys(gauge.told for gauge in said))
    told = word.replace(":", ",") if worst > Level.UNKNOWN else ""
    open_ = [gauge.told for gauge in said if gauge.level is Level.UNKNOWN]
    return "; ".join([f"{told}{several}{details[0]}", *(f"unknown: {each}" for each in open_)])


def alert_caption(seen: Seen) -> Text:
    """Count the alerts, and what else can be read."""
    stand = len(seen.standing)
    over = len(seen.alerts) - stand
    told = f"alerts: {stand} stand{'s' if stand == 1 else ''}" + (f", {over} over" if over else "")
    unparsed = sum(status_.unparsed for status_ in seen.statuses)
    rest = []
    if unparsed:
        rest.append(f"{counted(unparsed, 'line')} without a metric")
    if seen.notes:
        rest.append(counted(len(seen.notes), "note"))
    if any(status_.hides_nan for status_ in seen.statuses):
        rest.append("a trainer that hides NaN")
    return Text(told, "bold").append(f"   {', '.join(rest)} (u)" if rest else "", "dim not bold")


def alert_words(each: AlertSeen, *, with_run: bool) -> tuple[str, str, str]:
    """Return an alert's level, its place, and what was seen."""
    alert = each.alert
    level = f"{'·' if each.over else GLYPHS[alert.level]} {'over' if each.over else alert.level.name}"
    step = "" if alert.last_step is None else f"step {alert.last_step:,}"
    seen_by = f"✓ {alert.acknowledged_by}: " if alert.acknowledged_by else ""
    where = f"{_where(alert)}: " if with_run else ""
    return level, f"{alert.rule:<4}{step}", printable(f"{seen_by}{where}{alert.told}")


def alert_page(each: AlertSeen) -> Table:
    """Tell all of an alert."""
    return grid(_alert_rows(each), 9)


def _alert_rows(each: AlertSeen) -> Iterator[tuple[str, Text]]:
    alert = each.alert
    state = "over; it was" if each.over else ""
    level = alert.worst if each.over else alert.level
    yield "alert", Text(f"{alert.rule} {state} {GLYPHS[level]} {level.name}".replace("  ", " "), COLOURS[level])
    if alert.worst > level:
        yield "worst", Text(alert.worst.name, COLOURS[alert.worst])
    yield "where", Text(printable(_where(alert)))
    if alert.first_step is not None:
        last = f" to {alert.last_step:,}" if alert.last_step not in (None, alert.first_step) else ""
        yield "steps", Text(f"{alert.first_step:,}{last}")
    yield "seen", Text(printable(alert.told), "bold")
    yield "to do", Text(printable(alert.advice))
    if alert.value is not None:
        wanted = "" if alert.threshold is None else f", the threshold is {figure(alert.threshold)}"
        yield "value", Text(f"{figure(alert.value)}{wanted}")
    yield "over", Text(printable(alert.window))
    if alert.latched:
        yield "stays", Text("until somebody acknowledges it (a), whatever comes after")
    if alert.acknowledged_by:
        yield "seen by", Text(printable(alert.acknowledged_by))
    if each.note:
        yield "note", Text(printable(each.note))


def sources_page(seen: Seen) -> Table:
    """Tell of every source and gauge, and what they said."""
    return grid(_source_rows(seen), 11)


def _source_rows(seen: Seen) -> Iterator[tuple[str, Text]]:
    for status_ in seen.statuses:
        yield from _source(status_)
        yield "", Text("")
    for gauge in seen.gauges:
        yield (
            gauge.name,
            Text(f"{GLYPHS[gauge.level]} {gauge.level.name} ", COLOURS[gauge.level]).append(
                printable(f"{gauge.rule} {gauge.told}"), "not bold default"
            ),
        )
    for line in dict.fromkeys(line for gauge in seen.gauges for line in gauge.details):
        yield "machine", Text(printable(line))
    if seen.host is not None:
        yield "machine", Text(host_line(seen.host))
    for note in reversed(seen.notes):
        yield "note", Text(printable(note))


def _source(status_: SourceStatus) -> Iterator[tuple[str, Text]]:
    yield "source", Text(printable(status_.name), "bold")
    yield "is", Text(printable(f"{status_.format or 'not known yet'}  {status_.path}"))
    if status_.problem:
        yield "problem", Text(printable(status_.problem), "bold yellow")
    yield "read", Text(f"{counted(status_.records, 'record')} of {counted(status_.lines, 'line')}")
    yield "unparsed", Text(f"{counted(status_.unparsed, 'line')} without a metric that is known")
    for at, each in enumerate(status_.unparsed_lines):
        times = f"{each.count:,} times: " if each.count > 1 else ""
        yield "" if at else "such as", Text(printable(f"{times}{each.text}"), "dim")
    if status_.sample_unparsed and status_.sample_unparsed not in {each.text for each in status_.unparsed_lines}:
        yield "the newest" if status_.unparsed_lines else "such as", Text(printable(status_.sample_unparsed), "dim")
    if status_.hides_nan:
        yield "beware", Text("its trainer turns NaN into zeros (logging_nan_inf_filter)", "yellow")


def rules_page(rules: tuple[Explained, ...]) -> Table:
    """Tell the rules in force."""
    return grid(_rule_rows(rules), 7)


def _rule_rows(rules: tuple[Explained, ...]) -> Iterator[tuple[str, Text]]:
    for rule in rules:
        state = "" if rule.on else "  (switched off)"
        yield rule.rule, Text(f"{rule.looks_at}{state}", "bold")
        yield "", Text(f"{rule.thresholds}; over {rule.window}; {rule.level}")
        yield "", Text(rule.advice, "dim")


def curve_told(curve: CurveSeen | None, *, is_log: bool, zoom: int, evals: bool, resumes: int, cut: int) -> str:
    """Say what the glyphs in a plot mean, and how it is shown."""
    told = ["log"] if is_log else []
    if zoom:
        told.append(f"newest 1/{2**zoom}")
    if evals:
        told.append("◆ validation")
    if curve is not None and curve.not_finite:
        told.append(f"✗ {counted(len(curve.not_finite), 'value')} NaN or inf")
    if resumes:
        told.append(f"┊ {counted(resumes, 'resume')}")
    if cut:
        told.append(f"▲ {cut:,} above the top")
    return "  ".join(told)
