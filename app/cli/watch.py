"""``watch``: any trainer's logs, with alerts that can be trusted."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import click

from app.cli.common import Globals, existing_corpus, wants_console, with_globals
from app.cli.gauges import GaugesAsked, gauge_options, open_gauges
from app.console.show import watch_in_console
from app.console.training.facts import Facts, Watched
from app.exit_codes import CheckCode, ExitCode
from app.report import Report, ReportSummary
from app.stopping import stopping
from app.streams import say
from app.watch_report import ReportError, write_report
from app.watch_rows import WatchSummary, alert_row, gpu_rows, host_rows, rule_rows, source_row
from app.watch_wording import alert_line, closing_lines, source_line
from engine.config import Settings
from engine.errors import UsageError
from engine.host.facts import user_name
from engine.jobs.alert_notifying import AlertNotifier, TellingReactor
from engine.run.outcome import Outcome
from engine.units import parse_seconds
from engine.watch.actions import OnRed, Reactor
from engine.watch.alerts import Level
from engine.watch.explain import explain, explain_text
from engine.watch.logs import configured_logs
from engine.watch.opening import open_watching, rules_of, setting_of
from engine.watch.others import explain_others
from engine.watch.watching import Look, Watching

_EACH_S = 0.5
"""Between looks: a loss that turned bad is told within a second, and ten idle sources cost nothing."""
_CODES = {
    Level.GREEN: CheckCode.GREEN,
    Level.YELLOW: CheckCode.YELLOW,
    Level.RED: CheckCode.RED,
    Level.UNKNOWN: CheckCode.UNKNOWN,
}


@click.command()
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--once", is_flag=True, help="Read what is there and end: 0 green, 1 yellow, 2 red, 3 unknown.")
@click.option("--explain", "explains", is_flag=True, help="Print the rules in force, and end.")
@click.option("--corpus", type=click.Path(path_type=Path), default=".", metavar="C", help="Whose gonogo.toml counts.")
@click.option("--scale", metavar="N", help="Logged losses are multiplied by it (gradient accumulation).")
@click.option("--card", metavar="N", help="Size of the vocabulary or codebook; MusicGen has 2048.")
@click.option("--mode", metavar="MODE", help="from-scratch or fine-tune; inferred where it is not given.")
@click.option("--planned-steps", metavar="N", help="The last step of the plan.")
@gauge_options
@click.option("--on-red", default="notify", metavar="ACT", help="notify, stop:PID or command:PROGRAM ARGUMENTS.")
@click.option("--grace", default="60s", metavar="TIME", help="How long red must stand before that (default 60s).")
@click.option(
    "--acknowledge",
    "seen_rules",
    multiple=True,
    metavar="RULE",
    help="With --once: say that you have seen its alert, for good.",
)
@click.option("--note", default="", metavar="TEXT", help="What you know of it.")
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write an HTML page at the end.",
)
@with_globals
def watch(  # noqa: PLR0917  # click passes by name
    options: Globals,
    sources: tuple[Path, ...],
    once: bool,
    explains: bool,
    corpus: Path,
    scale: str | None,
    card: str | None,
    mode: str | None,
    planned_steps: str | None,
    gpu: bool,
    checkpoints: str | None,
    money: bool,
    price: Decimal | None,
    instance: str,
    spot: str | None,
    on_red: str,
    grace: str,
    seen_rules: tuple[str, ...],
    note: str,
    page: Path | None,
) -> int:
    """Watch the logs of training runs: TensorBoard, W&B, trackio, Hugging Face, Lightning, JSON, CSV or text.

    SOURCES are files, folders that are searched, or - for standard input; what they are is told by their content.
    Without any, those that [watch] logs in gonogo.toml names. It is silent while all is well, and says each alert once,
    with the rule, the step, the value and what to do.
    """
    flags = {
        "watch.scale": scale,
        "watch.card": card,
        "watch.mode": mode,
        "watch.planned_steps": planned_steps,
        "watch.checkpoints": checkpoints,
    }
    corpus = existing_corpus(corpus)
    settings = options.settings(corpus, flags).settings
    if explains:
        others = explain_others(settings.budget)
        click.echo(explain_text(rules_of(settings), setting_of(settings), others), nl=False)
        return CheckCode.GREEN
    sources = sources or configured_logs(settings, corpus)
    if not sources:
        raise UsageError(
            "there is nothing to watch; name a log, a folder of logs, or - for standard input, "
            "or list them in gonogo.toml: [watch] logs"
        )
    if seen_rules and not once:
        raise UsageError("--acknowledge goes with --once; on the screen, a acknowledges the alert under the cursor")
    if page is not None and not page.absolute().parent.is_dir():
        raise UsageError(f"--report {page}: there is no folder {page.parent}; make it, or name another")
    state = options.state_of(corpus)
    asked = _Asked(sources, GaugesAsked(gpu, money, price, instance, spot), on_red, grace, once)
    if wants_console(options) and not once and Path("-") not in sources:  # a terminal cannot be keys and a log at once
        opened = _opened(asked, settings, corpus, state)
        return watch_in_console(opened, lambda seen: _tell_end(seen, page), keys=settings.keys)
    with _opened(asked, settings, corpus, state) as seen, Report("watch", as_json=options.as_json) as report:
        report.closing = lambda summary: _summary(summary, seen.watching)
        acknowledge = functools.partial(_acknowledge, seen.watching, seen_rules, seen.facts.who, note)
        ending = functools.partial(_once, acknowledge) if once else functools.partial(_follow, reactor=seen.reactor)
        code = ending(seen.watching, report=report, as_json=options.as_json)
        if page is not None:
            write_report(page, seen.watching, seen.facts.rules)
        return code


@dataclasses.dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line names."""

    sources: tuple[Path, ...]
    gauges: GaugesAsked
    on_red: str
    grace: str
    once: bool
    """Whoever asks once has the answer before him: nobody else is told."""


@contextlib.contextmanager
def _opened(asked: _Asked, settings: Settings, corpus: Path, state: Path) -> Iterator[Watched]:
    """Open what is watched, and let go of it at the end: in the very process that looks, for gauges have threads."""
    act, grace_s = OnRed.parse(asked.on_red), parse_seconds(asked.grace)
    gauges = open_gauges(settings, corpus, state, asked.gauges)
    told = dataclasses.replace(settings.notify, urls=()) if asked.once else settings.notify
    with contextlib.closing(gauges), contextlib.closing(AlertNotifier(told)) as notifier:
        reactor = TellingReactor(notifier, act, grace_s, gauges.newest_checkpoint, state / "kept-checkpoints")
        armed = "" if act.act == "notify" else f"{asked.on_red}, when red has stood for {asked.grace}"
        rules = (*explain(rules_of(settings), setting_of(settings)), *explain_others(settings.budget))
        facts = Facts(settings.signing.name or user_name(), gauges.all, armed, rules)
        with contextlib.closing(open_watching(asked.sources, settings, gauges.all, state, gauges.host)) as watching:
            if gauges.gpu is not None:
                gauges.gpu.has_started = lambda: bool(watching.boards)
            yield Watched(watching, reactor, facts)


def _tell_end(seen: Watched, page: Path | None) -> int:
    """Say what it came to once the console is closed; there nobody else would tell of a report that failed."""
    for line in closing_lines(seen.watching):
        click.echo(line)
    try:
        if page is not None:
            write_report(page, seen.watching, seen.facts.rules)
    except ReportError as error:
        say(f"gonogo: {error}")
        return ExitCode.SOME_FAILED
    return ExitCode.OK


def _acknowledge(watching: Watching, rules: tuple[str, ...], who: str, note: str) -> None:
    for rule in rules:
        watching.acknowledge(rule, who, note)


def _once(acknowledge: Callable[[], None], watching: Watching, report: Report, *, as_json: bool) -> int:
    look = watching.finish()
    acknowledge()
    _tell(look, report, as_json=as_json, alerts=False)
    for status in watching.statuses():
        report.add(source_row(status))
    for alert in watching.desk.alerts():
        report.add(alert_row(alert))
    for row in (*rule_rows(watching), *gpu_rows(watching.gauges), *host_rows(watching.host)):
        report.add(row)
    if not as_json:
        for line in closing_lines(watching):
            click.echo(line)
    report.outcome = Outcome.OK if watching.level is Level.GREEN else Outcome.SOME_FAILED
    return _CODES[watching.level]


def _follow(watching: Watching, report: Report, *, reactor: Reactor, as_json: bool) -> int:
    """Look again and again until somebody ends it, or it has stopped what it watched."""
    with stopping() as stop:
        first, pause_s = True, 0.0
        while not stop.within(pause_s):
            look = watching.look()
            _tell(look, report, as_json=as_json, alerts=True)
            if first and not look.more:
                first = False
                for status in watching.statuses():
                    report.add(source_row(status))
                    report.say(source_line(status))
            # What stood in the middle of a log that is still being read may be long over at its end.
            for told in () if look.more else reactor.look(watching.desk.alerts(), time.time()):
                report.say(told)
            if reactor.stopped:
                report.outcome = Outcome.SAFETY_STOP
                return ExitCode.SAFETY_STOP
            pause_s = 0.0 if look.more else _EACH_S
    if not as_json:
        for line in closing_lines(watching):
            click.echo(line)
    report.outcome = Outcome.TERMINATED if stop.code is ExitCode.TERMINATED else Outcome.INTERRUPTED
    return stop.code


def _tell(look: Look, report: Report, *, as_json: bool, alerts: bool) -> None:
    for note in look.notes:
        report.say(note)
    for alert in look.risen if alerts else ():
        report.add(alert_row(alert))
        if not as_json:
            click.echo(alert_line(alert))


def _summary(summary: ReportSummary, watching: Watching) -> WatchSummary:
    boards = watching.boards.values()
    steps = [board.steps for board in boards if board.steps is not None]
    return WatchSummary(
        job=summary.job,
        outcome=summary.outcome,
        seconds=summary.seconds,
        rows=summary.rows,
        detail=summary.detail,
        level=watching.level.name.lower(),
        worst=watching.worst.name.lower(),
        steps=sum(board.logged_steps for board in boards),
        last_step=max(steps, default=None),
        records=sum(board.records for board in boards),
        last={name: series.last for board in boards for name, series in board.metrics.items()},
        alerts=tuple(alert_row(alert) for alert in watching.desk.alerts()),
    )


COMMANDS: Sequence[click.Command] = (watch,)
