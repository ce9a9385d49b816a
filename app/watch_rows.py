"""What ``watch`` tells a program: sources, alerts, and a summary with the level now and the worst since the start."""

from __future__ import annotations

from app.report import ReportSummary, Row
from engine.watch.alerts import Alert
from engine.watch.records import SourceStatus


class AlertRow(Row, frozen=True, kw_only=True, tag="alert"):
    """One alert as it stands."""

    rule: str
    source: str
    run_name: str
    level: str
    worst: str
    first_step: int | None
    last_step: int | None
    value: float | None
    threshold: float | None
    window: str
    told: str
    advice: str
    latched: bool
    acknowledged_by: str


class SourceRow(Row, frozen=True, kw_only=True, tag="source"):
    """How one source is doing."""

    name: str
    format: str
    path: str
    records: int
    lines: int
    unparsed: int
    problem: str
    hides_nan: bool


class WatchSummary(ReportSummary, frozen=True, kw_only=True, tag="summary"):
    """What was seen in all."""

    level: str
    """Now: ``green``, ``yellow``, ``red``, ``unknown``."""
    worst: str
    """Since the start."""
    steps: int
    """Steps that were seen, over all runs."""
    last_step: int | None
    """The highest of them."""
    records: int
    last: dict[str, float | None]
    """The newest value of each metric: ``loss``, ``eval_loss``; null for one that is no number."""
    alerts: tuple[AlertRow, ...]


def alert_row(alert: Alert) -> AlertRow:
    """Tell an alert to a program; numbers that are none are null."""
    return AlertRow(
        rule=alert.rule,
        source=alert.source,
        run_name=alert.run,
        level=alert.level.name.lower(),
        worst=alert.worst.name.lower(),
        first_step=alert.first_step,
        last_step=alert.last_step,
        value=alert.value,
        threshold=alert.threshold,
        window=alert.window,
        told=alert.told,
        advice=alert.advice,
        latched=alert.latched,
        acknowledged_by=alert.acknowledged_by,
    )


def source_row(status: SourceStatus) -> SourceRow:
    """Tell a source's state to a program."""
    return SourceRow(
        name=status.name,
        format=status.format,
        path=status.path,
        records=status.records,
        lines=status.lines,
        unparsed=status.unparsed,
        problem=status.problem,
        hides_nan=status.hides_nan,
    )
