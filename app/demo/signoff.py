"""The demo's sign-off: it answers for people who are not there, and signs with throw-away keys of its own.

So that a demo shows a gate open. Nobody listened, and nobody decided: on a real corpus these are a person's answers.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from app.demo.inventory import pending_in
from engine.checklist.signing.keys import identity
from engine.checklist.walk import Pen, Walk
from engine.convert.sweep_events import SweepSummary
from engine.convert.validation_shape import ValidationReport
from engine.crew.artifacts import artifact
from engine.errors import GonogoError
from engine.units import counted, show_bytes

NAME: Final = "demo"
SECOND: Final = "demo-second"
"""Who signs where the list wants another person than the operator."""
_PEOPLE: Final = {NAME: ("operator",), SECOND: ("reviewer",)}
_ANSWERS: Final = {
    "phase2-conversion": {
        "readers": "none",
        "on-watch": "demo, this terminal",
        "ears-words": "nobody, listened, here",
        "ears-new": "nothing",
        "second-copy": "none: demo",
        "originals-kept": "2",
        "nothing-filtered": "0",
    },
    "clean": {"last-ears": "nobody, listened, here", "copy-elsewhere": f"none: {SECOND}"},
}
"""What the demo says to questions that need no figure, by list."""


def sign_off(walk: Walk) -> str:
    """Answer and sign whatever people would; return in a sentence what was done.

    Args:
        walk: one of the two lists that ``gonogo init`` binds, its machine checks answered.

    Raises:
        GonogoError: when ssh-keygen is not there, or the list asks something that the demo cannot answer.
    """
    state = walk.around.state
    keys = {name: _key(state / f"{name}-key") for name in _PEOPLE}
    enrolled = {each.name for each in walk.signers.enrolled()}
    for name, roles in _PEOPLE.items():
        if name not in enrolled:
            walk.signers.enrol(name, keys[name].with_name(f"{keys[name].name}.pub").read_text("utf-8"), roles)
    answers = {**_ANSWERS.get(walk.checklist.id, {}), **dict(_figures(walk.checklist.id, state))}
    answered = _answer(walk, answers)
    for name, key in keys.items():
        chosen = walk.signable(walk.look(), name)
        if chosen:
            walk.sign(chosen, Pen(identity(walk.signers, name=name, key=key)))
    who = f"{NAME} and {SECOND}, with keys of their own: {keys[NAME].parent}"
    return f"{walk.checklist.id}: {counted(answered, 'answer')} given and signed by {who}"


def _answer(walk: Walk, answers: Mapping[str, str]) -> int:
    answered = 0
    for each in walk.look().items:
        if each.item.asks_person and not each.is_settled:
            if each.item.id not in answers:
                raise GonogoError(
                    f"the demo has no answer to {each.item.id!r} of {walk.checklist.id!r}: {each.item.ask}"
                )
            walk.answer(each.item, answers[each.item.id], NAME)
            answered += 1
    return answered


def _figures(checklist: str, state: Path) -> Iterator[tuple[str, str]]:
    """Read aloud what the reports before a gate say."""
    if checklist == "clean":
        report = msgspec.json.decode(artifact(state, "validation.json").read_bytes(), type=ValidationReport)
        behind = report.total.counts.get("quarantined", 0) + report.total.counts.get("failed", 0)
        yield "left-behind", f"{behind}, {NAME}" if behind else "0"
        yield "to-be-deleted", f"{len(report.kept_backups)}, {show_bytes(report.total.backup_bytes)}"
        return
    sweep = msgspec.json.decode(artifact(state, "sweep.json").read_bytes(), type=SweepSummary)
    yield "inventory-shards", str(pending_in(state))
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
