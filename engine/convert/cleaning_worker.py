"""The clean's worker program: ``python -m engine.convert.cleaning_worker``, one order a line in, one answer a line out.

It may be killed at any instant: a shard's original is still kept, or gone, and recovery knows both. It also runs by
hand, fed with one JSON line (see :mod:`engine.convert.cleaning_tasks`).
"""

from __future__ import annotations

from engine.run.child import become_worker, stop_requested


def main() -> None:
    """Take orders until there are no more."""
    messages = become_worker()
    # Behind the limits, so that they hold before numpy reserves anything.
    from engine.convert.cleaning_answer import answer  # noqa: PLC0415
    from engine.convert.cleaning_tasks import Clean  # noqa: PLC0415
    from engine.crew.pulse import Pulse  # noqa: PLC0415
    from engine.shards.files import RealFiles  # noqa: PLC0415

    files = RealFiles()
    for task in messages.tasks(Clean):
        messages.send(answer(files, task, Pulse(task.task, messages.send, stop_requested)))


if __name__ == "__main__":
    main()
