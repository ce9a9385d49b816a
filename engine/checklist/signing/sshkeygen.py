"""``ssh-keygen -Y``: signing with a key or an agent, and verifying; the only judge of a signature.

``check-novalidate`` is never used: it says Good for any key.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.checklist.signing.blob import signing_key_of
from engine.checklist.signing.signers import SignersFile, namespace_of
from engine.errors import GonogoError, printable

_TIMEOUT_S: Final = 30.0
_TOUCH_TIMEOUT_S: Final = 300.0
"""A person types a passphrase, or touches a security key."""


class SigningError(GonogoError):
    """Raised when a signature cannot be made."""


class PassphraseWantedError(SigningError):
    """Raised when a key wants a passphrase and nobody can be asked for it here."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What is known of a signature."""

    good: bool
    key: str = ""
    """The fingerprint of the key that made it; never what the entry claims."""
    told: str = ""
    """Why it is not good."""


def sign(payload: bytes, key: Path, role: str, *, may_ask: bool = False) -> str:
    """Sign bytes in a role.

    Args:
        payload: what is signed.
        key: a private key, or a ``.pub`` whose private half an agent holds.
        role: the namespace is made of it.
        may_ask: whether ``ssh-keygen`` may ask for a passphrase on the terminal.

    Raises:
        PassphraseWantedError: when it would have to ask and may not.
        SigningError: when there is no such key, or it cannot sign.
    """
    argv = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", namespace_of(role)]
    env = os.environ | {"LC_ALL": "C"} | ({} if may_ask else {"SSH_ASKPASS_REQUIRE": "never"})
    try:
        done = subprocess.run(
            argv,
            input=payload,
            stdout=subprocess.PIPE,
            stderr=None if may_ask else subprocess.PIPE,
            env=env,
            timeout=_TOUCH_TIMEOUT_S,
            check=False,
            start_new_session=not may_ask,  # without a terminal there is no prompt to hang on
        )
    except FileNotFoundError as error:
        raise SigningError("ssh-keygen is not there; install OpenSSH's client to sign") from error
    except subprocess.TimeoutExpired as error:
        raise SigningError(f"{key}: no signature within {_TOUCH_TIMEOUT_S:.0f} s; try again") from error
    if done.returncode == 0:
        return done.stdout.decode("ascii").strip() + "\n"
    said = printable((done.stderr or b"").decode("utf-8", "replace").strip().replace("\n", "; "))
    if "passphrase" in said:
        told = f"{key}: the key wants its passphrase; add it to an agent (ssh-add {key}), or sign where it can be typed"
        raise PassphraseWantedError(told)
    raise SigningError(f"{key}: cannot sign{f': {said}' if said else ''}; name another key, or mend this one")


def verify(payload: bytes, signature: str, who: str, role: str, *, at: datetime, signers: SignersFile) -> Trust:
    """Ask ``ssh-keygen`` whether a signature is this person's, over these bytes, in this role, at that time."""
    key = signing_key_of(signature) or ""
    if not signers.path.exists():
        return Trust(False, key, f"there is no signers file {signers.path}; gonogo checklist enrol makes one")
    moment = at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")
    argv = ["ssh-keygen", "-Y", "verify", "-f", str(signers.path), "-I", who, "-n", namespace_of(role)]
    argv += ["-O", f"verify-time={moment}"]
    argv += ["-r", str(signers.revoked)] if signers.revoked.exists() else []
    with tempfile.NamedTemporaryFile(prefix="gonogo-", suffix=".sig") as kept:
        kept.write(signature.encode())
        kept.flush()
        try:
            done = subprocess.run(
                [*argv, "-s", kept.name],
                input=payload,
                capture_output=True,
                env=os.environ | {"LC_ALL": "C"},
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:  # ValueError: a name with a NUL in it
            return Trust(False, key, f"ssh-keygen could not be asked: {error}")
    if done.returncode == 0:
        return Trust(True, key)
    said = printable(done.stderr.decode("utf-8", "replace"))
    return Trust(False, key, _explain(said, key, who, role, signers))


def _explain(said: str, key: str, who: str, role: str, signers: SignersFile) -> str:
    """Say in a person's words why OpenSSH refuses: to most of it, it says nothing but "Could not verify"."""
    if not key:
        return "what stands there is no signature"
    if "incorrect signature" in said:
        return "incorrect signature: the signed text was changed, or the signature is from elsewhere"
    if "namespace does not match" in said:
        return f"signed in another role than {role!r}"
    names = signers.names_of(key)
    if not signers.is_whose(key, who):
        if names:
            return f"the key {key} is {names[0]}'s, not {who}'s"
        return f"the key {key} is not in {signers.path}: nobody there may sign with it"
    if "has expired" in said:
        return f"the key {key} of {who} had expired when this was signed"
    if "not yet valid" in said:
        return f"the key {key} of {who} was not valid yet when this was signed"
    if "not permitted" in said:
        return f"{who} may not sign as {role}: {signers.path} does not give that role to the key {key}"
    if signers.revoked.exists():
        return f"the key {key} of {who} is revoked in {signers.revoked}"
    return f"ssh-keygen refuses it: {said.strip() or 'no reason given'}"
