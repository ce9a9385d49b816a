"""Thousands of mutants of every kind of file: each is refused, or read as the intact one, or its difference shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.engine.shards.test_tar import FORMATS
from tests.faults.bad_input import fuzz_audio, fuzz_tables, fuzz_tar
from tests.faults.bad_input.fuzzing import Fuzzer
from tests.faults.tally import Tallies, Tally

CHANCE: Final = 20_261_122
MOST_BYTES: Final = 512 << 20
"""A reader has 90 MB of libraries, and no file that it is given here is longer than 30 KB."""
WANTED: Final = 10_000
WANTED_FAST: Final = 2_000


def tars(fuzzer: Fuzzer, count: int) -> None:
    for number, name in enumerate(FORMATS):
        whole, chance = fuzz_tar.tar(name), Random(CHANCE + number)
        damaged = fuzz_tar.damaged(whole, count * 2, chance)
        fuzzer.try_all("tar", "audio.tar", whole, damaged, fuzz_tar.judge_damage(whole))
        fuzzer.try_all("tar", "audio.tar", whole, fuzz_tar.miswritten(whole, count, chance), fuzz_tar.judge_writing)


def clips(fuzzer: Fuzzer, count: int) -> None:
    for number, clip in enumerate(fuzz_audio.clips()):
        damaged = fuzz_audio.damaged(clip, count, Random(CHANCE + number))
        fuzzer.try_all("clip", clip.name, clip.data, damaged, fuzz_audio.judge(clip))


def tables(fuzzer: Fuzzer, count: int) -> None:
    for number, one in enumerate(fuzz_tables.originals()):
        damaged = fuzz_tables.damaged(one, count, Random(CHANCE + number))
        fuzzer.try_all(one.reader, one.name, one.data, damaged, one.judge)


Kind = Callable[[Fuzzer, int], None]
KINDS: Final[dict[Kind, int]] = {tars: 90, clips: 80, tables: 60}
"""What is fuzzed, and how many mutants of each original a fast run tries."""
FULL: Final = 8
"""So many times more in a full run."""


def tried(folder: Path, times: int, tally: Tallies, wanted: int) -> Tally:
    """Fuzz each kind in a process of its own."""
    line = tally("bad input, mutants", wanted=wanted)
    for kind, count in KINDS.items():
        fuzzer = Fuzzer(folder)
        kind(fuzzer, count * times)
        found, peak_bytes = fuzzer.found, fuzzer.peak_bytes
        fuzzer.close()
        line.faults += found.tried
        line.states |= set(found.classes)
        assert found.crashes == []
        assert found.silent == []
        assert found.changed == 0
        assert found.classes["refused"] > found.tried // 4
        assert 0 < peak_bytes < MOST_BYTES
    return line


def test_no_mutant_is_accepted_silently_or_crashes_its_reader(memory_folder: Path, tally: Tallies) -> None:
    assert tried(memory_folder, 1, tally, WANTED_FAST).holds


@pytest.mark.full
def test_no_mutant_of_many_is_accepted_silently_or_crashes_its_reader(
    memory_folder: Path, tally: Tallies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.faults.bad_input.test_mutants.CHANCE", CHANCE + 1)
    assert tried(memory_folder, FULL, tally, WANTED).holds
