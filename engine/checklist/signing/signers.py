"""The signers file: which key is whose, and in which roles it may sign. OpenSSH's own format (ssh-keygen(1))."""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.checklist.signing.blob import fingerprint_of, key_blob_of
from engine.errors import GonogoError
from engine.run.read_only import refuse_changes

_LINE: Final = re.compile(
    r"""(?P<names>"[^"]*"|\S+)\s+
        (?:(?P<options>(?:[^\s"]|"[^"]*")+)\s+)??
        (?P<key>(?:ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/=]+)""",
    re.VERBOSE,
)
_TIMEOUT_S: Final = 30.0
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

    @property
    def is_pattern(self) -> bool:
        """Tell whether the name stands for several people, such as ``*@ops``."""
        return any(char in self.name for char in "*?!")

    def is_for(self, name: str) -> bool:
        """Tell whether the key is this person's; names are patterns (PATTERNS in ssh_config(5))."""
        return _matches(self.name, name)

    def may(self, role: str) -> bool:
        """Tell whether the file lets this key sign in a role."""
        return not self.roles or any(_matches(each, role) for each in self.roles)


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

    def is_whose(self, fingerprint: str, name: str) -> bool:
        """Tell whether the file knows a key under a name."""
        return any(each.fingerprint == fingerprint and each.is_for(name) for each in self.enrolled())

    def names_of(self, fingerprint: str) -> tuple[str, ...]:
        """Return under which names the file knows a key."""
        return tuple(each.name for each in self.enrolled() if each.fingerprint == fingerprint)

    def enrol(self, name: str, public_key: str, roles: tuple[str, ...]) -> Enrolled:
        """Add a key to the file.

        Raises:
            GonogoError: when it is no public key, no name or no role, or the key is there already.
            ReadOnlyError: when this program changes nothing.
        """
        refuse_changes(f"{self.path} (the signers) would have a new line")
        blob = key_blob_of(public_key)
        if blob is None or not _is_whole(public_key):
            raise GonogoError(f"{public_key[:60]!r} is no public key; wanted the line of a .pub file")
        for role in roles:
            if re.fullmatch(r"[a-z][a-z0-9-]*", role) is None:
                raise GonogoError(f"{role!r} is no role; wanted such as operator: lower case letters, digits and -")
        if not re.fullmatch(r"[\w.+-]+(?:@[\w.-]+)?", name):
            raise GonogoError(f"{name!r} is no name for a signer; wanted such as anna or anna@ops")
        added = Enrolled(name, roles, fingerprint_of(blob))
        for each in self.enrolled():
            if added.fingerprint == each.fingerprint:
                raise GonogoError(f"{self.path}: this key is {each.name}'s already; one key stands for one person")
        spaces = ",".join(namespace_of(role) for role in roles)
        options = f'namespaces="{spaces}" ' if roles else ""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        torn = not is_new and not self.path.read_bytes().endswith(b"\n")
        line = f"{name} {options}{' '.join(public_key.split()[:2])}\n"
        with self.path.open("a", encoding="utf-8") as out:  # what stands there is never written anew
            out.write(f"{_HEADER if is_new else ''}{chr(10) if torn else ''}{line}")
        return added


def _is_whole(public_key: str) -> bool:
    """Tell whether ``ssh-keygen`` can read a public key: one that was cut off begins like a whole one."""
    asked = " ".join(public_key.split()[:2])
    try:
        done = subprocess.run(
            ["ssh-keygen", "-l", "-f", "-"],  # noqa: S607  # found where the user has it
            input=asked.encode(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GonogoError(f"ssh-keygen could not be asked: {error}; install OpenSSH's client") from error
    return done.returncode == 0


def _matches(pattern: str, text: str) -> bool:
    """Match as OpenSSH does: ``*`` and ``?``; what begins with ``!`` lets nobody in by itself."""
    wanted = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return not pattern.startswith("!") and re.fullmatch(wanted, text, re.DOTALL) is not None


def _roles(options: str) -> tuple[str, ...]:
    spaces = re.search(r'namespaces="([^"]*)"', options)
    if spaces is None:
        return ()
    return tuple(space.strip().removesuffix("@gonogo") for space in spaces[1].split(","))
