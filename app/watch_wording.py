"""How a watched run reads: alerts, sources, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import printable
from engine.units import counted
from engine.watch.alerts import Alert, Level
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
        return printable(f"{status.name}: {status.problem}")
    told = [f"{status.name}: {status.format or 'not known yet'}", counted(status.records, "record")]
    if status.unparsed:
        told.append(f"{counted(status.unparsed, 'line')} without a metric, such as {status.sample_unparsed!r}")
    if status.hides_nan:
        told.append("its trainer hides NaN (logging_nan_inf_filter)")
    return printable(", ".join(told))


def closing_lines(watching: Watching) -> Iterator[str]:
    """Say what it all comes to: the verdict first, then what stands, then the sources."""
    level, worst = watching.level, watching.worst
    since = f", {worst.name} at the worst" if worst > level else ""
    yield f"{level.name}{since}: {', '.join(_runs(watching)) or 'no metric was read'}"
    for alert in watching.desk.alerts():
        yield f"  {alert_line(alert)}"
    for status in watching.statuses():
        yield f"  {source_line(status)}"


def _runs(watching: Watching) -> Iterator[str]:
    for (source, run), board in watching.boards.items():
        name = "/".join(filter(None, (source, run)))
        loss = board.metrics.get("loss")
        newest = f", loss {loss.points[-1].mean:.4g}" if loss is not None and loss.points else ""
        yield printable(f"{name} at step {board.steps or 0:,}{newest}")


LEVEL_WORDS = {
    Level.GREEN: "all that was looked at is well",
    Level.UNKNOWN: "not enough was seen to say",
    Level.YELLOW: "look at it today",
    Level.RED: "act now",
}
