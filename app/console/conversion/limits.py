"""The line that says what limits a run: the processors, the disk, a pause and whose. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.console.conversion.fitting import bar, cut, wide
from app.console.keymap import key_for
from app.console.look import inks
from app.console.pane import Part
from engine.convert.view import RunView
from engine.crew.crew import Snapshot

_LABEL: Final[Part] = ("limit  ", inks.QUIET)
_PAUSED_BY: Final = {"operator": "the operator", "disk": "the disk guard", "fault": "a fault"}
_BAR: Final = 6
_SHARE: Final = re.compile(r"(\d+) %")


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a limit is told."""

    word: str
    ink: str
    has_bar: bool = False
    """Its reason begins with a share."""
    way_out: tuple[str, str, str] | None = None
    """The action that would help, its usual key, and what that does."""


_KINDS: Final = {
    "cpu": _Kind("CPU", inks.ACTIVE, has_bar=True),
    "disk": _Kind("DISK", inks.WARN, has_bar=True),
    "workers": _Kind("WORKERS", inks.ACTIVE, way_out=("run.more", "+", "adds one")),
    "end": _Kind("THE END", inks.GOOD),
}


def limit(view: RunView, now: Snapshot | None, width: int) -> list[Part]:
    """Say in one line what holds a run, or keeps it from being faster; nothing of one that is over."""
    pauses = now.pauses if now is not None else view.pauses if view.summary is None else {}
    if pauses:
        return _paused(pauses, width)
    if now is None:
        return []
    if now.stopping:
        return [_LABEL, ("▲ STOPPING", inks.WARN), (": shards in hand come to a safe point", "")]
    kind = _KINDS.get(now.limit)
    if kind is None:
        return [_LABEL, (now.limit_why or "not known yet", inks.QUIET)]
    head: list[Part] = [_LABEL, (f"{kind.word} ", kind.ink)]
    share = _SHARE.search(now.limit_why) if kind.has_bar else None
    if share is not None:
        head += [(bar(int(share[1]) / 100, _BAR), kind.ink), (" ", "")]
    way_out = ""
    if kind.way_out is not None:
        action, usual, does = kind.way_out
        way_out = f"; {key_for(action, usual)} {does}"
    return [*head, (cut(f"{now.limit_why}{way_out}", max(0, width - wide(head))), "")]


def _paused(pauses: Mapping[str, str], width: int) -> list[Part]:
    """Name whoever holds the run; what a guard says is worth more room than that an operator asked."""
    by = sorted(pauses, key=lambda why: why == "operator")
    who = " and ".join(_PAUSED_BY.get(why, why) for why in by)
    head: list[Part] = [_LABEL, (f"▲ PAUSED by {who}", inks.WARN)]
    detail = "; ".join(pauses[why] for why in by if pauses[why])
    return [*head, (cut(f": {detail}", max(0, width - wide(head))), "")] if detail else head
