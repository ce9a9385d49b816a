"""A checklist reads the same on every screen that tells of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from app.console.home.words import lists as on_home
from app.console.lists.screen import ListTable, about
from app.home.values import HomeSeen, ListSeen, Place
from engine.config import Settings
from engine.convert.view import Level

BOUND = ListSeen("clean", "", ("clean.start",), False, False, False, "12 open of 15 items", to_answer=4, to_sign=1)
OWN = ListSeen("mine", "", (), True, False, False, "3 open of 3 items", is_begun=False, to_answer=3)
STANDINGS = {
    "▲ NO-GO": BOUND,
    "■ NO-GO": replace(BOUND, is_red=True, why="1 red, 11 open of 15 items", is_begun=True),
    "● GO": replace(BOUND, is_go=True, why="every item is settled", to_answer=0, to_sign=0),
    "? UNKNOWN": replace(BOUND, problem="there is no such checklist", why="cannot be read: there is no such checklist"),
    "· OPEN": OWN,
}


def row(seen: ListSeen, width: int = 200) -> str:
    table = ListTable(id="lists")
    table.lists = (seen,)
    return "".join(text for text, _ in table.parts(0, width))


def home(seen: ListSeen, width: int = 200) -> str:
    place = Place(Path("/corpus"), Path("/corpus/.gonogo"), Settings())
    (line,) = on_home(HomeSeen(place, Level.GREEN, "", 0.0, lists=(seen,)), width).lines
    return "".join(text for text, _ in line.parts)


@pytest.mark.parametrize(("state", "seen"), STANDINGS.items(), ids=list(STANDINGS))
def test_sign_word_and_numbers_are_the_same_on_home_and_among_the_lists(state: str, seen: ListSeen) -> None:
    for drawn in (row(seen), home(seen)):
        assert drawn.strip().startswith(f"{state} "), drawn
        told = seen.why if not seen.to_answer else f"{seen.why}; a person: {seen.to_answer} to answer"
        assert told in drawn
        assert told in " ".join(about(seen))


def test_what_has_no_room_ends_in_a_sign_that_there_is_more() -> None:
    for width in (40, 60, 70):
        assert row(BOUND, width).endswith("…")
        assert cell_len(row(BOUND, width)) <= width


def test_a_list_that_nobody_began_is_said_to_be_so_once() -> None:
    shipped = replace(OWN, is_own=False, why="not begun", to_answer=0)
    assert row(shipped).split() == ["·", "OPEN", "mine", "not", "begun"]
