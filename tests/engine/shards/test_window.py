"""Small reads out of larger ones: the same bytes, in few calls."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.shards.files import Facts, Identity
from engine.shards.window import LEAST_BYTES, MOST_BYTES, Windows

FILE = bytes(range(251)) * 20_000
"""5 MB in which no two places within a MiB are alike for long: 251 is no divisor of any piece."""

FACTS = Facts(Identity(0, 0, len(FILE), 0, 0), is_file=True, links=1)


@dataclass
class Counted:
    """A reader that keeps count of its calls."""

    calls: list[int] = field(default_factory=list)
    size_bytes: int = len(FILE)
    facts: Facts = FACTS

    def read_at(self, offset: int, size: int) -> bytes:
        self.calls.append(size)
        return FILE[offset : offset + size]


@given(st.lists(st.tuples(st.integers(0, len(FILE) + 10), st.integers(0, 3 * MOST_BYTES)), max_size=12))
def test_every_read_is_what_the_file_holds_there(reads: list[tuple[int, int]]) -> None:
    windows = Windows(Counted())
    assert [windows.read_at(offset, size) for offset, size in reads] == [
        FILE[offset : offset + size] for offset, size in reads
    ]


@pytest.mark.parametrize(
    ("step", "least", "most"),
    [(2_000, len(FILE) // MOST_BYTES, 15), (10_000, len(FILE) // MOST_BYTES, 15), (500_000, 10, 11)],
)
def test_short_members_share_a_read_and_long_ones_cost_one_each(step: int, least: int, most: int) -> None:
    reader = Counted()
    windows = Windows(reader)
    for offset in range(0, len(FILE), step):
        windows.read_at(offset, 512)
        windows.read_at(offset + 512, 64)
    assert least <= len(reader.calls) <= most


def test_a_jump_reads_no_more_than_two_pages() -> None:
    reader = Counted()
    windows = Windows(reader)
    for offset in (0, 1_000_000, 3_000_000):
        windows.read_at(offset, 512)
    assert reader.calls == [LEAST_BYTES] * 3
