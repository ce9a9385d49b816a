"""The table of faults at the end of a run, whichever process counted them."""

from __future__ import annotations

import pytest

from tests.faults.tally import TALLIES


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what one of several processes has counted to the one that prints it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tallies"] = TALLIES.told()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Add up what a process of pytest-xdist has counted."""
    TALLIES.add(getattr(node, "workeroutput", {}).get("tallies", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the harnesses of this run have counted."""
    if TALLIES.lines():
        terminalreporter.section("faults")
        terminalreporter.write_line(TALLIES.table())
