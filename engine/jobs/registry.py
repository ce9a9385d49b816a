"""What gonogo can do: each job by its name, whether it changes the corpus, and which gate stands before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.config import Settings
from engine.convert.cleaning import Cleaning
from engine.convert.conversion import Conversion
from engine.convert.inventory import Inventory
from engine.convert.recovering import Recovering
from engine.convert.standing import standing
from engine.convert.sweeping import Sweeping
from engine.convert.validating import Validating
from engine.dataset.manifesting import Manifesting
from engine.errors import UsageError
from engine.jobs.artifacts import ARTIFACTS
from engine.run.desk import Desk, Job


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done."""

    job: str
    corpus: Path
    settings: Settings
    dry_run: int | None = None
    """For ``convert`` and ``sweep``: so many shards in scratch, none changed."""
    counts: tuple[int, ...] = ()
    """For ``sweep``: the numbers of workers to measure; none leaves the choice to it."""
    act: bool = True
    """For ``recover`` and ``clean``: False only says what would be done."""
    full: bool = False
    """For ``validate``: read every byte of the converted tars. For ``inventory``: every header in every tar."""
    plan: str = "window-8h"
    """For ``window``: whose timetable it follows."""
    drop: tuple[str, ...] = ()
    """For ``window``: steps to leave out."""
    from_step: str = ""
    """For ``window``: begin with this one, whatever was done before."""
    anew: bool = False
    """For ``window``: begin a new one, with a clock of its own, also where the last one did not reach its end."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """One thing that gonogo can do."""

    make: Callable[[Order, Desk], Job]
    changes_corpus: Callable[[Order], bool]
    """Such a job holds the corpus: there is one at a time."""
    gate: str | None = None


def _window(order: Order, desk: Desk) -> Job:
    from engine.jobs.window.running import Window  # noqa: PLC0415  # it starts the jobs of this very table

    return Window(order, desk)


JOBS: dict[str, JobKind] = {
    "convert": JobKind(
        make=lambda order, desk: Conversion(order.corpus, order.settings, desk, dry_run=order.dry_run),
        changes_corpus=lambda order: order.dry_run is None,
        gate="convert.start",
    ),
    "inventory": JobKind(
        make=lambda order, desk: Inventory(order.corpus, order.settings, desk, full=order.full),
        changes_corpus=lambda _: False,
    ),
    "recover": JobKind(
        make=lambda order, desk: Recovering(order.corpus, order.settings, desk, act=order.act),
        changes_corpus=lambda order: order.act,
    ),
    "validate": JobKind(
        make=lambda order, desk: Validating(order.corpus, order.settings, desk, full=order.full),
        changes_corpus=lambda _: False,
    ),
    "clean": JobKind(
        make=lambda order, desk: Cleaning(order.corpus, order.settings, desk, act=order.act),
        changes_corpus=lambda order: order.act,
        gate="clean.start",
    ),
    "sweep": JobKind(
        make=lambda order, desk: Sweeping(
            order.corpus, order.settings, desk, shards=order.dry_run, counts=order.counts
        ),
        # It changes nothing, but a conversion beside it would spoil the figures of the one and the pace of the other.
        changes_corpus=lambda _: True,
    ),
    "window": JobKind(make=_window, changes_corpus=lambda _: True),
    "manifest": JobKind(
        make=lambda order, desk: Manifesting(order.corpus, order.settings, desk, standing),
        changes_corpus=lambda _: True,
    ),
    # They change no shard, but there is one of each artifact, and it is of a corpus that nobody changes meanwhile.
    **{name: JobKind(make=make, changes_corpus=lambda _: True) for name, make in ARTIFACTS.items()},
}


def job_kind(name: str) -> JobKind:
    """Return a job by its name.

    Raises:
        UsageError: when there is none.
    """
    if name not in JOBS:
        raise UsageError(f"{name!r} is no job; there are {', '.join(JOBS)}")
    return JOBS[name]
