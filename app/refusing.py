"""What a command says that did not even begin."""

from __future__ import annotations

from app.exit_codes import ExitCode
from app.report import Report, Row
from app.streams import Data, say
from engine.errors import GonogoError
from engine.run.outcome import Outcome


class Refused(Row, frozen=True, kw_only=True, tag="error"):
    """Why a command did not even begin."""

    problem: str
    exit_code: int


def tell_refusal(error: GonogoError, code: ExitCode, *, as_json: bool) -> None:
    """Say what went wrong: to a person once; to a script on stderr, and as a summary where no run has written one."""
    if as_json or not Data.written:
        say(f"gonogo: {error}")
    if as_json and not Data.written:
        with Report("gonogo", as_json=True) as report:
            report.outcome = Outcome.ERROR
            report.add(Refused(problem=str(error), exit_code=code))
