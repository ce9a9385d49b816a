"""One-shot commands speak as runs do: with ``--json`` a version line, rows, a summary; no run is made."""

from __future__ import annotations

import platform
import socket
import time
from collections.abc import Callable
from importlib.metadata import version
from types import TracebackType
from typing import Self

from app.streams import Data, say
from engine.run.events import Event, Summary, Version
from engine.run.log import EventLog
from engine.run.outcome import Outcome


class Row(Event, frozen=True, kw_only=True):
    """One thing that a command tells; a subclass names its fields."""


class Said(Row, frozen=True, kw_only=True):
    """One sentence."""

    text: str


class ReportSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """The end of a one-shot command."""

    rows: int
    detail: str = ""


class Report:
    """The JSON Lines of one command; without ``--json`` it writes nothing, and the command prints for people."""

    def __init__(self, command: str, *, as_json: bool) -> None:
        self.outcome = Outcome.OK
        self._command = command
        self._log: EventLog | None = EventLog(None, None) if as_json else None
        self._rows = 0
        self.detail = ""
        self.closing: Callable[[ReportSummary], ReportSummary] = lambda summary: summary
        """Turns the summary into one that says more."""
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        if self._log is not None:
            data = Data()
            self._log.listeners.append(lambda _, line: data.write(line))
            self._log.append(
                Version(
                    gonogo=version("gonogo"),
                    job=self._command,
                    corpus=None,
                    python=platform.python_version(),
                    host=socket.gethostname(),
                )
            )
        return self

    def add(self, row: Event) -> None:
        """Tell one thing to a program."""
        self._rows += 1
        if self._log is not None:
            self._log.append(row)

    def say(self, text: str) -> None:
        """Tell one sentence, to a program or to a person."""
        if self._log is None:
            say(text)
        else:
            self.add(Said(text=text))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._log is not None:
            outcome = self.outcome if error is None else Outcome.ERROR
            seconds = round(time.monotonic() - self._began, 3)
            detail = self.detail if error is None else str(error)
            summary = ReportSummary(job=self._command, outcome=outcome, seconds=seconds, rows=self._rows, detail=detail)
            self._log.append(summary if error is not None else self.closing(summary))
