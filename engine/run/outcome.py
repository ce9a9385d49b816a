"""How a run ended, in one word; the faces turn it into an exit code."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The end of a run, as its summary records it."""

    OK = "ok"
    """All of it done."""
    SOME_FAILED = "some_failed"
    """Ended, but some of it failed or was left for a person to decide."""
    GATE_CLOSED = "gate_closed"
    """Never started: a gate's checklist did not say GO."""
    SAFETY_STOP = "safety_stop"
    """Stopped because going on would have endangered what is there."""
    INTERRUPTED = "interrupted"
    """Stopped by SIGINT or by an operator's stop."""
    TERMINATED = "terminated"
    """Stopped by SIGTERM."""
    ERROR = "error"
    """Stopped by an error that gonogo could not go on after."""
