"""What ``watch`` tells a program: sources, alerts, and a summary with the level now and the worst since the start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.report import ReportSummary, Row
from engine.watch.alerts import Alert
from engine.watch.gauges import GpuGauge
from engine.watch.machine.host import HostLook
from engine.watch.records import SourceStatus, UnparsedLine
from engine.watch.watching import Gauge, Watching


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
    unparsed_lines: tuple[UnparsedLine, ...]
    """The first kinds of them, with how often each came in the log's beginning."""
    problem: str
    hides_nan: bool


class RuleRow(Row, frozen=True, kw_only=True, tag="rule"):
    """What one rule stands at: what was looked at and found good, too."""

    rule: str
    source: str
    """The log, or the gauge: ``gpu``, ``checkpoints``, ``cost``, ``spot``."""
    run_name: str
    level: str
    value: float | None
    threshold: float | None
    window: str
    told: str


class GpuRow(Row, frozen=True, kw_only=True, tag="gpu"):
    """What a GPU of this machine said of itself; null for what it does not tell."""

    index: int
    name: str
    utilisation_percent: int | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    temperature_c: int | None
    power_w: float | None
    power_limit_w: float | None
    throttles: tuple[str, ...] | None
    ecc_uncorrected: int | None
    pids: tuple[int, ...] | None
    """The processes that compute on it, as the driver numbers them."""


class HostRow(Row, frozen=True, kw_only=True, tag="host"):
    """How the machine is that this ran on; null for what it does not tell."""

    cpu_percent: float | None
    """Of all processors; null where it was looked at for less than half a second."""
    load: float | None
    """The load average of a minute."""
    cpus: int
    """Processors that may be used."""
    memory_used_bytes: int
    memory_total_bytes: int
    """Or the container's limit where that is less."""
    swap_used_bytes: int
    disk_free_bytes: int | None
    """On the volume of the checkpoints; null where no folder is named."""
    disk_total_bytes: int | None


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


def rule_rows(watching: Watching) -> Iterator[RuleRow]:
    """Tell what every rule stands at."""
    for (source, run), verdicts in watching.desk.heard().items():
        for verdict in verdicts:
            yield RuleRow(
                rule=verdict.rule,
                source=source,
                run_name=run,
                level=verdict.level.name.lower(),
                value=verdict.value,
                threshold=verdict.threshold,
                window=verdict.window,
                told=verdict.told,
            )


def gpu_rows(gauges: Iterable[Gauge]) -> Iterator[GpuRow]:
    """Tell what the GPUs that are watched said last."""
    looks = (gauge.newest for gauge in gauges if isinstance(gauge, GpuGauge))
    for gpu in (gpu for look in looks if look is not None for gpu in look.gpus):
        yield GpuRow(
            index=gpu.index,
            name=gpu.name,
            utilisation_percent=gpu.utilisation_percent,
            memory_used_bytes=gpu.memory_used_bytes,
            memory_total_bytes=gpu.memory_total_bytes,
            temperature_c=gpu.temperature_c,
            power_w=gpu.power_w,
            power_limit_w=gpu.power_limit_w,
            throttles=gpu.throttles,
            ecc_uncorrected=gpu.ecc_uncorrected,
            pids=None if gpu.processes is None else tuple(one.pid for one in gpu.processes),
        )


def host_rows(look: HostLook | None) -> Iterator[HostRow]:
    """Tell how the machine was last; nothing where it was not looked at."""
    if look is not None:
        yield HostRow(
            cpu_percent=look.cpu_percent,
            load=look.load,
            cpus=look.cpus,
            memory_used_bytes=look.memory_used_bytes,
            memory_total_bytes=look.memory_bytes,
            swap_used_bytes=look.swap_used_bytes,
            disk_free_bytes=look.disk_free_bytes,
            disk_total_bytes=look.disk_bytes,
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
        unparsed_lines=status.unparsed_lines,
        problem=status.problem,
        hides_nan=status.hides_nan,
    )
