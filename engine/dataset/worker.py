"""The worker program of the artifacts: ``python -m engine.dataset.worker``, tasks on standard input, answers on output.

It may be killed at any instant: every artifact appears under its name when it is whole.
"""

from __future__ import annotations

from typing import cast

from engine.run.child import become_worker, stop_requested


def main() -> None:
    """Take tasks until there are no more."""
    messages = become_worker()
    # Behind the limits, so that they hold before numpy reserves anything.
    from engine.crew.pulse import Pulse  # noqa: PLC0415
    from engine.dataset.answer import answer  # noqa: PLC0415
    from engine.dataset.tasks import Task  # noqa: PLC0415

    for task in messages.tasks(cast("type[Task]", Task)):
        messages.send(answer(task, Pulse(task.task, messages.send, stop_requested)))


if __name__ == "__main__":
    main()
