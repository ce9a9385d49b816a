"""docs/checklists.md tells of every check kind and every key of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.checklist.kinds import KINDS

DOCS = Path(__file__).parents[3] / "docs" / "checklists.md"


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_check_kind_is_in_the_table_with_each_of_its_keys(name: str) -> None:
    row = re.search(rf"(?m)^\| `{name}` \|.*$", DOCS.read_text("utf-8"))
    assert row is not None
    if name != "tsv":
        assert all(f"`{key}`" in row[0] for key in KINDS[name].__struct_fields__)


def test_no_row_tells_of_a_kind_that_there_is_not() -> None:
    table = DOCS.read_text("utf-8").partition("## Check kinds")[2].partition("The rules of")[0]
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", table)) - {"type"} == set(KINDS)


def test_every_test_that_the_comparison_names_is_there() -> None:
    tests = Path(__file__).parents[2]
    named = re.findall(r"`(test_[\w*]+\.py)`: `(test_\w+)`", DOCS.read_text("utf-8"))
    assert len(named) > 10
    for file, test in named:
        sources = [path.read_text("utf-8") for path in tests.rglob(file)]
        assert any(f"def {test}(" in source for source in sources), f"{file}: {test}"
