"""The command palette: every action of the screen in front and of the console, found by its words."""

from __future__ import annotations

from functools import partial

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.markup import escape

from app.console.actions import Action
from app.console.doing import Doing
from engine.errors import printable


class Actions(Provider):
    """Offers what can be done, and says of the rest why it cannot."""

    @property
    def _doing(self) -> Doing | None:
        return self.app if isinstance(self.app, Doing) else None

    async def discover(self) -> Hits:
        """Show everything, in the order of the help, before anything is typed."""
        if self._doing is not None:
            for action in self._doing.all_actions():
                yield DiscoveryHit(_name(action), partial(self._do, action), help=self._told(action))

    async def search(self, query: str) -> Hits:
        """Find actions by a few letters of their words."""
        matcher = self.matcher(query)
        if self._doing is None:
            return
        for action in self._doing.all_actions():
            score = max(matcher.match(_name(action)), matcher.match(action.tells) * 0.9)
            if score > 0:
                told = self._told(action)
                yield Hit(score, matcher.highlight(_name(action)), partial(self._do, action), _name(action), told)

    def _told(self, action: Action) -> str:
        """Say what it does, or why it cannot: refusals hold names and paths, and Textual reads this as markup."""
        why = self._doing.refusal_of(action) if self._doing is not None else ""
        return escape(f"cannot now: {printable(why)}" if why else action.tells)

    async def _do(self, action: Action) -> None:
        if self._doing is not None:
            await self._doing.do(action)


def _name(action: Action) -> str:
    key = f"  ({action.key})" if action.keys else ""
    return Text(f"{action.label}{key}").plain
