"""Walking a checklist: asking the machine, taking people's answers, signatures and waivers, and saying GO or NO-GO.

Everything that a walk learns is in the ledger at once, so a walk that is cut off goes on where it was, in any
terminal. One object serves the console, the commands and the gates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from engine.checklist.answers import State
from engine.checklist.around import Around
from engine.checklist.asking import Asked, ask_all
from engine.checklist.evidence import keep_evidence
from engine.checklist.finding import OWN_FOLDER
from engine.checklist.item_standing import ItemStanding, ItemState
from engine.checklist.ledger.chain import Finding, Weight, check_chain, check_head
from engine.checklist.ledger.entries import Answered, Checked, Covered, Entry, Opened, Overridden, Signed, Waived
from engine.checklist.ledger.heads import heads_of_runs
from engine.checklist.ledger.lines import Line
from engine.checklist.ledger.store import Ledger
from engine.checklist.ledger.verify import Witness, check_corpus, check_evidence
from engine.checklist.lists import Checklist, Item
from engine.checklist.rests_on import look_at
from engine.checklist.signing.keys import Identity
from engine.checklist.signing.signers import SignersFile
from engine.checklist.signing.sshkeygen import sign, verify
from engine.checklist.standing import OVERRIDE_ROLE, Standing, overrides_of, stand
from engine.config import Settings
from engine.errors import GonogoError, UsageError
from engine.run.log import rfc3339, utc_now
from engine.run.read_only import is_read_only

E = TypeVar("E", bound=Entry)


class CannotSignError(GonogoError):
    """Raised when an answer cannot be signed: there is none, it is red, or the signer may not."""


@dataclass(frozen=True, slots=True)
class Pen:
    """How somebody signs."""

    who: Identity
    may_ask: bool = False
    """Whether a passphrase may be asked for on the terminal."""


def signers_of(settings: Settings, corpus: Path) -> SignersFile:
    """Return the signers file of a corpus."""
    folder = corpus / OWN_FOLDER
    allowed, revoked = settings.signing.allowed_signers, settings.signing.revoked_keys
    return SignersFile(
        path=corpus / Path(allowed).expanduser() if allowed else folder / "allowed_signers",
        revoked=corpus / Path(revoked).expanduser() if revoked else folder / "revoked_keys",
    )


class Walk:
    """One checklist in one corpus.

    Args:
        checklist: the list.
        around: what its checks look at.
        clock: the wall clock.
    """

    def __init__(self, checklist: Checklist, around: Around, clock: Callable[[], datetime] = utc_now) -> None:
        self.checklist = checklist
        self.around = around
        self.signers = signers_of(around.settings, around.corpus)
        self.ledger = Ledger(around.state, around.corpus, f"gonogo {version('gonogo')}")
        self._witness = Witness(self.signers)
        self._clock = clock

    def look(self) -> Standing:
        """Read the ledger and say how the list stands now."""
        lines = self.ledger.read()
        names = {name for item in self.checklist.items for name in item.rerun_on}
        at, now = self._clock(), look_at(names, self.around)
        problems = self._problems(lines)
        if problems:
            nothing = stand(self.checklist, (), self._witness.trust, at, now)
            overrides = overrides_of(self.checklist.id, lines, self._witness.trust)
            return replace(nothing, problems=problems, overrides=overrides)
        standing = stand(self.checklist, lines, self._witness.trust, at, now)
        answers = [each.checked for each in standing.items if each.checked is not None]
        evidence = (one for each in answers for one in check_evidence(each.n, each, self.around.state))
        return replace(standing, problems=self._told(evidence))

    def _problems(self, lines: tuple[Line, ...]) -> tuple[str, ...]:
        """Say why nothing in this ledger counts; nothing for a sound one."""
        if others := [str(each) for each in check_corpus(lines, self.ledger.corpus)]:
            return (f"{self.ledger.path}: {others[0]}; move it away and sign anew",)
        ends = (found for head, where in heads_of_runs(self.around.state) for found in check_head(lines, head, where))
        return self._told([*check_chain(lines), *ends])

    def _told(self, findings: Iterable[Finding]) -> tuple[str, ...]:
        broken = [str(each) for each in findings if each.weight is Weight.TAMPERED]
        return tuple(f"{self.ledger.path}: {told}; see gonogo checklist verify" for told in broken)

    # The machine.

    async def ask(self, items: Iterable[Item]) -> tuple[Asked, ...]:
        """Ask the machine, side by side, and keep each answer with its evidence."""
        due = [item for item in items if item.asks_machine]
        rests_on = {name for item in due for name in item.rerun_on}
        before = await asyncio.to_thread(look_at, rests_on, self.around)
        return await ask_all(due, self.around, lambda asked: self.record(asked, before))

    def record(self, asked: Asked, before: Mapping[str, str]) -> Checked:
        """Keep a machine's answer.

        Args:
            asked: the answer.
            before: what each ``rerun_on`` was before the check began: what changes while it looks makes it stale.
        """
        item, answer = asked.item, asked.answer
        entry = Checked(
            list=self.checklist.id,
            list_sha256=self.checklist.sha256,
            item=item.id,
            state=answer.state,
            read=answer.read,
            wanted=item.want,
            evidence=keep_evidence(asked, self.around),
            rests_on={name: before[name] for name in item.rerun_on},
        )
        return self._append(entry)

    async def refresh(self) -> tuple[Asked, ...]:
        """Ask the machine again whatever is not settled by it: open, red, or stale.

        Nothing is added to a ledger that cannot be believed, and nothing is asked by a program that changes nothing.
        """
        if is_read_only():
            return ()
        standing = await asyncio.to_thread(self.look)
        if standing.problems:
            return ()
        due = [each.item for each in standing.items if each.item.asks_machine and self._is_due(each)]
        return await self.ask(due)

    @staticmethod
    def _is_due(each: ItemStanding) -> bool:
        return each.machine is not ItemState.PASS and each.state is not ItemState.WAIVED

    # People.

    def answer(self, item: Item, value: str, by: str) -> Answered:
        """Keep the value that a person read; it is judged here, and not signed yet.

        Raises:
            UsageError: when only the machine answers this item, nothing was read, or it is no text.
        """
        if not item.asks_person:
            raise UsageError(f"{item.id}: only the machine answers this; run it again with gonogo checklist run")
        if not value.strip():
            raise UsageError(f"{item.id}: the answer is empty; wanted the value that was read: {item.want}")
        if any("\ud800" <= char <= "\udfff" for char in value + by):  # bytes of a command line that are no UTF-8
            raise UsageError(f"{item.id}: the answer {value!a} by {by!a} is no text; wanted UTF-8")
        entry = Answered(
            list=self.checklist.id,
            list_sha256=self.checklist.sha256,
            item=item.id,
            state=State.PASS if item.takes(value) else State.FAIL,
            value=value.strip(),
            wanted=item.want,
            by=by,
            rests_on=look_at(item.rerun_on, self.around),
        )
        return self._append(entry)

    def sign(self, items: Iterable[Item], pen: Pen) -> tuple[Signed, ...]:
        """Sign the answers of items, one entry for each role.

        Raises:
            CannotSignError: when an item has no right answer, or the signer may not sign it.
            SigningError: when the key does not sign.
        """
        standing = self.look()
        roles: dict[str, list[Covered]] = {}
        for item in items:
            each = standing.of(item.id)
            if item.sign is None:
                raise CannotSignError(f"{item.id}: no signature is wanted for this")
            if each.state is not ItemState.UNSIGNED:
                why = f", {each.why}" if each.why else ""
                raise CannotSignError(f"{item.id}: there is nothing to sign: it is {each.state}{why}")
            covered = Covered(item=item.id, lines=each.lines, read=each.value)
            roles.setdefault(item.sign.role, []).append(covered)
        made = []
        for role, covers in roles.items():
            entry = Signed(
                list=self.checklist.id,
                list_sha256=self.checklist.sha256,
                by=pen.who.name,
                role=role,
                covers=tuple(covers),
            )
            made.append(self._append(entry, self._signer(pen, role)))
        return tuple(made)

    def signable(self, standing: Standing, name: str) -> tuple[Item, ...]:
        """Return the items that wait for a signature which this person may give."""
        roles = [each for each in self.signers.enrolled() if each.is_for(name)]
        return tuple(
            each.item
            for each in standing.items
            if each.state is ItemState.UNSIGNED
            and each.item.sign is not None
            and any(one.may(each.item.sign.role) for one in roles)
            and (not each.item.sign.distinct or self._is_another(each, name))
        )

    @staticmethod
    def _is_another(each: ItemStanding, name: str) -> bool:
        assert each.item.sign is not None
        signed = {signature.by for signature in each.signatures}
        answered = each.answered.by if each.answered is not None and each.item.sign.count == 1 else ""
        return name not in signed and name != answered

    def waive(self, item: Item, reason: str, lasts: timedelta, pen: Pen) -> Waived:
        """Let an item pass for a while.

        Raises:
            CannotSignError: when the item cannot be waived, or not for so long.
            UsageError: when no reason is given.
            SigningError: when the key does not sign.
        """
        allowed = item.waiver
        if allowed is None:
            raise CannotSignError(f"{item.id}: this cannot be waived; {item.fix}")
        if not reason.strip():
            raise UsageError(f"{item.id}: a waiver wants a reason")
        if not timedelta() < lasts <= timedelta(days=allowed.max_days):
            asked = f"{lasts.total_seconds() / 86400:g} days"
            raise CannotSignError(f"{item.id}: read a waiver of {asked}, wanted at most {allowed.max_days} days")
        entry = Waived(
            list=self.checklist.id,
            list_sha256=self.checklist.sha256,
            item=item.id,
            by=pen.who.name,
            role=allowed.by,
            reason=reason.strip(),
            until=rfc3339(self._clock() + lasts),
        )
        return self._append(entry, self._signer(pen, allowed.by))

    # Gates.

    def override(self, gate: str, reason: str, pen: Pen) -> Overridden:
        """Sign that a gate shall open once although the list says NO-GO.

        Raises:
            UsageError: when no reason is given.
            SigningError: when the key does not sign.
        """
        if not reason.strip():
            raise UsageError(f"an override of {gate} wants a reason")
        entry = Overridden(
            list=self.checklist.id,
            list_sha256=self.checklist.sha256,
            gate=gate,
            by=pen.who.name,
            role=OVERRIDE_ROLE,
            reason=reason.strip(),
            missing=tuple(each.item.id for each in self.look().missing),
        )
        return self._append(entry, self._signer(pen, OVERRIDE_ROLE))

    def opened(self, gate: str, run: str, override: Overridden | None) -> Line:
        """Write down that a gate opened; the line is the ledger's end at that moment."""
        entry = Opened(
            list=self.checklist.id,
            list_sha256=self.checklist.sha256,
            gate=gate,
            run=run,
            override=0 if override is None else override.n,
            signers_sha256=self.signers.sha256,
        )
        return self.ledger.append(entry)

    def _append(self, entry: E, sign: Callable[[bytes], str] | None = None) -> E:
        """Write an entry and return it as it stands in the ledger."""
        written = self.ledger.append(entry, sign).entry
        assert isinstance(written, type(entry))
        return written

    def _signer(self, pen: Pen, role: str) -> Callable[[bytes], str]:
        """Sign, and verify at once: a signature that would not count is never written."""

        def make(payload: bytes) -> str:
            signature = sign(payload, pen.who.key, role, may_ask=pen.may_ask)
            trust = verify(payload, signature, pen.who.name, role, at=utc_now(), signers=self.signers)
            if not trust.good:
                raise CannotSignError(f"{pen.who.name} cannot sign this: {trust.told}")
            return signature

        return make
