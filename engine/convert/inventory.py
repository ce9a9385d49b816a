"""A run of ``inventory``: what every shard of a corpus is and needs, without touching any of them.

Each answer is journalled beside the identities of the shard's files, so that an inventory that was cut off goes on
where it was, and a later one looks only at what has changed.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from engine.config import Settings
from engine.convert.asking_many import AskingMany
from engine.convert.events import InventorySummary, ShardSeen, SourceTotals
from engine.convert.inventory_table import Row, write_table
from engine.convert.tasks import Inspect, Result
from engine.crew.answers import State
from engine.crew.wire import ShardRef
from engine.errors import UsageError
from engine.run.desk import Desk
from engine.run.log import append_whole
from engine.run.outcome import Outcome
from engine.run.queue import Task
from engine.shards.files import Files, Identity, RealFiles
from engine.shards.layout import ShardPlace, find_shards, natural
from engine.shards.listing import LOOKS_AT_ONCE

PROBES = 16
"""Clips whose headers are read: a stray share of 10 % is met with 82 %, of 25 % with 99 %; what does not fit its
duration in the sidecar is read besides."""

TABLE = "inventory.parquet"
_JOURNAL = "inventory.jsonl"


class Known(msgspec.Struct, frozen=True):
    """What an inventory found, and the files that it holds for."""

    shard: str
    files: tuple[Identity | None, ...]
    """Of the tar, its backup, temporary tar, record and sidecar."""
    result: Result


class Inventory(AskingMany):
    """A run of ``inventory``.

    Args:
        corpus: the corpus.
        settings: as resolved.
        desk: where the run works.
        full: walk every tar and read every clip's header, whatever an earlier inventory knows from samples.
    """

    job = "inventory"

    def __init__(self, corpus: Path, settings: Settings, desk: Desk, *, full: bool = False) -> None:
        super().__init__(desk, settings)
        self.corpus = corpus
        self.full = full
        self._files = RealFiles()
        self._identities: dict[str, tuple[Identity | None, ...]] = {}
        self._rows: dict[str, Row] = {}
        self._journal = desk.state / _JOURNAL
        self._journal_fd = -1

    async def run(self) -> InventorySummary:
        """Look at every shard and write the table.

        Raises:
            UsageError: when there is no shard.
        """
        found = await asyncio.to_thread(find_shards, self.corpus, self.settings.layout)
        self.warn(found.warnings)
        if not found.shards:
            raise UsageError(f"{self.corpus}: no shard was found; see [layout] in gonogo.toml")
        self._identities = await asyncio.to_thread(identities, self._files, found.shards)
        known = await asyncio.to_thread(read_journal, self._journal)
        self._journal_fd = os.open(self._journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            await self.ask(dict(self._orders(found.shards, known)))
        finally:
            os.close(self._journal_fd)
        if len(self._rows) == len(found.shards):
            rows = [self._rows[place.id] for place in found.shards]
            await asyncio.to_thread(write_table, self.desk.state / TABLE, rows)
        return self._summary(len(found.shards))

    def _orders(self, places: Iterable[ShardPlace], known: dict[str, Known]) -> Iterator[tuple[str, Inspect]]:
        """Tell what is known and holds still; yield the order for every other shard, under its id."""
        for place in places:
            audio = self._identities[place.id][0]
            order = Inspect(
                task=place.id,
                shard=ShardRef.of(place, self.desk.state / "locks"),
                probes=PROBES,
                full=self.full,
                aliases=self.settings.metadata.aliases(),
            )
            task = self.enlist(place, audio.size_bytes if audio else 0, order)
            before = known.get(place.id)
            if before is not None and before.files == self._identities[place.id] and self._is_enough(before):
                self._tell(task, before.result, unchanged=True)
            else:
                yield place.id, order

    def _is_enough(self, known: Known) -> bool:
        found = known.result.inspection
        return not self.full or found is None or found.seconds_are_exact

    def take(self, task: Task, result: Result) -> None:
        """See :class:`Asking`."""
        if result.state is not State.FAILED:
            known = Known(task.id, self._identities[task.id], result)
            append_whole(self._journal_fd, msgspec.json.encode(known) + b"\n")
        self._tell(task, result)

    def _tell(self, task: Task, result: Result, *, unchanged: bool = False) -> None:
        place, size = self.places[task.id], self.sizes[task.id]
        reason = str(result.fault) if result.fault else result.note
        self._rows[task.id] = Row(place, size, result, self._identities[task.id][0])
        self.settle(task)
        self.desk.log.append(
            ShardSeen(
                shard=place.id,
                source=place.source,
                state=result.state,
                size_bytes=size,
                reason=reason,
                fault=result.fault,
                flags=result.flags,
                inspection=result.inspection,
                unchanged=unchanged,
            )
        )

    def _summary(self, shards: int) -> InventorySummary:
        rows = list(self._rows.values())
        whole = _totals("", rows)
        red = whole.counts.get(State.QUARANTINED, 0) + whole.counts.get(State.FAILED, 0)
        sources = sorted({row.place.source for row in rows}, key=natural)
        return InventorySummary(
            job=self.job,
            outcome=Outcome.SOME_FAILED if red else Outcome.OK,
            seconds=round(time.monotonic() - self.began, 3),
            shards=shards,
            counts=whole.counts,
            size_bytes=whole.size_bytes,
            seconds_of_audio=whole.seconds_of_audio,
            sources=tuple(_totals(source, [row for row in rows if row.place.source == source]) for source in sources),
            table=str(self.desk.state / TABLE),
        )


def _totals(source: str, rows: list[Row]) -> SourceTotals:
    counts = Counter(row.result.state for row in rows)
    found = [row.result.inspection for row in rows if row.result.inspection is not None]
    return SourceTotals(
        source=source,
        counts={str(state): counts[state] for state in State if counts[state]},
        clips=sum(one.clips for one in found),
        clips_are_exact=all(one.members_are_exact for one in found),
        size_bytes=sum(row.size_bytes for row in rows),
        seconds_of_audio=round(sum(one.seconds_of_audio for one in found), 3),
        audio=tuple(sorted({kind for one in found for kind in one.kinds})),
    )


def identities(files: Files, places: Iterable[ShardPlace]) -> dict[str, tuple[Identity | None, ...]]:
    """Look at the files of every shard: while none has changed, what is known of it still holds.

    That costs one ``lstat`` a file that is there: of the tar and the sidecar, and of the record of a shard that is
    done. A folder's own time does not tell of files that were written anew under their names.
    """

    def identity(path: Path) -> Identity | None:
        facts = files.facts(path)
        return facts.identity if facts else None

    def look(place: ShardPlace) -> tuple[str, tuple[Identity | None, ...]]:
        names = place.files
        paths = [names.audio, names.backup, names.temporary, names.status]
        found = [identity(path) if place.may_hold(path) else None for path in paths]
        return place.id, (*found, *([identity(place.sidecar)] if place.sidecar else []))

    with ThreadPoolExecutor(LOOKS_AT_ONCE, "identities") as threads:
        return dict(threads.map(look, places))


def read_journal(path: Path) -> dict[str, Known]:
    """Read what earlier inventories found, by shard; a line that was torn by a kill is left out."""
    decoder = msgspec.json.Decoder(Known)
    known: dict[str, Known] = {}
    if not path.exists():
        return known
    for line in path.read_bytes().splitlines():
        try:
            one = decoder.decode(line)
        except msgspec.DecodeError:
            continue
        known[one.shard] = one
    return known
