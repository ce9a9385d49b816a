"""The inventory's worker program: ``python -m engine.convert.inspector``, batches on standard input, answers on output.

It may be killed at any instant: what it has told is told, and the rest of its batch is asked again. It also runs by
hand, fed with one JSON line (see :mod:`engine.convert.batches`).
"""

from __future__ import annotations

from collections.abc import Callable

from engine.run.child import Heartbeat, become_worker, stop_requested


def main() -> None:
    """Take batches until there are no more."""
    messages = become_worker()
    # Behind the limits, so that they hold before numpy reserves anything.
    from engine.convert.answer import answer  # noqa: PLC0415
    from engine.convert.at_once import AtOnce  # noqa: PLC0415
    from engine.convert.batches import Batch, BatchEnd, Told  # noqa: PLC0415
    from engine.convert.tasks import Inspect, Result  # noqa: PLC0415
    from engine.crew.pulse import Pulse  # noqa: PLC0415
    from engine.shards.files import RealFiles  # noqa: PLC0415

    files = RealFiles()
    beat = Heartbeat(messages)

    def inspect(order: Inspect, alive: Callable[[], None]) -> Result:
        return answer(files, order, Pulse(order.task, lambda _: alive(), stop_requested))

    for batch in messages.tasks(Batch):

        def tell(result: Result, task: str = batch.task) -> None:
            messages.send(Told(task=task, result=result))

        AtOnce(batch.orders, inspect, tell, stop_requested).run(beat)
        messages.send(BatchEnd(task=batch.task))


if __name__ == "__main__":
    main()
