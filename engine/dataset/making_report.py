"""The report over all artifacts as a task: ``report.json``, ``report.md``, ``report.html``."""

from __future__ import annotations

from typing import Final

from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.crew.wire import from_wire
from engine.dataset.attended import attended
from engine.dataset.places import places_of
from engine.dataset.report.shape import Report
from engine.dataset.report.writing import write_report
from engine.dataset.tasks import Made, WriteReport
from engine.errors import printable
from engine.units import counted

_TOLD: Final = 20
"""Reasons and cautions that travel to the engine; the report has all of them."""


def make_report(task: WriteReport, pulse: Pulse) -> Made:
    """Hold all artifacts against each other and write what came of it.

    Raises:
        InputError: when what is there cannot be read at all.
        OSError: when the disk refuses.
        StoppedError: when the worker is to stop.
    """
    places = places_of(task)
    pulse.enter("report")
    with attended(pulse) as stop:
        report = write_report(from_wire(task.state), places.corpus, task.tool, lambda: None, stop)
    names = ("report.json", "report.md", "report.html")
    return Made(
        task="",
        state=State.DONE,
        seconds=0,
        well=not report.reasons,
        told=(*_told(report), *(f"reason: {reason}" for reason in report.reasons[:_TOLD])),
        cautions=report.cautions[:_TOLD],
        figures={"verdict": report.verdict, "reasons": len(report.reasons), "cautions": len(report.cautions)},
        files=tuple(printable(str(places(name))) for name in names),
    )


def _told(report: Report) -> tuple[str, ...]:
    return (f"{report.verdict}: {counted(len(report.checks), 'check')}, {len(report.reasons):,} against it",)
