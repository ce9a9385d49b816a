"""One item on the sheet: what was wanted, what was read by whom, on what it rests, and room for what is missing."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from engine.checklist.item_standing import SETTLED, ItemStanding, ItemState
from engine.checklist.ledger.entries import Checked
from engine.checklist.sheet.shape import Fact, Look, Question, Tone

FILES_SHOWN: Final = 12
"""So many files a person still reads on paper; the ledger has all."""
_RED: Final = frozenset({ItemState.FAIL, ItemState.ERROR})
_ASKED_AGAIN: Final = _RED | {ItemState.STALE}


def question_of(each: ItemStanding, glyphs: Mapping[ItemState, str]) -> Question:
    """Put an item into words."""
    item = each.item
    return Question(
        id=item.id,
        ask=prose(item.ask),
        state=each.state,
        glyph=glyphs[each.state],
        tone=Tone.GOOD if each.state in SETTLED else Tone.QUIET if each.is_settled else Tone.BAD,
        detail=f"{item.id}, {item.level}, {item.kind}",
        facts=tuple(_facts(each)),
        evidence=() if each.checked is None else tuple(_evidence(each.checked)),
    )


def prose(words: str) -> str:
    """Put a list's own text on one line: a file may break its sentences where it likes."""
    return " ".join(words.split())


def shown(value: str) -> str:
    """Show a value as it was read; one without anything to see is named."""
    return value.strip() or "(nothing)"


def _facts(each: ItemStanding) -> Iterator[Fact]:
    yield Fact("Wanted", prose(each.item.want))
    if each.item.asks_machine:
        yield from _machine(each)
    if each.item.asks_person:
        yield from _person(each)
    if each.state in {ItemState.STALE, ItemState.UNSIGNED}:
        yield Fact("Why", shown(each.why))
    if each.waits_for and not each.is_settled:
        yield Fact("Comes after", ", ".join(each.waits_for))
    if each.state in _ASKED_AGAIN:
        yield Fact("Fix", prose(each.item.fix), Look.RED if each.state in _RED else Look.PLAIN)
    yield from _waiver(each)
    yield from _signatures(each)


def _machine(each: ItemStanding) -> Iterator[Fact]:
    checked = each.checked
    label = "Machine read" if each.item.asks_person else "Read"
    if checked is None:
        yield Fact(label, "not asked yet")
        return
    yield Fact(label, shown(checked.read))
    yield Fact("Answered", f"by the machine, {shown(checked.time)}, ledger line {checked.n}")


def _person(each: ItemStanding) -> Iterator[Fact]:
    answered = each.answered
    label = "Person read" if each.item.asks_machine else "Read"
    if answered is not None:
        yield Fact(label, shown(answered.value))
        yield Fact("Answered", f"by {shown(answered.by)}, {shown(answered.time)}, ledger line {answered.n}")
    if answered is None or (each.state in _ASKED_AGAIN and each.machine is ItemState.PASS):
        yield Fact(label if answered is None else "Read anew", look=Look.BLANK)
        yield Fact("By, when", look=Look.BLANK)


def _waiver(each: ItemStanding) -> Iterator[Fact]:
    waiver = each.waiver
    if waiver is not None:
        yield Fact("Waived", f"by {shown(waiver.by)} as {waiver.role}, {shown(waiver.time)}, ledger line {waiver.n}")
        yield Fact("Until", shown(waiver.until))
        yield Fact("Reason", shown(waiver.reason))


def _signatures(each: ItemStanding) -> Iterator[Fact]:
    for one in each.signatures:
        yield Fact("Signed", f"by {shown(one.by)} as {one.role}, {shown(one.time)}, with the key {one.key}")
    sign = each.item.sign
    if sign is None or each.state is ItemState.WAIVED:
        return
    missing = sign.count - len(each.signatures)
    if missing > 0 and sign.distinct:
        who = "of different people with different keys" if sign.count > 1 else "of somebody else than who answered"
        yield Fact("Signatures", f"{sign.count} wanted, {who}")
    for _ in range(missing):
        yield Fact(f"Sign ({sign.role})", look=Look.BLANK)


def _evidence(checked: Checked) -> Iterator[Fact]:
    """Tell on what an answer rests; of an output its size and hash, never what it says."""
    found = checked.evidence
    if found.argv:
        yield Fact("Ran", shlex.join(found.argv), Look.EXACT)
    if found.exit_code is not None:
        yield Fact("Exit", str(found.exit_code))
    if found.output_sha256:
        yield Fact("Output", f"{found.output_bytes:,} bytes, SHA-256 {found.output_sha256}", Look.EXACT)
    for path in sorted(found.files)[:FILES_SHOWN]:
        yield Fact("File", f"{shown(path)}: {shown(found.files[path])}", Look.EXACT)
    if len(found.files) > FILES_SHOWN:
        yield Fact("Files", f"{len(found.files) - FILES_SHOWN:,} more in line {checked.n} of the ledger")
    yield Fact("Started", f"{shown(found.started)}, took {found.seconds:g} s")
    yield Fact("On", f"{shown(checked.host)}, boot {shown(found.boot_id)}")
    if found.commit:
        yield Fact("Commit", found.commit, Look.EXACT)
