"""Two converters at one shard while every lock lies, as on volumes whose flock is local or none: nothing is lost."""

from __future__ import annotations

import fcntl
import random
from itertools import product
from pathlib import Path

import pytest

from engine.crew.answers import State
from tests.faults.conftest import Bench
from tests.faults.live.turns import Actor
from tests.faults.tally import Tallies, Tally


@pytest.fixture(autouse=True)
def _locks_that_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)


def is_whole(bench: Bench, shard: Path) -> bool:
    """The original under any of its names, or the whole result in its place."""
    audio, backup = shard / "audio.tar", shard / "audio_48k.bak"
    held = [path.read_bytes() for path in (audio, backup) if path.exists()]
    return bench.original in held or (audio.exists() and held[0] == bench.result)


def play(bench: Bench, turns: tuple[int, ...], line: Tally, *, links: bool = True) -> None:
    """One comes to its n-th change, the other to its m-th, the first ends, the other ends; then a run alone."""
    shard = bench.fresh()
    one, other = Actor(shard, "one", links=links), Actor(shard, "other", links=links)
    for actor, steps in zip((one, other), turns, strict=True):
        for _ in range(steps):
            actor.step()
            line.lost += not is_whole(bench, shard)
    for actor in (one, other):
        while not actor.over:
            actor.step()
            line.lost += not is_whole(bench, shard)
    line.faults += 1
    line.states.add(" ".join(sorted(path.name for path in shard.iterdir())))
    after = bench.convert(shard)
    assert after.result is not None
    done = after.result.state is State.DONE and (shard / "audio.tar").read_bytes() == bench.result
    line.lost += not is_whole(bench, shard)
    line.stuck += not done
    line.notes += [] if done else [f"{turns}: {one.result} {other.result} {after.result}"]


def changes(bench: Bench) -> int:
    """How many changes an undisturbed conversion makes."""
    return Actor(bench.fresh(), "alone").finish()


@pytest.mark.parametrize("links", [True, False])
def test_one_that_overtakes_another_at_any_step_loses_nothing(bench: Bench, tally: Tallies, *, links: bool) -> None:
    line = tally(f"two converters, no lock, {'links' if links else 'renames'}", wanted=20)
    for at in range(changes(bench) + 1):
        play(bench, (at, 10_000), line, links=links)
    assert line.holds, line


@pytest.mark.full
@pytest.mark.parametrize("links", [True, False])
def test_two_that_overtake_each_other_at_any_two_steps_lose_nothing(
    bench: Bench, tally: Tallies, *, links: bool
) -> None:
    line = tally(f"two converters, no lock, {'links' if links else 'renames'}", wanted=400)
    count = changes(bench)
    pairs = list(product(range(1, count + 1), repeat=2))
    for pair in random.Random(7).sample(pairs, min(len(pairs), 600)):
        play(bench, pair, line, links=links)
    assert line.holds, line
