from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.dataset.decode.crew import DecodeWorkerError, scaling, weigh, worker_counts
from engine.dataset.decode.worker import Went
from engine.errors import UsageError
from tests.engine.dataset.decode.clips import make_tars


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_one_and_two_processes_decode_their_own_share_and_are_gone_afterwards(tmp_path: Path) -> None:
    before = children()
    found = scaling(make_tars(tmp_path), "soundfile", 2, for_s=0.1, rounds=1)
    assert [each.workers for each in found] == [1, 2]
    assert found[0].speedup == found[0].efficiency == 1.0
    assert all(each.clips_per_s > 0 and each.mb_per_s > 0 and each.x_real_time > 1 for each in found)
    assert all(0.0 < each.cpu_share < 1.5 for each in found)
    assert children() == before


def test_a_process_that_dies_says_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(DecodeWorkerError, match=r"ended \(code 1\): wanted an answer; .*decoder 'sox': wanted one of"):
        scaling(make_tars(tmp_path), "sox", 1, for_s=0.1, rounds=1)


def test_more_workers_than_clips_are_refused(tmp_path: Path) -> None:
    clips = make_tars(tmp_path, count=1)
    with pytest.raises(UsageError, match="3 workers for 2 clips: wanted"):
        scaling(clips, "soundfile", 3, for_s=0.1, rounds=1)


def went(clips: int, wall_s: float) -> Went:
    return Went(clips=clips, audio_s=10.0 * clips, size_bytes=1_000_000 * clips, wall_s=wall_s, cpu_s=wall_s / 2)


def test_rates_of_workers_add_up_and_rounds_give_their_median() -> None:
    alone = [[went(100, 1.0)], [went(50, 1.0)], [went(90, 1.0)]]
    together = [[went(80, 1.0), went(140, 2.0)], [went(10, 1.0), went(10, 1.0)], [went(500, 1.0), went(1, 1.0)]]
    one, two = weigh({1: alone, 2: together})
    assert (one.clips_per_s, two.clips_per_s) == (90.0, 150.0)
    assert two.speedup == pytest.approx(150 / 90)
    assert two.efficiency == pytest.approx(150 / 180)
    assert (two.mb_per_s, two.x_real_time, two.cpu_share, two.rounds) == (150.0, 1500.0, 0.5, 3)


@pytest.mark.parametrize(("most", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (32, [1, 2, 4, 8, 16, 32])])
def test_worker_counts_double_up_to_the_most(most: int, counts: list[int]) -> None:
    assert worker_counts(most) == counts
