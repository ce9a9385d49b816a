"""What the engine asks of a worker and what a worker answers: one JSON line each."""

from __future__ import annotations

import msgspec

from engine.audio.formats import ClipInfo
from engine.convert.validation_facts import Validation
from engine.crew.answers import Answer
from engine.crew.wire import ShardRef
from engine.shards.record import Tally, TarDigest


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


class Result(Answer, frozen=True, kw_only=True, tag="result"):
    """A worker's answer to any task."""

    note: str = ""
    """Why a shard is skipped."""
    flags: tuple[str, ...] = ()
    recovery: Recovery | None = None
    conversion: Conversion | None = None
    inspection: Inspection | None = None
    validation: Validation | None = None
    measured: Measured | None = None
