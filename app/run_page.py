"""A run as one page: how it went, in words and in pictures. Pure; :mod:`app.run_page_reading` looks at the run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.moments import show_span
from app.run_history import History
from app.run_page_facts import asked_table, machine_table, settings_table
from app.run_page_figures import figures_of
from app.run_page_plots import course_of, plots_of
from app.run_page_tables import (
    bounded,
    gate_table,
    kinds_table,
    lost_table,
    pauses_table,
    retried_table,
    retried_told,
    stops_told,
    troubles_table,
    workers_table,
)
from app.run_told import Told
from engine.convert.view import Level
from engine.page.html import to_html
from engine.page.sheet import Page, Table
from engine.run.folder import RunRecord
from engine.run.outcome import Outcome
from engine.units import counted

WARNINGS_MOST: Final = 50
_LONGEST: Final = 1_000
"""Letters of a warning: all that gonogo writes itself, and of a name that somebody made to be a nuisance the begin."""
_FEW: Final = 20
"""So many troubles a person reads one by one; of more, the kinds come first."""
_VERDICTS: Final = {
    Outcome.OK: "GO",
    Outcome.SOME_FAILED: "NO-GO",
    Outcome.GATE_CLOSED: "NO-GO: gate closed",
    Outcome.SAFETY_STOP: "NO-GO: stopped for safety",
    Outcome.INTERRUPTED: "STOPPED",
    Outcome.TERMINATED: "STOPPED",
    Outcome.ERROR: "NO-GO: error",
}
_COLUMNS: Final = re.compile(r"\s{2,}")
STOPPED: Final = (Outcome.INTERRUPTED, Outcome.TERMINATED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands in large letters."""

    word: str
    is_go: bool
    is_open: bool


def run_html(told: Told) -> str:
    """Write the page of a run of any job but a window."""
    return to_html(run_page(told), plots_of(told.history, course_of(told)))


def verdict_of(level: Level, outcome: Outcome | None, *, alive: bool) -> Verdict:
    """Say in a word how it went, or how it stands."""
    if level is Level.UNKNOWN and not alive:
        return Verdict("UNKNOWN", is_go=False, is_open=False)
    if outcome is not None:
        return Verdict(_VERDICTS[outcome], is_go=outcome is Outcome.OK, is_open=outcome in STOPPED)
    if not alive:
        return Verdict("CUT OFF", is_go=False, is_open=False)
    word = "UNDER WAY" if level is Level.GREEN else f"UNDER WAY: {level.name}"
    return Verdict(word, is_go=False, is_open=level in (Level.GREEN, Level.YELLOW))


def run_page(told: Told) -> Page:
    """Put a run into words."""
    view, record = told.history.view, told.record
    verdict = verdict_of(told.level, None if view.summary is None else view.summary.outcome, alive=told.alive)
    span = show_span(view.began, view.newest, told.as_of, alive=told.alive)
    dry = ", dry run: nothing was changed" if told.is_dry else ""
    return Page(
        title=f"gonogo {record.job}{dry}",
        about=" · ".join((record.corpus or "no corpus", record.run, span)),
        verdict=verdict.word,
        is_go=verdict.is_go,
        is_open=verdict.is_open,
        lead=_lead(told),
        reasons=tuple(_reasons(told)),
        cautions=cautions_of(told.history),
        figures=tuple(figures_of(told)),
        tables=tuple(_tables(told)),
    )


def _lead(told: Told) -> str:
    """Say how it went in a sentence: the first line of what the run itself said at its end."""
    if not told.ending:
        return told.why.partition("\n")[0]
    first = told.ending[0].partition("\n")[0]
    word, colon, rest = first.partition(": ")
    return rest if colon and word.startswith(("GO", "NO-GO", "STOPPED")) else first


def _reasons(told: Told) -> Iterable[str]:
    """Say what is not as it should be, the end's further lines included; nothing where all is well."""
    if told.level is Level.GREEN:
        return
    summary = told.history.view.summary
    why = told.why if summary is None else told.why.removeprefix(f"{summary.outcome}: ")
    lead = _lead(told)
    yield from (line.strip() for line in why.splitlines() if line.strip() and line.strip() not in lead)
    yield from stops_told(told.history)


def cautions_of(history: History) -> tuple[str, ...]:
    """List what a person should know and that stands in nobody's way."""
    opened, warnings = history.view.opened, history.view.warnings
    told = []
    if opened is not None and opened.overridden_by:
        told.append(f"{opened.gate} was opened by {opened.overridden_by} against its checklist: {opened.reason}")
    told += [line for line in (retried_told(history),) if line]
    told += [f"{counted(len(history.lost), 'worker')} lost on the way"] if history.lost else []
    told += [f"traces of cut-off swaps in {counted(history.recovered, 'shard')}"] if history.recovered else []
    return (*told, *some_of(warnings))


def some_of(warnings: Iterable[str]) -> list[str]:
    """List warnings, each once and none too long; what is left out is counted."""
    each = list(dict.fromkeys(warnings))
    told = [one if len(one) <= _LONGEST else f"{one[:_LONGEST]}…" for one in each[:WARNINGS_MOST]]
    rest = len(each) - len(told)
    return [*told, *([f"{counted(rest, 'further warning')} in events.jsonl"] if rest else [])]


def _tables(told: Told) -> Iterable[Table]:
    history, troubles = told.history, [("", each) for each in told.history.all_troubles]
    are_many = len(troubles) > _FEW
    yield kinds_table(troubles) if are_many else troubles_table(troubles)
    if are_many:
        yield troubles_table(troubles, "What needs a person, shard by shard")
    if history.retried:
        yield retried_table(history)
    if history.pauses:
        yield pauses_table(history, told.end_s)
    if history.lost:
        yield lost_table(history)
    if len(history.workers) > 1:
        yield workers_table(history)
    if history.view.checks or history.view.opened is not None:
        yield gate_table(history)
    if told.signers is not None:
        yield told.signers
    if len(told.ending) > 1:
        yield ending_table(told.ending)
    yield from record_tables(told.record, told.folder)


def ending_table(ending: Iterable[str]) -> Table:
    """Tell what the run itself said at its end."""
    lines = (line.strip() for each in ending for line in each.splitlines() if line.strip())
    # What is laid out in columns for a terminal is not in columns here.
    rows = tuple((_COLUMNS.sub(" · ", line),) for line in lines)
    return bounded("What it said at its end", ("",), rows)


def record_tables(record: RunRecord, folder: str) -> Iterable[Table]:
    """Tell what it was asked, with which settings and where."""
    yield settings_table(record)
    yield asked_table(record, folder)
    yield machine_table(record)
