"""The promises of a split over thousands of random corpora, without a file."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dataset.split.corpus import Corpus
from engine.dataset.split.lock import Lock, no_lock, write_lock
from engine.dataset.split.plan import Plan, extend, hours_and_strata, make_plan
from engine.dataset.split.quota import Split
from engine.dataset.split.settings import SplitSettings
from tests.engine.dataset.split.corpora import Row, corpus_of, hearing, rows

ASKED = SplitSettings(dev_share=0.2, test_share=0.2, common_videos=6)
CORPORA = 1_000
USED = ("train", "dev", "test")


@dataclasses.dataclass(frozen=True)
class Made:
    """A split of some clips, and the lock behind it."""

    clips: list[Row]
    corpus: Corpus
    plan: Plan
    lock: Lock

    @classmethod
    def of(cls, clips: list[Row], lock: Lock | None = None) -> Made:
        corpus, lock = corpus_of(clips, ASKED.common_videos), lock or no_lock(ASKED)
        plan = make_plan(corpus, lock, ASKED)
        return cls(clips, corpus, plan, extend(lock, corpus, plan, ASKED))

    @property
    def splits(self) -> dict[str, str]:
        return dict(zip(self.corpus.units.to_pylist(), (Split(one).word for one in self.plan.splits), strict=True))

    @property
    def groups(self) -> dict[str, str]:
        units = self.corpus.units.to_pylist()
        return dict(zip(units, (units[leader] for leader in self.plan.leader), strict=True))

    @property
    def torn(self) -> set[str]:
        return {self.corpus.audios[int(at)].as_py() for at in self.plan.torn}


def leaks(made: Made) -> set[str]:
    """Return audio that lies in two splits, counted from the clips."""
    splits, heard = made.splits, hearing(made.clips, ASKED.common_videos)
    return {audio for audio, units in heard.items() if len({splits[unit] for unit in units} & set(USED)) > 1}


@settings(max_examples=CORPORA, deadline=None)
@given(rows())
def test_no_group_lies_in_two_splits_and_everybody_has_one(clips: list[Row]) -> None:
    made = Made.of(clips)
    assert leaks(made) == made.torn == set()
    assert set(made.splits) == {row.unit for row in clips}
    assert set(made.splits.values()) <= set(USED)
    assert len({(made.groups[unit], split) for unit, split in made.splits.items()}) == len(set(made.groups.values()))


@settings(max_examples=CORPORA, deadline=None)
@given(rows(), st.integers(0, 1 << 30))
def test_a_rerun_changes_no_byte_with_the_lock_and_without(clips: list[Row], seed: int) -> None:
    made = Made.of(clips)
    shuffled = random.Random(seed).sample(clips, len(clips))
    again = Made.of(shuffled, made.lock if seed % 2 else None)
    assert write_lock(again.lock) == write_lock(made.lock)
    assert (again.splits, again.groups) == (made.splits, made.groups)


@settings(max_examples=CORPORA, deadline=None)
@given(rows("a"), rows("b"))
def test_new_videos_move_nobody_and_bring_no_leak(old: list[Row], new: list[Row]) -> None:
    before = Made.of(old)
    grown = Made.of(old + new, before.lock)
    assert before.splits.items() <= grown.splits.items()
    assert leaks(grown) == set()
    assert all(split in USED or unit not in before.splits for unit, split in grown.splits.items())


@settings(max_examples=CORPORA // 4, deadline=None)
@given(rows(), rows())
def test_new_clips_of_old_videos_move_nobody_and_what_leaks_is_known(old: list[Row], new: list[Row]) -> None:
    new = [dataclasses.replace(row, utt_id=f"new-{row.utt_id}") for row in new]
    before = Made.of(old)
    grown = Made.of(old + new, before.lock)
    assert before.splits.items() <= grown.splits.items()
    assert leaks(grown) == grown.torn


@settings(max_examples=100, deadline=None)
@given(rows("a"), rows("b"))
def test_who_is_gone_stays_in_the_lock_and_comes_back_where_he_was(one: list[Row], other: list[Row]) -> None:
    first = Made.of(one)
    without = Made.of(other, first.lock)
    back = Made.of(one + other, without.lock)
    assert set(without.lock.names.to_pylist()) == {row.unit for row in one + other}
    assert first.splits.items() <= back.splits.items()


def test_a_group_bears_the_name_of_its_first_video() -> None:
    clips = [Row("a", audio_hash="1"), Row("b", "z", audio_hash="1"), Row("c", "y", audio_hash="1"), Row("d")]
    assert Made.of(clips).groups == {"clip:a": "y", "z": "y", "y": "y", "clip:d": "clip:d"}


def test_audio_in_more_videos_than_are_likely_to_be_copies_unites_nobody() -> None:
    clips = [Row(f"u{at}", f"v{at}", audio_hash="jingle") for at in range(ASKED.common_videos + 1)]
    assert len(set(Made.of(clips).groups.values())) == len(clips)
    assert len(set(Made.of(clips[1:]).groups.values())) == 1


def test_clips_without_a_frame_unite_nobody() -> None:
    clips = [Row("a", "x", audio_hash="0", duration_s=0), Row("b", "y", audio_hash="0", duration_s=0)]
    assert len(set(Made.of(clips).groups.values())) == 2


def test_a_group_counts_in_the_stratum_that_has_most_of_its_hours() -> None:
    clips = [
        *(Row(f"d{at}", "first", language="de", duration_s=2) for at in range(3)),
        Row("e0", "first", language="en", duration_s=5),
        Row("e1", "second", language="en", duration_s=1),
    ]
    hours, strata = hours_and_strata(corpus_of(clips, ASKED.common_videos), np.array([0, 1]), 2)
    assert hours.tolist() == [11 / 3600, 1 / 3600]
    assert strata.tolist() == [0, 1]


@pytest.mark.parametrize("clips", [[], [Row("a", duration_s=None)]])
def test_a_corpus_of_nothing_is_split(clips: list[Row]) -> None:
    assert set(Made.of(clips).splits.values()) <= {"train"}
