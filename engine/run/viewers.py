"""Who watches a run, and who of them has control: one viewer at a time may give it orders, the others are told who.

A viewer is whoever said hello, over one connection or several that name the same viewer; it is gone with the last of
them. The first that may give orders has control. Control that was let go belongs to nobody: whoever gives an order or
takes it has it from then on, and the viewer that had it last has it back when it returns (an engine that was stopped
and continued finds every connection new). A viewer that said it is read-only stays so, and never has control. Whoever
did not say hello, as a script does not, is no viewer: it is nobody's business here.

The runs of a window's steps are served by the window's engine and share its viewers: who has control of a window has
control of its steps, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from engine.errors import GonogoError, printable
from engine.run.log import rfc3339, utc_now
from engine.run.wire import encode

_SHOWN_CHARACTERS = 80
"""Of a viewer's name: a name is for a line of a screen."""


class ControlError(GonogoError):
    """Raised when a viewer gives an order, or wants control, that is not its to give or have."""


class ViewerNow(msgspec.Struct, frozen=True, kw_only=True):
    """One viewer of a run at this moment."""

    who: str
    """As it named itself: ``anna@gpu-3 pts/3``."""
    since: str
    """RFC 3339, UTC: its hello."""
    read_only: bool
    controls: bool
    you: bool
    """It is the one that is told."""


class Viewing(msgspec.Struct, frozen=True, kw_only=True):
    """What a viewer is told of itself and the others."""

    has_control: bool
    """The one that is told has control."""
    read_only: bool
    """The one that is told may only look."""
    controller: str
    """Who has control; "" where it is free."""
    control_since: str
    """RFC 3339, UTC; "" where it is free."""
    viewers: tuple[ViewerNow, ...]
    """In the order in which they came."""


@dataclass(eq=False, slots=True)
class _Viewer:
    name: str
    who: str
    since: str
    read_only: bool
    connections: int = 0


class Viewers:
    """The viewers of one engine's runs. A connection is any number that is never used for two.

    Args:
        now: the wall clock.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._there: dict[str, _Viewer] = {}
        self._on: dict[int, _Viewer] = {}
        self._controller: _Viewer | None = None
        self._control_since: datetime | None = None
        self._had_it_last: str | None = None
        self._told: dict[str | None, bytes] = {}
        """What each viewer is told, encoded, until something changes: it is asked four times a second."""

    def greet(self, connection: int, who: str, name: str = "", *, read_only: bool = False) -> None:
        """Take a connection's hello; only its first names anybody, and no later one takes ``read_only`` back.

        Args:
            connection: which.
            who: the viewer, for people.
            name: the viewer, for us: connections of one name are one viewer; "" makes one of this connection alone.
            read_only: whether it only wants to look.
        """
        viewer = self._on.get(connection)
        if viewer is None:
            name = name or f"connection {connection}"
            shown = printable(who)[:_SHOWN_CHARACTERS] or "a viewer without a name"
            viewer = self._there.setdefault(name, _Viewer(name, shown, rfc3339(self._now()), read_only))
            viewer.connections += 1
            self._on[connection] = viewer
        viewer.read_only = viewer.read_only or read_only
        if viewer.read_only and self._controller is viewer:
            self._give_to(None)
        elif not viewer.read_only and self._controller is None and self._had_it_last in (None, viewer.name):
            self._give_to(viewer)
        self._told.clear()

    def part(self, connection: int) -> None:
        """Learn that a connection is closed; control that its viewer had is free."""
        viewer = self._on.pop(connection, None)
        if viewer is None:
            return
        viewer.connections -= 1
        if not viewer.connections:
            del self._there[viewer.name]
            if self._controller is viewer:
                self._give_to(None)
        self._told.clear()

    def take(self, connection: int) -> None:
        """Give control to a connection's viewer, whoever has it.

        Raises:
            ControlError: when it said no hello, or only wants to look.
        """
        viewer = self._on.get(connection)
        if viewer is None:
            raise ControlError("nobody said hello here, so there is nobody to have control: say hello first")
        if viewer.read_only:
            raise ControlError("you watch read-only and cannot take control; open another console without --read-only")
        if self._controller is not viewer:
            self._give_to(viewer)

    def admit_order(self, connection: int) -> None:
        """Let an order through that came over this connection; one given while control is free takes it.

        Raises:
            ControlError: when its viewer only wants to look, or another has control.
        """
        viewer = self._on.get(connection)
        if viewer is None or viewer is self._controller:
            return
        if viewer.read_only:
            raise ControlError("you watch read-only and give no orders; open another console without --read-only")
        if self._controller is not None:
            assert self._control_since is not None
            since = self._control_since.astimezone()
            raise ControlError(f"{self._controller.who} has control since {since:%H:%M}; take it first")
        self._give_to(viewer)

    def viewing(self, connection: int) -> Viewing:
        """Return what a connection is told; one that said no hello is told of the others."""
        own = self._on.get(connection)
        since = self._control_since
        return Viewing(
            has_control=own is not None and own is self._controller,
            read_only=own is not None and own.read_only,
            controller="" if self._controller is None else self._controller.who,
            control_since="" if since is None else rfc3339(since),
            viewers=tuple(
                ViewerNow(
                    who=viewer.who,
                    since=viewer.since,
                    read_only=viewer.read_only,
                    controls=viewer is self._controller,
                    you=viewer is own,
                )
                for viewer in self._there.values()
            ),
        )

    def told(self, connection: int) -> bytes:
        """Return :meth:`viewing`, encoded."""
        own = self._on.get(connection)
        name = None if own is None else own.name
        if name not in self._told:
            self._told[name] = encode(self.viewing(connection))
        return self._told[name]

    def knows(self, connection: int) -> bool:
        """Tell whether a connection said hello."""
        return connection in self._on

    def _give_to(self, viewer: _Viewer | None) -> None:
        self._controller = viewer
        self._control_since = None if viewer is None else self._now()
        if viewer is not None:
            self._had_it_last = viewer.name
        self._told.clear()
