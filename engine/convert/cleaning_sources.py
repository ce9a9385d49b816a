"""Where a clean reads what it may do: the validation report, the logs of conversions, and those of earlier cleans."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.convert.cleaning_cover import Cover, cover_of
from engine.convert.cleaning_events import ShardCleaned
from engine.convert.validation_shape import ValidationReport
from engine.convert.view import VIEWED
from engine.crew.artifacts import artifact
from engine.errors import InputError, printable
from engine.run.folder import RunFolder, list_runs
from engine.run.reading import read_events

REPORT = "validation.json"


def read_cover(state: Path, corpus: Path) -> Cover:
    """Read the newest validation report, and tell what of the corpus it covers."""
    report = _read_report(artifact(state, REPORT))
    runs = list_runs(state)
    began = "" if isinstance(report, str) else _began(report, runs)
    newest = max((_newest_time(run) for run in runs if _converts(run)), default="")
    return cover_of(report, corpus=printable(str(corpus)), began=began, newest_conversion=newest)


def _read_report(path: Path) -> ValidationReport | str:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ValidationReport)
    except FileNotFoundError:
        return f"there is no validation report ({path})"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"{path}: the validation report cannot be read: {error}"


def _began(report: ValidationReport, runs: Sequence[RunFolder]) -> str:
    """Return when the report's run began; where its folder is gone, when the report was written."""
    return next((run.record.created for run in runs if run.run_id == report.about.run), report.about.time)


def _converts(run: RunFolder) -> bool:
    """Tell whether a run was there to change shards; a dry run of a conversion is not."""
    return run.record.job == "convert" and run.record.args.get("dry_run") is None


def _newest_time(run: RunFolder) -> str:
    """Return when a run was last heard of; a damaged log tells as far as it can be read."""
    newest = run.record.created
    with contextlib.suppress(InputError, FileNotFoundError):
        for logged in read_events(run.events_path, VIEWED):
            newest = max(newest, logged.time)
    return newest


def freed_earlier(state: Path, report: ValidationReport) -> int:
    """Add up the bytes that earlier cleans freed on the same report, as far as they lived to write it down."""
    freed = 0
    for run in list_runs(state):
        if run.record.job != "clean" or run.record.created < report.about.time:
            continue
        with contextlib.suppress(InputError, FileNotFoundError):
            for logged in read_events(run.events_path, ShardCleaned):
                freed += logged.event.freed_bytes if logged.event.acted else 0
    return freed
