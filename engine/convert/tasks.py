"""What the engine asks of a worker and what a worker answers: one JSON line each.

Paths travel as text that every file name survives: the bytes of the path, read as Latin-1.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

import msgspec

from engine.audio.formats import ClipInfo
from engine.convert.validation_facts import Validation
from engine.errors import Fault
from engine.shards.layout import ShardKind, ShardPlace
from engine.shards.names import ShardFiles
from engine.shards.record import Tally, TarDigest


def to_wire(path: Path) -> str:
    """Write a path as text that JSON can carry."""
    return os.fsencode(path).decode("latin-1")


def from_wire(text: str) -> Path:
    """Read what :func:`to_wire` wrote."""
    return Path(os.fsdecode(text.encode("latin-1")))


def path_from_wire(text: str | None) -> Path | None:
    """Read a path that may be left out."""
    return None if text is None else from_wire(text)


class ShardRef(msgspec.Struct, frozen=True, kw_only=True):
    """A shard, as a worker finds it."""

    folder: str
    audio_name: str
    lone: bool
    sidecar: str | None
    lock: str | None
    """The file that a lone tar's lock is taken on; a folder shard's lock is its folder."""

    @classmethod
    def of(cls, place: ShardPlace, locks: Path) -> ShardRef:
        """Refer to a discovered shard; ``locks`` is the folder for the lock files of lone tars."""
        lone = place.kind is ShardKind.LONE
        return cls(
            folder=to_wire(place.files.folder),
            audio_name=to_wire(Path(place.files.audio_name)),
            lone=lone,
            sidecar=None if place.sidecar is None else to_wire(place.sidecar),
            lock=to_wire(locks / os.fsencode(place.id).hex()[-200:]) if lone else None,
        )

    @property
    def files(self) -> ShardFiles:
        """The names of the shard's four files."""
        folder, audio = from_wire(self.folder), from_wire(self.audio_name)
        return ShardFiles.of_lone(folder / audio) if self.lone else ShardFiles.of_folder(folder, str(audio))

    @property
    def sidecar_path(self) -> Path | None:
        """The metadata beside the tar, if any."""
        return None if self.sidecar is None else from_wire(self.sidecar)

    @property
    def lock_path(self) -> Path | None:
        """The lock file of a lone tar."""
        return None if self.lock is None else from_wire(self.lock)


class _Task(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    shard: ShardRef
    task: str = ""
    """The id under which it is handed out; the pool writes it."""
    aliases: dict[str, tuple[str, ...]] = {}
    """Further names of metadata fields."""


class Convert(_Task, frozen=True, kw_only=True, tag="convert"):
    """Bring one shard to a known state, then convert it if its clips have 48 kHz."""

    run: str
    tool: str
    spot_checks: int
    keep_backup: bool = False
    links: bool = True
    """Whether the shard's volume has hard links; the engine has tried."""
    scratch: str | None = None
    """A dry run: the converted tar is made in this folder, compared and deleted; the shard is only read."""
    clips: str | None = None
    """Where the table of the shard's clips goes, and that of an earlier conversion lies."""
    threads: int = 1
    """How many clips may be converted at once: where there are fewer workers than cores, and decoding takes time."""


class Recover(_Task, frozen=True, kw_only=True, tag="recover"):
    """Bring one shard to a known state, and no more."""

    run: str
    tool: str
    let_go: bool = False
    """Delete also an original that the record keeps."""
    keep_backup: bool = False
    """Keep an original whose record is lost."""
    clips: str | None = None
    """Where the table of the shard's clips lies, if there is one."""
    act: bool = True


class Inspect(_Task, frozen=True, kw_only=True, tag="inspect"):
    """Tell what one shard holds and needs; touches nothing."""

    probes: int
    """How many clips, spread over the tar, have their headers read; what looks odd is read as well."""
    full: bool = False
    """Walk every tar and read the headers of all clips, so that every number is exact."""


class Validate(_Task, frozen=True, kw_only=True, tag="validate"):
    """Hold one shard against its record and its clip table; touches nothing."""

    spot_checks: int
    """How many clips, spread over the tar, are decoded."""
    full: bool = False
    """Read all bytes of a converted tar against its recorded hash, also where its file is the one on record."""
    clips: str | None = None
    """Where the table of the shard's clips lies, if there is one."""


class Measure(_Task, frozen=True, kw_only=True, tag="measure"):
    """Convert one shard into scratch, prove the conversion, delete it, and tell what that took.

    The shard is read from the disk, not from the page cache. Several workers may have the same one in hand: it is
    only read, and the run holds the corpus.
    """

    scratch: str
    """The folder for the converted tar."""
    spot_checks: int
    listen: str = ""
    """The folder for clips before and after; "" keeps none."""
    listen_clips: int = 0
    """How many of them."""
    threads: int = 1
    """As in :class:`Convert`."""


Task = Convert | Recover | Inspect | Validate | Measure


class State(StrEnum):
    """What a shard is, as a person reads it."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"
    """Nothing to convert in it: 16 kHz already, or no audio."""
    RECOVERING = "recovering"
    """A swap was cut off here; the next conversion brings it to an end first."""
    QUARANTINED = "quarantined"
    FAILED = "failed"


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What recovery found and did in one shard."""

    row: int
    """Of the recovery table; 0 for what it does not cover."""
    ends: str
    actions: tuple[str, ...] = ()
    why: str = ""


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """What one conversion took and gave."""

    original: TarDigest
    result: TarDigest
    tally: Tally
    backup_kept: bool = False
    codec: str = ""
    """Of the original's clips: ``wav``, ``flac``, or both; empty where the worker does not tell."""


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What a shard's tar and sidecar say about themselves."""

    members: int = 0
    clips: int = 0
    members_are_exact: bool = True
    """The whole tar was walked; otherwise members and clips are reckoned from a sample by bytes, and of clips without
    a row and rows without a clip, those of the sample are told."""
    probed: int = 0
    seconds_of_audio: float = 0.0
    seconds_are_exact: bool = False
    """All clips were probed; otherwise the rest is reckoned by bytes per second."""
    audio: tuple[ClipInfo, ...] = ()
    """The different kinds of clips that were met, each as the first of its kind."""
    sidecar_format: str = ""
    rows: int = 0
    clips_without_row: int = 0
    rows_without_clip: int = 0
    fields: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """What its clips are, in words."""
        return tuple(sorted({kind_of(clip) for clip in self.audio}))


def kind_of(clip: ClipInfo) -> str:
    """Say what a clip is: ``48 kHz mono wav pcm_16``."""
    channels = {1: "mono", 2: "stereo"}.get(clip.channels, f"{clip.channels} channels")
    return f"{clip.sample_rate_hz / 1000:g} kHz {channels} {clip.codec} {clip.sample_format}"


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one conversion in scratch took out of a worker and the machine."""

    codec: str
    """Of the shard's clips: ``wav``, ``flac``, or both."""
    seconds: float
    cpu_s: float
    """Of the worker process, user and system."""
    cpu_wait_s: float
    """Ready to run, and waiting for a CPU; 0 where the kernel does not tell."""
    stages: dict[str, float]
    """Seconds by stage: read (headers), convert, sync (fsync), verify."""
    disk_read_bytes: int
    """What the kernel fetched from a disk for it; 0 where the kernel does not tell, and for what lies in memory."""
    disk_written_bytes: int


class Trouble(StrEnum):
    """What a failure means for the other shards."""

    SHARD = "shard"
    """It is this shard's own."""
    SPACE = "space"
    """The disk is full: hand out nothing until there is room."""
    DISK = "disk"
    """The disk refuses writes: stop."""


class Result(msgspec.Struct, frozen=True, kw_only=True, tag="result", tag_field="type"):
    """A worker's answer to any task."""

    task: str
    state: State
    seconds: float
    interrupted: bool = False
    """The worker was asked to stop and left the shard as it was."""
    fault: Fault | None = None
    trouble: Trouble = Trouble.SHARD
    note: str = ""
    """Why a shard is skipped."""
    flags: tuple[str, ...] = ()
    recovery: Recovery | None = None
    conversion: Conversion | None = None
    inspection: Inspection | None = None
    validation: Validation | None = None
    measured: Measured | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress", tag_field="type"):
    """Where a worker is in its task; sent a few times a second, and proof that it is alive."""

    task: str
    stage: str
    read_bytes: int = 0
    """Of the original, in this pass."""
    of_bytes: int = 0
    written_bytes: int = 0
    to_write_bytes: int | None = None
    """What the converted tar will take in all, once the clips' headers told; None before."""
