"""The fold that status, reports, metrics and consoles share."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert.events import (
    FoundShard,
    ShardDone,
    ShardFailed,
    ShardQuarantined,
    ShardRecovered,
    ShardSeen,
    ShardsFound,
    ShardSkipped,
    ShardStarted,
    ShardTried,
)
from engine.convert.view import VIEWED, Level, RunView, health
from engine.crew.answers import State
from engine.crew.events import ShardListed
from engine.errors import Fault
from engine.run.events import Event, Paused, Resumed, Version, WorkerEnded, WorkersChanged, WorkerStarted
from engine.run.log import encode_event
from engine.run.reading import Block, EventParser, Logged, LogTail
from engine.shards.record import Tally, TarDigest

MOMENT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
NAMES = st.sampled_from([f"a/{letter}" for letter in "abcdef"])
TOLD = st.sampled_from(list(State))
FAULTS = st.one_of(st.none(), st.just(Fault("x", file="a")))
DIGESTS = st.builds(TarDigest, st.just("0" * 32), st.integers(0, 1 << 40))
TALLY = Tally(members=1, clips=1, seconds_of_audio=1.0)

events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        ShardsFound, shards=st.lists(st.builds(FoundShard, NAMES, TOLD, st.integers(0, 9)), max_size=4).map(tuple)
    ),
    st.builds(ShardStarted, shard=NAMES, worker=st.integers(1, 3), bytes_in=st.just(1)),
    st.builds(
        ShardDone,
        shard=NAMES,
        source=st.just("a"),
        seconds=st.just(1.0),
        original=st.one_of(st.none(), DIGESTS),
        result=st.one_of(st.none(), DIGESTS),
    ),
    st.builds(
        ShardTried,
        shard=NAMES,
        source=st.just("a"),
        seconds=st.just(1.0),
        original=DIGESTS,
        result=DIGESTS,
        tally=st.just(TALLY),
    ),
    st.builds(ShardSkipped, shard=NAMES, source=st.just("a"), note=st.just("16 kHz")),
    st.builds(ShardQuarantined, shard=NAMES, source=st.just("a"), fault=st.just(Fault("x"))),
    st.builds(ShardFailed, shard=NAMES, source=st.just("a"), fault=st.just(Fault("x")), final=st.booleans()),
    st.builds(
        ShardSeen,
        shard=NAMES,
        source=st.just("a"),
        state=TOLD,
        size_bytes=st.just(1),
        reason=st.just("r"),
        fault=FAULTS,
    ),
    st.builds(
        ShardListed,
        shard=NAMES,
        source=st.just("a"),
        state=TOLD,
        clips=st.just(1),
        problems=st.just(0),
        fault=FAULTS,
    ),
    st.builds(ShardRecovered, shard=NAMES, row=st.just(1), ends=st.just("x"), actions=st.just(())),
    st.builds(WorkerStarted, worker=st.just(1), pid=st.just(2)),
    st.builds(WorkerEnded, worker=st.just(1), pid=st.just(2), how=st.sampled_from(["exited", "killed"])),
    st.builds(WorkersChanged, count=st.integers(1, 9), why=st.just("w"), auto=st.booleans()),
    st.builds(Paused, why=st.sampled_from(["disk", "operator"]), detail=st.just("d")),
    st.builds(Resumed, why=st.sampled_from(["disk", "operator"])),
    st.builds(
        Version, gonogo=st.just("1"), job=st.just("convert"), corpus=st.just("c"), python=st.just(""), host=st.just("")
    ),
)


def one_by_one(told: Sequence[Event]) -> RunView:
    view = RunView()
    for event in told:
        view.apply(Logged("2026-01-31T09:30:00.000Z", "r", event))
    return view


def in_blocks(told: Sequence[Event]) -> RunView:
    view = RunView()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:  # hundreds of logs: no disk is asked
        path = Path(folder) / "log"
        path.write_bytes(b"".join(encode_event(event, moment=MOMENT, run_id="r") for event in told))
        parser: EventParser[Event] = EventParser(VIEWED)
        for block in LogTail(path, parser).blocks():
            view.take(block)
    return view


def content(view: RunView) -> dict[str, object]:
    """All of a view, dictionaries in their order: it is the order of what is shown."""
    held = {each.name: getattr(view, each.name) for each in fields(view)}
    return {name: list(value.items()) if type(value) is dict else value for name, value in held.items()}


@given(told=st.lists(events, max_size=40))
def test_a_log_in_blocks_comes_to_the_same_as_its_events_one_by_one(told: list[Event]) -> None:
    seen, wanted = in_blocks(told), one_by_one(told)
    wanted.newest, wanted.began = seen.newest, seen.began  # of others than those viewed no time is taken
    assert content(seen) == content(wanted)


@given(told=st.lists(events, max_size=40), cut=st.integers(0, 40))
def test_it_does_not_matter_where_a_log_was_read_up_to(told: list[Event], cut: int) -> None:
    view = RunView()
    for part in (told[:cut], told[cut:]):
        view.take(Block(part, "began", "newest"))
    whole = RunView()
    whole.take(Block(told, "began", "newest"))
    assert content(view) == content(whole)
    assert whole.newest == "newest"


@given(told=st.lists(events, max_size=40))
def test_every_shard_is_counted_once_in_the_state_that_it_has(told: list[Event]) -> None:
    view = one_by_one(told)
    assert +view.tally == Counter(view.states.values())
    assert set(view.sizes) | set(view.last) == set(view.states)


@given(told=st.lists(events, max_size=40))
def test_health_counts_as_tried_again_what_has_a_reason_and_is_not_red(told: list[Event]) -> None:
    view = one_by_one(told)
    view.pauses.clear()
    red = (State.QUARANTINED, State.FAILED)
    again = [shard for shard in view.reasons if view.states.get(shard) not in red]
    level, why = health(view, alive=True)
    if any(state in red for state in view.states.values()):
        assert level is Level.RED
    elif again or view.lost_workers:
        assert level is Level.YELLOW
        assert ("tried again" in why, "died" in why) == (bool(again), bool(view.lost_workers))
    else:
        assert level is Level.GREEN


@pytest.mark.parametrize(
    ("again", "lost", "why"),
    [
        (1, 1, "1 shard is tried again, 1 worker died"),
        (2, 3, "2 shards are tried again, 3 workers died"),
        (1, 0, "1 shard is tried again"),
        (0, 2, "2 workers died"),
    ],
)
def test_what_a_run_got_over_is_told_in_plain_words(again: int, lost: int, why: str) -> None:
    view = RunView(reasons={f"shard-{number}": "a reason" for number in range(again)}, lost_workers=lost)
    assert health(view, alive=True) == (Level.YELLOW, why)


def test_a_shard_that_is_found_in_two_states_has_the_later_one() -> None:
    found = ShardsFound(shards=(FoundShard("a", State.PENDING, 1), FoundShard("a", State.DONE, 2)))
    view = one_by_one([found])
    assert (view.states, view.sizes, +view.tally) == ({"a": State.DONE}, {"a": 2}, Counter({State.DONE: 1}))
