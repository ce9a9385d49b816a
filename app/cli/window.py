"""``window``: all of it in order, against the time budgets; its forecast, and a simulation of it."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click

from app.cli.common import Globals, corpus_argument, existing_corpus, wants_console, with_globals
from app.cli.simulation import Asked, simulation_options, wanted
from app.console.show import open_console, simulate_in_console
from app.headless import run_headless
from engine.errors import UsageError
from engine.jobs.registry import Order
from engine.jobs.window.plan import Plan
from engine.jobs.window.reading import STANDARD, open_plan


@click.command()
@corpus_argument
@click.option("--plan", "ahead", is_flag=True, help="Print the timetable and what it rests on; start nothing.")
@click.option("--from", "from_step", default="", metavar="STEP", help="Begin with this step, whatever was done before.")
@click.option("--drop", multiple=True, metavar="STEP", help="Leave this step out; may be given again.")
@click.option("--anew", is_flag=True, help="Begin with a new clock, also where the last window was cut off.")
@click.option("--timetable", default=STANDARD, metavar="NAME", help="Follow CORPUS/checklists/NAME.toml.")
@click.option("--workers", metavar="N|auto", help="Worker processes; auto is one a usable core.")
@simulation_options
@with_globals
def window(
    options: Globals,
    /,
    corpus: Path,
    *,
    ahead: bool,
    from_step: str,
    drop: tuple[str, ...],
    anew: bool,
    timetable: str,
    workers: str | None,
    **simulation: object,
) -> int:
    """Run everything on CORPUS in order, against an eight-hour timetable.

    Inventory, dry run and sweep, convert, validate, manifest, split, benchmark, buckets, report, clean: each is a run
    of its own with a time budget, the gate before it and verifications after it. The timeline tells planned, actual
    and forecast times; it is yellow when the forecast eats the slack, red when the window breaks, and says then what
    could be dropped or sped up. It stops at a closed gate (3), a failed verification (1) or a red step; the same
    command goes on there, on the same clock.

    --plan tells how it would go, --simulate plays a corpus that need not exist; both end with 1 where it breaks.
    """
    corpus = existing_corpus(corpus)
    asked = Asked.of(simulation)
    if ahead and asked.is_wanted:
        raise UsageError("--plan and --simulate: wanted one of them; the one is of this corpus, the other of any")
    settings = options.settings(corpus, {"convert.workers": workers}).settings
    order = Order("window", corpus, settings, plan=timetable, drop=drop, from_step=from_step, anew=anew)
    state = options.state_of(corpus)
    plan = _checked(order)
    if asked.is_wanted:
        return _simulate(options, order, _shortened(plan, order), asked, state)
    if ahead:
        from app.cli.window_ahead import tell_ahead  # noqa: PLC0415  # numpy and pyarrow

        return tell_ahead(order, state, as_json=options.as_json)
    if wants_console(options):
        return open_console(sys.argv[1:], state, keys=settings.keys)
    return run_headless(order, state, as_json=options.as_json)


def _simulate(options: Globals, order: Order, plan: Plan, asked: Asked, state: Path) -> int:
    """Play a window: for a person in a terminal to watch, else told at its end."""
    simulated = wanted(asked, order.settings, state, order.corpus)
    if wants_console(options):
        return simulate_in_console(plan, simulated, asked.speed, keys=order.settings.keys)
    from app.cli.window_ahead import tell_simulation  # noqa: PLC0415  # numpy: only a simulation draws numbers
    from engine.jobs.window.simulate import simulate  # noqa: PLC0415

    return tell_simulation(plan, simulate(simulated), as_json=options.as_json)


def _checked(order: Order) -> Plan:
    """Read the plan before anything is made: a slip of the hand leaves no run behind.

    Raises:
        UsageError: when there is no such plan or step, or one that may not be dropped is to be.
        ConfigError: when the plan's file is wrong.
    """
    plan = open_plan(order.plan, order.corpus)
    plan.check_drops(order.drop)
    if order.from_step:
        plan.step(order.from_step)
    return plan


def _shortened(plan: Plan, order: Order) -> Plan:
    """Return a plan without the steps that are not to be simulated."""
    names = [step.name for step in plan.steps]
    first = names.index(order.from_step) if order.from_step else 0
    return dataclasses.replace(plan, steps=tuple(step for step in plan.steps[first:] if step.name not in order.drop))


COMMANDS = (window,)
