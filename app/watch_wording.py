"""How a watched run reads: alerts, sources, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import printable
from engine.units import counted
from engine.watch.alerts import Alert, Level
from engine.watch.machine.host_wording import host_line
from engine.watch.records import SourceStatus
from engine.watch.watching import Watching


def alert_line(alert: Alert) -> str:
    """Say one alert: how bad, which rule, where, what was seen, what to do."""
    where = "/".join(filter(None, (alert.source, alert.run)))
    step = "" if alert.last_step is None else f" at step {alert.last_step:,}"
    state = "" if not alert.acknowledged_by else f" (seen by {alert.acknowledged_by})"
    advice = f"; {alert.advice}" if alert.advice else ""
    return printable(f"{alert.level.name} {alert.rule} {where}{step}: {alert.told.rstrip('.')}{advice}{state}")


def source_line(status: SourceStatus) -> str:
    """Say how one source is doing."""
    if status.problem:
        return problem_line(status)
    told = [f"{status.name}: {status.format or 'not known yet'}", counted(status.records, "record")]
    if status.unparsed:
        told.append(f"{counted(status.unparsed, 'line')} without a metric{_such_as(status)}")
    if status.hides_nan:
        told.append("its trainer hides NaN (logging_nan_inf_filter)")
    return printable(", ".join(told))


def problem_line(status: SourceStatus) -> str:
    """Say why a source cannot be read; its name is left out where its path says the same."""
    is_named = status.problem.startswith(printable(status.path))
    return printable(status.problem if is_named else f"{status.name}: {status.problem}")


def _such_as(status: SourceStatus) -> str:
    """Show the first kinds of lines that were not understood, with their counts; else the newest."""
    kinds = [f"{each.text!r}" + (f" {each.count:,} times" if each.count > 1 else "") for each in status.unparsed_lines]
    if not kinds:
        return f", such as {status.sample_unparsed!r}" if status.sample_unparsed else ""
    return f", such as {'; '.join(kinds)}"


def closing_lines(watching: Watching) -> Iterator[str]:
    """Say what it all comes to: the verdict first, then what stands, then the sources."""
    level, worst = watching.level, watching.worst
    since = f", {worst.name} at the worst" if worst > level else ""
    yield f"{level.name}{since}: {', '.join(_runs(watching)) or 'no metric was read'}"
    for alert in watching.desk.alerts():
        yield f"  {alert_line(alert)}"
    for line in gauge_lines(watching):
        yield f"  {line}"
    for status in watching.statuses():
        yield f"  {source_line(status)}"


def gauge_lines(watching: Watching) -> Iterator[str]:
    """Say what the gauges found good or cannot tell, and how the machine is; alerts are told already."""
    heard = watching.desk.heard()
    for gauge in watching.gauges:
        for verdict in heard.get((gauge.name, ""), ()):
            if verdict.level <= Level.UNKNOWN:
                yield printable(f"{verdict.level.name} {verdict.rule} {gauge.name}: {verdict.told}")
    for line in watching.details():
        yield printable(line)
    if watching.host is not None:
        yield host_line(watching.host)


def _runs(watching: Watching) -> Iterator[str]:
    for (source, run), board in watching.boards.items():
        name = "/".join(filter(None, (source, run)))
        loss = board.metrics.get("loss")
        newest = "" if loss is None else f", loss {'NaN or infinite' if loss.last is None else f'{loss.last:.4g}'}"
        yield printable(f"{name} at step {board.steps or 0:,}{newest}")


LEVEL_WORDS = {
    Level.GREEN: "all that was looked at is well",
    Level.UNKNOWN: "not enough was seen to say",
    Level.YELLOW: "look at it today",
    Level.RED: "act now",
}
