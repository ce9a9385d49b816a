"""The exports: what trainers load, made from manifest and split in one pass over both, without a copy of the audio.

Each format has a folder of its own, that appears whole or not at all. A format whose folder is of the same inputs is
left as it is.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from engine.checklist.kinds.table_stop import Stop
from engine.dataset.export import readme as export_readme
from engine.dataset.export.ask import ExportAsk, ExportReport, FormatReport, Inputs
from engine.dataset.export.folder import Made, begin, drop, measure, put, read_current
from engine.dataset.export.hf import HuggingFace
from engine.dataset.export.index import Index
from engine.dataset.export.lhotse import Lhotse
from engine.dataset.export.nemo import Nemo
from engine.dataset.export.rows import Piece, pieces
from engine.dataset.export.tally import Tally
from engine.dataset.split.table import file_xxh3_128

Tick = Callable[[], None]


class Writer(Protocol):
    """One format."""

    tally: Tally

    def add(self, piece: Piece) -> None:
        """Write some clips."""

    def finish(self) -> None:
        """Write what is held."""

    def close(self) -> None:
        """Close what is open, after an error too; may be called again."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One format that is made."""

    format: str
    inputs: Inputs
    home: Path
    folder: Path
    writer: Writer
    page: Callable[[FormatReport], str]


def export(ask: ExportAsk, tick: Tick, stop: Stop) -> ExportReport:
    """Make all exports that are not current; blocks for as long as that takes.

    Args:
        ask: what to make.
        tick: called often, as a sign of life; may raise.
        stop: ends it between two batches.

    Raises:
        DamagedError: when manifest or split cannot be read or do not belong together, or a tar is not as they say.
        UsageError: when a trainer could not read what would be made.
        OSError: when the disk refuses. After any error each folder is the old one or the new one.
        StoppedError: when nobody waits any more.
    """
    hashes = file_xxh3_128(Path(ask.manifest)), file_xxh3_128(Path(ask.split))
    inputs = {name: _inputs(ask, name, hashes) for name in ask.formats}
    homes = {name: Path(ask.folder) / name for name in ask.formats}
    reports = {name: read_current(homes[name], inputs[name]) for name in ask.formats}
    with ExitStack() as stack:
        jobs = [_job(ask, name, inputs[name], homes[name], stack) for name, there in reports.items() if there is None]
        for job, report in _made(ask, jobs, _watched(tick, stop)) if jobs else ():
            reports[job.format] = report
    return ExportReport(formats=tuple(report for report in reports.values() if report is not None))


def _inputs(ask: ExportAsk, name: str, hashes: tuple[str, str]) -> Inputs:
    options: dict[str, dict[str, str | int]] = {
        "lhotse": {"source": ask.lhotse_source, "cuts_a_file": ask.cuts_a_file},
        "nemo": {"indexed": int("index" in ask.formats)},
    }
    return Inputs(
        manifest_xxh3_128=hashes[0],
        split_xxh3_128=hashes[1],
        corpus=os.path.realpath(ask.corpus),
        options=options.get(name, {}),
    )


def _watched(tick: Tick, stop: Stop) -> Tick:
    def watched() -> None:
        stop.check()
        tick()

    return watched


def _job(ask: ExportAsk, name: str, inputs: Inputs, home: Path, stack: ExitStack) -> _Job:
    folder = begin(home)
    stack.callback(drop, folder)
    writer, page = _writer(ask, name, inputs, home, folder)
    stack.callback(writer.close)
    return _Job(name, inputs, home, folder, writer, page)


def _writer(
    ask: ExportAsk, name: str, inputs: Inputs, home: Path, folder: Path
) -> tuple[Writer, Callable[[FormatReport], str]]:
    if name == "nemo":
        indexed = "index" in ask.formats
        nemo = Nemo(folder, home, indexed=indexed)
        return nemo, lambda report: export_readme.nemo(home, report, nemo.shards, indexed=indexed)
    if name == "lhotse":
        pointers = ask.lhotse_source == "shar_ptr"
        page = partial(export_readme.lhotse, home, most=ask.cuts_a_file, pointers=pointers)
        return Lhotse(folder, ask.lhotse_source, ask.cuts_a_file), page
    if name == "hf":
        return HuggingFace(folder), partial(export_readme.hf, home, corpus=inputs.corpus)
    return Index(folder), export_readme.index


def _made(ask: ExportAsk, jobs: list[_Job], tick: Tick) -> list[tuple[_Job, FormatReport]]:
    """Pass over the tables once, for all formats, and put the folders in their places."""
    left_out: Counter[str] = Counter()
    tars, last = 0, None
    for piece in pieces(Path(ask.manifest), Path(ask.split), Path(jobs[0].inputs.corpus), left_out, tick):
        tars, last = tars + (piece.tar is not last), piece.tar
        for job in jobs:
            job.writer.add(piece)
        tick()
    return [(job, _finished(job, left_out, tars, tick)) for job in jobs]


def _finished(job: _Job, left_out: Counter[str], tars: int, tick: Tick) -> FormatReport:
    job.writer.finish()
    job.writer.close()
    tally = job.writer.tally
    report = FormatReport(
        format=job.format,
        folder=str(job.home),
        made=True,
        clips=dict(tally.clips),
        seconds=tally.seconds,
        tars=tars,
        several_channels=tally.several_channels,
        left_out=tally.with_all(left_out),
        files=0,
        size_bytes=0,
    )
    (job.folder / "README.md").write_text(job.page(report), encoding="utf-8")
    files, size_bytes = measure(job.folder)
    report = msgspec.structs.replace(report, files=files, size_bytes=size_bytes)
    put(job.folder, job.home, Made(inputs=job.inputs, report=report), tick)
    return report
