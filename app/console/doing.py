"""What the palette, the help and tests ask of the console: which actions there are, and to do one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from app.console.actions import Action


@runtime_checkable
class Doing(Protocol):
    """A console that can be told to do things."""

    def all_actions(self) -> tuple[Action, ...]:
        """Return the actions of the pane in focus, of its screen, and of the console."""

    def refusal_of(self, action: Action) -> str:
        """Say why one can do nothing now; "" where it can."""

    async def do(self, action: Action) -> None:
        """Do one, as its key would."""
