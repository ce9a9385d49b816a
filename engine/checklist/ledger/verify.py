"""Is a ledger what was written, and is each sign-off by the one whose name it bears?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.checklist.ledger.chain import Finding, Weight, check_chain, check_head
from engine.checklist.ledger.entries import Begun, Checked, SignedEntry, name_of
from engine.checklist.ledger.lines import Head, Line, head_of, split_signature
from engine.checklist.signing.signers import SignersFile
from engine.checklist.signing.sshkeygen import Trust, verify
from engine.errors import printable

EVIDENCE: Final = "evidence"
"""The folder under STATE in which outputs are kept, each under its hash."""
_AT_ONCE: Final = 4


class Witness:
    """Tells of each signed line whether its signature is good; asks ``ssh-keygen`` once for each."""

    def __init__(self, signers: SignersFile) -> None:
        self.signers = signers
        self._known: dict[tuple[bytes, str], Trust] = {}

    def trust(self, line: Line) -> Trust:
        """Return what is known of a line's signature."""
        entry = line.entry
        if not isinstance(entry, SignedEntry):
            return Trust(False, told="this is no signed entry")
        about = (line.content, self.signers.sha256)
        if about not in self._known:
            self._known[about] = self._ask(line.content, entry)
        return self._known[about]

    def trust_all(self, lines: Iterable[Line]) -> dict[int, Trust]:
        """Return what is known of every signed line, by its number; several are asked at once."""
        signed = [line for line in lines if isinstance(line.entry, SignedEntry)]
        with ThreadPoolExecutor(_AT_ONCE) as crew:
            return dict(zip((line.number for line in signed), crew.map(self.trust, signed), strict=True))

    def _ask(self, content: bytes, entry: SignedEntry) -> Trust:
        payload, signature = split_signature(content)
        if not signature:
            return Trust(False, told="it has no signature")
        try:
            at = datetime.fromisoformat(entry.time).astimezone(UTC)
        except (ValueError, OverflowError):
            return Trust(False, told=f"its time {entry.time!r} is none")
        return verify(payload, signature, entry.by, entry.role, at=at, signers=self.signers)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in a ledger."""

    findings: tuple[Finding, ...]
    head: Head
    signed: int
    """Lines with a signature."""

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing was tampered with; warnings do not count."""
        return all(finding.weight is not Weight.TAMPERED for finding in self.findings)


def verify_ledger(
    lines: Sequence[Line],
    witness: Witness,
    state: Path,
    heads: Iterable[tuple[Head, str]] = (),
    corpus: Path | None = None,
) -> Verification:
    """Verify a whole ledger.

    Args:
        lines: the ledger, read.
        witness: who asks about the signatures.
        state: STATE, where the evidence lies.
        heads: ends that were written down elsewhere, each with where.
        corpus: the one that it must have been begun for.
    """
    trusts = witness.trust_all(lines)
    findings = [*check_chain(lines), *_signatures(lines, trusts), *_evidence(lines, state)]
    if corpus is not None:
        findings += check_corpus(lines, corpus)
    for head, where in heads:
        findings += check_head(lines, head, where)
    findings.sort(key=lambda finding: finding.line)
    return Verification(tuple(findings), head_of(tuple(lines)), len(trusts))


def check_evidence(number: int, entry: Checked, state: Path) -> Iterator[Finding]:
    """Hold the output that one answer rests on against its hash."""
    kept, item = entry.evidence.kept_sha256, printable(entry.item)
    if not kept:
        return
    if re.fullmatch(r"[0-9a-f]{64}", kept) is None:  # a damaged line names no file that is worth opening
        yield Finding(number, f"the output that {item} rests on has no hash for its name: {kept[:80]!r}")
        return
    try:
        content = (state / EVIDENCE / kept).read_bytes()
    except OSError as error:
        told = f"the output that {item} rests on is gone ({error.strerror}): evidence/{kept}"
        yield Finding(number, told, Weight.WARNING)
        return
    if hashlib.sha256(content).hexdigest() != kept:
        yield Finding(number, f"the output that {item} rests on was changed: evidence/{kept}")


def check_corpus(lines: Sequence[Line], corpus: Path) -> Iterator[Finding]:
    """Tell whether a ledger is this corpus's: answers count for the one alone that it was begun for."""
    begun_for = corpus_of(lines)
    if lines and begun_for != str(corpus.resolve()):
        whose = f"was begun for {printable(begun_for)}" if begun_for else "does not say which corpus it is about"
        yield Finding(1, f"this ledger {whose}, and here it stands for {corpus.resolve()}")


def corpus_of(lines: Sequence[Line]) -> str:
    """Return the corpus that a ledger was begun for; "" for an empty one."""
    first = lines[0].entry if lines else None
    return first.corpus if isinstance(first, Begun) else ""


def _signatures(lines: Sequence[Line], trusts: dict[int, Trust]) -> Iterator[Finding]:
    for line in lines:
        trust = trusts.get(line.number)
        if trust is not None and not trust.good:
            entry = line.entry
            assert isinstance(entry, SignedEntry)
            yield Finding(line.number, f"{name_of(entry)}: {trust.told}")


def _evidence(lines: Sequence[Line], state: Path) -> Iterator[Finding]:
    """Hold each kept output against its hash."""
    for line in lines:
        if isinstance(line.entry, Checked):
            yield from check_evidence(line.number, line.entry, state)
