from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset.split.groups import Links, connected, group, straddling
from engine.dataset.split.quota import Split

UNITS = 12
PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, UNITS - 1)), max_size=30, unique=True)
SPLITS = st.lists(st.sampled_from(Split), min_size=UNITS, max_size=UNITS)
IN_USE = (Split.TRAIN, Split.DEV, Split.TEST)


def links(*pairs: tuple[int, int]) -> Links:
    """Link units: each pair is a piece of audio and a unit that has it."""
    columns = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return Links(columns[:, 0], columns[:, 1])


def before(*splits: Split) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    return np.array(splits, np.int8)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_each_node_learns_the_smallest_that_it_is_connected_to(edges: list[tuple[int, int]]) -> None:
    columns = np.array(edges, np.int64).reshape(-1, 2)
    root = connected(31, columns[:, 0], columns[:, 1])
    wanted = list(range(31))
    for _ in wanted:
        for left, right in edges:
            wanted[left] = wanted[right] = min(wanted[left], wanted[right])
    assert root.tolist() == wanted


def test_a_chain_of_a_million_links_is_united_in_a_few_rounds() -> None:
    chain = np.random.default_rng(1).permutation(1_000_000)
    assert not connected(chain.size, chain[:-1], chain[1:]).any()


@given(PAIRS, SPLITS)
def test_no_group_has_units_of_two_splits(pairs: list[tuple[int, int]], splits: list[Split]) -> None:
    found = group(UNITS, links(*pairs), before(*splits))
    for root in set(found.root.tolist()):
        assert len(set(found.side[found.root == root].tolist())) == 1


@given(PAIRS, SPLITS)
def test_nobody_who_has_a_split_gets_another(pairs: list[tuple[int, int]], splits: list[Split]) -> None:
    found = group(UNITS, links(*pairs), before(*splits))
    assert all(side == split for side, split in zip(found.side.tolist(), splits, strict=True) if split != Split.NONE)


@given(PAIRS, SPLITS)
def test_only_units_that_were_locked_apart_share_audio_over_a_border(
    pairs: list[tuple[int, int]], splits: list[Split]
) -> None:
    side = group(UNITS, links(*pairs), before(*splits)).side
    for audio in {audio for audio, _ in pairs}:
        met = [unit for heard, unit in pairs if heard == audio and side[unit] != Split.EXCLUDED]
        if len({side[unit] for unit in met}) > 1:
            assert len({splits[unit] for unit in met} & set(IN_USE)) > 1


def test_videos_that_share_audio_through_others_are_one_group() -> None:
    found = group(4, links((0, 3), (0, 1), (1, 1), (1, 2)), before(*[Split.NONE] * 4))
    assert found.root.tolist() == [0, 1, 1, 1]


def test_a_new_video_goes_where_its_like_is() -> None:
    found = group(3, links((0, 0), (0, 1), (1, 1), (1, 2)), before(Split.TEST, Split.NONE, Split.NONE))
    assert found.side.tolist() == [Split.TEST] * 3
    assert found.root.tolist() == [0, 0, 0]


def test_a_new_video_between_two_splits_is_excluded_and_stands_alone() -> None:
    found = group(3, links((0, 0), (0, 1), (1, 1), (1, 2)), before(Split.TEST, Split.NONE, Split.TRAIN))
    assert found.side.tolist() == [Split.TEST, Split.EXCLUDED, Split.TRAIN]
    assert found.root.tolist() == [0, 1, 2]


def test_an_excluded_video_excludes_nobody_else() -> None:
    found = group(2, links((0, 0), (0, 1)), before(Split.EXCLUDED, Split.NONE))
    assert found.side.tolist() == [Split.EXCLUDED, Split.NONE]


def test_audio_of_two_splits_stays_where_results_are_reported() -> None:
    shared = links((0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2), (3, 0), (3, 3), (4, 0), (4, 4))
    audio, keeps = straddling(shared, before(Split.TRAIN, Split.DEV, Split.TEST, Split.TRAIN, Split.EXCLUDED))
    assert audio.tolist() == [0, 1, 2]
    assert keeps.tolist() == [Split.DEV, Split.TEST, Split.TEST]
