"""``thread_limits``: does a process with a worker's environment compute on one thread?"""

from __future__ import annotations

from engine.checklist.answers import Answer, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.host.threads import measure_threads
from engine.run.off_loop import off_loop


class ThreadLimits(CheckTable, frozen=True, kw_only=True, tag="thread_limits"):
    """Starts a process with a worker's environment and counts its threads."""

    async def look(self, around: Around) -> Answer:
        """Count them."""
        return await off_loop(lambda: _measure(around))


def _measure(around: Around) -> Answer:
    report = measure_threads(around.worker_env)
    unlimited = [f"{name}={value}" for name, value in report.variables.items() if value != "1"]
    threads = "1 thread" if report.os_threads == 1 else f"{report.os_threads} threads"
    return passed(", ".join([threads, *unlimited]), when=report.limited)
