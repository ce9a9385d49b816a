"""The conversion's worker program: ``python -m engine.convert.worker``, tasks on standard input, answers on output.

It may be killed at any instant: whatever it was doing, the next worker's recovery goes on from there. It also runs by
hand and under strace, fed with one JSON line (see :mod:`engine.convert.tasks`).
"""

from __future__ import annotations

from typing import cast

from engine.run.child import become_worker, stop_requested


def main() -> None:
    """Take tasks until there are no more."""
    messages = become_worker()
    # Behind the limits, so that they hold before numpy reserves anything.
    from engine.convert.answer import answer  # noqa: PLC0415
    from engine.convert.tasks import Task  # noqa: PLC0415
    from engine.crew.pulse import Pulse  # noqa: PLC0415
    from engine.host.memory import keep_freed_memory  # noqa: PLC0415
    from engine.shards.files import RealFiles  # noqa: PLC0415

    keep_freed_memory()

    files = RealFiles()
    for task in messages.tasks(cast("type[Task]", Task)):
        messages.send(answer(files, task, Pulse(task.task, messages.send, stop_requested)))


if __name__ == "__main__":
    main()
