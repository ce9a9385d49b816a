"""Every row of the table of bad input: told for what it is, by a process that lives, and nothing of it changed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from engine.audio.kernel import kernel
from tests.faults.bad_input.page import page, stack, without_naive
from tests.faults.bad_input.row import Door, State
from tests.faults.bad_input.table import ROWS, Line
from tests.faults.tally import Tallies

DOCS: Final = Path(__file__).parents[3] / "docs" / "bad-input.md"
WANTED: Final = 120
MOST_BYTES: Final = 512 << 20
"""A worker has 90 MB of libraries; no row may make it take more than a few clips' worth on top of that."""
SHARDS: Final = {Door.TAR, Door.CLIP, Door.SIDECAR, Door.MEMBER, Door.RECORD, Door.CLIP_TABLE}


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_bad_input_is_told_for_what_it_is_and_left_as_it_was(lines: tuple[Line, ...], row: object) -> None:
    (line,) = [each for each in lines if each.row is row]
    assert line.ours.state == line.row.state, line.ours.text
    for words in line.row.told:
        assert words in line.ours.text
    assert line.unchanged
    assert "\x1b" not in line.ours.text
    assert "\n" not in line.ours.text


def test_no_row_is_accepted_or_kills_a_worker_or_takes_its_memory(lines: tuple[Line, ...], tally: Tallies) -> None:
    line = tally("bad input, rows", wanted=WANTED)
    line.faults += len(lines)
    line.states |= {f"{each.row.door}: {each.ours.state}" for each in lines}
    line.lost += sum(not each.unchanged for each in lines)
    line.stuck += sum(each.ours.state == "died" for each in lines)
    assert line.holds, line
    assert {each.ours.state for each in lines} <= set(State)
    asked = [each for each in lines if each.row.door in SHARDS]
    assert all(0 < each.ours.peak_bytes < MOST_BYTES for each in asked), max(each.ours.peak_bytes for each in asked)


def test_a_quarantined_shard_is_told_of_with_a_value_and_a_way_out(lines: tuple[Line, ...]) -> None:
    told = {line.row.id: line.ours.text for line in lines if line.row.state is State.QUARANTINED}
    assert [name for name, text in told.items() if not re.search(r": (read|wanted) .*; \w", text)] == []


def test_every_id_is_its_rows_own() -> None:
    assert [name for name, count in Counter(row.id for row in ROWS).items() if count > 1] == []


def test_the_page_is_up_to_date(lines: tuple[Line, ...]) -> None:
    """Another Python may read bad files otherwise than the one that wrote the page: then that column is left out."""
    if kernel() is None:
        pytest.skip("the page has hashes of shards that compiled code converted, and there is none here")
    found, wanted = DOCS.read_text("utf-8"), page(lines)
    if stack() not in found:
        found, wanted = without_naive(found), without_naive(wanted)
    assert found == wanted, "write it again: python -m tests.faults.bad_input.page > docs/bad-input.md"
