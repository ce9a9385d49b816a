"""The sheet as Markdown: for a pull request, a wiki, a mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from engine.checklist.sheet.shape import Fact, Group, Look, Question, Sheet
from engine.run.markup import markdown_text as text

_BLANK: Final = "_" * 32


def to_markdown(sheet: Sheet) -> str:
    """Write a sheet as Markdown; foreign text never begins a line, where it could begin a list or a heading."""
    parts = [f"# Checklist: {text(sheet.title)}", f"**{sheet.verdict}**: {text(sheet.why)}"]
    if sheet.alarms:
        parts.append("\n".join(f"- **{text(alarm.strip())}**" for alarm in sheet.alarms))
    parts.append(_facts(sheet.facts))
    for group in sheet.groups:
        parts += _group(group)
    parts += ["## The ledger", _facts(sheet.ledger), *map(text, sheet.notes), "## By hand", _facts(sheet.closing)]
    return "\n\n".join(parts) + "\n"


def _group(group: Group) -> Iterator[str]:
    yield f"## Group: {text(group.title)}" if group.title else "## Items"
    for question in group.questions:
        yield from _question(question)


def _question(question: Question) -> Iterator[str]:
    yield f"### {text(question.glyph)} {question.state}: {text(question.ask)}"
    yield _facts([Fact("Item", question.detail), *question.facts, *question.evidence])


def _facts(facts: Iterable[Fact]) -> str:
    return "\n".join(f"- {_fact(fact)}" for fact in facts)


def _fact(fact: Fact) -> str:
    if fact.look is Look.BLANK:
        return f"{fact.label}: {_BLANK}"
    told = f"{fact.label}: {text(fact.value)}"
    return f"**{told}**" if fact.look is Look.RED else told
