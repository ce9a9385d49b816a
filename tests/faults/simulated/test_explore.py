"""The simulated conversion stands every fault: crashes, errors, lies, strangers, and crashes inside recovery."""

from __future__ import annotations

import pytest

from tests.faults.simulated.explore import Explorer
from tests.faults.simulated.shard import Setting, Shard
from tests.faults.simulated.sim_disk import Model
from tests.faults.tally import Tallies

SETTINGS = [Setting(links, keeps) for links in (True, False) for keeps in (False, True)]
QUICK = [(Setting(), Model.ORDERED), (Setting(), Model.WEAK), (Setting(links=False), Model.WEAK)]
"""What the weak model leaves after a crash holds all that the ordered one leaves."""
SEED = 6
SHARE = 0.02
"""Of the second faults, in the part that every run of the suite does."""


def explorer(shard: Shard, setting: Setting, model: Model, tally: Tallies, *, wanted: int) -> Explorer:
    name = f"simulated, {model}" + ("" if setting.links else ", no links")
    return Explorer(shard, setting, model, tally(name, wanted=wanted))


@pytest.mark.parametrize(("setting", "model"), QUICK, ids=str)
def test_no_fault_and_no_crash_in_recovery_loses_an_original(
    shard: Shard, tally: Tallies, setting: Setting, model: Model
) -> None:
    """A first fault is any; a second is a kill or a power cut anywhere, or one of a share of the errors and lies."""
    look = explorer(shard, setting, model, tally, wanted=10_000)
    after_crashes = look.crashes([look.fresh])
    after_errors = look.errors([look.fresh])
    after_lies = look.lies([look.fresh])
    look.crashes([*after_crashes, *after_errors, *after_lies])
    look.errors(after_crashes, SHARE, SEED)
    look.lies(after_crashes, SHARE, SEED)
    look.strangers()
    assert look.findings == [], "\n".join(map(str, look.findings[:5]))
    assert look.tally.holds, look.tally


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("model", Model)
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_no_two_faults_and_no_three_crashes_lose_an_original(
    shard: Shard, tally: Tallies, setting: Setting, model: Model
) -> None:
    look = explorer(shard, setting, model, tally, wanted=100_000)
    after_one = [*look.crashes([look.fresh]), *look.errors([look.fresh])]
    look.crashes(look.crashes(after_one))
    look.errors(after_one)
    look.lies(after_one)
    assert look.findings == [], "\n".join(map(str, look.findings[:5]))
    assert look.tally.holds, look.tally


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("model", Model)
@pytest.mark.parametrize("setting", [each for each in SETTINGS if not each.keeps], ids=str)
def test_two_lies_lose_no_original(shard: Shard, tally: Tallies, setting: Setting, model: Model) -> None:
    """Where the first lie took the record and the second the result, recovery may leave the shard to a person.

    Not with kept originals: a record has no checksum of its own, and one that a lie left readable, with another bit in
    a hash, is believed while the files' identities hold. Nothing is lost by it: the original is there.
    """
    look = explorer(shard, setting, model, tally, wanted=100_000)
    after_lies = look.lies([look.fresh])
    look.red_is_an_end = True
    look.crashes(after_lies)
    look.errors(after_lies)
    look.lies(after_lies)
    assert look.findings == [], "\n".join(map(str, look.findings[:5]))
    assert look.tally.holds, look.tally
