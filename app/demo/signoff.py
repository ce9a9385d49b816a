"""The demo's sign-off: it answers for a person who is not there, and signs with a throw-away key of its own.

So that a demo shows a gate open. Nobody listened, and nobody decided: on a real corpus these are a person's answers.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from engine.checklist.signing.keys import identity
from engine.checklist.walk import Pen, Walk
from engine.convert.sweep_events import SweepSummary
from engine.crew.artifacts import artifact
from engine.errors import GonogoError
from engine.units import counted

NAME: Final = "demo"
_ROLES: Final = ("operator",)
_ANSWERS: Final = {
    "readers": "none",
    "on-watch": "demo, this terminal",
    "ears-words": "nobody, listened, here",
    "ears-new": "nothing",
    "second-copy": "none: demo",
    "originals-kept": "0",
    "nothing-filtered": "0",
}
"""What the demo says to the questions of phase2-conversion that need no figure."""


def sign_off(walk: Walk, pending: int) -> str:
    """Answer and sign whatever a person would; return in a sentence what was done.

    Args:
        walk: the list before the conversion, its machine checks answered.
        pending: how many shards wait for a conversion.

    Raises:
        GonogoError: when ssh-keygen is not there, or the list asks something that the demo cannot answer.
    """
    key = _key(walk.around.state / "demo-key")
    if NAME not in {each.name for each in walk.signers.enrolled()}:
        walk.signers.enrol(NAME, key.with_name(f"{key.name}.pub").read_text("utf-8"), _ROLES)
    answers = {**_ANSWERS, **dict(_figures(walk.around.state, pending))}
    answered = 0
    for each in walk.look().items:
        if each.item.asks_person and not each.is_settled:
            if each.item.id not in answers:
                raise GonogoError(
                    f"the demo has no answer to {each.item.id!r} of {walk.checklist.id!r}: {each.item.ask}"
                )
            walk.answer(each.item, answers[each.item.id], NAME)
            answered += 1
    chosen = walk.signable(walk.look(), NAME)
    if chosen:
        walk.sign(chosen, Pen(identity(walk.signers, name=NAME, key=key)))
    return (
        f"{walk.checklist.id}: {counted(answered, 'answer')} given and signed by {NAME}, with a key of its own: {key}"
    )


def _figures(state: Path, pending: int) -> Iterator[tuple[str, str]]:
    """Read aloud what the sweep found."""
    sweep = msgspec.json.decode(artifact(state, "sweep.json").read_bytes(), type=SweepSummary)
    yield "inventory-shards", str(pending)
    yield "workers-agreed", str(sweep.recommended_workers or 1)
    yield "window-long-enough", f"{(sweep.estimate_s or 0.0) / 3600:.2f}"


def _key(path: Path) -> Path:
    """Make the key where it is missing.

    Raises:
        GonogoError: when ssh-keygen does not.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "throw-away key of a gonogo demo", "-f", str(path)]
    try:
        subprocess.run(argv, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise GonogoError("ssh-keygen is not there; install OpenSSH's client, as sign-offs need it") from error
    except subprocess.CalledProcessError as error:
        raise GonogoError(f"{path}: no key can be made: {error.stderr.decode('utf-8', 'replace').strip()}") from error
    return path
