"""The reds of a corpus's checklists, as far as its ledger tells: what a gate would be shut by at the next start."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from app.alerts import Concern, milliseconds
from engine.checklist.around import Around
from engine.checklist.finding import find_lists
from engine.checklist.item_standing import ItemState
from engine.checklist.ledger.entries import OfList
from engine.checklist.ledger.lines import read_lines
from engine.checklist.ledger.store import FILE_NAME
from engine.checklist.reading import load_checklist
from engine.checklist.standing import Standing
from engine.checklist.walk import Walk
from engine.config import Settings
from engine.convert.view import Level
from engine.errors import GonogoError
from engine.host.threads import worker_environment
from engine.units import counted

_AGAIN_S: Final = 60.0
"""Answers grow stale, and what they rest on changes, without a line in the ledger; telling that may start git."""


def red_items(standing: Standing, gates: tuple[str, ...], corpus: str) -> Iterator[Concern]:
    """Tell of one list what is red in it; what is only open is no alert."""
    name = standing.checklist.id
    command = f"gonogo checklist run {name} --corpus {shlex.quote(corpus)}"
    where = f"checklist {name}" + (f", gate {', '.join(gates)}" if gates else "")
    if standing.problems:
        told = f"the ledger cannot be believed: {standing.problems[0]}"
        yield Concern(
            key=f"checklist/{name}/ledger",
            level=Level.RED,
            since="",
            newest="",
            where=where,
            what=told,
            advice="nobody's signature counts until this is cleared up",
            command=f"gonogo checklist verify --corpus {shlex.quote(corpus)}",
            kind="checklist",
            ref=name,
            details=standing.problems,
        )
        return
    red = [each for each in standing.missing if each.state in {ItemState.FAIL, ItemState.ERROR}]
    if not red:
        return
    entries = [entry for each in red for entry in (each.checked, each.answered) if entry is not None]
    times = sorted((entry.time for entry in entries), key=milliseconds)
    yield Concern(
        key=f"checklist/{name}/red/{','.join(each.item.id for each in red)}",
        level=Level.RED,
        since=times[0] if times else "",
        newest=times[-1] if times else "",
        where=where,
        what=f"{counted(len(red), 'item')} red: {', '.join(each.item.id for each in red)}",
        advice="see to what is red and ask again, or waive it with a reason",
        command=command,
        kind="checklist",
        ref=name,
        count=len(red),
        details=tuple(f"{each.item.id}: {each.state}: {each.why or each.item.ask}" for each in red),
        mark=0,
    )


class ChecklistLooks:
    """The lists of one corpus; what the ledger tells of them is asked again when it has changed, and now and then.

    Args:
        corpus: its folder.
        state: STATE.
        settings: as resolved.
    """

    def __init__(self, corpus: Path, state: Path, settings: Settings) -> None:
        self._corpus, self._settings = corpus, settings
        self._around = Around(corpus, state, settings, os.environ, worker_environment(os.environ))
        self._ledger = state / FILE_NAME
        self._stamp: tuple[int, int] | None = None
        self._due_s = 0.0
        self._concerns: tuple[Concern, ...] = ()
        self._walks: dict[str, Walk] = {}

    def look(self) -> tuple[Concern, ...]:
        """Return the reds; reads files, and may start ssh-keygen and git."""
        stamp = self._stamped()
        if stamp is None:  # nobody ever answered anything
            return ()
        now_s = time.monotonic()
        if stamp != self._stamp or now_s >= self._due_s:
            self._stamp, self._due_s = stamp, now_s + _AGAIN_S
            self._concerns = tuple(self._ask())
        return self._concerns

    def _stamped(self) -> tuple[int, int] | None:
        try:
            found = self._ledger.stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns

    def _ask(self) -> Iterator[Concern]:
        bound: Mapping[str, str] = self._settings.gates
        lists = find_lists(self._corpus)
        try:
            named = self._named()
        except (GonogoError, OSError) as error:
            yield _unreadable(str(error), str(self._corpus))
            return
        for name in sorted(named | set(bound.values())):
            if name not in lists:
                continue
            gates = tuple(gate for gate, checklist in bound.items() if checklist == name)
            try:
                walk = self._walks[name] = self._walk(name, lists[name].path)
                yield from red_items(walk.look(), gates, str(self._corpus))
            except GonogoError as error:
                yield _unreadable(str(error), str(self._corpus), name)

    def _walk(self, name: str, path: Path) -> Walk:
        """Keep a walk while its list is the same: it remembers which signatures it has verified."""
        checklist = load_checklist(path)
        before = self._walks.get(name)
        return before if before is not None and before.checklist == checklist else Walk(checklist, self._around)

    def _named(self) -> set[str]:
        """Return the lists that the ledger has entries of."""
        lines = read_lines(self._ledger.read_bytes())
        return {line.entry.list for line in lines if isinstance(line.entry, OfList)}


def _unreadable(told: str, corpus: str, name: str = "") -> Concern:
    return Concern(
        key=f"checklist/{name}/unreadable",
        level=Level.UNKNOWN,
        since="",
        newest="",
        where=f"checklist {name}".strip(),
        what=told,
        advice="a list that cannot be read keeps its gate shut",
        command=f"gonogo checklist validate {name} --corpus {shlex.quote(corpus)}".replace("  ", " "),
        kind="checklist",
        ref=name,
    )
