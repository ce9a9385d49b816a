"""A run of ``clean``: kept originals that the validation report covers go, and what cut-off runs left of scratch.

Nothing here judges by itself: the report says which shards are done (:mod:`engine.convert.cleaning_cover`), and a
worker that holds the shard asks the recovery table (:mod:`engine.convert.cleaning_shard`). The gate ``clean.start``
stood before it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.config import Settings
from engine.convert.cleaning_beside import Beside, look_beside
from engine.convert.cleaning_cover import Cover
from engine.convert.cleaning_events import CleanSummary, ShardCleaned, ShardLeft, StateCleaned, StateLeft
from engine.convert.cleaning_report import CleanReport, Ledger, ShardGone, bytes_of, summary_of
from engine.convert.cleaning_sources import freed_earlier, read_cover
from engine.convert.cleaning_state import Corner, look_at_corners, remove
from engine.convert.cleaning_tasks import Clean, Cleaned
from engine.crew.answers import State
from engine.crew.artifacts import artifact, write_whole
from engine.crew.asking import Asking
from engine.crew.program import Program
from engine.crew.wire import ShardRef, to_wire
from engine.errors import Fault, GateClosedError, UsageError, printable
from engine.run.desk import Desk
from engine.run.queue import Task
from engine.shards.clips import clip_table
from engine.shards.files import RealFiles
from engine.shards.layout import ShardPlace, find_shards
from engine.shards.record import now

CLEANERS = Program("engine.convert.cleaning_worker", Cleaned)


class Cleaning(Asking[Cleaned]):
    """A run of ``clean``.

    Args:
        corpus: the corpus.
        settings: as resolved.
        desk: where the run works.
        act: False only says what would go.
    """

    job = "clean"

    def __init__(self, corpus: Path, settings: Settings, desk: Desk, *, act: bool = True) -> None:
        super().__init__(desk, settings, CLEANERS)
        self.corpus = corpus
        self.act = act
        self._beside: dict[str, Beside] = {}
        self._told = Ledger()

    async def run(self) -> CleanSummary:
        """Delete what may go, and tell what stays.

        Raises:
            GateClosedError: when the validation report covers nothing.
            UsageError: when there is no shard.
        """
        found = await asyncio.to_thread(find_shards, self.corpus, self.settings.layout)
        self.warn(found.warnings)
        if not found.shards:
            raise UsageError(f"{self.corpus}: no shard was found; see [layout] in gonogo.toml")
        state = self.desk.state
        cover = await asyncio.to_thread(read_cover, state, self.corpus)
        if self.act and (cover.refusal or cover.report is None):
            raise GateClosedError(f"nothing may be deleted: {cover.refusal}")
        earlier = await asyncio.to_thread(freed_earlier, state, cover.report) if cover.report else 0
        beside = await asyncio.to_thread(look_beside, RealFiles(), found.shards, state)
        unfinished = await self.pool.run(list(self._orders(beside, cover)))
        whole = not unfinished and not self.stopped
        if whole:
            await self._clean_state()
            await asyncio.to_thread(self._tell_foreign, cover, found.shards)
        path = await asyncio.to_thread(self._write, cover, earlier, whole=whole) if self.act else ""
        seconds = time.monotonic() - self.began
        return summary_of(self._told, seconds=seconds, acted=self.act, earlier_bytes=earlier, report=path)

    # Shards.

    def _orders(self, found: tuple[Beside, ...], cover: Cover) -> Iterator[Task]:
        """Order what the report covers; tell of the rest that it stays."""
        for beside in found:
            place = beside.place
            reason, audio = cover.why_not(beside), cover.audio(place.id)
            if reason or audio is None:
                self._leave(beside, reason)
                continue
            order = Clean(
                shard=ShardRef.of(place, self.desk.state / "locks"),
                run=self.desk.run_id,
                audio=audio,
                clips=to_wire(clip_table(self.desk.state, place.source, place.shard)),
                act=self.act,
            )
            self._beside[place.id] = beside
            yield self.enlist(place, beside.audio_bytes if beside.backup else 0, order)

    def take(self, task: Task, result: Cleaned) -> None:
        """See :class:`Asking`."""
        beside = self._beside[task.id]
        self.settle(task)
        if result.state is not State.DONE:
            fault = result.fault or Fault("the worker did not say why")
            self._leave(beside, str(fault), failed=result.state is State.FAILED)
            return
        gone = beside.spent
        cleaned = ShardCleaned(
            shard=task.label,
            source=beside.place.source,
            gone=gone,
            freed_bytes=sum(one.size_bytes for one in gone),
            acted=self.act,
        )
        self._told.add(cleaned)
        self.desk.log.append(cleaned, durable=self.act)

    def _leave(self, beside: Beside, reason: str, *, failed: bool = False) -> None:
        names = tuple(one.name for one in beside.spent)
        left = ShardLeft(shard=beside.place.id, source=beside.place.source, names=names, reason=reason)
        self._told.add(left, failed=failed)
        self.desk.log.append(left)

    def _tell_foreign(self, cover: Cover, places: tuple[ShardPlace, ...]) -> None:
        """Tell of files that end like ours beside the shards, and are not: they are somebody's."""
        folders = {place.id: place.files for place in places}
        for leftover in cover.report.leftovers if cover.report else ():
            names = folders.get(leftover.shard)
            name = leftover.file.name
            if names is None or name in (names.backup_name, names.temporary_name, f"{names.status_name}.tmp"):
                continue
            if (names.folder / name).exists():
                self._stays(f"{leftover.shard}/{name}", "it is no file of gonogo's")

    # What lies under STATE.

    async def _clean_state(self) -> None:
        for corner in await asyncio.to_thread(look_at_corners, self.desk.state):
            stays = corner.stays
            if self.act and not stays:
                stays = await asyncio.to_thread(remove, corner)
            self._tell_corner(corner, stays)

    def _tell_corner(self, corner: Corner, stays: str) -> None:
        if stays:
            self._stays(corner.gone.name, stays)
            return
        cleaned = StateCleaned(gone=corner.gone, acted=self.act)
        self._told.add(cleaned)
        self.desk.log.append(cleaned)

    def _stays(self, name: str, reason: str) -> None:
        left = StateLeft(name=name, reason=reason)
        self._told.add(left)
        self.desk.log.append(left)

    # The report.

    def _write(self, cover: Cover, earlier_bytes: int, *, whole: bool) -> str:
        """Write what went and what stays, also of a clean that was stopped; return where."""
        assert cover.report is not None
        freed = self._told.freed
        report = CleanReport(
            run=self.desk.run_id,
            tool=self.desk.tool,
            time=now(),
            corpus=printable(str(self.corpus)),
            whole=whole,
            validation=cover.report.about,
            counts=self._told.counts,
            freed_bytes=bytes_of(freed),
            freed=freed,
            earlier_bytes=earlier_bytes,
            shards=tuple(ShardGone(shard=one.shard, source=one.source, gone=one.gone) for one in self._told.cleaned),
            state=tuple(event.gone for event in self._told.state),
            left=self._told.stays,
        )
        path = artifact(self.desk.state, "clean.json")
        write_whole(path, msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
        return printable(str(path))
