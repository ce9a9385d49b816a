"""Figures in Prometheus' text format, and on an address: what prometheus_client is for.

It takes 50 ms to import, so only ``gonogo metrics`` does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.metrics_families import FAMILIES, RUN_LABELS, Family
from app.metrics_figures import RunFigures
from engine.errors import GonogoError, UsageError

Look = Callable[[], Sequence[RunFigures]]


class _Figures(Collector):
    """Looks when it is asked: nothing is told that was so some time ago."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def collect(self) -> Iterator[Metric]:
        """Yield each family that has a value."""
        runs = self._look()
        for family in FAMILIES:
            metric = _metric(family)
            for run in runs:
                for figure in run.figures:
                    if figure.name == family.name:
                        metric.add_metric((*run.labels, *figure.labels), float(figure.value))
            if metric.samples:
                yield metric


def _metric(family: Family) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if family.only_grows else GaugeMetricFamily
    return kind(family.name, family.what, labels=(*RUN_LABELS, *family.labels))


def registry_of(look: Look) -> CollectorRegistry:
    """Return a registry that holds these figures and nothing of the process that tells them."""
    # Asking for names beforehand would be a look that nobody reads.
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(look))
    return registry


def exposition(runs: Sequence[RunFigures]) -> bytes:
    """Write figures in the text format."""
    return generate_latest(registry_of(lambda: runs))


@contextlib.contextmanager
def served(look: Look, address: str, port: int) -> Iterator[int]:
    """Serve ``/metrics`` on an address of this machine; yields the port, which is a free one where 0 was asked for.

    Raises:
        UsageError: when the address or the port cannot be had.
        GonogoError: when the server cannot be started for another reason.
    """
    try:
        server, thread = start_http_server(port, address, registry_of(_calm(look)))
    except OSError as fault:
        told = f"--listen {address}:{port}: {fault.strerror or fault}; name another port, or end what has this one"
        raise UsageError(told) from fault
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _calm(look: Look) -> Look:
    """Tell nothing where no run is there any more: an empty answer, and not a stack on standard error."""

    def calm() -> Sequence[RunFigures]:
        try:
            return look()
        except GonogoError:
            return ()

    return calm
