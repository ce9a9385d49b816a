"""A run of ``manifest``: every shard's clips are listed by workers, then one of them makes one table of all.

Fragments stay under STATE: a shard that is as it was is not listed again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from engine.config import Settings
from engine.crew.answers import State
from engine.crew.artifacts import write_whole
from engine.crew.events import ShardListed
from engine.crew.wire import ShardRef, to_wire
from engine.dataset.events import MadeSummary
from engine.dataset.making import Making
from engine.dataset.tasks import CLIPS, PROBLEMS_FOUND, SHARD_STATE, ListShard, Made, MergeManifest
from engine.errors import Fault, UsageError, printable
from engine.run.desk import Desk
from engine.run.outcome import Outcome
from engine.run.queue import Task
from engine.shards.clips import clip_table
from engine.shards.files import Files, RealFiles
from engine.shards.layout import ShardPlace, find_shards
from engine.units import counted

Standing = Callable[[Files, tuple[ShardPlace, ...], Path], Mapping[str, State]]
"""Tells how every shard stands by what is on record of it."""
FRAGMENTS: Final = "fragments"
"""Folder of STATE."""


class Manifesting(Making):
    """A run of ``manifest``.

    Args:
        corpus: the corpus.
        settings: as resolved.
        desk: where the run works.
        standing: tells how the shards stand; the conversion knows.
    """

    def __init__(self, corpus: Path, settings: Settings, desk: Desk, standing: Standing) -> None:
        folder = desk.state / FRAGMENTS
        self._list = folder / "order"
        merge = MergeManifest(
            corpus=to_wire(corpus),
            state=to_wire(desk.state),
            order=to_wire(self._list),
            tool=desk.tool,
            common_videos=settings.split.common_videos,
        )
        super().__init__("manifest", merge, settings, desk, workers=None)
        self.corpus = corpus
        self._folder = folder
        self._standing = standing
        self._unlisted: dict[str, Fault] = {}
        """Shards whose clips could not be listed at all, as when the disk refuses to hold the list."""

    async def run(self) -> MadeSummary:
        """List every shard, then make the table.

        Raises:
            UsageError: when there is no shard.
            InputError: when a fragment cannot be read.
        """
        found = await asyncio.to_thread(find_shards, self.corpus, self.settings.layout)
        self.warn(found.warnings)
        if not found.shards:
            raise UsageError(f"{self.corpus}: no shard was found; see [layout] in gonogo.toml")
        states = await asyncio.to_thread(self._standing, RealFiles(), found.shards, self.desk.state)
        tasks = await asyncio.to_thread(lambda: [self._ask(place, states[place.id]) for place in found.shards])
        unfinished = await self.pool.run(tasks)
        if unfinished or self.stopped:
            return self.summary(None)
        if self._unlisted:
            return self._without_all()
        await asyncio.to_thread(self._name_all, found.shards)
        return await super().run()

    def _without_all(self) -> MadeSummary:
        """Sum up a run that can make no manifest: every shard is in it, or there is none."""
        shard, fault = next(iter(self._unlisted.items()))
        told = f"{counted(len(self._unlisted), 'shard')} could not be listed, {shard} first: {fault}"
        return self.summary(None).but(outcome=Outcome.SOME_FAILED, detail=told)

    def _ask(self, place: ShardPlace, state: State) -> Task:
        facts = RealFiles().facts(place.files.audio)
        order = ListShard(
            shard=ShardRef.of(place, self.desk.state / "locks"),
            source=place.source,
            name=place.shard,
            tar=printable(os.path.relpath(place.files.audio, self.corpus)),
            state=state,
            clips=to_wire(clip_table(self.desk.state, place.source, place.shard)),
            fragment=to_wire(self._fragment(place)),
            aliases=self.settings.metadata.aliases(),
        )
        return self.enlist(place, facts.identity.size_bytes if facts else 0, order)

    def _fragment(self, place: ShardPlace) -> Path:
        return self._folder / place.source / f"{place.shard}.parquet"

    def _name_all(self, places: tuple[ShardPlace, ...]) -> None:
        """Tell the merge which fragments there are, and in which order; what stands there else is of no shard."""
        write_whole(self._list, msgspec.json.encode([to_wire(self._fragment(place)) for place in places]))

    def take(self, task: Task, result: Made) -> None:
        """See :class:`Asking`."""
        if task.id not in self.places:
            super().take(task, result)
            return
        place = self.places[task.id]
        self.settle(task)
        if result.state is State.FAILED:
            self._unlisted[task.id] = result.fault or Fault("the worker did not say why")
        self.desk.log.append(
            ShardListed(
                shard=place.id,
                source=place.source,
                state=State(str(result.figures.get(SHARD_STATE, State.FAILED))),
                clips=int(result.figures.get(CLIPS, 0)),
                problems=int(result.figures.get(PROBLEMS_FOUND, 0)),
                current=result.current,
                fault=result.fault,
            )
        )
