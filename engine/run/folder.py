"""A run's own folder, ``STATE/runs/<run-id>/``: what was asked (``run.json``), what happened, and whether it lives."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from engine.errors import Fault, InputError, NoSuchRunError
from engine.run import places
from engine.run.locks import HeldLock, hold, is_held
from engine.run.log import rfc3339, utc_now
from engine.run.read_only import refuse_changes

RECORD_SCHEMA = 1


ALIVE = "alive.lock"
"""Held by a run's engine for as long as it lives."""


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``run.json``: what a run was asked to do, with what and where; written once, before anything happens."""

    run: str
    schema: int = RECORD_SCHEMA
    job: str
    corpus: str | None
    created: str
    """RFC 3339, UTC."""
    pid: int
    args: dict[str, object]
    config: dict[str, object]
    versions: dict[str, str]
    host: dict[str, object]


class RunFolder:
    """The folder of one run; made by its engine, opened by anybody else."""

    def __init__(self, path: Path, record: RunRecord, alive: HeldLock | None = None) -> None:
        self.path = path
        self.record = record
        self._alive = alive

    @classmethod
    def create(
        cls,
        state_dir: Path,
        *,
        job: str,
        corpus: Path | None,
        args: object,
        config: object,
        versions: Mapping[str, str],
        host: object,
        now: Callable[[], datetime] = utc_now,
    ) -> Self:
        """Make the folder of a new run, alive from the first moment that anybody can see it.

        ``args``, ``config`` and ``host`` are structs, dataclasses or mappings; they are recorded as JSON objects.

        Raises:
            ReadOnlyError: when this program changes nothing.
        """
        refuse_changes(f"{state_dir} would hold a new run")
        runs = state_dir / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        moment = now()
        run_id = new_run_id(job, moment)
        record = RunRecord(
            run=run_id,
            job=job,
            corpus=None if corpus is None else str(corpus.resolve()),
            created=rfc3339(moment),
            pid=os.getpid(),
            args=_as_object(args),
            config=_as_object(config),
            versions=dict(versions),
            host=_as_object(host),
        )
        hidden = runs / f".new-{run_id}"
        hidden.mkdir()
        alive = None
        try:
            alive = hold(hidden / ALIVE, run_id)
            _write_once(hidden / "run.json", msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
            hidden.rename(runs / run_id)
        except BaseException:
            if alive is not None:
                alive.release()
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        _sync_folder(runs)
        _add_to_index(runs / run_id)
        return cls(runs / run_id, record, alive)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the folder of a run that exists.

        Raises:
            NoSuchRunError: when there is no run in this folder.
            InputError: when its record cannot be read.
        """
        try:
            return cls(path, msgspec.json.decode((path / "run.json").read_bytes(), type=RunRecord))
        except (FileNotFoundError, NotADirectoryError):
            raise NoSuchRunError(f"{path}: there is no run here (run.json is missing)") from None
        except msgspec.DecodeError as fault:
            problem = Fault("the record of the run cannot be read", file=str(path / "run.json"), read=str(fault))
            raise InputError(problem) from fault

    @property
    def run_id(self) -> str:
        """The run's id, which is also the folder's name."""
        return self.record.run

    @property
    def events_path(self) -> Path:
        """The event log."""
        return self.path / "events.jsonl"

    def is_alive(self) -> bool:
        """Tell whether the run's engine still exists, seen from any process."""
        return is_held(self.path / ALIVE)

    def close(self) -> None:
        """Stop being alive; for the engine, at its very end."""
        if self._alive is not None:
            self._alive.release()


def new_run_id(job: str, moment: datetime) -> str:
    """Name a run so that names sort by time: ``20260131T093000Z-convert-9f3c``."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{job}-{secrets.token_hex(2)}"


def list_runs(state_dir: Path) -> list[RunFolder]:
    """Return the runs of one state folder, oldest first; folders that are no runs are passed over."""
    return _runs_in(state_dir / "runs")


def all_runs() -> list[RunFolder]:
    """Return every run of this user that can be reached, oldest first."""
    return _runs_in(places.runs_index_dir())


def find_run(ref: str | None = None, *, state_dir: Path | None = None, living: bool = False) -> RunFolder:
    """Find one run.

    Args:
        ref: an id, the start of one, its last four characters, or a run's folder; None for the latest.
        state_dir: where the latest is looked for, and nowhere else; an id is known wherever its run lies.
        living: prefer those whose engine is alive, where there are any.

    Raises:
        NoSuchRunError: when no run, or more than one, is meant.
    """
    if ref is not None and (Path(ref) / "run.json").is_file():
        return RunFolder.open(Path(ref))
    runs = all_runs() if state_dir is None else list_runs(state_dir)
    if ref is None:
        if not runs:
            where = "" if state_dir is None else f" in {state_dir}"
            raise NoSuchRunError(f"there is no run yet{where}")
        alive = [run for run in runs if run.is_alive()] if living else []
        return max(alive or runs, key=lambda run: run.record.created)
    known = {run.run_id: run for run in [*all_runs(), *runs]}
    matching = [ref] if ref in known else [name for name in known if name.startswith(ref) or name.endswith(f"-{ref}")]
    if not matching:
        raise NoSuchRunError(f"no run is called {ref!r}; `gonogo runs` lists them")
    if len(matching) > 1:
        raise NoSuchRunError(f"{ref!r} may mean {', '.join(sorted(matching))}; give more of the id")
    return known[matching[0]]


def _runs_in(folder: Path) -> list[RunFolder]:
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        with contextlib.suppress(NoSuchRunError, InputError, OSError):
            found.append(RunFolder.open(path.resolve()))
    return found


def _as_object(value: object) -> dict[str, object]:
    built = msgspec.to_builtins(value, str_keys=True, enc_hook=str)
    if not isinstance(built, dict):
        raise TypeError(f"wanted something with named fields to record, not {type(value).__name__}")
    return built


def _write_once(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _add_to_index(path: Path) -> None:
    """Link the run where any terminal finds it; a home that cannot be written costs that convenience alone."""
    with contextlib.suppress(OSError):
        index = places.runs_index_dir()
        index.mkdir(parents=True, exist_ok=True)
        (index / path.name).symlink_to(path.resolve())
