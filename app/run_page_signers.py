"""Who stood behind a gate that opened: read from the ledger, as far as the run's log vouches for it."""

from __future__ import annotations

from pathlib import Path

from app.moments import show_moment
from app.run_page_tables import bounded
from engine.checklist.ledger.entries import Opened, Overridden, Signed, Waived
from engine.checklist.ledger.lines import Line, read_lines
from engine.checklist.ledger.store import FILE_NAME
from engine.page.sheet import Table
from engine.run.events import GateOpened


def signers_of(state: Path, opened: GateOpened) -> Table:
    """List the sign-offs, waivers and overrides that stood in the ledger when a gate opened.

    The signatures themselves are not asked about here: that is what ``gonogo checklist verify`` is for.

    Args:
        state: STATE, where the ledger lies.
        opened: what the run's log says of the opening.
    """
    title = f"Who opened {opened.gate}"
    try:
        lines = read_lines((state / FILE_NAME).read_bytes())
    except OSError as fault:
        return Table(title, (), (), empty=f"The ledger cannot be read: {fault.strerror}.")
    end = lines[opened.ledger_count - 1] if 0 < opened.ledger_count <= len(lines) else None
    if end is None or end.sha256 != opened.ledger_sha256 or not isinstance(end.entry, Opened):
        told = f"line {opened.ledger_count}, with which the gate opened, is not in it any more"
        return Table(
            title, (), (), empty=f"The ledger is another than then: {told}. gonogo checklist verify tells more."
        )
    rows = [row for line in lines[: opened.ledger_count] for row in _row(line, end.entry)]
    note = f"By lines 1 to {opened.ledger_count} of the ledger, which is the one that the run saw."
    columns, empty = ("Who", "Role", "Did", "When"), "The list asks for no signature."
    return bounded(title, columns, rows, rest=FILE_NAME, note=note, empty=empty)


def _row(line: Line, opened: Opened) -> list[tuple[str, ...]]:
    """Tell of one line, where somebody put a name to the very list that opened the gate."""
    match line.entry:
        case Signed() | Waived() | Overridden() as entry if entry.list_sha256 == opened.list_sha256:
            return [(entry.by, entry.role, _did(entry), show_moment(entry.time))]
    return []


def _did(entry: Signed | Waived | Overridden) -> str:
    match entry:
        case Signed():
            return f"signed {', '.join(each.item for each in entry.covers)}"
        case Waived():
            return f"waived {entry.item} until {entry.until}: {entry.reason}"
        case Overridden():
            return f"opened {entry.gate} against the list, once: {entry.reason}"
