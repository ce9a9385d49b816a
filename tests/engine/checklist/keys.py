"""Throw-away SSH keys, a signers file, and a corpus with a checklist: what the tests of sign-offs stand on."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.checklist.around import Around
from engine.checklist.finding import open_list
from engine.checklist.ledger.chain import Finding
from engine.checklist.ledger.lines import Head, Line, read_lines
from engine.checklist.ledger.verify import Verification, Witness, verify_ledger
from engine.checklist.signing.keys import Identity
from engine.checklist.signing.signers import SignersFile, namespace_of
from engine.checklist.signing.sshkeygen import sign
from engine.checklist.walk import Pen, Walk
from engine.config import Settings

ROLES = ("operator", "reviewer", "override")

FLIGHT = """\
# The flight.
[checklist]
id = "flight"
title = "Before the flight"
gates = "convert.start"

[[item]]
id = "fuel"
ask = "Fuel on board, in kg?"
want = "600"
kind = "person"
sign = { role = "operator" }
fix = "fill it up"
source = "a test"

[[item]]
id = "doors"
ask = "Are the doors shut?"
want = "shut"
kind = "both"
check = { type = "command", argv = ["cat", "$CORPUS/doors"], match = "^shut$" }
sign = { role = "reviewer", count = 2, distinct = true }
fix = "shut them"
source = "a test"

[[item]]
id = "engine"
ask = "Is the engine on?"
want = "on"
kind = "machine"
check = { type = "command", argv = ["cat", "$CORPUS/engine"], match = "^on$" }
level = "normal"
fix = "turn it on"
source = "a test"
"""


def make_key(folder: Path, name: str, *options: str, passphrase: str = "") -> Path:
    """Make a key; returns its private half."""
    path = folder / name
    kind = options or ("-t", "ed25519")
    subprocess.run(["ssh-keygen", "-q", *kind, "-N", passphrase, "-C", name, "-f", path], check=True)
    return path


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="gonogo-keys-")


@cache
def key_of(name: str) -> Path:
    """Return this person's key, made once for all tests of a run; nobody writes to it."""
    return make_key(Path(_folder().name), name)


def public(key: Path) -> str:
    """Return the line of a key without its comment."""
    return " ".join(Path(f"{key}.pub").read_text().split()[:2])


def fingerprint(key: Path) -> str:
    told = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], capture_output=True, text=True, check=True).stdout
    return told.split()[1]


def signers_line(name: str, key: Path, roles: Iterable[str] = ROLES, more: str = "") -> str:
    spaces = ",".join(map(namespace_of, roles))
    return f'{name} {more}{"," if more else ""}namespaces="{spaces}" {public(key)}\n'


def signers_in(folder: Path, *lines: str) -> SignersFile:
    """Write a signers file; without lines, anna's, bob's and cleo's."""
    found = SignersFile(folder / "allowed_signers", folder / "revoked_keys")
    found.path.parent.mkdir(parents=True, exist_ok=True)
    found.path.write_text("".join(lines or [signers_line(name, key_of(name)) for name in ("anna", "bob", "cleo")]))
    return found


def pen(name: str, key: Path | None = None) -> Pen:
    return Pen(Identity(name, key or key_of(name), ""))


@dataclass
class Flight:
    """A corpus with a checklist of three items, its signers, and its ledger."""

    walk: Walk

    @property
    def corpus(self) -> Path:
        return self.walk.around.corpus

    @property
    def ledger(self) -> Path:
        return self.walk.ledger.path

    @property
    def rows(self) -> list[bytes]:
        return self.ledger.read_bytes().splitlines()

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.walk.ledger.read()

    def put(self, rows: Iterable[bytes]) -> None:
        self.ledger.write_bytes(b"".join(row + b"\n" for row in rows))

    def verify(self, head: Head | None = None) -> Verification:
        heads = [] if head is None else [(head, "the export")]
        return verify_ledger(self.lines, Witness(self.walk.signers), self.walk.around.state, heads, self.corpus)

    def findings(self, head: Head | None = None) -> tuple[Finding, ...]:
        return self.verify(head).findings

    def answer(self, item: str, value: str, by: str = "anna") -> None:
        self.walk.answer(self.walk.checklist.item(item), value, by)

    def sign(self, name: str, *items: str) -> None:
        self.walk.sign([self.walk.checklist.item(item) for item in items], pen(name))

    async def clear(self) -> None:
        """Answer and sign everything: nine lines, of which three are signed."""
        await self.walk.refresh()
        self.answer("fuel", "600")
        self.answer("doors", "shut")
        self.sign("anna", "fuel")
        self.sign("anna", "doors")
        self.sign("bob", "doors")


def make_flight(folder: Path, text: str = FLIGHT, settings: Settings | None = None) -> Flight:
    """Make a corpus with a checklist named ``flight`` in a folder."""
    corpus = folder / "corpus"
    signers_in(corpus / "checklists")
    (corpus / "checklists" / "flight.toml").write_text(text)
    (corpus / "doors").write_text("shut\n")
    (corpus / "engine").write_text("on\n")
    return open_flight(corpus, settings)


def open_flight(corpus: Path, settings: Settings | None = None) -> Flight:
    """Open the checklist of a corpus, as a program of its own would."""
    env: Mapping[str, str] = dict(os.environ)
    around = Around(corpus, corpus / ".gonogo", settings or Settings(), env, env)
    return Flight(Walk(open_list("flight", corpus), around))


def rechained(rows: Iterable[bytes]) -> list[bytes]:
    """Number lines anew and let each follow the one above, as somebody would who forges a ledger; no key is at hand."""
    from engine.checklist.ledger.lines import NO_LINE, payload_of, with_signature  # the forger uses our own tools

    made: list[bytes] = []
    for number, line in zip(itertools.count(1), read_lines(b"".join(row + b"\n" for row in rows)), strict=False):
        assert line.entry is not None
        signature = getattr(line.entry, "signature", "")
        fields: dict[str, object] = {"signature": ""} if signature else {}
        above = made[-1] if made else None
        prev = NO_LINE if above is None else read_lines(above)[0].sha256
        payload = payload_of(line.entry.but(n=number, prev=prev, **fields))
        made.append(with_signature(payload, signature) if signature else payload)
    return made


def sign_anew(row: bytes, key: Path, role: str, fields: Mapping[str, str]) -> bytes:
    """Change a signed line and sign it with a key of one's own choice."""
    from engine.checklist.ledger.lines import payload_of, with_signature

    entry = read_lines(row)[0].entry
    assert entry is not None
    payload = payload_of(entry.but(**{**fields, "signature": ""}))
    return with_signature(payload, sign(payload, key, role))
