"""The strict tar reader beside Python's tarfile and GNU tar: read alike, or refused for a reason in a table."""

from __future__ import annotations

import shutil
import sysconfig
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.faults.bad_input.archives import archive
from tests.faults.bad_input.differing import THEIRS, WHY, explained, ours
from tests.faults.tally import Tallies

CHANCE: Final = 20_261_122
FAST: Final = 300
FULL: Final = 4_000
LIBRARY: Final = Path(sysconfig.get_paths()["stdlib"]) / "test"

pytestmark = pytest.mark.skipif(shutil.which("tar") is None, reason="there is no GNU tar here")


def compare(count: int, seed: int, tally: Tallies) -> Counter[str]:
    """Hold readers against each other; an unexplained difference fails."""
    chance, line, classes = Random(seed), tally("bad input, three readers of tars"), Counter[str]()
    for number in range(count):
        data = archive(chance)
        found = ours(data)
        line.faults += 1
        for who, read in THEIRS.items():
            theirs = read(data)
            if found.error and not theirs.error:
                reason = explained(who, found.error)
                assert reason is not None, f"archive {number}: {who} reads it, we do not: {found.error}"
                classes[f"{who}: {reason.problem}"] += 1
            elif not found.error:
                assert not theirs.error, f"archive {number}: we read it, {who} does not: {theirs.error}"
                assert theirs.entries == found.entries, f"archive {number}: {who} reads other members"
                classes["the same members"] += 1
    line.states |= set(classes)
    return classes


def test_what_the_strict_reader_accepts_is_read_alike_and_what_it_refuses_is_explained(tally: Tallies) -> None:
    classes = compare(FAST, CHANCE, tally)
    assert classes["the same members"] > FAST // 4
    assert len(classes) > 10


@pytest.mark.full
def test_what_the_strict_reader_accepts_of_many_is_read_alike(tally: Tallies) -> None:
    classes = compare(FULL, CHANCE + 1, tally)
    assert classes["the same members"] > FULL // 4
    assert len(classes) > len(WHY), "the archives are too much alike"


def test_pythons_own_test_archives_are_refused_or_read_as_python_reads_them() -> None:
    """The one with one of everything is refused by name; each other of them for a reason that is known."""
    archives = [path for folder in (LIBRARY, LIBRARY / "archivetestdata") for path in sorted(folder.glob("*.tar"))]
    if not archives:
        pytest.skip("this Python comes without its tests")
    for path in archives:
        data = path.read_bytes()
        found, theirs = ours(data), THEIRS["Python"](data)
        alike = (found.error and theirs.error) or found.entries == theirs.entries
        assert alike or explained("Python", found.error) is not None, path.name
    assert "a member is no plain file" in {ours(path.read_bytes()).error for path in archives}
