"""Each step that the docs call needed is left out once, and the explorer finds it out."""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

from tests.faults.simulated.conftest import BREAK
from tests.faults.simulated.foreign import Foreign
from tests.faults.simulated.hunt import hunt
from tests.faults.simulated.mutants import MUTANTS, mutant
from tests.faults.simulated.mutate import Mutant, applied
from tests.faults.simulated.shard import Shard
from tests.faults.tally import Tallies

ROOT = Path(__file__).parents[3]
QUICK = ("no-sync", "no-link", "no-sync-of-the-link", "no-second-record", "no-read-back-of-the-record")
"""Of the cheapest to find out, one for each kind of step: the part that every run of the suite does."""
HARNESS = "mutants killed"


def _function(module: str, function: str) -> FunctionType:
    found = inspect.unwrap(getattr(importlib.import_module(module), function))
    assert isinstance(found, FunctionType)
    return found


def counted(tally: Tallies, broken: Mutant, killed: object, *, wanted: int) -> None:
    """Count a mutant; one that was not found out is a fault that the harness itself has lost."""
    line = tally(HARNESS, wanted=wanted)
    line.faults += 1
    line.states.add(broken.id)
    line.lost += broken.needed and killed is None


@pytest.mark.parametrize("id_", QUICK)
def test_a_step_left_out_is_found_out(shard: Shard, tally: Tallies, id_: str) -> None:
    found = hunt(shard, mutant(id_))
    counted(tally, mutant(id_), found, wanted=1)
    assert found is not None, f"nobody misses the step that {id_} leaves out"


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("broken", [each for each in MUTANTS if each.id not in QUICK], ids=lambda each: each.id)
def test_every_needed_step_is_missed_and_defence_in_depth_is_called_so(
    shard: Shard, tally: Tallies, broken: Mutant
) -> None:
    found = hunt(shard, broken, Foreign(shard))
    counted(tally, broken, found, wanted=25)
    assert (found is not None) is broken.needed, f"{broken.id}: {found}"


def test_the_mutants_are_at_least_25_and_each_says_why_it_may_live() -> None:
    assert len({each.id for each in MUTANTS}) == len(MUTANTS) >= 25
    assert [each.id for each in MUTANTS if each.needed == bool(each.why)] == []


@pytest.mark.parametrize("broken", MUTANTS, ids=lambda each: each.id)
def test_each_mutant_finds_its_statement_and_is_gone_afterwards(broken: Mutant) -> None:
    functions = [_function(cut.module, cut.function) for cut in broken.cuts]
    before = [function.__code__ for function in functions]
    with applied(broken):
        assert all(now.__code__ is not was for now, was in zip(functions, before, strict=True))
    assert [function.__code__ for function in functions] == before


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("id_", ["no-link", "no-sync"])
def test_a_run_with_a_broken_protocol_fails(id_: str) -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "tests/faults/simulated/test_explore.py",
        ],
        cwd=ROOT,
        env={**os.environ, BREAK: id_},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout
    assert "early" in run.stdout
