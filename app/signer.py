"""Who answers and who signs: as given, as set, as their key is called. One way for the commands and the console."""

from __future__ import annotations

from pathlib import Path

from engine.checklist.around import Around
from engine.checklist.signing.keys import Identity, identity
from engine.checklist.signing.signers import SignersFile
from engine.checklist.signing.sshkeygen import SigningError
from engine.checklist.walk import signers_of
from engine.config import Settings
from engine.host.facts import user_name


def signer_of(settings: Settings, signers: SignersFile, who: str, key: Path | None) -> Identity:
    """Find out who signs with which key; what is given goes before what is set.

    Raises:
        SigningError: when no key fits.
    """
    configured = Path(settings.signing.key).expanduser() if settings.signing.key else None
    return identity(signers, name=who or settings.signing.name, key=key or configured)


def answerer_of(around: Around, who: str, key: Path | None = None) -> str:
    """Return the name of whoever answers: as given, as set, as their key is called, as they are logged in."""
    if who or around.settings.signing.name:
        return who or around.settings.signing.name
    try:
        return signer_of(around.settings, signers_of(around.settings, around.corpus), "", key).name
    except SigningError:
        return user_name()
