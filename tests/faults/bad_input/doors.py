"""The doors through which files come into gonogo: a row is laid out, asked about, and taken away again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from engine.convert.tasks import Inspect, Recover, Validate
from engine.crew.wire import to_wire
from tests.faults.bad_input.asking import (
    ask_check,
    ask_checklist,
    ask_layout,
    ask_settings,
    convert_at,
    shard_at,
    told,
    without,
)
from tests.faults.bad_input.limited import Child, DiedError, Worker
from tests.faults.bad_input.naive import Answer, Question
from tests.faults.bad_input.row import Door, Outcome, Row
from tests.faults.bad_input.tars import CLIPS, GOOD
from tests.recordings import tar_bytes

NAIVE = {
    Door.TAR: "tarfile",
    Door.CLIP: "soundfile",
    Door.RECORD: "json",
    Door.MEMBER: "json",
    Door.CLIP_TABLE: "gzip and json",
    Door.CONFIG: "tomllib",
    Door.CHECKLIST: "tomllib",
    Door.CHECK: "pyarrow",
    Door.LAYOUT: "rglob and print",
    ".parquet": "pyarrow",
    ".jsonl": "json, by line",
    ".json": "json",
    ".csv": "csv",
}
"""The reader that a plain script would take, by door, or by ending where a door takes several kinds."""


class Doors:
    """All doors, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._worker = Worker()
        self._naive = Child("tests.faults.bad_input.naive")
        self._converted = b""

    def __enter__(self) -> Self:
        self._naive.line()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._worker.__exit__(kind, fault, at)
        self._naive.__exit__(kind, fault, at)

    @contextmanager
    def planted(self, row: Row) -> Iterator[Path]:
        """Lay a row out in a folder."""
        place = self._folder / "corpus"
        place.mkdir()
        try:
            if row.plant is not None:
                row.plant(place)
            else:
                self._plant(row, place, row.data())
            yield place
        finally:
            shutil.rmtree(place)

    def _plant(self, row: Row, place: Path, data: bytes) -> None:
        match row.door:
            case Door.TAR:
                (place / "audio.tar").write_bytes(data)
            case Door.CLIP:
                (place / "audio.tar").write_bytes(tar_bytes([*CLIPS, (row.name or "bad.wav", data)]))
            case Door.SIDECAR:
                (place / "audio.tar").write_bytes(GOOD)
                (place / row.name).write_bytes(data)
            case Door.MEMBER:
                (place / "x.tar").write_bytes(tar_bytes([CLIPS[0], (row.name, data)]))
            case Door.RECORD:
                (place / "audio.tar").write_bytes(self._result())
                (place / "audio_48k.bak").write_bytes(tar_bytes([(name, CLIPS[0][1]) for name, _ in CLIPS]))
                (place / "shard_conversion_status.json").write_bytes(data)
            case Door.CLIP_TABLE:
                (place / "audio.tar").write_bytes(GOOD)
                self._worker.ask(convert_at(place))
                (place / "table.gz").write_bytes(data)
            case _:
                (place / row.name).write_bytes(data)

    def _result(self) -> bytes:
        """The conversion of the good tar, made once."""
        if not self._converted:
            place = self._folder / "good"
            place.mkdir()
            (place / "audio.tar").write_bytes(GOOD)
            self._worker.ask(convert_at(place))
            self._converted = (place / "audio.tar").read_bytes()
            shutil.rmtree(place)
        return self._converted

    def ours(self, row: Row, place: Path) -> Outcome:
        """Ask gonogo."""
        asked: dict[Door, Callable[[Row, Path], tuple[str, str]]] = {
            Door.CONFIG: ask_settings,
            Door.CHECKLIST: ask_checklist,
            Door.CHECK: ask_check,
            Door.LAYOUT: ask_layout,
        }
        if row.door in asked:
            state, text = asked[row.door](row, place)
            return Outcome(state, without(text, place))
        try:
            state, text = self._of_worker(row, place)
        except DiedError as error:
            return Outcome("died", str(error))
        return Outcome(state, without(text, place), self._worker.peak_bytes())

    def _of_worker(self, row: Row, place: Path) -> tuple[str, str]:
        match row.door:
            case Door.SIDECAR:
                tried = self._worker.ask(convert_at(place, scratch=self._scratch(), sidecar=place / row.name))
                seen = self._worker.ask(Inspect(shard=shard_at(place, sidecar=place / row.name), probes=9))
                flags = tuple(dict.fromkeys((*tried.flags, *seen.flags)))
                return told(msgspec.structs.replace(tried, flags=flags))
            case Door.MEMBER:
                return told(self._worker.ask(Inspect(shard=shard_at(place, lone=True), probes=9)))
            case Door.RECORD:
                return told(self._worker.ask(Recover(shard=shard_at(place), run="run", tool="test")))
            case Door.CLIP_TABLE:
                table = to_wire(place / "table.gz")
                return told(self._worker.ask(Validate(shard=shard_at(place), spot_checks=1, clips=table)))
            case _:
                return told(self._worker.ask(convert_at(place)))

    def _scratch(self) -> Path:
        scratch = self._folder / "scratch"
        scratch.mkdir(exist_ok=True)
        return scratch

    def naive(self, row: Row, place: Path) -> str:
        """Ask what a plain script would have used."""
        how = NAIVE.get(row.door) or NAIVE[Path(row.name).suffix]
        path = self._folder / f"naive-{row.id}{Path(row.name).suffix}"
        if row.door is Door.LAYOUT:
            path = place
        else:
            path.write_bytes(row.data())
        try:
            self._naive.say(msgspec.json.encode(Question(how, to_wire(path))) + b"\n")
            answer = msgspec.json.decode(self._naive.line(), type=Answer).told
        except DiedError as error:
            self._naive.line()
            answer = str(error)
        return f"{how}: {answer}".replace(f"naive-{row.id}", "FILE")
