"""Figures in Prometheus' text format: what prometheus_client is for.

It takes 50 ms to import, so only ``gonogo metrics`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.metrics_families import FAMILIES, RUN_LABELS, Family
from app.metrics_figures import RunFigures

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
