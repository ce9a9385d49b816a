"""A window at this moment: the snapshot of the step under way, with the window's name on it."""

from __future__ import annotations

import msgspec

from engine.crew.crew import Snapshot
from engine.jobs.window.shape import Progress

_IN_STEPS = 1
"""A job that counts no bytes has one piece of work to do, which is done or not: no pace."""


class WindowSnapshot(Snapshot, frozen=True, kw_only=True):
    """What a console asks a window for; whoever knows only :class:`Snapshot` sees the step under way."""

    step: str = ""
    """The step under way; "" between steps."""
    step_run: str = ""
    """Its own run, whose log and socket tell more."""

    @property
    def progress(self) -> Progress | None:
        """What the timetable takes; None where there is no pace to go by."""
        if not self.step or self.bytes_to_do <= _IN_STEPS or not self.bytes_done:
            return None
        return Progress(self.step, self.at_work_s, self.bytes_done, self.bytes_to_do)


def between_steps(run: str, seconds: float, *, paused: bool, stopping: bool) -> WindowSnapshot:
    """Return the snapshot of a window whose next step has not begun."""
    return WindowSnapshot(
        run=run,
        job="window",
        elapsed_s=seconds,
        workers_wanted=0,
        workers=(),
        pauses={"operator": "asked for"} if paused else {},
        stopping=stopping,
        settled=0,
        to_do=0,
        bytes_done=0,
        bytes_to_do=0,
    )


def of_step(run: str, step: str, step_run: str, told: bytes) -> WindowSnapshot:
    """Put the window's name on a step's own snapshot.

    Raises:
        msgspec.DecodeError: when it is none.
    """
    inner = msgspec.json.decode(told, type=WindowSnapshot)
    return msgspec.structs.replace(inner, run=run, job="window", step=step, step_run=step_run)
