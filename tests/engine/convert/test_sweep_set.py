from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.audio.formats import ClipInfo, Codec, SampleFormat
from engine.convert.plan import Planned
from engine.convert.sweep_set import (
    SHARDS_A_WORKER_MAX,
    SHARDS_A_WORKER_MIN,
    Group,
    group,
    repeated,
    sample,
    shards_a_worker,
    share_out,
)
from engine.convert.tasks import Inspection, Result
from engine.crew.answers import State
from engine.shards.layout import ShardKind, ShardPlace
from engine.shards.names import ShardFiles


def shard(source: str, number: int, size_bytes: int = 1_000) -> Planned:
    name = f"shard_{number}"
    files = ShardFiles.of_folder(Path("/corpus", source, name), "audio.tar")
    return Planned(ShardPlace(source, name, ShardKind.FOLDER, files, None), State.PENDING, size_bytes)


def looked(one: Planned, state: State, codec: Codec | None = None) -> tuple[str, Result]:
    clips = () if codec is None else (ClipInfo(codec, SampleFormat.PCM_16, 48_000, 1, 48_000),)
    return one.place.id, Result(task="", state=state, seconds=0, inspection=Inspection(audio=clips))


def test_sources_are_grouped_by_codec_and_count_with_the_share_that_needs_a_conversion() -> None:
    studio = [shard("studio", number, 500) for number in range(4)]
    street = [shard("street", number) for number in range(4)]
    broadcast = [shard("broadcast", number) for number in range(3)]
    results = dict(
        [
            looked(studio[0], State.PENDING, Codec.FLAC),
            looked(street[0], State.PENDING, Codec.WAV),
            looked(street[2], State.SKIPPED),
            *(looked(one, State.SKIPPED) for one in broadcast),
        ]
    )
    street_group, studio_group = sorted(group(studio + street + broadcast, results), key=lambda one: one.codec)[::-1]
    assert (street_group.codec, street_group.bytes_to_do) == ("wav", 2_000)
    assert street[2] not in street_group.shards
    assert (studio_group.codec, studio_group.bytes_to_do) == ("flac", 2_000)


def test_a_source_of_quarantined_shards_is_tried_so_that_it_is_told_of() -> None:
    one = shard("street", 0)
    (found,) = group([one], dict([looked(one, State.QUARANTINED)]))
    assert (found.codec, found.shards) == ("", (one,))


def test_every_source_is_looked_at() -> None:
    pending = [shard(source, number) for source in ("a", "b") for number in range(9)]
    assert [one.place.id for one in sample(pending, 3)] == [
        f"{source}/shard_{number}" for source in ("a", "b") for number in (0, 3, 6)
    ]


def test_the_dry_run_tries_each_codec() -> None:
    many = Group("wav", tuple(shard("a", number) for number in range(97)), 1)
    few = Group("flac", tuple(shard("b", number) for number in range(3)), 1)
    assert share_out([many, few], 3) == [3, 1]
    assert share_out([many, few], 1_000) == [97, 3]
    assert share_out([], 3) == []


def test_copies_of_one_shard_lie_as_far_apart_as_the_set_is_long() -> None:
    shards = [shard("a", number) for number in range(3)]
    order = [one.place.shard[-1] for one in repeated(shards, 7, first=1)]
    assert order == list("1201201")


@given(trial_s=st.floats(0, 100), shard_s=st.floats(0, 1e4))
def test_no_worker_gets_fewer_than_two_shards_or_lives_to_be_replaced(trial_s: float, shard_s: float) -> None:
    assert SHARDS_A_WORKER_MIN <= shards_a_worker(trial_s, shard_s) <= SHARDS_A_WORKER_MAX
