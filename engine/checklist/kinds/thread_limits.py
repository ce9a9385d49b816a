"""``thread-limits``: does a process with a worker's environment compute on one thread?"""

from __future__ import annotations

from engine.checklist.answers import Answer, Surroundings
from engine.host.threads import measure_threads


def answer(around: Surroundings) -> Answer:
    """Start such a process and count its threads.

    Raises:
        OSError: when it cannot be started.
        subprocess.SubprocessError: when it fails.
    """
    report = measure_threads(around.worker_env)
    unlimited = [f"{name}={value}" for name, value in report.variables.items() if value != "1"]
    threads = "1 thread" if report.os_threads == 1 else f"{report.os_threads} threads"
    read = ", ".join([threads, *unlimited])
    return Answer("pass" if report.limited else "fail", read)
