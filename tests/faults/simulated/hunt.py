"""Which fault tells a broken protocol from the whole one: the cheapest is looked for first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.simulated.explore import Explorer, Finding, FoundError
from tests.faults.simulated.foreign import Foreign
from tests.faults.simulated.mutate import Mutant, applied
from tests.faults.simulated.shard import Setting, Shard
from tests.faults.simulated.sim_disk import Model
from tests.faults.tally import Tally

_SHARE = 0.02
"""Of the second faults: thousands of them, and a mutant that stands them all has to stand them for all mutants."""


@dataclass(frozen=True, slots=True)
class Kill:
    """How a mutant was found out."""

    by: str
    scenario: str
    faults: int
    """That were tried before."""


def _crashes(explorer: Explorer) -> None:
    explorer.crashes([explorer.fresh])


def _errors(explorer: Explorer) -> None:
    explorer.errors([explorer.fresh])


def _lies(explorer: Explorer) -> None:
    explorer.lies([explorer.fresh])


def _nested_crashes(explorer: Explorer) -> None:
    explorer.crashes(explorer.crashes([explorer.fresh]))


def _nested_errors(explorer: Explorer) -> None:
    explorer.errors(explorer.crashes([explorer.fresh]), share=_SHARE)


def _nested_lies(explorer: Explorer) -> None:
    explorer.lies(explorer.crashes([explorer.fresh]), share=_SHARE)


def _two_lies(explorer: Explorer) -> None:
    """The first takes the record while the original is still there; what else two lies do is a test of its own."""
    lost = ("A=N B=O T=- S=?", "A=N B=O T=- S=-")
    starts = [start for start in explorer.lies([explorer.fresh]) if explorer.judge.state(start[1]) in lost]
    explorer.red_is_an_end = True
    explorer.lies(starts)


_LINKS, _NONE = (Setting(), Model.WEAK), (Setting(links=False), Model.WEAK)
_ORDER = (Setting(), Model.ORDERED)
HUNTS: tuple[tuple[str, Callable[[Explorer], None], tuple[tuple[Setting, Model], ...]], ...] = (
    ("one crash", _crashes, (_ORDER, _LINKS, _NONE)),
    ("one error", _errors, (_LINKS, _NONE)),
    ("one lie", _lies, (_ORDER, _LINKS, _NONE)),
    ("a stranger", Explorer.strangers, (_LINKS, _NONE)),
    ("two crashes", _nested_crashes, (_LINKS, _NONE)),
    ("a crash, then an error", _nested_errors, (_LINKS, _NONE)),
    ("a crash, then a lie", _nested_lies, (_LINKS, _NONE)),
    ("two lies", _two_lies, (_LINKS,)),
)
"""From the cheapest on."""


def hunt(shard: Shard, broken: Mutant, foreign: Foreign | None = None) -> Kill | None:
    """Look for a fault that the broken protocol does not stand; None when there is none."""
    tally = Tally(broken.id)
    with applied(broken):
        for by, look, settings in HUNTS:
            for setting, model in settings:
                explorer = Explorer(shard, setting, model, tally, one_is_enough=True)
                try:
                    look(explorer)
                except FoundError:
                    return _kill(f"{by}, {setting}, {model}", explorer.findings[-1], tally)
        if foreign is not None:
            foreign.go_through(tally)
            if foreign.findings:
                return Kill("foreign files", foreign.findings[0], tally.faults)
    return None


def _kill(by: str, finding: Finding, tally: Tally) -> Kill:
    return Kill(by, str(finding), tally.faults)
