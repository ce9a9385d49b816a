"""The signers file: which key is whose, and in which roles it may sign. OpenSSH's own format (ssh-keygen(1))."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.checklist.signing.blob import fingerprint_of, key_blob_of
from engine.errors import GonogoError

_LINE: Final = re.compile(
    r"""(?P<names>"[^"]*"|\S+)\s+
        (?:(?P<options>(?:[^\s"]|"[^"]*")+)\s+)??
        (?P<key>(?:ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/=]+)""",
    re.VERBOSE,
)
_HEADER: Final = """\
# Who may sign, with which key, in which roles: OpenSSH's allowed_signers (see ssh-keygen(1)).
# NAME namespaces="operator@gonogo,reviewer@gonogo" KEYTYPE KEY
"""


def namespace_of(role: str) -> str:
    """Return the namespace in which a role signs."""
    return f"{role}@gonogo"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One key of the signers file."""

    name: str
    roles: tuple[str, ...]
    """Empty where the key may sign in every role."""
    fingerprint: str

    def may(self, role: str) -> bool:
        """Tell whether the file lets this key sign in a role."""
        return not self.roles or role in self.roles


@dataclass(frozen=True, slots=True)
class SignersFile:
    """A signers file, and the file of revoked keys beside it.

    For explanations and for finding a person's own name: whether a signature is good, ``ssh-keygen`` alone decides.
    """

    path: Path
    revoked: Path
    """Keys that count no more, one ``.pub`` line each, or a KRL; it need not be there."""

    @property
    def sha256(self) -> str:
        """The hash of both files, for the record; "" where there is no signers file."""
        try:
            content = self.path.read_bytes() + (self.revoked.read_bytes() if self.revoked.exists() else b"")
        except OSError:
            return ""
        return hashlib.sha256(content).hexdigest()

    def enrolled(self) -> tuple[Enrolled, ...]:
        """Return the keys of the file; lines that cannot be read are left to ``ssh-keygen`` to refuse."""
        try:
            text = self.path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise GonogoError(f"{self.path}: the signers file cannot be read: {error.strerror}") from error
        found = []
        for row in text.splitlines():
            match = _LINE.match(row.strip())
            blob = key_blob_of(match["key"]) if match is not None else None
            if match is not None and blob is not None and not row.lstrip().startswith("#"):
                names = match["names"].strip('"').split(",")
                roles = _roles(match["options"] or "")
                found += [Enrolled(name, roles, fingerprint_of(blob)) for name in names]
        return tuple(found)

    def names_of(self, fingerprint: str) -> tuple[str, ...]:
        """Return under which names the file knows a key."""
        return tuple(each.name for each in self.enrolled() if each.fingerprint == fingerprint)

    def enrol(self, name: str, public_key: str, roles: tuple[str, ...]) -> Enrolled:
        """Add a key to the file.

        Raises:
            GonogoError: when it is no public key, or the name or the key is there already.
        """
        blob = key_blob_of(public_key)
        if blob is None:
            raise GonogoError(f"{public_key[:60]!r} is no public key; wanted the line of a .pub file")
        if not re.fullmatch(r"[\w.+-]+(?:@[\w.-]+)?", name):
            raise GonogoError(f"{name!r} is no name for a signer; wanted such as anna or anna@ops")
        added = Enrolled(name, roles, fingerprint_of(blob))
        for each in self.enrolled():
            if added.fingerprint == each.fingerprint:
                raise GonogoError(f"{self.path}: this key is {each.name}'s already; one key stands for one person")
        spaces = ",".join(namespace_of(role) for role in roles)
        options = f'namespaces="{spaces}" ' if roles else ""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = self.path.read_text("utf-8") if self.path.exists() else _HEADER
        line = f"{name} {options}{' '.join(public_key.split()[:2])}\n"
        self.path.write_text(text if text.endswith("\n") or not text else f"{text}\n", "utf-8")
        with self.path.open("a", encoding="utf-8") as out:
            out.write(line)
        return added


def _roles(options: str) -> tuple[str, ...]:
    spaces = re.search(r'namespaces="([^"]*)"', options)
    if spaces is None:
        return ()
    return tuple(space.strip().removesuffix("@gonogo") for space in spaces[1].split(","))
