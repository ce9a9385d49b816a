"""Screens of what is under way: the orders that go to its engine, who may give them, and taking control."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar, Final, Protocol

from textual import work

from app.console.actions import Action
from app.console.frame import Frame
from app.console.keymap import key_for
from app.console.look import inks
from app.console.modals import Confirm
from app.console.tabs import Marks
from engine.errors import printable
from engine.run.control import Request
from engine.run.viewers import Viewing
from engine.units import counted

_ORDERS: Final = frozenset({"pause", "workers", "auto", "stop"})
_NO_ENGINE: Final = "the engine does not answer yet"


class Moment(Protocol):
    """What an engine tells of this moment, as far as orders need it."""

    @property
    def pauses(self) -> dict[str, str]:
        """Why nothing is handed out."""

    @property
    def workers_wanted(self) -> int:
        """How many workers there are to be."""


class Steerable(Protocol):
    """What can be told something: a run, a window, or one that is played."""

    @property
    def alive(self) -> bool:
        """Whether there is an engine."""

    @property
    def snapshot(self) -> Moment | None:
        """Its newest snapshot."""

    @property
    def viewing(self) -> Viewing | None:
        """Who watches, and who has control; None where nobody tells."""

    def tell(self, request: Request) -> str:
        """Ask for something; return why it was refused, or nothing."""

    def take(self) -> str:
        """Take control; return why that was refused, or nothing."""


def orders(room: str, *, crowded: bool = False) -> tuple[Action, ...]:
    """Return the keys that give orders.

    Args:
        room: whose; the beginning of their names.
        crowded: the footer has no room for those that change the number of workers.
    """

    def order(name: str, keys: str, does: str, label: str, tells: str, *, footer: bool = True) -> Action:
        shown = {"more": "+", "fewer": "-"}.get(name, keys)
        return Action(f"{room}.{name}", keys, does, label, tells, shown, footer=footer, changes=True)

    return (
        order("pause", "p", "pause", "Pause", "Hand out no more work, or go on"),
        order("more", "plus,equals_sign", "workers(1)", "Worker", "A worker more", footer=not crowded),
        order("fewer", "minus", "workers(-1)", "Worker", "A worker fewer", footer=not crowded),
        order("auto", "w", "auto", "Auto", "Let the run choose its number of workers itself", footer=not crowded),
        order("stop", "s", "stop", "Stop", "End it at its next safe point; asks first"),
        order("take", "T", "take", "Take control", "Take control from whoever has it; asks first", footer=False),
    )


class Steered(Frame):
    """A screen of something that runs."""

    ENDED: ClassVar[str] = "the run has ended; the command that started it goes on from there"

    @property
    @abstractmethod
    def steered(self) -> Steerable:
        """What its orders go to."""

    @abstractmethod
    def stop_question(self) -> str:
        """Name what a stop would end."""

    def marks(self) -> Marks:
        """Say who has control, where more than one watches."""
        marks = super().marks()
        viewing = self.steered.viewing
        if viewing is None or marks.right:
            return marks
        if viewing.has_control or not viewing.controller:
            others = len(viewing.viewers) - 1
            told = f"{counted(others, 'other')} {'watches' if others == 1 else 'watch'}"
            return Marks(told, inks.PLAIN) if others > 0 else marks
        return Marks(f"WATCHING: {self._take_key} takes control", inks.WARN)

    def alarm(self) -> str:
        """Ring when it ends, too."""
        return super().alarm() if self.steered.alive else f"{super().alarm()} ended"

    def why_not(self, action: str) -> str:
        """Say why an order would be refused."""
        if action == "take":
            return self._why_not_take()
        if action not in _ORDERS:
            return ""
        if not self.steered.alive:
            return self.ENDED
        viewing = self.steered.viewing
        if viewing is not None and viewing.controller and not viewing.has_control:
            return f"{viewing.controller} has control since {_clock(viewing.control_since)}; {self._take_key} takes it"
        return ""

    @property
    def _take_key(self) -> str:
        return next(key_for(each.id, each.key) for each in self.ACTIONS if each.name == "take")

    def _why_not_take(self) -> str:
        viewing = self.steered.viewing
        if not self.steered.alive:
            return self.ENDED
        if viewing is None:
            return _NO_ENGINE
        return "you have control" if viewing.has_control else ""

    def action_pause(self) -> None:
        """Pause, or take the operator's pause back."""
        now = self.steered.snapshot
        held = now is not None and "operator" in now.pauses
        self._order(Request("resume" if held else "pause"))

    def action_workers(self, more: int) -> None:
        """Ask for more or fewer workers."""
        now = self.steered.snapshot
        if now is not None:
            self._order(Request("workers", count=max(1, now.workers_wanted + more)))

    def action_auto(self) -> None:
        """Leave the number of workers to the run."""
        self._order(Request("workers", auto=True))

    def action_stop(self) -> None:
        """Ask before ending it."""
        self.app.push_screen(Confirm(self.stop_question()), self._stop_if)

    def _stop_if(self, yes: bool | None) -> None:
        if yes and not self.steered.alive:
            self.tell("it has ended meanwhile: there is nothing to stop")
        elif yes:
            self._order(Request("stop"))

    def action_take(self) -> None:
        """Ask before taking control from somebody; what nobody has is just taken."""
        viewing = self.steered.viewing
        if viewing is None or not viewing.controller:
            self._take()
            return
        since = f"They have it since {_clock(viewing.control_since)}, and see that you took it."
        self.app.push_screen(Confirm(f"Take control from {printable(viewing.controller)}?\n\n{since}"), self._take_if)

    def _take_if(self, yes: bool | None) -> None:  # Textual passes it by position
        if yes:
            self._take()

    @work(thread=True, group="tell")
    def _take(self) -> None:
        self._answered(self.steered.take())

    @work(thread=True, group="tell")
    def _order(self, request: Request) -> None:
        self._answered(self.steered.tell(request))

    def _answered(self, refused: str) -> None:
        if refused:
            self.app.call_from_thread(self.tell, refused, "error")
        self.app.call_from_thread(self.look_again)


def _clock(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone():%H:%M}" if moment else "just now"
