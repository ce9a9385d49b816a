"""What a ledger's line can say."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

import msgspec

from engine.checklist.answers import State
from engine.errors import printable


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """One line; its number and the hash of the line above are given to it when it is written."""

    n: int = 0
    """Its number: the first line is 1."""
    prev: str = ""
    """SHA-256 of the line above, without its newline."""
    time: str = ""
    """RFC 3339, UTC, milliseconds: the writer's clock."""
    user: str = ""
    """Who was logged in; nothing rests on it."""
    host: str = ""

    wants_signature: ClassVar[bool] = False

    def but(self, **fields: object) -> Entry:
        """Return this entry with some fields changed."""
        return msgspec.structs.replace(self, **fields)


class Begun(Entry, frozen=True, kw_only=True, tag="begun"):
    """The first line: which ledger this is."""

    ledger: str
    """A random id: no two ledgers begin alike, so no line of one can stand in another."""
    corpus: str
    """The folder that it is about, absolute; answers count for this one alone."""
    tool: str


class OfList(Entry, frozen=True, kw_only=True):
    """An entry about a checklist."""

    list: str
    list_sha256: str
    """The bytes of the list's file: after any change of them this entry counts no more."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """On what a machine's answer rests."""

    started: str
    seconds: float
    argv: tuple[str, ...] = ()
    exit_code: int | None = None
    output_sha256: str = ""
    """Of the whole output."""
    output_bytes: int = 0
    kept_sha256: str = ""
    """Of the beginning that is kept: the name of its file in ``STATE/evidence``."""
    files: dict[str, str] = {}
    boot_id: str = ""
    commit: str = ""
    """Of the corpus's git repository, where it is one."""


class Checked(OfList, frozen=True, kw_only=True, tag="checked"):
    """The machine answered an item."""

    item: str
    state: State
    read: str
    wanted: str
    evidence: Evidence
    rests_on: dict[str, str] = {}
    """What ``rerun_on`` names, as it was; another value now makes the answer stale."""


class Answered(OfList, frozen=True, kw_only=True, tag="answered"):
    """A person gave the value that they read; not signed yet."""

    item: str
    state: State
    value: str
    wanted: str
    by: str
    """Who, as they said; a signature proves it."""
    rests_on: dict[str, str] = {}


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that a sign-off stands for."""

    item: str
    lines: tuple[int, ...]
    """The lines of the answer: the machine's, the person's, or both."""
    read: str
    """What the signer was shown."""


class Signed(OfList, frozen=True, kw_only=True, tag="signed"):
    """A person stands for answers."""

    by: str
    """The name under which the signers file knows the key."""
    role: str
    covers: tuple[Covered, ...]
    signature: str = ""

    wants_signature: ClassVar[bool] = True


class Waived(OfList, frozen=True, kw_only=True, tag="waived"):
    """A person lets an item pass for a while."""

    item: str
    by: str
    role: str
    reason: str
    until: str
    """RFC 3339: after this the item is as it was."""
    signature: str = ""

    wants_signature: ClassVar[bool] = True


class Overridden(OfList, frozen=True, kw_only=True, tag="overridden"):
    """A person opens a gate once although its checklist says NO-GO."""

    gate: str
    by: str
    role: str
    reason: str
    missing: tuple[str, ...]
    """The items that were not settled then."""
    signature: str = ""

    wants_signature: ClassVar[bool] = True


class Opened(OfList, frozen=True, kw_only=True, tag="opened"):
    """A gate opened for a run."""

    gate: str
    run: str
    override: int = 0
    """The line of the override that it took; 0 where the list said GO."""
    signers_sha256: str = ""
    """Of the signers file that sign-offs were verified with."""


AnyEntry: TypeAlias = Begun | Checked | Answered | Signed | Waived | Overridden | Opened
SignedEntry: TypeAlias = Signed | Waived | Overridden


def name_of(entry: SignedEntry) -> str:
    """Name a signed entry as a person would: what it does, and whose name it bears."""
    match entry:
        case Signed():
            what = f"sign-off of {', '.join(each.item for each in entry.covers)}"
        case Waived():
            what = f"waiver of {entry.item}"
        case Overridden():
            what = f"override of {entry.gate}"
    return printable(f"{what} by {entry.by}")
