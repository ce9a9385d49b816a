"""Who signed for a verdict: people do, on a checklist, in its ledger; this says who did, or how it is done. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

from engine.checklist.standing import Standing
from engine.errors import printable
from engine.units import counted

CHECKLIST: Final = "go-no-go"
"""The list whose signatures stand for a verdict; an item of it reads verdict.json."""
_MACHINE_ITEM: Final = "verdict"


@dataclass(frozen=True, slots=True)
class SignedItem:
    """One good signature under one answer."""

    item: str
    answer: str
    by: str
    """The name under which the signers file knows the key."""
    role: str
    key: str
    """The key's fingerprint."""
    time: str

    def __str__(self) -> str:
        """Say who stands for what."""
        return f"{self.item} ({self.answer}): signed by {self.by} as {self.role}, key {self.key}, at {self.time}"


@dataclass(frozen=True, slots=True)
class SignOff:
    """How the signing of a verdict stands."""

    checklist: str
    is_go: bool
    why: str
    """Why the list is GO or not, in one line."""
    signed: tuple[SignedItem, ...]
    waiting: tuple[str, ...]
    """What still waits for a signature or an answer."""
    notes: tuple[str, ...]
    """What else is to be known: signatures that do not count, overrides, what the list last read of the verdict."""
    how: tuple[str, ...]
    """What to type where signatures are missing; () where none is."""

    @property
    def lead(self) -> str:
        """Say in one line how it stands."""
        state = "GO" if self.is_go else "NO-GO"
        count = counted(len(self.signed), "signature") if self.signed else "nobody has signed"
        return f"checklist {self.checklist}: {state}, {self.why}; {count}"


def sign_off_of(standing: Standing, verdict: str, corpus: str) -> SignOff:
    """Say who signed.

    Args:
        standing: how the checklist stands, its ledger verified.
        verdict: what was judged just now, to see whether the list read the same.
        corpus: the project, as it is typed.
    """
    signed = tuple(
        SignedItem(each.item.id, printable(each.value), printable(one.by), one.role, one.key, one.time)
        for each in standing.items
        for one in each.signatures
    )
    wants = [each for each in standing.missing if each.item.sign is not None]
    waiting = tuple(printable(f"{each.item.id}: {each.state}{f', {each.why}' if each.why else ''}") for each in wants)
    roles = list(dict.fromkeys(each.item.sign.role for each in wants if each.item.sign is not None))
    notes = [*standing.problems, *standing.refused]
    notes += [f"an override of this list was signed by {each.by}: {each.reason}" for each in standing.overrides]
    notes += _read(standing, verdict)
    return SignOff(
        standing.checklist.id,
        standing.is_go,
        standing.why,
        signed,
        waiting,
        tuple(map(printable, notes)),
        _how(standing.checklist.id, corpus, roles) if wants else (),
    )


def _read(standing: Standing, verdict: str) -> list[str]:
    """Say where the list has not read this verdict."""
    machine = next((each for each in standing.items if each.item.id == _MACHINE_ITEM), None)
    if machine is None:
        return [f"the checklist has no item {_MACHINE_ITEM!r}: its signatures stand for its own answers alone"]
    if machine.checked is None:
        return [f"the checklist has not read a verdict yet, this one is {verdict}"]
    read = machine.checked.read
    return [] if verdict in read.split() else [f"the checklist last read {read}, this verdict is {verdict}"]


def _how(checklist: str, corpus: str, roles: list[str]) -> tuple[str, ...]:
    where = f" --corpus {shlex.quote(corpus)}"
    enrol = [
        f"gonogo checklist enrol NAME --key KEY.pub --role {role}{where}   (once for each signer)" for role in roles
    ]
    return (
        *enrol,
        f"gonogo checklist run {checklist}{where}   (asks the machine, then you, item by item)",
        f"gonogo checklist sign {checklist} --as NAME{where}   (each signer, with their own SSH key)",
        "gonogo verdict   (again, to have the signatures in the report)",
    )
