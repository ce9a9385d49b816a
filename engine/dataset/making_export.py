"""The exports as a task: what other programs read, one folder a format under ``artifacts/export``."""

from __future__ import annotations

from collections import Counter
from typing import Final

from engine.crew.answers import State
from engine.crew.pulse import Pulse
from engine.dataset.attended import attended
from engine.dataset.export.ask import ExportAsk, ExportReport
from engine.dataset.export.exporting import export
from engine.dataset.places import Places, places_of
from engine.dataset.tasks import Made, WriteExports
from engine.errors import Fault, InputError, printable
from engine.units import counted, show_bytes

_UNFINISHED: Final = tuple(f"shard is {state}" for state in (State.PENDING, State.RECOVERING))
"""What an export is not whole without: clips that are going to be 16 kHz."""


def write_exports(task: WriteExports, pulse: Pulse) -> Made:
    """Make the exports that are not current.

    Raises:
        InputError: when manifest or split are missing or damaged, or do not belong together.
        UsageError: when a trainer could not read what would be made.
        OSError: when the disk refuses.
        StoppedError: when the worker is to stop.
    """
    places = places_of(task)
    files, folder = places.split, places("export")
    if not files.table.is_file():
        raise InputError(
            Fault(
                "there is no split",
                file=str(files.table),
                read="nothing",
                wanted="which clips are for training, dev and test",
                way_out=f"make it: gonogo split {places.corpus}",
            )
        )
    pulse.enter("export")
    with attended(pulse) as stop:
        ask = ExportAsk(
            corpus=str(places.corpus),
            manifest=str(files.manifest),
            split=str(files.table),
            folder=str(folder),
            formats=task.formats,
            lhotse_source="shar_ptr" if task.lhotse == "shar_ptr" else "command",
        )
        report = export(ask, lambda: None, stop)
    return _made(places, report)


def _made(places: Places, report: ExportReport) -> Made:
    left_out: Counter[str] = Counter()
    figures: dict[str, int | float | str] = {}
    told = []
    for each in report.formats:
        left_out |= Counter(each.left_out)  # each format leaves out the same clips
        figures[f"{each.format}_clips"] = sum(each.clips.values())
        figures[f"{each.format}_files"] = each.files
        clips = ", ".join(f"{count:,} {split}" for split, count in each.clips.items())
        again = "" if each.made else "; current already"
        told.append(f"{each.format}: {clips}; {counted(each.files, 'file')}, {show_bytes(each.size_bytes)}{again}")
    return Made(
        task="",
        state=State.DONE,
        seconds=0,
        well=not any(why in _UNFINISHED for why in left_out),
        current=not any(each.made for each in report.formats),
        told=tuple(told),
        cautions=tuple(f"{counted(count, 'clip')} left out: {why}" for why, count in sorted(left_out.items())),
        figures=figures,
        files=tuple(printable(str(places("export") / each.format)) for each in report.formats),
    )
