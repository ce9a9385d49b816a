"""``--override``: a person's signed word that opens a gate once, against its checklist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from app.checklist_wording import override_line
from app.cli.checklist.common import pen_of, walk_of
from app.cli.common import Globals
from app.streams import say
from engine.errors import UsageError
from engine.jobs.registry import job_kind

_OPTIONS: Final = ("--override", "--as", "--key")


def sign_override(options: Globals, corpus: Path, job: str, reason: str, *, who: str, key: Path | None) -> None:
    """Sign that a job's gate shall open once.

    Raises:
        UsageError: when nothing is bound to the gate, or no reason is given.
        SigningError: when no key signs.
    """
    gate = job_kind(job).gate or ""
    bound = options.settings(corpus).settings.gates.get(gate)
    if bound is None:
        raise UsageError(f"no checklist is bound to {gate}: there is nothing to override")
    walk = walk_of(options, corpus, bound)
    say(override_line(walk.override(gate, reason, pen_of(walk.around.settings, walk.signers, who, key))))


def without_override(arguments: Sequence[str]) -> list[str]:
    """Return a command line without the options of an override: it is signed already, for one start."""
    return list(_without(iter(arguments)))


def _without(arguments: Iterator[str]) -> Iterator[str]:
    for argument in arguments:
        name, has_value, _ = argument.partition("=")
        if name not in _OPTIONS:
            yield argument
        elif not has_value:
            next(arguments, None)
