"""A run in tables: what needs a person, what was tried again, pauses, gate, workers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from app.run_history import History, Trouble
from app.wording import gate_line
from engine.page.sheet import Table
from engine.run.events import Check
from engine.run.markup import html_text
from engine.units import counted, show_seconds

_REST: Final = "events.jsonl"
TROUBLES_MOST_BYTES: Final = 900_000
"""Of the page that troubles may take: thousands of them are told in full, and a page stays one that a mail carries."""
MOST_BYTES: Final = 100_000
"""Of the page that any other table may take: there are six, and what they tell is in the log as well."""
_ROW_BYTES: Final = 230
"""What a row takes beside its words: its cells and their names."""
_COLUMNS: Final = ("Shard", "What", "File", "Member", "Problem", "What to do")


def bounded(
    title: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    numbers: Iterable[int] = (),
    *,
    most_bytes: int = MOST_BYTES,
    rest: str = _REST,
    note: str = "",
    empty: str = "None.",
    marks: Sequence[str] = (),
) -> Table:
    """Make a table of as many rows as the page has room for; what is left out is counted, and the log named.

    Args:
        title: of the table.
        columns: their names.
        rows: all of them.
        numbers: columns that hold figures.
        most_bytes: that the table may take, escaped as it is going to be.
        rest: the file that has all of them.
        note: stands below it.
        empty: is said where there is no row.
        marks: how each row is coloured.
    """
    every, kept, left = tuple(rows), 0, most_bytes
    for row in every:
        left -= _ROW_BYTES + sum(len(html_text(cell)) for cell in row)
        if left < 0:
            break
        kept += 1
    if kept < len(every):
        note = f"{note} {len(every) - kept:,} more are in {rest}.".strip()
    return Table(title, columns, every[:kept], frozenset(numbers), note, empty, tuple(marks)[:kept])


def troubles_table(troubles: Sequence[tuple[str, Trouble]], title: str = "What needs a person") -> Table:
    """List troubles in full, as many as the page has room for.

    Args:
        troubles: each with the step of the window that met it; "" outside a window.
        title: of the table.
    """
    in_window = any(step for step, _ in troubles)
    columns = (("Step",) if in_window else ()) + _COLUMNS
    rows = (((step,) if in_window else ()) + _cells(trouble) for step, trouble in troubles)
    return bounded(title, columns, rows, most_bytes=TROUBLES_MOST_BYTES, empty="Nothing.")


def _cells(trouble: Trouble) -> tuple[str, ...]:
    fault = trouble.fault
    problem = str(msgspec.structs.replace(fault, file="", member="", way_out=""))
    return trouble.shard, trouble.what, fault.file, fault.member, problem, fault.way_out


def kinds_table(troubles: Sequence[tuple[str, Trouble]]) -> Table:
    """Count troubles by what is wrong, the most frequent first."""
    found: dict[tuple[str, str], list[str]] = {}
    for _, trouble in troubles:
        found.setdefault((trouble.what, trouble.fault.problem), []).append(trouble.shard)
    rows = [
        (f"{len(shards):,}", what, problem, shards[0])
        for (what, problem), shards in sorted(found.items(), key=lambda one: -len(one[1]))
    ]
    return bounded("What needs a person, by kind", ("Times", "What", "Problem", "First shard"), rows, {0})


def retried_table(history: History) -> Table:
    """List attempts that failed and were followed by another."""
    rows = [(_at(one.at_s), one.shard, str(one.fault)) for one in history.retried]
    return bounded("Tried again", ("At", "Shard", "Why"), rows)


def pauses_table(history: History, end_s: float) -> Table:
    """List the times in which nothing was handed out."""
    rows = [
        (
            _at(one.start_s),
            "held at the end" if one.end_s is None else _at(one.end_s),
            show_seconds((end_s if one.end_s is None else one.end_s) - one.start_s),
            one.why,
            one.detail,
        )
        for one in history.pauses
    ]
    return bounded("Pauses", ("From", "To", "Length", "Reason", "Detail"), rows, {2})


def gate_table(history: History) -> Table:
    """List what was asked before anything began, and what opened the bound gate."""
    opened = history.view.opened
    note = "" if opened is None else f"{gate_line(opened)}."
    columns: tuple[str, ...] = ("Answer", "Asked", "Read", "Wanted")
    rows, marks = _checks(history.view.checks)
    if not any(marks):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return bounded("Gate", columns, rows, note=note, marks=marks)


def _checks(checks: Iterable[Check]) -> tuple[list[tuple[str, ...]], list[str]]:
    rows: list[tuple[str, ...]] = []
    marks = []
    for one in checks:
        word = {"pass": "✓ pass", "fail": "✗ FAIL", "error": "? ERROR"}[one.state]
        wanted = "" if one.state == "pass" else "; ".join(filter(None, (one.wanted, one.way_out)))
        rows.append((word, one.ask, one.read, wanted))
        marks.append("" if one.state == "pass" else "bad")
    return rows, marks


def workers_table(history: History) -> Table:
    """List how many workers there were to be, and why."""
    rows = [
        (_at(one.at_s), f"{one.count:,}", "the run" if one.auto else "a person", one.why) for one in history.workers
    ]
    return bounded("Workers", ("At", "Wanted", "Chosen by", "Why"), rows)


def lost_table(history: History) -> Table:
    """List the workers that died, hung or wrote nonsense."""
    rows = [(_at(one.at_s), f"{one.worker}", one.how, one.detail) for one in history.lost]
    return bounded("Workers lost", ("At", "Worker", "How", "Detail"), rows)


def stops_told(history: History) -> list[str]:
    """Say when and why the run was told to stop."""
    return [f"{why}, after {show_seconds(at_s)}" for at_s, why in history.stops]


def retried_told(history: History) -> str:
    """Say in a sentence how often something was tried again; "" for never."""
    if not history.retried:
        return ""
    shards = len({one.shard for one in history.retried})
    return f"attempts that failed and were repeated: {len(history.retried):,}, at {counted(shards, 'shard')}"


def _at(at_s: float) -> str:
    return show_seconds(at_s)
