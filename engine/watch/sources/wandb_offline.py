"""W&B's .wandb files, as its offline mode leaves them: read without W&B, while they are written.

Each start of a program makes a new folder with a file; a run that was resumed has several, and each of them is a
segment of it. The run is called by its display name with its id behind it, or by its id alone. A row of the history
is what one step logged; a row is told when it is whole, and W&B writes a step's row once. The step is W&B's own,
which counts ``log`` calls unless the program gives steps itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.errors import printable
from engine.units import counted
from engine.watch.naming import Naming
from engine.watch.records import Batch, Record, SourceStatus
from engine.watch.sources.folder_files import FolderFiles
from engine.watch.sources.leveldb_log import FILE_HEADER_BYTES, MAGIC, LogReader
from engine.watch.sources.protobuf import WireError
from engine.watch.sources.resting_tail import RestingTail
from engine.watch.sources.wandb_proto import HistoryRow, RunEnded, RunNamed, decode
from engine.watch.tail import Restart

FORMAT: Final = "wandb_offline"
_SUFFIX: Final = ".wandb"
_POLL_BYTES: Final = 2 << 20
"""One poll ends behind so much: some 10,000 rows."""
_STARTED: Final = re.compile(r"run-(\d{8}_\d{6})-")
"""When a run's folder was made, in its name: ``offline-run-20240131_235959-<id>``."""


def sniff(path: Path, head: bytes) -> bool:
    """Tell a .wandb file by its first bytes; an empty one by its name."""
    return head.startswith(MAGIC) if len(head) >= FILE_HEADER_BYTES else path.suffix == _SUFFIX


@dataclass(slots=True)
class _File:
    """One start of a run."""

    tail: RestingTail
    order: tuple[str, int, str]
    run: str
    log: LogReader = field(default_factory=LogReader)
    segment: int = -1
    step: int = -1


class WandbSource:
    """A .wandb file, or all of them below a folder."""

    def __init__(self, name: str, path: Path) -> None:
        """Watch ``path``.

        Args:
            name: how the source is shown.
            path: a .wandb file, or a folder that is searched for them with its subfolders, again and again.
        """
        self._name = name
        self._path = path
        self._naming = Naming(name)
        self._files: list[_File] = []
        self._segments: dict[str, int] = {}
        self._folder = FolderFiles(path, lambda file: file.endswith(_SUFFIX)) if path.is_dir() else None
        if self._folder is None:
            self._add(path)
        self._records = self._stored = self._unparsed = 0
        self._sample = ""

    @property
    def name(self) -> str:
        """How it is called on screens and in records."""
        return self._name

    def poll(self) -> Batch:
        """Return the next rows, in the order in which the files were made; empty when all there is was told."""
        for path in [] if self._folder is None else self._folder.appeared():
            self._add(path)
        records: list[Record] = []
        notes: list[str] = []
        taken = 0
        for file in self._files:
            while taken < _POLL_BYTES or not (records or notes):
                read = self._read(file, records, notes)
                taken += read
                if not read:
                    break
        notes += self._naming.notes()
        self._records += len(records)
        return Batch(tuple(records), (), tuple(notes))

    def status(self) -> SourceStatus:
        """Say how it is doing."""
        tails = [file.tail for file in self._files]
        problems = [tail.problem for tail in tails[-1:] if tail.problem]
        if self._folder is not None and self._folder.problem:
            problems.insert(0, self._folder.problem)
        return SourceStatus(
            name=self._name,
            format=FORMAT,
            path=str(self._path),
            records=self._records,
            lines=self._stored,
            unparsed=self._unparsed,
            sample_unparsed=self._sample,
            newest_s=max((tail.newest_s for tail in tails if tail.newest_s is not None), default=None),
            problem="; ".join(problems),
            files=tuple(str(tail.path) for tail in tails),
        )

    def close(self) -> None:
        """Let go of files; a second call does nothing."""
        for file in self._files:
            file.tail.close()

    def _add(self, path: Path) -> None:
        started = _STARTED.search(path.parent.name)
        try:
            changed_ns = path.stat().st_mtime_ns
        except OSError:
            changed_ns = 0
        order = (started[1] if started else "", changed_ns, str(path))
        named = path.stem.removeprefix("run-")
        self._files.append(_File(RestingTail(path), order, printable(named)))
        self._files.sort(key=lambda file: file.order)

    def _read(self, file: _File, records: list[Record], notes: list[str]) -> int:
        """Read a piece of a file; return how many bytes it had."""
        read = 0
        shown = printable(str(file.tail.path))
        for piece in file.tail.piece():
            if isinstance(piece, Restart):
                notes.append(f"{shown} {piece.value}: read again from its beginning")
                file.log, file.segment = LogReader(), -1
                continue
            read += len(piece)
            was_foreign = file.log.is_foreign
            stored, damage = file.log.feed(piece)
            notes += [f"{shown}: {note}" for note in damage]
            if file.log.is_foreign and not was_foreign:
                notes.append(f"{shown} does not begin as a .wandb file does: nothing of it is read; name another file")
            for data in stored:
                self._tell(file, data, records, notes)
        return read

    def _tell(self, file: _File, data: bytes, records: list[Record], notes: list[str]) -> None:
        shown = printable(str(file.tail.path))
        self._stored += 1
        try:
            told = decode(data)
        except WireError as error:
            self._unparsed += 1
            notes.append(f"{shown}: a record of {counted(len(data), 'byte')} is none of W&B's and was skipped: {error}")
            return
        if isinstance(told, RunNamed):
            file.run = _label(told) or file.run
        elif isinstance(told, RunEnded) and told.exit_code:
            notes.append(f"{shown}: run {file.run} ended with exit code {told.exit_code}")
        elif isinstance(told, HistoryRow):
            self._tell_row(file, told, records)

    def _tell_row(self, file: _File, row: HistoryRow, records: list[Record]) -> None:
        if row.unread or not row.values:
            self._unparsed += 1
            self._sample = f"step {row.step}: no number among what was logged"
        step = file.step + 1 if row.step is None else row.step
        if file.segment < 0 or step < file.step:
            file.segment = self._segments.get(file.run, -1) + 1
            self._segments[file.run] = file.segment
        file.step = step
        if row.values:
            values = self._naming.rename(row.values)
            records.append(Record(self._name, file.run, file.segment, step, values, row.time_s))


def _label(told: RunNamed) -> str:
    if not told.display_name or told.display_name == told.run_id:
        return printable(told.run_id)
    return printable(f"{told.display_name} ({told.run_id})")
