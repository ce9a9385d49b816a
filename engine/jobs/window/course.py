"""What becomes of each step of a window that begins, or goes on after one that was cut off. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from engine.jobs.window.events import StepKept, StepLeftOut, StepState
from engine.jobs.window.plan import Plan, Step
from engine.jobs.window.view import Track, WindowView
from engine.run.outcome import Outcome


class Fate(Enum):
    """What becomes of a step."""

    RUN = auto()
    KEEP = auto()
    """An earlier run of this window did it."""
    DROP = auto()
    SKIP = auto()
    """The window was asked to begin behind it, and nobody has done it."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A step, and what becomes of it."""

    step: Step
    fate: Fate
    before: Track | None = None
    """How an earlier run did it, where it is kept."""


def course(
    plan: Plan, earlier: WindowView | None = None, drop: tuple[str, ...] = (), from_step: str = ""
) -> tuple[Lot, ...]:
    """Decide what becomes of each step.

    Args:
        plan: the window's.
        earlier: the window that this one goes on after, folded; None where it begins.
        drop: steps to leave out, each one that the plan lets go.
        from_step: begin with it, whatever was done before; "" for what is to be done first.

    Raises:
        UsageError: when a step is named that there is not, or that may not be dropped.
    """
    plan.check_drops(drop)
    first = plan.steps.index(plan.step(from_step)) if from_step else None
    return tuple(_lot(step, index, first, earlier, step.name in drop) for index, step in enumerate(plan.steps))


def _lot(step: Step, index: int, first: int | None, earlier: WindowView | None, is_dropped: bool) -> Lot:
    before = _done(step, earlier)
    if is_dropped:
        return Lot(step, Fate.DROP)
    if first is not None and index >= first:
        return Lot(step, Fate.RUN)
    if before is not None:
        return Lot(step, Fate.KEEP, before)
    return Lot(step, Fate.RUN if first is None and not _was_skipped(step, earlier) else Fate.SKIP)


def _was_skipped(step: Step, earlier: WindowView | None) -> bool:
    """Tell whether the window that goes on was asked to begin behind a step."""
    track = earlier.tracks.get(step.name) if earlier is not None else None
    return track is not None and track.state is StepState.SKIPPED


def _done(step: Step, earlier: WindowView | None) -> Track | None:
    """Return how an earlier window did a step; None where it did not, or where that was another job."""
    if earlier is None or earlier.planned is None:
        return None
    same = any(one.name == step.name and one.job == step.job for one in earlier.planned.steps)
    track = earlier.tracks.get(step.name)
    return track if same and track is not None and track.state is StepState.DONE else None


def _begun_behind(from_step: str) -> str:
    return f"the window was asked to begin with {from_step}" if from_step else "the window was asked to begin behind it"


def left_out(lot: Lot, from_step: str = "") -> StepKept | StepLeftOut | None:
    """Return how a window's log tells of a step that is not done in this run; None for one that is."""
    name, kept = lot.step.name, lot.before
    match lot.fate:
        case Fate.DROP:
            return StepLeftOut(step=name, how="dropped", told=lot.step.drop)
        case Fate.SKIP:
            return StepLeftOut(step=name, how="skipped", told=_begun_behind(from_step))
        case Fate.KEEP if kept is not None:
            outcome = kept.outcome or Outcome.OK
            return StepKept(step=name, step_run=kept.run, outcome=outcome, started=kept.started, ended=kept.ended)
    return None
