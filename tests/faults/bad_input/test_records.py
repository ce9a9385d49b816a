"""Damaged records of real swaps: whatever they say, an original goes only where its own conversion is proven."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import pytest

from engine.convert.tasks import Convert, Recover, Validate
from engine.crew.answers import State
from engine.crew.wire import ShardRef, to_wire
from tests.engine.audio.clips import encoded, noise
from tests.faults.bad_input.limited import Worker
from tests.faults.bad_input.mutants import mutants
from tests.faults.tally import Tallies
from tests.recordings import tar_bytes

CHANCE: Final = 20_261_122
FAST: Final = 90
FULL: Final = 1_000
AUDIO, BACKUP, STATUS = "audio.tar", "audio_48k.bak", "shard_conversion_status.json"
Shard = dict[str, bytes]


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as one:
        yield one


def ref(place: Path) -> ShardRef:
    return ShardRef(folder=to_wire(place), audio_name=AUDIO, lone=False, sidecar=None, lock=None)


def swapped(worker: Worker, place: Path, seed: int) -> Shard:
    """The files of a shard whose original is kept."""
    place.mkdir()
    (place / AUDIO).write_bytes(tar_bytes([(f"{at}.wav", encoded(noise(1_200, seed=seed + at))) for at in range(2)]))
    order = Convert(shard=ref(place), run="run", tool="test", spot_checks=2, keep_backup=True)
    assert worker.ask(order).state is State.DONE
    found = {path.name: path.read_bytes() for path in place.iterdir()}
    shutil.rmtree(place)
    assert found.keys() == {AUDIO, BACKUP, STATUS}
    return found


def recovered(worker: Worker, place: Path, shard: Shard) -> tuple[State, Shard]:
    """What recovery makes of a shard."""
    place.mkdir()
    for name, data in shard.items():
        (place / name).write_bytes(data)
    result = worker.ask(Recover(shard=ref(place), run="run", tool="test", keep_backup=True))
    left = {path.name: path.read_bytes() for path in place.iterdir()}
    shutil.rmtree(place)
    return result.state, left


def try_records(worker: Worker, folder: Path, count: int, tally: Tallies) -> Counter[str]:
    """Damage the record of a shard with its original beside it, and of one with another shard's conversion."""
    line, place, outcomes = tally("bad input, records of swaps"), folder / "shard", Counter[str]()
    right, other = swapped(worker, place, 1), swapped(worker, place, 9)
    for what, shard in (("its own", right), ("another's", {**right, AUDIO: other[AUDIO]})):
        for mutant in mutants(right[STATUS], count, Random(CHANCE)):
            state, left = recovered(worker, place, {**shard, STATUS: mutant.data})
            kept, proven = right[BACKUP] in left.values(), left[AUDIO] == right[AUDIO]
            line.faults += 1
            line.early += not kept and not proven
            line.lost += AUDIO not in left
            outcomes[f"{what}: {state}{'' if kept else ', and the original was let go'}"] += 1
    line.states |= set(outcomes)
    assert line.holds, line
    return outcomes


def test_no_damaged_record_costs_an_original(worker: Worker, memory_folder: Path, tally: Tallies) -> None:
    outcomes = try_records(worker, memory_folder, FAST, tally)
    assert set(outcomes) >= {"its own: done", "another's: quarantined"}


@pytest.mark.full
def test_no_damaged_record_of_many_costs_an_original(worker: Worker, memory_folder: Path, tally: Tallies) -> None:
    outcomes = try_records(worker, memory_folder, FULL, tally)
    assert "another's: done" not in outcomes


@pytest.mark.parametrize("name", [AUDIO, BACKUP])
def test_a_flipped_sample_is_told_by_the_hashes_on_record(worker: Worker, memory_folder: Path, name: str) -> None:
    """Nothing in a WAV protects its samples, and an inventory reads headers: a conversion keeps hashes of both."""
    place, chance = memory_folder / f"flipped-{name}", Random(CHANCE)
    place.mkdir()
    (place / AUDIO).write_bytes(tar_bytes([("a.wav", encoded(noise(4_800)))]))
    order = Convert(shard=ref(place), run="run", tool="test", spot_checks=1, keep_backup=True)
    assert worker.ask(order).state is State.DONE
    whole = (place / name).read_bytes()
    check = Validate(shard=ref(place), spot_checks=1, full=True)
    assert (found := worker.ask(check).validation) is not None
    assert found.mismatches == ()
    for _ in range(20):
        at = chance.randrange(600, 3_000)
        with (place / name).open("r+b") as file:  # the same inode: a copy would be read for that alone
            file.seek(at)
            file.write(bytes([whole[at] ^ 1 << chance.randrange(8)]))
        result = worker.ask(check)
        assert result.validation is not None
        assert result.state is not State.DONE or result.validation.mismatches, result
        with (place / name).open("r+b") as file:
            file.write(whole)
    shutil.rmtree(place)
