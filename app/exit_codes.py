"""What gonogo says with its exit code: a contract with scripts."""

from __future__ import annotations

from enum import IntEnum

from engine.errors import CorpusHeldError, GateClosedError, GonogoError, NoSuchRunError, SafetyStopError, UsageError
from engine.run.outcome import Outcome


class ExitCode(IntEnum):
    """The codes that every command but ``status --check`` ends with."""

    OK = 0
    """All of it done; GO."""
    SOME_FAILED = 1
    """Ended, but some of it failed or is quarantined (originals intact); NO-GO."""
    USAGE = 2
    """The command line or the configuration is wrong."""
    GATE_CLOSED = 3
    """A gate is closed: not signed, stale or red."""
    SAFETY_STOP = 4
    """Stopped for safety: disk floor, red alert, budget."""
    CORPUS_HELD = 5
    """Another run holds the corpus."""
    INTERRUPTED = 130
    """Stopped by SIGINT or an operator's stop; run it again and it goes on."""
    TERMINATED = 143
    """Stopped by SIGTERM; run it again and it goes on."""


class CheckCode(IntEnum):
    """The codes of ``status --check``: the rule of Nagios plugins."""

    GREEN = 0
    YELLOW = 1
    RED = 2
    UNKNOWN = 3


_OF_OUTCOME = {
    Outcome.OK: ExitCode.OK,
    Outcome.SOME_FAILED: ExitCode.SOME_FAILED,
    Outcome.GATE_CLOSED: ExitCode.GATE_CLOSED,
    Outcome.SAFETY_STOP: ExitCode.SAFETY_STOP,
    Outcome.INTERRUPTED: ExitCode.INTERRUPTED,
    Outcome.TERMINATED: ExitCode.TERMINATED,
    Outcome.ERROR: ExitCode.SOME_FAILED,
}

_OF_ERROR: tuple[tuple[type[GonogoError], ExitCode], ...] = (
    (UsageError, ExitCode.USAGE),
    (NoSuchRunError, ExitCode.USAGE),
    (GateClosedError, ExitCode.GATE_CLOSED),
    (SafetyStopError, ExitCode.SAFETY_STOP),
    (CorpusHeldError, ExitCode.CORPUS_HELD),
)


def code_of(outcome: Outcome) -> ExitCode:
    """Return the exit code of a run that ended so."""
    return _OF_OUTCOME[outcome]


def code_for(error: GonogoError) -> ExitCode:
    """Return the exit code of a command that this error ended."""
    return next((code for kind, code in _OF_ERROR if isinstance(error, kind)), ExitCode.SOME_FAILED)
