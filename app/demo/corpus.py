"""Make the demo's corpus: two sources, every kind of sidecar, WAV and FLAC, 48 kHz and 16 kHz, folders and a lone tar.

It is made beside its place and renamed into it, with a marker that says what it is made of; a half-made corpus is
never taken for a whole one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from app.demo.material import RATE_HZ, Utterance, utterances
from app.demo.recordings import Recording, find_recordings
from app.demo.resample import resample
from app.demo.shardfiles import Member, encode, rows_of, write_csv, write_json, write_jsonl, write_parquet, write_tar
from engine.errors import UsageError

MARKER: Final = "demo.json"
"""Stands at the root of a whole demo corpus."""
EXPORT: Final = "final-export"
BROADCAST: Final = "broadcast-16k"
_BROADCAST_HZ: Final = 16_000
_WRITERS: Final = (
    ("metadata.parquet", write_parquet),
    ("metadata.jsonl", write_jsonl),
    ("metadata.csv", write_csv),
    ("metadata.json", write_json),
)


class DemoCorpus(msgspec.Struct, frozen=True):
    """What a demo corpus is made of; the marker holds the same."""

    folder: str
    seed: int
    shards: dict[str, int]
    """Source to its count of shards."""
    clips: int
    duration_s: float
    material: dict[str, int]
    """Debian package, or ``synthetic``, to the clips that are made of it."""
    reused: bool = False
    """It was there already and was left as it is."""


@dataclass(frozen=True)
class _Style:
    """How the clips of one shard are written."""

    container: str = "WAV"
    sample_format: str = "PCM_16"
    is_stereo: bool = False
    has_transcripts: bool = False
    """JSON transcripts lie between the clips in the tar."""
    has_empty_text: bool = False


_STYLES: Final = (
    _Style(),
    _Style(has_transcripts=True),
    _Style(container="FLAC"),
    _Style(sample_format="PCM_24", is_stereo=True),
    _Style(has_empty_text=True),
    _Style(),
)
"""The styles of the shards at 48 kHz, over and over."""


def make_demo_corpus(
    folder: Path, seed: int = 0, shards: int = 6, recordings: Sequence[Recording] | None = None
) -> DemoCorpus:
    """Make the demo's corpus, or find it made.

    Args:
        folder: Where it goes; it must not be there, be empty, or be a demo corpus, which is left as it is.
        seed: Decides the order, the joins and the synthetic voices.
        shards: Shards at 48 kHz; three more at 16 kHz come in a second source.
        recordings: What to make it of; None looks for recordings on this machine.

    Raises:
        UsageError: when the folder holds anything else, or cannot be written.
    """
    folder = folder.absolute()
    there = _existing(folder)
    if there is not None:
        return there
    making = folder.parent / f".{folder.name}.{os.getpid()}.making"
    try:
        making.mkdir(parents=True)
        try:
            made = _fill(making, folder, seed, shards, find_recordings() if recordings is None else recordings)
            _put_in_place(making, folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            f"{folder}: the demo corpus cannot be written: {error.strerror}; name another folder"
        ) from error
    return made


def _existing(folder: Path) -> DemoCorpus | None:
    """Return the demo that is there, or None where there is room for one."""
    marker = folder / MARKER
    if marker.is_file():
        try:
            found = msgspec.json.decode(marker.read_bytes(), type=DemoCorpus)
        except msgspec.DecodeError as error:
            reason = f"{marker}: not the marker of a demo corpus: {error}"
            raise UsageError(f"{reason}; name another folder, or remove this one") from error
        return msgspec.structs.replace(found, folder=str(folder), reused=True)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: a file is there; wanted a new or empty folder for the demo corpus")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder}: the folder is not empty and holds no demo corpus; name a new or empty folder")
    return None


def _put_in_place(making: Path, folder: Path) -> None:
    """Rename the whole corpus; into a folder that is there, and may be a shell's own, piece by piece, marker last."""
    if not folder.exists():
        making.rename(folder)
        return
    for name in (EXPORT, BROADCAST, MARKER):
        (making / name).rename(folder / name)


def _fill(root: Path, folder: Path, seed: int, shards: int, recordings: Sequence[Recording]) -> DemoCorpus:
    chance = np.random.default_rng(seed)
    supply = utterances(seed, recordings)
    used: list[Utterance] = []
    for number in range(shards):
        clips = list(islice(supply, int(chance.integers(8, 15))))
        used += _export_shard(root / EXPORT / f"shard_{number:05d}", number, clips)
    for number in range(2):
        clips = [each.mono() for each in islice(supply, int(chance.integers(8, 13)))]
        used += _broadcast_shard(root / BROADCAST / f"shard_{number:05d}", number, clips)
    clips = [each.mono() for each in islice(supply, 8)]
    write_tar(root / BROADCAST / "part-0000.tar", _webdataset(clips))
    used += clips
    made = DemoCorpus(
        str(folder),
        seed,
        {EXPORT: shards, BROADCAST: 3},
        len(used),
        round(sum(each.duration_s for each in used), 3),
        dict(Counter(each.package for each in used)),
    )
    (root / MARKER).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
    return made


def _export_shard(folder: Path, number: int, clips: list[Utterance]) -> list[Utterance]:
    style = _STYLES[number % len(_STYLES)]
    clips = [each.stereo() if style.is_stereo else each.mono() for each in clips]
    if style.has_empty_text:
        clips[1] = replace(clips[1], text="")
    ending = style.container.lower()
    names = [f"{each.video_id}/{each.utt_id}.{ending}" for each in clips]
    members: list[Member] = []
    for each, name in zip(clips, names, strict=True):
        members.append((name, encode(each.samples, RATE_HZ, style.container, style.sample_format)))
        if style.has_transcripts:
            members.append((name.removesuffix(ending) + "json", json.dumps({"text": each.text}).encode()))
    write_tar(folder / "audio.tar", members)
    sidecar, write = _WRITERS[number % len(_WRITERS)]
    write(folder / sidecar, rows_of(clips, names))
    return clips


def _at_16k(clip: Utterance) -> bytes:
    return encode(resample(clip.samples, RATE_HZ, _BROADCAST_HZ), _BROADCAST_HZ, "WAV", "PCM_16")


def _broadcast_shard(folder: Path, number: int, clips: list[Utterance]) -> list[Utterance]:
    names = [f"{each.utt_id}.wav" for each in clips]
    write_tar(folder / "audio.tar", [(name, _at_16k(each)) for each, name in zip(clips, names, strict=True)])
    sidecar, write = _WRITERS[number % len(_WRITERS)]
    write(folder / sidecar, rows_of(clips, names))
    return clips


def _webdataset(clips: Sequence[Utterance]) -> Iterator[Member]:
    """Yield the members of a webdataset tar: three to a clip, side by side."""
    for each in clips:
        fields = {"video_id": each.video_id, "language": each.language, "duration": round(each.duration_s, 6)}
        yield f"{each.utt_id}.wav", _at_16k(each)
        yield f"{each.utt_id}.json", json.dumps(fields).encode()
        yield f"{each.utt_id}.txt", each.text.encode()
