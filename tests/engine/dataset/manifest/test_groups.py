"""What belongs together, and what is there twice, over real fragments."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.checklist.kinds.table_stop import Stop, StoppedError
from engine.dataset.manifest import spill as manifest_spill
from engine.dataset.manifest.groups import find_groups
from engine.dataset.manifest.rows import ClipEntry
from engine.dataset.manifest.spill import Spill
from engine.dataset.split.lock import no_lock
from engine.dataset.split.make import make_split
from engine.dataset.split.plan import make_plan
from engine.dataset.split.settings import SplitSettings
from engine.errors import DamagedError
from tests.engine.dataset.manifest.corpora import COMMON, entry, make_manifest, shard, write_fragments
from tests.engine.dataset.split.corpora import Row, corpus_of, files_in, rows

IN_A_FOLDER_EACH = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True
)
NAMES = count()
ASKED = SplitSettings(common_videos=COMMON)


def as_entry(row: Row) -> ClipEntry:
    return entry(row.utt_id, row.video_id or "", row.audio_hash or "", row.duration_s)


def pairs_of(twins: dict[str, list[int]]) -> list[tuple[int, int]]:
    return sorted((later, places[0]) for places in twins.values() for later in places[1:])


def groups_of(manifest: Path) -> dict[str, str]:
    table = pq.read_table(manifest, columns=["utt_id", "group_id"])
    return dict(zip(table["utt_id"].to_pylist(), table["group_id"].to_pylist(), strict=True))


@IN_A_FOLDER_EACH
@given(clips=rows(most=40), shards=st.integers(1, 4))
def test_groups_are_those_that_the_split_plans_with(tmp_path: Path, clips: list[Row], shards: int) -> None:
    folder, entries = tmp_path / f"{next(NAMES)}", [as_entry(clip) for clip in clips]
    folder.mkdir()
    manifest, _ = make_manifest(folder, [shard(f"s{at}", entries[at::shards]) for at in range(shards)])
    corpus = corpus_of(clips, COMMON)
    names, leaders = corpus.units.to_pylist(), make_plan(corpus, no_lock(ASKED), ASKED).leader.tolist()
    planned = {unit: names[leader] for unit, leader in zip(names, leaders, strict=True)}
    assert groups_of(manifest) == {clip.utt_id: planned[clip.unit] for clip in clips}


def test_groups_are_those_that_the_split_writes(tmp_path: Path) -> None:
    videos = ("", "clip:odd", "video:odd", *(f"v{number}" for number in range(30)))
    clips = [entry(f"u{at}", videos[at % 33], f"{at * at % 97 + at % 2 * at}") for at in range(400)]
    manifest, _ = make_manifest(tmp_path, [shard("a", clips[:150]), shard("b", clips[150:])])
    files = files_in(tmp_path)
    make_split(files, ASKED)
    made = groups_of(manifest)
    assert made == groups_of(files.table)
    assert len(set(made.values())) < len({clip.video_id or clip.utt_id for clip in clips})


@IN_A_FOLDER_EACH
@given(clips=rows(most=40), again=st.lists(st.integers(0, 9), max_size=6))
def test_what_is_there_twice_is_what_plain_python_finds(tmp_path: Path, clips: list[Row], again: list[int]) -> None:
    entries = [as_entry(clip) for clip in clips] + [entry(f"u{number}", audio=f"new {number}") for number in again]
    paths = write_fragments(tmp_path / f"{next(NAMES)}", [shard("a", entries[:20]), shard("b", entries[20:])])
    groups = find_groups(paths, tmp_path, common_videos=COMMON)
    ids, sounds = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for at, clip in enumerate(entries):
        ids[clip.utt_id].append(at)
        if clip.num_frames:
            sounds[clip.audio_hash].append(at)
    for found, wanted in ((groups.same_utt_id, ids), (groups.same_audio, sounds)):
        assert list(zip(found.rows.tolist(), found.firsts.tolist(), strict=True)) == pairs_of(wanted)


def test_a_group_bears_the_first_videos_name_and_a_clips_only_without_one(tmp_path: Path) -> None:
    clips = [entry("u1", "zebra", "x"), entry("u2", audio="x"), entry("u3", "clip:odd", "y"), entry("u4", audio="y")]
    groups = find_groups(write_fragments(tmp_path / "f", [shard("a", clips)]), tmp_path)
    assert groups.leaders == {"clip:u2": "zebra", "clip:u4": "video:clip:odd"}


def test_audio_that_is_everywhere_and_clips_without_sound_unite_nobody(tmp_path: Path) -> None:
    jingle = [entry(f"j{at}", f"v{at}", "jingle") for at in range(COMMON + 1)]
    silent = [entry(f"s{at}", f"w{at}", "empty", seconds=seconds) for at, seconds in enumerate((0.0, None, 0.0))]
    groups = find_groups(write_fragments(tmp_path / "f", [shard("a", jingle + silent)]), tmp_path, common_videos=COMMON)
    assert (groups.leaders, groups.same_audio.rows.size) == ({}, COMMON)


def test_keys_that_fill_many_files_many_times_find_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_spill, "_HELD_ROWS", 100)
    dice = np.random.default_rng(7)
    keys = dice.integers(0, 1 << 64, (900, 2), np.uint64)[dice.integers(0, 900, 3_000)]
    keys[:500, 0] = 1 << 63  # one half alike says nothing
    spill = Spill(tmp_path, "keys", 3)
    for part in np.array_split(np.arange(3_000), 7):
        spill.add(keys[part, 0], keys[part, 1], part.astype(np.uint64))
    places = defaultdict[str, list[int]](list)
    for at, key in enumerate(keys.tolist()):
        places[str(key)].append(at)
    found = [row[2] for rows in spill.twins() for row in rows.tolist()]
    assert sorted(found) == sorted(at for held in places.values() if len(held) > 1 for at in held)


def test_nothing_is_left_behind_in_scratch(tmp_path: Path) -> None:
    paths = write_fragments(tmp_path / "f", [shard("a", [entry("u", audio="x"), entry("w", audio="x")])])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    find_groups(paths, scratch)
    assert list(scratch.iterdir()) == []


def test_a_look_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    paths = write_fragments(tmp_path / "f", [shard("a", [entry("u")])])
    stop = Stop()
    stop.now()
    with pytest.raises(StoppedError):
        find_groups(paths, tmp_path, stop=stop)


def test_a_damaged_fragment_is_named(tmp_path: Path) -> None:
    (path,) = write_fragments(tmp_path / "f", [shard("a", [entry(f"u{at}") for at in range(300)])])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedError, match=r"000\.parquet.*delete it"):
        find_groups([path], tmp_path)
