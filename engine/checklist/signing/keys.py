"""Which key a person signs with: the one that is named, else one of the agent's or of ``~/.ssh`` that is enrolled."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.checklist.signing.blob import fingerprint_of, key_blob_of
from engine.checklist.signing.signers import SignersFile
from engine.checklist.signing.sshkeygen import SigningError
from engine.run.places import runtime_dir

_AGENT_TIMEOUT_S: Final = 5.0
_IN_FILE_NAMES: Final = str.maketrans(":/+", "---")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs, and with which key."""

    name: str
    key: Path
    """What ``ssh-keygen`` is given: a private key, or a public one that an agent can sign with."""
    fingerprint: str


def identity(signers: SignersFile, *, name: str = "", key: Path | None = None, home: Path | None = None) -> Identity:
    """Find out who signs.

    Args:
        signers: which keys are whose.
        name: the name to sign as; "" for the one that the key has.
        key: the key to sign with; None looks at the agent's and the user's own.
        home: the user's folder; None for the user's own.

    Raises:
        SigningError: when no key fits; says what to do.
    """
    if key is not None:
        fingerprint = _fingerprint_at(key)
        return Identity(_name_for(signers, fingerprint, key, name), _usable(key), fingerprint)
    for candidate, fingerprint in _own_keys(home or Path.home()):
        names = _own_names(signers, fingerprint)
        if signers.is_whose(fingerprint, name) if name else names:
            return Identity(name or names[0], candidate, fingerprint)
    who = f"{name!r}" if name else "you"
    there = "" if signers.path.exists() else "there is no signers file yet: "
    raise SigningError(
        f"{there}no key of {who} is in {signers.path}; "
        f"gonogo checklist enrol {name or 'NAME'} --key ~/.ssh/KEY.pub adds one, and --key names one to sign with"
    )


def _name_for(signers: SignersFile, fingerprint: str, key: Path, name: str) -> str:
    names = signers.names_of(fingerprint)
    if not names:
        way_out = f"gonogo checklist enrol {name or 'NAME'} --key {key} adds it"
        raise SigningError(f"{key}: the key {fingerprint} is not in {signers.path}; {way_out}")
    if name and not signers.is_whose(fingerprint, name):
        raise SigningError(f"{key}: this key is {names[0]}'s in {signers.path}, not {name}'s; sign as {names[0]}")
    own = _own_names(signers, fingerprint)
    if not name and not own:
        raise SigningError(f"{key}: {signers.path} knows this key only as {names[0]}; say who you are with --as NAME")
    return name or own[0]


def _own_names(signers: SignersFile, fingerprint: str) -> list[str]:
    """Return a key's names that stand for one person; a pattern, such as ``*@ops``, is nobody's name."""
    return [each.name for each in signers.enrolled() if each.fingerprint == fingerprint and not each.is_pattern]


def _usable(key: Path) -> Path:
    """Return the private half of a public key where it lies beside it and no agent holds it."""
    private = key.with_suffix("")
    in_agent = any(each == _fingerprint_at(key) for each, _ in _agent_keys(os.environ))
    return private if key.suffix == ".pub" and private.exists() and not in_agent else key


def _fingerprint_at(key: Path) -> str:
    public = key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")
    try:
        blob = key_blob_of(public.read_text("utf-8", "replace"))
    except OSError as error:
        raise SigningError(f"{public}: the public key cannot be read: {error.strerror}; name a key that is") from error
    if blob is None:
        raise SigningError(f"{public}: this is no public key; wanted one line such as ssh-ed25519 AAAA…")
    return fingerprint_of(blob)


def _own_keys(home: Path) -> Iterator[tuple[Path, str]]:
    """Yield what this user can sign with: the keys of the agent first, then those with a private half in a file."""
    held = dict(_agent_keys(os.environ))
    found = []
    for public in sorted((home / ".ssh").glob("*.pub")):
        blob = key_blob_of(public.read_text("utf-8", "replace"))
        if blob is not None:
            found.append((public, fingerprint_of(blob)))
    in_files = {print_: public for public, print_ in found}
    for print_, row in held.items():
        yield in_files.get(print_) or _as_file(row, print_), print_
    yield from ((public.with_suffix(""), print_) for public, print_ in found if public.with_suffix("").exists())


def _as_file(public_key: str, fingerprint: str) -> Path:
    """Give a key that came with a forwarded agent the file that ``ssh-keygen`` wants."""
    path = runtime_dir() / f"{fingerprint.translate(_IN_FILE_NAMES)}.pub"
    path.write_text(f"{public_key}\n", "utf-8")
    return path


def _agent_keys(env: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return fingerprint and line of each key that the agent holds; none where there is no agent."""
    if not env.get("SSH_AUTH_SOCK"):
        return []
    try:
        done = subprocess.run(["ssh-add", "-L"], capture_output=True, timeout=_AGENT_TIMEOUT_S, check=False)  # noqa: S607
    except (OSError, subprocess.TimeoutExpired):
        return []
    rows = done.stdout.decode("utf-8", "replace").splitlines()
    return [(fingerprint_of(blob), row) for row in rows if (blob := key_blob_of(row)) is not None]
