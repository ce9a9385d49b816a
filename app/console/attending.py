"""What every console that watches a run has: a seat among its viewers, and the orders that it may give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from app.snapshots import read_snapshot
from engine.crew.crew import Snapshot
from engine.errors import GonogoError
from engine.run.attending import Attendance
from engine.run.control import Request
from engine.run.folder import RunFolder
from engine.run.read_only import is_read_only
from engine.run.viewers import ViewerNow, Viewing

S = TypeVar("S", bound=Snapshot)


@dataclass(slots=True)
class Attending:
    """A viewer of one run. Who watches and who has control is known as of the last look."""

    folder: RunFolder
    read_only: bool = field(default_factory=is_read_only, kw_only=True)
    """This viewer gives no orders, and the engine sees to it."""
    _attendance: Attendance = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._attendance = Attendance(self.folder.run_id, read_only=self.read_only)

    @property
    def viewing(self) -> Viewing | None:
        """What the engine tells of its viewers; None while it does not answer, and of one that knows none."""
        return self._attendance.viewing

    @property
    def viewers(self) -> tuple[ViewerNow, ...]:
        """Everybody who watches, ourselves included; nobody while the engine does not answer."""
        return () if self.viewing is None else self.viewing.viewers

    @property
    def has_control(self) -> bool:
        """Whether it is we who have control."""
        return self.viewing is not None and self.viewing.has_control

    @property
    def controller(self) -> str:
        """Who has control; "" where nobody has: the first order takes it."""
        return "" if self.viewing is None else self.viewing.controller

    @property
    def control_since(self) -> str:
        """Since when, RFC 3339 in UTC; "" where nobody has it."""
        return "" if self.viewing is None else self.viewing.control_since

    def tell(self, request: Request) -> str:
        """Ask the engine for something; return why it refused, or nothing."""
        try:
            self._attendance.tell(request)
        except GonogoError as error:
            return str(error)
        return ""

    def take(self) -> str:
        """Take control, whoever has it; return why the engine refused, or nothing."""
        try:
            self._attendance.take()
        except GonogoError as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Watch no more: control that we had is free, unless we watch a window or a step of this run elsewhere."""
        self._attendance.close()

    def _ask(self, kind: type[S], *, alive: bool) -> S | None:
        """Return the newest snapshot; None where nobody answers, or not in words that are understood."""
        if not alive:
            self._attendance.hang_up()
            return None
        told = self._attendance.snapshot()
        return None if told is None else read_snapshot(told, kind)
