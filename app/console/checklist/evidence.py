"""What an answer rests on, as a page to read: nothing in it can move a cursor or colour the screen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from engine.checklist.item_standing import ItemStanding
from engine.checklist.ledger.entries import Answered, Checked, Evidence
from engine.checklist.ledger.verify import EVIDENCE
from engine.errors import printable
from engine.run.log import rfc3339
from engine.units import show_bytes

SHOWN_LINES: Final = 200
_SHOWN_CHARS: Final = 16_000
"""So much of an output is read on a screen; the file holds the rest."""
_SHOWN_FILES: Final = 50


def evidence_page(each: ItemStanding, state: Path) -> str:
    """Tell on what an item's answers rest; reads the kept output, so it belongs on a thread."""
    lines: list[str] = [each.item.id]
    if each.checked is not None:
        lines += ["", *_machine(each.checked, state)]
    if each.answered is not None:
        lines += ["", *_person(each.answered)]
    for one in each.signatures:
        lines += ["", f"signed by {printable(one.by)} as {one.role} at {one.time}", f"  {one.key}"]
    if each.waiver is not None:
        waived = each.waiver
        lines += ["", printable(f"waived by {waived.by} as {waived.role} until {waived.until}")]
        lines += [f"  {printable(waived.reason)}"]
    return "\n".join(lines)


def _person(answered: Answered) -> Iterator[str]:
    yield f"a person read  {printable(answered.value)}"
    yield f"  {answered.state}, line {answered.n} of the ledger"
    yield printable(f"  by {answered.by}, logged in as {answered.user} on {answered.host}, at {answered.time}")


def _machine(checked: Checked, state: Path) -> Iterator[str]:
    evidence = checked.evidence
    yield f"the machine read  {printable(checked.read)}"
    yield f"  {checked.state}, line {checked.n} of the ledger"
    yield f"  started  {evidence.started}"
    yield f"  ended    {_ended(evidence)} ({evidence.seconds:g} s)"
    yield f"  host     {printable(checked.host)}, boot {evidence.boot_id or 'unknown'}"
    if evidence.commit:
        yield f"  commit   {evidence.commit}"
    if evidence.argv:
        yield f"  argv     {' '.join(map(_quoted, evidence.argv))}"
    if evidence.exit_code is not None:
        yield f"  exit     {evidence.exit_code}"
    for path, proof in list(evidence.files.items())[:_SHOWN_FILES]:
        yield f"  file     {printable(path)}"
        yield f"           {printable(proof)}"
    if len(evidence.files) > _SHOWN_FILES:
        yield f"  and {len(evidence.files) - _SHOWN_FILES:,} more files: they are in the ledger"
    if evidence.output_sha256:
        yield ""
        yield from _output(evidence, state / EVIDENCE / evidence.kept_sha256)


def _ended(evidence: Evidence) -> str:
    try:
        return rfc3339(datetime.fromisoformat(evidence.started) + timedelta(seconds=evidence.seconds))
    except (ValueError, OverflowError):
        return "at a time that cannot be read"


def _output(evidence: Evidence, kept: Path) -> Iterator[str]:
    yield f"output of {show_bytes(evidence.output_bytes)}, SHA-256 {evidence.output_sha256}"
    if not evidence.kept_sha256:
        return
    try:
        content = kept.read_bytes()
    except OSError as error:
        yield f"! {kept}: the kept output cannot be read: {error.strerror}"
        return
    if hashlib.sha256(content).hexdigest() != evidence.kept_sha256:
        yield f"! {kept}: this is not the output that was kept: it was changed"
    text = content.decode("utf-8", "replace").expandtabs(4)
    shown = text[:_SHOWN_CHARS].splitlines()[:SHOWN_LINES]
    yield from (f"| {printable(line)}" for line in shown)
    if len(content) < evidence.output_bytes or "\n".join(shown).strip() != "\n".join(text.splitlines()).strip():
        yield f"… the beginning; {show_bytes(len(content))} are kept in {kept}"


def _quoted(argument: str) -> str:
    told = printable(argument)
    return told if told and " " not in told else f"'{told}'"
