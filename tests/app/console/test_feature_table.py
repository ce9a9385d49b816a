"""What the documentation claims of the console is shown by a test, row by row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = (HERE.parents[2] / "docs" / "console.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.partition("| feature |")[2].splitlines()[2:]
    if line.startswith("|")
]


def test_the_table_has_the_peers_that_it_names() -> None:
    head = next(line for line in TABLE.splitlines() if line.startswith("| feature |"))
    assert [cell.strip() for cell in head.strip("|").split("|")] == [
        "feature", "lazygit", "k9s", "nvitop", "posting", "W&B leet", "gonogo", "shown by",
    ]  # fmt: skip
    assert len(ROWS) >= 25
    assert all(len(row) == 8 for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_claimed_is_shown_by_a_test(row: list[str]) -> None:
    named = re.fullmatch(r"`([^:]+)::(test_\w+)`", row[-1])
    assert named is not None, f"{row[0]}: names no test"
    path, function = named.groups()
    tree = ast.parse((HERE / path).read_text("utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert function in functions, f"{path} has no {function}"
