"""How a run ended, in the words that the headless face used: read back from the last line of its log."""

from __future__ import annotations

import msgspec

from app.clean_wording import clean_lines
from app.sweep_wording import sweep_lines
from app.window_wording import summary_lines as window_lines
from app.wording import made_lines, summary_lines, verdict
from engine.convert.cleaning_events import CleanSummary
from engine.convert.events import ConvertSummary, InventorySummary, RecoverSummary
from engine.convert.sweep_events import SweepSummary
from engine.convert.validation_events import ValidationSummary
from engine.dataset.events import MadeSummary
from engine.errors import InputError
from engine.jobs.ended import EndedEarly
from engine.jobs.window.events import WindowSummary
from engine.run.events import Summary
from engine.run.folder import RunFolder
from engine.run.reading import read_blocks

SUMMARIES: dict[str, type[Summary]] = {
    **dict.fromkeys(("manifest", "split", "benchmark", "buckets", "export", "report"), MadeSummary),
    "clean": CleanSummary,
    "convert": ConvertSummary,
    "inventory": InventorySummary,
    "recover": RecoverSummary,
    "sweep": SweepSummary,
    "validate": ValidationSummary,
    "window": WindowSummary,
}


def summary_of(folder: RunFolder) -> Summary | None:
    """Return a run's summary as its job wrote it; None for one that has none, or none that is legible."""
    for kind in (SUMMARIES.get(folder.record.job), EndedEarly):
        if kind is None:
            continue
        try:
            found = [event for block in read_blocks(folder.events_path, kind) for event in block.events]
        except (InputError, FileNotFoundError, msgspec.DecodeError):
            continue
        return found[-1] if found else None
    return None


def ending_lines(folder: RunFolder) -> list[str]:
    """Put a run's end into words; nothing for one that has none."""
    match summary_of(folder):
        case MadeSummary() as summary:
            return made_lines(summary)
        case CleanSummary() as summary:
            return clean_lines(summary, verdict(summary.outcome))
        case SweepSummary() as summary:
            return sweep_lines(summary, verdict(summary.outcome))
        case WindowSummary() as summary:
            return window_lines(summary, verdict(summary.outcome))
        case (ConvertSummary() | InventorySummary() | RecoverSummary() | ValidationSummary() | EndedEarly()) as summary:
            return summary_lines(summary)
    return []
