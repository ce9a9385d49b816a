"""The verdict as Markdown, and as JSON for those who sign it or go on with it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from engine.run.markup import markdown_text as _text
from engine.verdict.judging import Figure, Judged, Judgement
from engine.verdict.signoff import SignOff
from engine.watch.money.projection import WeekRow
from engine.watch.money.wording import WEEK_COLUMNS, week_cells


class JudgedLine(msgspec.Struct, frozen=True):
    """One criterion as JSON has it."""

    id: str
    ask: str
    standing: str
    value: str | None
    wanted: str
    told: str
    source: str
    by: str
    as_of: str | None
    sha256: str
    details: tuple[str, ...]


class JudgementJson(msgspec.Struct, frozen=True):
    """A verdict as JSON has it."""

    verdict: str
    lead: str
    time: str
    criteria: str
    criteria_sha256: str
    judged: tuple[JudgedLine, ...]


def to_json(judgement: Judgement) -> bytes:
    """Write a verdict as one JSON object; equal verdicts give equal bytes, so that their hash can be signed."""
    lines = tuple(
        JudgedLine(
            id=one.criterion.id,
            ask=one.criterion.ask,
            standing=one.standing.value,
            value=None if one.figure.value is None else str(one.figure.value),
            wanted=one.criterion.wanted,
            told=one.told,
            source=one.figure.source,
            by=one.figure.by,
            as_of=None if one.figure.as_of is None else shown_time(one.figure.as_of),
            sha256=one.figure.sha256,
            details=one.figure.details,
        )
        for one in judgement.judged
    )
    criteria = judgement.criteria
    whole = JudgementJson(
        judgement.outcome.value, judgement.lead, shown_time(judgement.time), criteria.id, criteria.sha256, lines
    )
    return msgspec.json.encode(whole)


def sha256_of(judgement: Judgement) -> str:
    """Return the hash of a verdict with all its evidence, for the ledger that its sign-off goes through."""
    return hashlib.sha256(to_json(judgement)).hexdigest()


def to_markdown(judgement: Judgement, weeks: Sequence[WeekRow] = (), sign_off: SignOff | None = None) -> str:
    """Write a verdict as Markdown; ``sign_off`` says who signed."""
    criteria = judgement.criteria
    parts = [
        f"# {judgement.outcome}: {_text(criteria.title)}",
        f"{_text(judgement.lead[:1].upper() + judgement.lead[1:])}.",
        f"Judged {shown_time(judgement.time)} by the criteria *{_text(criteria.id)}* (`{criteria.sha256[:16]}`).",
        _table(("criterion", "verdict", "read", "wanted"), [_row(one) for one in judgement.judged]),
        "## Evidence",
        "\n\n".join(_evidence(one) for one in judgement.judged),
    ]
    if weeks:
        parts += ["## Cost by week", _table(WEEK_COLUMNS, [tuple(map(_text, row)) for row in week_cells(tuple(weeks))])]
    parts += _sign_off(sign_off) if sign_off is not None else []
    parts += [f"Verdict `{sha256_of(judgement)}`"]
    return "\n\n".join(parts) + "\n"


def evidence_of(figure: Figure) -> str:
    """Say in one sentence where a figure comes from."""
    said = f"{figure.source or 'nothing'}" + (f", measured by {figure.by}" if figure.by else "")
    said += "" if figure.as_of is None else f", as of {shown_time(figure.as_of)}"
    return said + (f", sha256 {figure.sha256[:16]}" if figure.sha256 else "")


def shown_time(moment: datetime) -> str:
    """Write a time as the reports have it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _row(one: Judged) -> tuple[str, ...]:
    read = "" if one.figure.value is None else str(one.figure.value)
    return _text(one.criterion.id), one.standing.value, _text(read), _text(one.criterion.wanted)


def _evidence(one: Judged) -> str:
    lines = [
        f"### {_text(one.criterion.id)}: {one.standing.value}",
        _text(one.criterion.ask),
        f"- Read: {_text(one.told)}.",
        f"- From: {_text(evidence_of(one.figure))}.",
        *(f"- Also: {_text(detail)}" for detail in one.figure.details),
    ]
    lines += [f"- Why: {_text(one.criterion.why)}"] if one.criterion.why else []
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])


def _sign_off(sign_off: SignOff) -> list[str]:
    parts = ["## Sign-off", f"{_text(sign_off.lead[:1].upper() + sign_off.lead[1:])}."]
    if sign_off.signed:
        columns = ("item", "answer", "signed by", "as", "key", "at")
        rows = [(one.item, one.answer, one.by, one.role, one.key, one.time) for one in sign_off.signed]
        parts.append(_table(columns, [tuple(map(_text, row)) for row in rows]))
    told = [*(f"- waits: {_text(each)}" for each in sign_off.waiting), *(f"- {_text(each)}" for each in sign_off.notes)]
    parts += ["\n".join(told)] if told else []
    return [*parts, "To sign:", "\n".join(f"    {each}" for each in sign_off.how)] if sign_off.how else parts


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in rows)])
