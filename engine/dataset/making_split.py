"""The split as a task: ``split.parquet``, the lock beside the corpus, and the report for programs and people."""

from __future__ import annotations

import msgspec

from engine.config import Split
from engine.crew.answers import State
from engine.crew.artifacts import write_whole
from engine.crew.pulse import Pulse
from engine.dataset.attended import attended
from engine.dataset.places import Places, places_of
from engine.dataset.split.figures import Part, SplitReport
from engine.dataset.split.make import is_current, make_split
from engine.dataset.split.markdown import markdown
from engine.dataset.split.report import build_report
from engine.dataset.split.settings import SplitSettings
from engine.dataset.tasks import Made, MakeSplit
from engine.errors import ConfigError, printable
from engine.units import counted


def make_split_files(task: MakeSplit, pulse: Pulse) -> Made:
    """Make the split or extend it, and report on it; one that is current is left as it is.

    Raises:
        ConfigError: when the settings are none of a split.
        InputError: when the manifest or the lock is missing or damaged.
        OSError: when the disk refuses.
        StoppedError: when the worker is to stop.
    """
    places, asked = places_of(task), settings_of(task.settings)
    files = places.split
    pulse.enter("split")
    with attended(pulse) as stop:
        current = is_current(files, asked)
        if not current:
            make_split(files, asked, stop)
        report = _old_report(places) if current else None
        if report is None:
            pulse.enter("report")
            report = build_report(files, stop)
            write_whole(places("split.md"), markdown(report).encode())
            write_whole(places("split.json"), msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    return _made(places, report, current=current)


def settings_of(section: Split) -> SplitSettings:
    """Turn the section of the configuration into what a split takes.

    Raises:
        ConfigError: when no split can be made of it.
    """
    try:
        return SplitSettings(
            dev_hours=section.dev_hours,
            test_hours=section.test_hours,
            dev_share=section.dev_share or None,
            test_share=section.test_share or None,
            strata=section.strata,
            key=section.key,
            common_videos=section.common_videos,
        )
    except ValueError as error:
        raise ConfigError(f"[split] {error}") from error


def _old_report(places: Places) -> SplitReport | None:
    """Return the report beside a split that is current, if it is newer than the split."""
    path, table = places("split.json"), places("split.parquet")
    try:
        if path.stat().st_mtime_ns < table.stat().st_mtime_ns:
            return None
        return msgspec.json.decode(path.read_bytes(), type=SplitReport)
    except (OSError, msgspec.DecodeError):
        return None


def _made(places: Places, report: SplitReport, *, current: bool) -> Made:
    leaks = report.leaks
    figures: dict[str, int | float | str] = {"clips": report.rows, "leaks": leaks.groups + leaks.videos + leaks.audios}
    figures |= {f"{part.split}_hours": round(part.hours, 4) for part in report.parts}
    figures |= {f"{part.split}_clips": part.clips for part in report.parts}
    gaps = tuple(
        f"{gap.split}: {gap.strata:,} of {gap.of:,} strata have no second in it" for gap in report.gaps if gap.strata
    )
    overlaps = tuple(
        f"{overlap.texts:,} texts of {overlap.split} are in {overlap.other} too: {overlap.clips:,} clips"
        for overlap in report.texts
        if overlap.texts
    )
    return Made(
        task="",
        state=State.DONE,
        seconds=0,
        well=report.well,
        current=current,
        told=tuple(_told(part) for part in report.parts if part.clips),
        cautions=(*report.cuts, *gaps, *overlaps),
        figures=figures,
        files=tuple(
            printable(str(path))
            for path in (places("split.parquet"), places("split.json"), places("split.md"), places.split.lock)
        ),
    )


def _told(part: Part) -> str:
    target = "" if part.target_hours is None else f" (target {part.target_hours:,.2f} h)"
    return f"{part.split}: {part.hours:,.2f} h{target}, {counted(part.clips, 'clip')}, {counted(part.groups, 'group')}"
