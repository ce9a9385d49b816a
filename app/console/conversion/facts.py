"""All that is known of one shard: its files, its record, its clip table, its events. Reads files: not for the loop."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from app.console.conversion.trail import trail
from engine.convert.listening import listening_folder
from engine.errors import GonogoError
from engine.run.events import Event
from engine.run.folder import RunFolder
from engine.run.reading import Logged
from engine.shards.clips import DAMAGED_TABLE, ClipRow, clip_table, read_clip_table
from engine.shards.files import Facts, RealFiles
from engine.shards.layout import ROOT_SOURCE
from engine.shards.names import ShardFiles
from engine.shards.record import Record, Unreadable, read_record

_T = TypeVar("_T")
ROLES: Final = ("audio", "backup", "temporary", "status")


class _Layout(msgspec.Struct, frozen=True):
    audio: str = "audio.tar"
    lone: str = "*.tar"


class _Convert(msgspec.Struct, frozen=True):
    spot_checks: int = 0
    keep_backups: int = 0


class _Config(msgspec.Struct, frozen=True):
    """What matters here of the settings that a run was recorded with."""

    layout: _Layout = _Layout()
    convert: _Convert = _Convert()


@dataclass(frozen=True, slots=True)
class ShardFacts:
    """One shard, as its files tell."""

    shard: str
    files: ShardFiles | None = None
    """None where the run does not say where its corpus is."""
    seen: dict[str, Facts | None] = field(default_factory=dict)
    """Of the audio, the backup, the temporary tar and the status file: what is there."""
    record: Record | Unreadable | None = None
    clips: tuple[ClipRow, ...] = ()
    log: tuple[Logged[Event], ...] = ()
    spot_checks: int = 0
    """Clips that are compared in each shard, as this run was told."""
    listen: Path | None = None
    """Where clips of it lie to be listened to, before and after."""
    problems: tuple[str, ...] = ()
    """What could not be read, and why."""


def read_facts(folder: RunFolder, shard: str) -> ShardFacts:
    """Read all that is known of a shard; what cannot be read is told, and stops nothing."""
    problems: list[str] = []
    config = _config(folder)
    files = _files_of(folder, shard, config.layout)
    seen: dict[str, Facts | None] = {}
    record: Record | Unreadable | None = None
    if files is not None:
        paths = dict(zip(ROLES, (files.audio, files.backup, files.temporary, files.status), strict=True))
        for role, path in paths.items():
            seen[role] = _try(problems, f"{path.name} cannot be looked at", None, RealFiles().facts, path)
        status = files.status
        record = _try(problems, f"{status.name} cannot be read", None, lambda: read_record(RealFiles(), status))
    state = folder.path.parent.parent
    source, _, name = shard.partition("/")
    listen = listening_folder(state, shard)
    return ShardFacts(
        shard=shard,
        files=files,
        seen=seen,
        record=record,
        clips=_clips(problems, clip_table(state, source, name)),
        log=tuple(_try(problems, "the log cannot be read", [], trail, folder.events_path, shard)),
        spot_checks=config.convert.spot_checks,
        listen=listen if listen.is_dir() else None,
        problems=tuple(problems),
    )


def _try(problems: list[str], problem: str, otherwise: _T, read: Callable[..., _T], *args: object) -> _T:
    try:
        return read(*args)
    except FileNotFoundError:
        return otherwise
    except (OSError, GonogoError, ValueError) as error:
        problems.append(f"{problem}: {error}")
        return otherwise


def _clips(problems: list[str], table: Path) -> tuple[ClipRow, ...]:
    """Read a clip table as far as it can be read."""
    rows: list[ClipRow] = []
    try:
        rows.extend(read_clip_table(table))
    except FileNotFoundError:
        pass  # it was not converted by a run of this state folder; what is shown says so
    except (OSError, *DAMAGED_TABLE) as error:
        problems.append(f"the clip table is damaged after {len(rows):,} clips: {table}: {error}")
    return tuple(rows)


def keeps_originals(folder: RunFolder) -> bool:
    """Tell whether a run was told to leave originals beside what it converts."""
    return _config(folder).convert.keep_backups > 0


def _config(folder: RunFolder) -> _Config:
    try:
        return msgspec.convert(folder.record.config, _Config)
    except msgspec.ValidationError:
        return _Config()  # a run of a version that wrote other settings: the defaults find most shards


def _files_of(folder: RunFolder, shard: str, layout: _Layout) -> ShardFiles | None:
    """Return where a shard's files are; None where nobody says."""
    if folder.record.corpus is None:
        return None
    source, _, name = shard.partition("/")
    parts = [] if source == ROOT_SOURCE else [source]
    path = Path(folder.record.corpus, *parts, name)
    if fnmatchcase(path.name, layout.lone) and not os.path.isdir(path):  # noqa: PTH112  # Path.is_dir raises on odd names
        return ShardFiles.of_lone(path)
    return ShardFiles.of_folder(path, layout.audio)
