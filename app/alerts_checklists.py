"""The reds of a corpus's checklists, as far as its ledger tells: what a gate would be shut by at the next start."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from app.alerts import Concern, milliseconds, told_in_key
from engine.checklist.answers import State
from engine.checklist.around import Around
from engine.checklist.finding import find_lists
from engine.checklist.item_standing import ItemState
from engine.checklist.ledger.entries import Answered, Checked, OfList
from engine.checklist.ledger.lines import Line, read_lines
from engine.checklist.ledger.store import FILE_NAME
from engine.checklist.lists import Checklist
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


def red_since(checklist: Checklist, lines: Iterable[Line]) -> dict[str, str]:
    """Return since when items are answered red, RFC 3339: asked again and red again, they are so since the first time.

    Args:
        checklist: whose items; answers to other bytes of its file do not count.
        lines: the ledger, oldest first.
    """
    wrong: set[tuple[str, type[Checked | Answered]]] = set()
    since: dict[str, str] = {}
    for line in lines:
        entry = line.entry
        if not isinstance(entry, Checked | Answered):
            continue
        if (entry.list, entry.list_sha256) != (checklist.id, checklist.sha256):
            continue
        if entry.state is not State.PASS:
            wrong.add((entry.item, type(entry)))
            since.setdefault(entry.item, entry.time)
            continue
        wrong.discard((entry.item, type(entry)))
        if not wrong & {(entry.item, Checked), (entry.item, Answered)}:
            since.pop(entry.item, None)
    return since


def red_items(standing: Standing, gates: tuple[str, ...], corpus: str, since: Mapping[str, str]) -> Iterator[Concern]:
    """Tell of one list what is red in it, and since when; what is only open is no alert."""
    name = standing.checklist.id
    command = f"gonogo checklist run {name} --corpus {shlex.quote(corpus)}"
    where = f"checklist {name}" + (f", gate {', '.join(gates)}" if gates else "")
    if standing.problems:
        told = f"the ledger cannot be believed: {standing.problems[0]}"
        yield Concern(
            key=f"checklist/{name}/ledger/{told_in_key(*standing.problems)}",
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
    times = sorted((since.get(each.item.id, "") for each in red), key=milliseconds)
    yield Concern(
        key=f"checklist/{name}/red/{','.join(each.item.id for each in red)}",
        level=Level.RED,
        since=times[0],
        newest=times[-1],
        where=where,
        what=f"{counted(len(red), 'item')} red: {', '.join(each.item.id for each in red)}",
        advice="see to what is red and ask again, or waive it with a reason",
        command=command,
        kind="checklist",
        ref=name,
        count=len(red),
        details=tuple(f"{each.item.id}: {each.state}: {each.why or each.item.ask}" for each in red),
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
        if stamp is None and not self._settings.gates:  # nobody ever answered anything, and no gate wants it
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
            lines = self._lines()
        except OSError as error:
            yield _unreadable(str(error), str(self._corpus))
            return
        named = {line.entry.list for line in lines if isinstance(line.entry, OfList)} | set(bound.values())
        if lines and not named & lists.keys():
            named = set(sorted(lists)[:1])  # a list of some kind has to say what is wrong with the ledger
        for name in sorted(named & lists.keys()):
            gates = tuple(gate for gate, checklist in bound.items() if checklist == name)
            try:
                walk = self._walks[name] = self._walk(name, lists[name].path)
                yield from red_items(walk.look(), gates, str(self._corpus), red_since(walk.checklist, lines))
            except (GonogoError, OSError) as error:
                yield _unreadable(str(error), str(self._corpus), name)

    def _lines(self) -> tuple[Line, ...]:
        try:
            return read_lines(self._ledger.read_bytes())
        except FileNotFoundError:
            return ()

    def _walk(self, name: str, path: Path) -> Walk:
        """Keep a walk while its list is the same: it remembers which signatures it has verified."""
        checklist = load_checklist(path)
        before = self._walks.get(name)
        return before if before is not None and before.checklist == checklist else Walk(checklist, self._around)


def _unreadable(told: str, corpus: str, name: str = "") -> Concern:
    return Concern(
        key=f"checklist/{name}/unreadable/{told_in_key(told)}",
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
