"""docs/recovery-states.md holds every class of states that a fault can leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.simulated.shard import Shard
from tests.faults.simulated.states import gather, page, table

PAGE = Path(__file__).parents[3] / "docs" / "recovery-states.md"


def places(text: str) -> set[str]:
    """Return A, B, T and S of each line of a table."""
    return {"|".join(line.split("|")[1:5]) for line in text.splitlines() if line.startswith("| ")}


def test_a_state_that_a_first_fault_leaves_is_in_the_docs(shard: Shard) -> None:
    found = places(table(gather(shard, nested=False)))
    assert len(found) > 10
    assert found <= places(PAGE.read_text())


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_the_docs_hold_the_states_that_faults_leave_and_no_others(shard: Shard) -> None:
    assert page(shard) == PAGE.read_text(), "run: python -m tests.faults.simulated.states > docs/recovery-states.md"
