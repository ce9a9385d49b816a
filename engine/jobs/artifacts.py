"""The jobs that make one artifact each, from an order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.crew.wire import to_wire
from engine.dataset.making import Making
from engine.dataset.tasks import MakeBuckets, MakeSplit, MeasureDecoding, Task, WriteExports, WriteReport
from engine.run.desk import Desk

if TYPE_CHECKING:
    from engine.jobs.registry import Order


def split(order: Order, desk: Desk) -> Making:
    """Make the split of a corpus."""
    corpus, state = _where(order, desk)
    return _making(order, desk, MakeSplit(corpus=corpus, state=state, settings=order.settings.split))


def buckets(order: Order, desk: Desk) -> Making:
    """Make the duration buckets."""
    corpus, state = _where(order, desk)
    return _making(order, desk, MakeBuckets(corpus=corpus, state=state, settings=order.settings.buckets))


def benchmark(order: Order, desk: Desk) -> Making:
    """Measure how fast the corpus decodes."""
    corpus, state = _where(order, desk)
    asked = order.settings.benchmark
    workers = desk.cpus if asked.workers == "auto" else int(asked.workers)
    return _making(order, desk, MeasureDecoding(corpus=corpus, state=state, settings=asked, workers=workers))


def export(order: Order, desk: Desk) -> Making:
    """Write what other programs read."""
    corpus, state = _where(order, desk)
    asked = order.settings.export
    return _making(order, desk, WriteExports(corpus=corpus, state=state, formats=asked.formats, lhotse=asked.lhotse))


def report(order: Order, desk: Desk) -> Making:
    """Write the report over all of it."""
    corpus, state = _where(order, desk)
    return _making(order, desk, WriteReport(corpus=corpus, state=state, tool=desk.tool))


def _where(order: Order, desk: Desk) -> tuple[str, str]:
    return to_wire(order.corpus), to_wire(desk.state)


def _making(order: Order, desk: Desk, task: Task) -> Making:
    return Making(order.job, task, order.settings, desk)


ARTIFACTS: dict[str, Callable[[Order, Desk], Making]] = {
    "split": split,
    "benchmark": benchmark,
    "buckets": buckets,
    "export": export,
    "report": report,
}
