"""``cost``: what a training run costs, against its budget."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path

import click
from rich.table import Table

from app.cli.common import Globals, existing_corpus, with_globals
from app.exit_codes import ExitCode
from app.report import Report, Row
from app.streams import page
from engine.config import Settings
from engine.errors import UsageError
from engine.run.log import utc_now
from engine.run.outcome import Outcome
from engine.watch.alerts import Level
from engine.watch.money.amounts import parse_usd
from engine.watch.money.cost import Account
from engine.watch.money.ledger import CostLedger
from engine.watch.money.orchestrator import read_orchestrator_state
from engine.watch.money.plan import GP3_USD_PER_GB_MONTH, Plan
from engine.watch.money.projection import WeekRow, figures, week_rows
from engine.watch.money.rules import judge_money
from engine.watch.money.wording import WEEK_COLUMNS, figure_rows, storage_sentence, week_cells

_BAR_WIDTH = 30
corpus_option = click.option(
    "--corpus", type=click.Path(path_type=Path), default=".", metavar="C", help="The project (default: this folder)."
)


class Usd(click.ParamType[Decimal]):
    """An amount that is not negative."""

    name = "usd"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read dollars, exactly."""
        try:
            return value if isinstance(value, Decimal) else parse_usd(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)


class MoneyRow(Row, frozen=True, kw_only=True, tag="money"):
    """The money at one moment; dollars as text, exact to a millionth."""

    spent_usd: str
    budget_usd: str
    left_usd: str
    usd_per_hour: str
    at_plans_end_usd: str
    budget_ends: str | None
    running: tuple[str, ...]
    level: str
    notes: tuple[str, ...]


class Week(Row, frozen=True, kw_only=True, tag="week"):
    """One week of the plan."""

    week: int
    hours: int
    planned_usd: str
    planned_percent: str
    spent_usd: str | None


def plan_of(settings: Settings, account: Account) -> Plan:
    """Return the plan that the settings tell; without a day to begin on, it begins with the ledger."""
    budget = settings.budget
    begun = account.begun or utc_now()
    if budget.start:
        begun = datetime.combine(datetime.fromisoformat(budget.start).date(), time(), UTC)
    return Plan(
        start=begun,
        budget_usd=Decimal(budget.usd),
        weeks=budget.weeks,
        usd_per_hour=Decimal(budget.usd_per_hour),
        early_usd=Decimal(budget.early_usd),
        early_day=budget.early_day,
    )


@click.group(invoke_without_command=True)
@corpus_option
@click.option("--storage", "storage_gb", type=Usd(), metavar="GB", help="Say what so many GB of a volume add.")
@with_globals
@click.pass_context
def cost(context: click.Context, options: Globals, *, corpus: Path, storage_gb: Decimal | None) -> int:
    """Tell what was spent, at what rate, and what it comes to by the plan's end, week by week.

    Exit code 4 where the budget is used up, 1 where it will be before the plan ends.
    """
    if context.invoked_subcommand is not None:
        return ExitCode.OK
    corpus = existing_corpus(corpus)
    settings = options.settings(corpus).settings
    account = CostLedger(options.state_of(corpus)).account()
    plan, now = plan_of(settings, account), utc_now()
    seen = figures(account, plan, now)
    verdicts = judge_money(None if account.is_empty else seen)
    level = max(verdict.level for verdict in verdicts)
    weeks = week_rows(account, plan, now)
    with Report("cost", as_json=options.as_json) as report:
        report.add(
            MoneyRow(
                spent_usd=str(seen.spent_usd),
                budget_usd=str(plan.budget_usd),
                left_usd=str(seen.left_usd),
                usd_per_hour=str(seen.usd_per_hour),
                at_plans_end_usd=str(seen.expected_usd),
                budget_ends=None if seen.budget_ends is None else seen.budget_ends.isoformat(),
                running=seen.running,
                level=level.name.lower(),
                notes=seen.notes,
            )
        )
        for row in weeks:
            report.add(
                Week(
                    week=row.week,
                    hours=row.hours,
                    planned_usd=str(row.planned_usd),
                    planned_percent=str(row.planned_percent),
                    spent_usd=None if row.spent_usd is None else str(row.spent_usd),
                )
            )
        if not options.as_json:
            for name, value in figure_rows(seen):
                click.echo(f"{name:<14} {value}")
            table = Table(*WEEK_COLUMNS, "of the budget: █ spent ░ planned", box=None, pad_edge=False)
            for row, cells in zip(weeks, week_cells(weeks), strict=True):
                table.add_row(*cells, _bar(row, plan.budget_usd))
            page().print(table)
        for verdict in verdicts:
            if verdict.level in {Level.YELLOW, Level.RED}:
                report.say(f"{verdict.level.name} {verdict.rule}: {verdict.told}; {verdict.advice}")
        for note in seen.notes:
            report.say(f"note: {note}")
        if storage_gb is not None:
            report.say(storage_sentence(plan, storage_gb))
        report.outcome = {Level.RED: Outcome.SAFETY_STOP, Level.YELLOW: Outcome.SOME_FAILED}.get(level, Outcome.OK)
    return {Level.RED: ExitCode.SAFETY_STOP, Level.YELLOW: ExitCode.SOME_FAILED}.get(level, ExitCode.OK)


def _bar(row: WeekRow, budget_usd: Decimal) -> str:
    """Draw what was spent, and what was planned beyond it, as shares of the budget; more than all of it ends in >."""
    spent = _share(row.spent_usd or Decimal(0), budget_usd)
    planned = _share(row.planned_usd, budget_usd)
    bar = "█" * spent + "░" * max(0, planned - spent)
    return bar if len(bar) <= _BAR_WIDTH else bar[: _BAR_WIDTH - 1] + ">"


def _share(usd: Decimal, budget_usd: Decimal) -> int:
    return min(int(_BAR_WIDTH * usd / budget_usd), 2 * _BAR_WIDTH) if budget_usd else 0


def _ledger(options: Globals, corpus: Path) -> CostLedger:
    return CostLedger(options.state_of(existing_corpus(corpus)))


@cost.command()
@click.argument("instance")
@click.option("--price", type=Usd(), required=True, metavar="USD", help="Dollars an hour, now.")
@click.option("--kind", default="", metavar="KIND", help="Such as 'g4dn.xlarge spot'.")
@corpus_option
@with_globals
def start(options: Globals, instance: str, *, price: Decimal, kind: str, corpus: Path) -> ExitCode:
    """Say that INSTANCE runs from now on; one that runs already takes the new price from now on."""
    interval = _ledger(options, corpus).start(instance, kind, price, beats_s=0)
    with Report("cost start", as_json=options.as_json) as report:
        report.say(f"{interval}: {instance} costs ${price} an hour from now on; gonogo cost end {interval}")
    return ExitCode.OK


@cost.command()
@click.argument("interval")
@corpus_option
@with_globals
def end(options: Globals, interval: str, *, corpus: Path) -> ExitCode:
    """Say that a machine or a volume costs no more; INTERVAL is what `cost start` said."""
    _ledger(options, corpus).end(interval)
    with Report("cost end", as_json=options.as_json) as report:
        report.say(f"{interval}: costs no more from now on")
    return ExitCode.OK


@cost.command()
@click.argument("name")
@click.option("--gb", type=Usd(), required=True, metavar="GB", help="Its size.")
@click.option("--price", type=Usd(), default=GP3_USD_PER_GB_MONTH, metavar="USD", help="Dollars a GB and month.")
@corpus_option
@with_globals
def storage(options: Globals, name: str, *, gb: Decimal, price: Decimal, corpus: Path) -> ExitCode:
    """Say that the volume NAME costs from now on, whether anything runs or not."""
    interval = _ledger(options, corpus).start_storage(name, gb, price)
    with Report("cost storage", as_json=options.as_json) as report:
        report.say(f"{interval}: {name}, {gb} GB at ${price} a GB and month, from now on")
    return ExitCode.OK


@cost.command()
@click.argument("name")
@click.option("--gb", type=Usd(), required=True, metavar="GB", help="How much was moved.")
@click.option("--price", type=Usd(), required=True, metavar="USD", help="Dollars a GB.")
@corpus_option
@with_globals
def transfer(options: Globals, name: str, *, gb: Decimal, price: Decimal, corpus: Path) -> ExitCode:
    """Say that bytes were moved, once."""
    _ledger(options, corpus).transfer(name, gb, price)
    with Report("cost transfer", as_json=options.as_json) as report:
        report.say(f"{name}: {gb} GB at ${price} a GB")
    return ExitCode.OK


@cost.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--instance", required=True, metavar="NAME", help="Which machine it was.")
@click.option("--price", type=Usd(), required=True, metavar="USD", help="Dollars an hour, then.")
@click.option("--kind", default="", metavar="KIND", help="Such as 'g4dn.xlarge spot'.")
@corpus_option
@with_globals
def import_(options: Globals, file: Path, *, instance: str, price: Decimal, kind: str, corpus: Path) -> ExitCode:
    """Take an orchestrator_state.json's elapsed time into the ledger, as one interval."""
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file; wanted an orchestrator_state.json")
    state = read_orchestrator_state(file)
    entered = state.as_interval(instance, kind, price)
    _ledger(options, corpus).enter(entered)
    with Report("cost import", as_json=options.as_json) as report:
        report.say(f"{file}: entered for {instance} at ${price} an hour")
        report.say(f"note: {entered.note}")
    return ExitCode.OK


COMMANDS: tuple[click.Command, ...] = (cost,)
