"""What the sheet of a checklist says: GO or NO-GO, every item, and the end of the ledger that it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from engine.checklist.item_standing import ItemState
from engine.checklist.ledger.chain import Weight
from engine.checklist.ledger.entries import Overridden
from engine.checklist.ledger.verify import Verification
from engine.checklist.sheet.questions import prose, question_of, shown
from engine.checklist.sheet.shape import Fact, Group, Look, Sheet
from engine.checklist.standing import Standing
from engine.run.log import rfc3339
from engine.units import counted

_PROOF: Final = (
    (
        "Signed means: the key named beside a name signed one line of the ledger, in which stand this list's SHA-256, "
        "the items, the values as they were shown, and the lines of the answers. It does not prove that the person "
        "looked."
    ),
    "Pen on this sheet opens no gate: what is written here by hand counts once it is answered and signed in gonogo.",
)


@dataclass(frozen=True, slots=True)
class Words:
    """How states and overrides read wherever gonogo shows them."""

    glyphs: Mapping[ItemState, str]
    override: Callable[[Overridden], str]


@dataclass(frozen=True, slots=True)
class About:
    """Where a sheet was made, and from what."""

    corpus: Path
    host: str
    tool: str
    """The program and its version."""
    ledger: Path
    verification: Verification
    lines: int
    """How many the ledger has."""
    signers: Path
    signers_sha256: str
    """Of the signers file; "" where there is none."""


def sheet_of(standing: Standing, about: About, words: Words) -> Sheet:
    """Put a list's standing into words."""
    checklist = standing.checklist
    groups = groupby(standing.items, key=lambda each: prose(each.item.group))
    return Sheet(
        title=prose(checklist.title),
        verdict="GO" if standing.is_go else "NO-GO",
        why=standing.why,
        is_go=standing.is_go,
        facts=tuple(_head(standing, about)),
        alarms=tuple(_alarms(standing, about.verification, words)),
        groups=tuple(Group(title, tuple(question_of(each, words.glyphs) for each in items)) for title, items in groups),
        ledger=tuple(_ledger(about)),
        notes=_PROOF,
        closing=tuple(Fact(label, look=Look.BLANK) for label in ("Handed over", "Received", "Place, date")),
    )


def _head(standing: Standing, about: About) -> Iterator[Fact]:
    checklist = standing.checklist
    if checklist.about.strip():
        yield Fact("What for", prose(checklist.about))
    yield Fact("Opens", checklist.gates or "no gate")
    yield Fact("Corpus", str(about.corpus), Look.EXACT)
    yield Fact("Made", f"{rfc3339(standing.at)} on {shown(about.host)} by {about.tool}")
    yield Fact("Mode", checklist.mode)
    yield Fact("Items", ", ".join(f"{count} {state}" for state in ItemState if (count := standing.counts[state])))
    yield Fact("List", f"{checklist.id}, {checklist.path}", Look.EXACT)
    yield Fact("List SHA-256", checklist.sha256, Look.EXACT)


def _alarms(standing: Standing, verification: Verification, words: Words) -> Iterator[str]:
    for override in standing.overrides:
        used = "" if override not in standing.unused else " (not used yet: the next start takes it)"
        yield f"{words.override(override)}{used}"
    yield from standing.problems
    for finding in verification.findings:
        told = str(finding)
        if finding.weight is Weight.TAMPERED and not any(told in problem for problem in standing.problems):
            yield f"ledger, {told}"
    yield from (f"does not count: {told}" for told in standing.refused)


def _ledger(about: About) -> Iterator[Fact]:
    yield Fact("Ledger", str(about.ledger), Look.EXACT)
    yield Fact("Count", counted(about.lines, "line") if about.lines else "no line yet: nothing was answered")
    yield Fact("Head", str(about.verification.head), Look.EXACT)
    yield _verified(about)
    for finding in about.verification.findings:
        if finding.weight is Weight.WARNING:
            yield Fact("Warning", str(finding))
    yield Fact("Signers", str(about.signers), Look.EXACT)
    if about.signers_sha256:
        yield Fact("File SHA-256", about.signers_sha256, Look.EXACT)
    yield Fact("Check later", "gonogo checklist verify --head HEAD says whether it was changed or cut off since")


def _verified(about: About) -> Fact:
    found = about.verification
    if found.is_sound:
        good = f"the chain holds, {counted(found.signed, 'signature')} verified" if about.lines else "nothing to verify"
        return Fact("Verified", good)
    tampered = sum(finding.weight is Weight.TAMPERED for finding in found.findings)
    return Fact("Verified", f"NO: it is not what was written; {counted(tampered, 'finding')} above", Look.RED)
