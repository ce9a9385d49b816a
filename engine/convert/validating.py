"""A run of ``validate``: every shard is opened and held against what is on record of it, and the report is written.

Nothing of the corpus is touched; the report lies under the state folder.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec

from engine.config import Settings
from engine.convert.history import LastWord, read_history
from engine.convert.program import CONVERTERS
from engine.convert.tasks import Result, Validate
from engine.convert.validation_events import ShardValidated, ValidationSummary
from engine.convert.validation_facts import Validation
from engine.convert.validation_page import page_of
from engine.convert.validation_plots import plots_of
from engine.convert.validation_report import GO, build_report
from engine.convert.validation_shape import About, ShardLine, ValidationReport
from engine.crew.answers import State
from engine.crew.artifacts import artifact, write_whole
from engine.crew.asking import Asking
from engine.crew.wire import ShardRef, to_wire
from engine.errors import UsageError, printable
from engine.page.html import to_html
from engine.page.markdown import to_markdown
from engine.run.desk import Desk
from engine.run.outcome import Outcome
from engine.run.queue import Task
from engine.shards.clips import clip_table
from engine.shards.files import RealFiles
from engine.shards.layout import ShardPlace, find_shards
from engine.shards.record import now


class Validating(Asking[Result]):
    """A run of ``validate``.

    Args:
        corpus: the corpus.
        settings: as resolved; ``spot_checks`` clips of each shard are decoded.
        desk: where the run works.
        full: read every byte of the converted tars, also where a file is the one on record.
    """

    job = "validate"

    def __init__(self, corpus: Path, settings: Settings, desk: Desk, *, full: bool = False) -> None:
        super().__init__(desk, settings, CONVERTERS)
        self.corpus = corpus
        self.full = full
        self._files = RealFiles()
        self._history: dict[str, LastWord] = {}
        self._lines: dict[str, ShardLine] = {}

    async def run(self) -> ValidationSummary:
        """Open every shard and write the report; one that was cut off writes none.

        Raises:
            UsageError: when there is no shard.
        """
        found = await asyncio.to_thread(find_shards, self.corpus, self.settings.layout)
        self.warn(found.warnings)
        if not found.shards:
            raise UsageError(f"{self.corpus}: no shard was found; see [layout] in gonogo.toml")
        self._history = await asyncio.to_thread(read_history, self.desk.state)
        orders = await asyncio.to_thread(lambda: [self._order(place) for place in found.shards])
        unfinished = await self.pool.run(orders)
        lines = [self._lines[place.id] for place in found.shards if place.id in self._lines]
        report = build_report(lines, self._about(), [str(fault) for fault in found.warnings], found.unseen)
        if unfinished:
            return self._summary(report, whole=False)
        await asyncio.to_thread(self._write, report)
        return self._summary(report, whole=True)

    def _order(self, place: ShardPlace) -> Task:
        facts = self._files.facts(place.files.audio)
        order = Validate(
            shard=ShardRef.of(place, self.desk.state / "locks"),
            spot_checks=self.settings.convert.spot_checks,
            full=self.full,
            clips=to_wire(clip_table(self.desk.state, place.source, place.shard)),
        )
        return self.enlist(place, facts.identity.size_bytes if facts else 0, order)

    def take(self, task: Task, result: Result) -> None:
        """See :class:`Asking`."""
        place = self.places[task.id]
        found = result.validation or Validation()
        size = found.identity.size_bytes if found.identity else self.sizes[task.id]
        state, fault = result.state, result.fault
        word = self._history.get(place.id)
        if state is State.PENDING and word is not None and word.fault is not None and word.holds_for(found.identity):
            state, fault = word.state, word.fault
        self._lines[place.id] = ShardLine(
            shard=place.id,
            source=place.source,
            state=state,
            fault=fault,
            note=result.note,
            flags=result.flags,
            size_bytes=size,
            seconds=word.seconds if word and state is State.DONE else None,
            found=found,
        )
        self.settle(task)
        self.desk.log.append(
            ShardValidated(
                shard=place.id,
                source=place.source,
                state=state,
                size_bytes=size,
                reason=str(fault) if fault else result.note,
                fault=fault,
                flags=result.flags,
                validation=found,
            )
        )

    def _about(self) -> About:
        return About(
            corpus=printable(str(self.corpus)),
            run=self.desk.run_id,
            tool=self.desk.tool,
            time=now(),
            spot_checks=self.settings.convert.spot_checks,
            full=self.full,
        )

    def _paths(self) -> tuple[Path, Path, Path]:
        """Name the report: JSON, Markdown, HTML."""
        json, markdown, html = (artifact(self.desk.state, f"validation.{kind}") for kind in ("json", "md", "html"))
        return json, markdown, html

    def _write(self, report: ValidationReport) -> None:
        """Write the report in its three forms, the one for programs last: where it is, the others are."""
        json, markdown, html = self._paths()
        page = page_of(report)
        write_whole(html, to_html(page, plots_of(report)).encode())
        write_whole(markdown, to_markdown(page).encode())
        write_whole(json, msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")

    def _summary(self, report: ValidationReport, *, whole: bool) -> ValidationSummary:
        total = report.total
        json, *pages = self._paths()
        return ValidationSummary(
            job=self.job,
            outcome=Outcome.OK if report.verdict == GO else Outcome.SOME_FAILED,
            seconds=round(time.monotonic() - self.began, 3),
            shards=total.shards,
            counts=total.counts,
            verdict=report.verdict if whole else "",
            reasons=report.reasons,
            cautions=report.cautions,
            clips=total.clips,
            bytes_before=total.bytes_before,
            bytes_after=total.bytes_after,
            freed_bytes=total.freed_bytes,
            seconds_before=total.seconds_before,
            seconds_after=total.seconds_after,
            spot_decoded=total.spot_decoded,
            spot_failed=total.spot_failed,
            mismatches=total.mismatches,
            report=printable(str(json)) if whole else "",
            pages=tuple(printable(str(page)) for page in pages) if whole else (),
            detail="" if not report.reasons else report.reasons[0],
        )
