"""How each checklist of a corpus stands, by its ledger: this loads all of what checklists are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.home.files import Stamp, stamp
from app.home.values import NO_SUCH_LIST, ListSeen, Place
from engine.checklist.around import Around
from engine.checklist.finding import OWN_FOLDER, Found, find_lists
from engine.checklist.item_standing import SETTLED, ItemStanding, ItemState
from engine.checklist.ledger.entries import OfList
from engine.checklist.ledger.store import FILE_NAME, Ledger
from engine.checklist.reading import load_checklist
from engine.checklist.shipped import shipped_folder
from engine.checklist.standing import Standing
from engine.checklist.walk import Walk, signers_of
from engine.errors import GonogoError
from engine.host.threads import worker_environment

_PERSONS: Final = (ItemState.OPEN, ItemState.STALE, ItemState.FAIL)


class ListLook:
    """Looks at the lists of one place, again and again."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._walks: dict[tuple[str, Stamp], Walk] = {}

    def files(self) -> tuple[Path, ...]:
        """Name what a change of is a change of how they stand."""
        place = self._place
        found = find_lists(place.corpus)
        files = [place.state / FILE_NAME, shipped_folder(), *(each.path for each in found.values())]
        if place.corpus is not None:
            signers = signers_of(place.settings, place.corpus)
            files += [place.corpus / OWN_FOLDER, signers.path, signers.revoked]
        return tuple(files)

    def look(self) -> tuple[ListSeen, ...]:
        """Return how they stand, those first that something rests on."""
        found = find_lists(self._place.corpus)
        bound = gates_of(self._place.settings.gates)
        begun = self._begun()
        counts = {each.id for each in found.values() if each.is_own or each.id in bound or each.id in begun}
        if begun and not counts:
            counts = set(sorted(found)[:1])  # a list of some kind has to say what is wrong with the ledger
        seen = [
            self._seen(each, bound.get(each.id, ())) if each.id in counts else _not_begun(each)
            for each in found.values()
        ]
        missing = [
            _unreadable(name, gates, is_own=False, why=NO_SUCH_LIST)
            for name, gates in bound.items()
            if name not in found
        ]
        return tuple(sorted((*seen, *missing), key=_order))

    def _begun(self) -> set[str]:
        """Name the lists that the ledger has entries of: of the others there is nothing to be told or verified."""
        place = self._place
        try:
            lines = Ledger(place.state, place.corpus or Path.cwd(), "").read()
        except (GonogoError, OSError):
            return {""}
        return {line.entry.list if isinstance(line.entry, OfList) else "" for line in lines}

    def _seen(self, found: Found, gates: tuple[str, ...]) -> ListSeen:
        try:
            return seen_of(self._walk(found).look(), gates, is_own=found.is_own)
        except (GonogoError, OSError) as error:
            return _unreadable(found.id, gates, is_own=found.is_own, why=str(error))

    def _walk(self, found: Found) -> Walk:
        """Keep one walk for each list: it knows the signatures that it has verified."""
        place = self._place
        key = (found.id, stamp(found.path))
        if key not in self._walks:
            corpus = place.corpus or Path.cwd()
            around = Around(corpus, place.state, place.settings, os.environ, worker_environment(os.environ))
            walk = Walk(load_checklist(found.path), around)
            self._walks = {known: one for known, one in self._walks.items() if known[0] != found.id} | {key: walk}
        return self._walks[key]


def gates_of(bound: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Turn gates with their lists into lists with their gates.

    >>> gates_of({"convert.start": "mine", "train.start": "mine"})
    {'mine': ('convert.start', 'train.start')}
    """
    gates: dict[str, tuple[str, ...]] = {}
    for gate, name in bound.items():
        gates[name] = (*gates.get(name, ()), gate)
    return gates


def seen_of(standing: Standing, gates: tuple[str, ...], *, is_own: bool) -> ListSeen:
    """Put a list's standing into what is shown of it."""
    missing = standing.missing
    return ListSeen(
        id=standing.checklist.id,
        title=standing.checklist.title,
        gates=gates,
        is_own=is_own,
        is_go=standing.is_go,
        is_red=standing.is_red,
        why=standing.why,
        is_begun=any(each.lines for each in standing.items),
        to_answer=sum(map(_waits_for_a_person, missing)),
        to_sign=sum(each.state is ItemState.UNSIGNED for each in missing),
        overridden=len(standing.overrides),
        is_broken=bool(standing.problems),
    )


def _waits_for_a_person(each: ItemStanding) -> bool:
    return each.item.asks_person and each.state in _PERSONS and each.state not in SETTLED


def _not_begun(found: Found) -> ListSeen:
    return ListSeen(
        id=found.id, title="", gates=(), is_own=False, is_go=False, is_red=False, why="not begun", is_begun=False
    )


def _unreadable(name: str, gates: tuple[str, ...], *, is_own: bool, why: str) -> ListSeen:
    return ListSeen(
        id=name,
        title="",
        gates=gates,
        is_own=is_own,
        is_go=False,
        is_red=bool(gates),
        why=f"cannot be read: {why}",
        problem=why,
    )


def _order(seen: ListSeen) -> tuple[bool, bool, bool, str]:
    return not seen.is_bound, not seen.is_begun, not seen.is_own, seen.id
