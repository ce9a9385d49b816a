"""A line that has no room for all of its text shows where it was cut, in as many columns as it has."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.style import Style

from app.console.pane import strip


@pytest.mark.parametrize(
    ("text", "width", "drawn"),
    [
        ("as long", 7, "as long"),
        ("one more", 7, "one mo…"),
        ("as long   ", 7, "as long"),
        ("short", 7, "short  "),
        ("漢字漢字", 7, "漢字漢…"),
        ("漢字漢字", 6, "漢字 …"),
        ("ab", 1, "a"),
    ],
)
@pytest.mark.parametrize("under", [False, True])
def test_a_cut_is_seen_and_moves_nothing(text: str, width: int, drawn: str, *, under: bool) -> None:
    line = strip([(text[:2], "green"), (text[2:], "bold")], Style(), width, under=under)
    assert line.text == drawn
    assert line.cell_length == width == cell_len(drawn)
