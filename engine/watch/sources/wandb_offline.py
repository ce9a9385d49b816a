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
from engine.watch.records import Record
from engine.watch.sources.growing_files import GrowingFilesSource, changed_ns
from engine.watch.sources.leveldb_log import FILE_HEADER_BYTES, MAGIC, LogReader
from engine.watch.sources.protobuf import WireError
from engine.watch.sources.resting_tail import RestingTail
from engine.watch.sources.wandb_proto import HistoryRow, RecordDecoder, RunEnded, RunNamed
from engine.watch.tail import Restart

FORMAT: Final = "wandb_offline"
_SUFFIX: Final = ".wandb"
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
    decoder: RecordDecoder = field(default_factory=RecordDecoder)
    segment: int = -1
    step: int = -1


class WandbSource(GrowingFilesSource[_File]):
    """A .wandb file, or all of them below a folder."""

    def __init__(self, name: str, path: Path) -> None:
        """Watch ``path``.

        Args:
            name: how the source is shown.
            path: a .wandb file, or a folder that is searched for them with its subfolders, again and again.
        """
        self._files: list[_File] = []
        self._segments: dict[str, int] = {}
        super().__init__(name, path, FORMAT, lambda file: file.endswith(_SUFFIX))

    def _add(self, path: Path, folder: str) -> None:
        started = _STARTED.search(path.parent.name)
        order = started[1] if started else "", changed_ns(path), str(path)
        self._files.append(_File(RestingTail(path), order, printable(path.stem.removeprefix("run-"))))
        self._files.sort(key=lambda file: file.order)

    def _in_order(self) -> list[_File]:
        return self._files

    def _waited_for(self) -> list[_File]:
        return self._files[-1:]

    def _read(self, file: _File, records: list[Record], notes: list[str]) -> int:
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
                self._tell(file, data, shown, records, notes)
        return read

    def _tell(self, file: _File, data: bytes, shown: str, records: list[Record], notes: list[str]) -> None:
        self._stored += 1
        try:
            told = file.decoder.decode(data)
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
