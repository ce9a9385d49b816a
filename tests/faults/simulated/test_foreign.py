"""Files of strangers under the four names: RED touches nothing, and no original disappears."""

from __future__ import annotations

import pytest

from tests.faults.simulated.foreign import Foreign, mixtures
from tests.faults.simulated.shard import Shard
from tests.faults.simulated.sim_disk import Model
from tests.faults.tally import Tallies


@pytest.mark.parametrize("keeps", [False, pytest.param(True, marks=pytest.mark.full)], ids=["let go", "kept"])
def test_no_original_of_a_stranger_disappears_and_what_is_red_is_not_touched(
    shard: Shard, tally: Tallies, keeps: bool
) -> None:
    foreign = Foreign(shard)
    line = tally("foreign states, simulated", wanted=1_000)
    foreign.go_through(line, keeps=keeps)
    assert foreign.findings == [], "\n".join(foreign.findings[:5])
    assert foreign.rows >= {0, *range(2, 21)}  # row 1 has no trace: nobody asks recovery
    assert line.holds, line


def test_the_mixtures_are_many_and_distinct() -> None:
    assert len({*mixtures()}) == sum(1 for _ in mixtures()) > 5_000


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("model", Model)
def test_no_power_cut_while_strangers_files_are_sorted_out_takes_an_original(
    shard: Shard, tally: Tallies, model: Model
) -> None:
    foreign = Foreign(shard)
    line = tally("foreign states, power cuts", wanted=10_000)
    foreign.cut_through(line, model)
    assert foreign.findings == [], "\n".join(foreign.findings[:5])
    assert line.holds, line
