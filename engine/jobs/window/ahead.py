"""The timetable before anything starts: of a corpus, from what is known of it; of given numbers, for an example."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.jobs.registry import Order
from engine.jobs.window.course import course, left_out
from engine.jobs.window.earlier import find_earlier
from engine.jobs.window.events import Expected, StepsExpected, WindowPlanned
from engine.jobs.window.forecast import CONVERT, expect, notes_of
from engine.jobs.window.known import read_known
from engine.jobs.window.plan import Plan
from engine.jobs.window.reading import open_plan
from engine.jobs.window.shape import Timetable
from engine.jobs.window.timetable import timetable
from engine.jobs.window.view import WindowView
from engine.run.log import rfc3339
from engine.units import counted, show_bytes


@dataclass(frozen=True, slots=True)
class Corpus:
    """The numbers of an example; those of the runbook where nobody says otherwise."""

    shards: int = 3551
    shard_bytes: float = 3.3e9
    workers: int = 32
    worker_bytes_per_s: float = 33.9e6
    """What one worker reads: 3,551 shards of 3.3 GB take 32 of them 3 hours at this, as the runbook estimates."""

    @property
    def bytes_to_do(self) -> float:
        """Of all shards."""
        return self.shards * self.shard_bytes

    @property
    def seconds(self) -> float:
        """What their conversion takes, where nothing but the workers is the limit."""
        return self.bytes_to_do / (self.workers * self.worker_bytes_per_s)

    def __str__(self) -> str:
        """Say what it is, in words."""
        rate = f"{counted(self.workers, 'worker')} at {show_bytes(self.worker_bytes_per_s)}/s each"
        return f"{counted(self.shards, 'shard')} of {show_bytes(self.shard_bytes)}, {rate}"


def plan_ahead(order: Order, state: Path, now: datetime) -> Timetable:
    """Tell how a window would go if it began now; starts nothing and writes nothing. Blocking.

    Args:
        order: as for the window itself: its plan, what is dropped, where it begins, whether it begins anew.
        state: the corpus's state folder; what its newest inventory and sweep say is used, and told of in the notes.
        now: when it would begin.

    Raises:
        UsageError: when there is no such plan or step, or one that may not be dropped is to be.
        ConfigError: when the plan's file is wrong.
    """
    now = datetime.fromisoformat(rfc3339(now))  # logs tell milliseconds
    plan = open_plan(order.plan, order.corpus)
    earlier = None if order.anew else find_earlier(state, plan.id)
    lots = course(plan, earlier.view if earlier else None, order.drop, order.from_step)
    known = read_known(state)
    asked = order.settings.convert.workers
    planned = plan.told(rfc3339(now))
    notes: tuple[str, ...] = ()
    if earlier is not None and earlier.view.planned is not None:
        planned = plan.told(earlier.view.planned.began, earlier.run)
        notes = (f"goes on after {earlier.run}, whose clock began {planned.began}",)
    view = _begun(planned, expected := expect(planned.steps, known, asked if isinstance(asked, int) else None))
    for lot in lots:
        if (told := left_out(lot, order.from_step)) is not None:
            view.apply(planned.began, told)
    to_do = [one for one in expected if one.step in view.pending]
    return _table(view, now, (*notes, *notes_of(known, to_do)))


def example(plan: Plan, corpus: Corpus, now: datetime) -> Timetable:
    """Tell how a window over a corpus of given numbers would go."""
    told = Expected(CONVERT, corpus.seconds, str(corpus), is_assumed=False)
    return table_of(plan, told, now, (f"an example: {corpus}",))


def table_of(plan: Plan, conversion: Expected, now: datetime, notes: tuple[str, ...]) -> Timetable:
    """Return the timetable of a window whose conversion takes so long; the other steps take their budgets."""
    now = datetime.fromisoformat(rfc3339(now))
    planned = plan.told(rfc3339(now))
    expected = tuple(
        Expected(step.name, conversion.seconds, conversion.rests_on, conversion.is_assumed)
        if step.job == CONVERT
        else Expected(step.name, step.budget_s, "the plan's budget")
        for step in planned.steps
    )
    return _table(_begun(planned, expected), now, notes)


def _begun(planned: WindowPlanned, expected: tuple[Expected, ...]) -> WindowView:
    view = WindowView()
    view.apply(planned.began, planned)
    view.apply(planned.began, StepsExpected(steps=expected))
    return view


def _table(view: WindowView, now: datetime, notes: tuple[str, ...]) -> Timetable:
    table = timetable(view, now, notes=notes)
    assert table is not None
    return table
