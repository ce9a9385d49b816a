"""A walk: what it learns is in the ledger at once, and another walk goes on from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from engine.checklist.item_standing import ItemState
from engine.checklist.ledger.entries import Checked
from engine.checklist.walk import CannotSignError, Walk
from engine.errors import UsageError
from tests.engine.checklist.keys import FLIGHT, Flight, make_flight, open_flight, pen


@pytest.fixture
def flight(tmp_path: Path) -> Flight:
    return make_flight(tmp_path)


def state(flight: Flight, item: str) -> ItemState:
    return flight.walk.look().of(item).state


async def test_a_walk_that_was_cut_off_goes_on_in_another_terminal(flight: Flight) -> None:
    await flight.walk.refresh()
    flight.answer("fuel", "600")
    flight.answer("doors", "shut")
    other = open_flight(flight.corpus)
    other.sign("anna", "fuel", "doors")
    assert not other.walk.look().is_go
    open_flight(flight.corpus).sign("bob", "doors")
    assert flight.walk.look().is_go
    assert flight.findings() == ()


def test_looking_leaves_nothing_behind(flight: Flight) -> None:
    before = sorted(flight.corpus.rglob("*"))
    assert not flight.walk.look().is_go
    assert sorted(flight.corpus.rglob("*")) == before


async def test_only_what_is_not_settled_is_asked_again(flight: Flight) -> None:
    (flight.corpus / "engine").write_text("off\n")
    assert sorted(each.item.id for each in await flight.walk.refresh()) == ["doors", "engine"]
    assert [each.item.id for each in await flight.walk.refresh()] == ["engine"], "the red one, and not the green one"
    (flight.corpus / "engine").write_text("on\n")
    await flight.walk.refresh()
    assert await flight.walk.refresh() == ()


async def test_a_person_still_open_does_not_have_the_machine_asked_again(flight: Flight) -> None:
    await flight.walk.refresh()
    assert state(flight, "doors") is ItemState.OPEN
    assert await flight.walk.refresh() == ()


async def test_nothing_is_added_to_a_ledger_that_cannot_be_believed(flight: Flight) -> None:
    await flight.clear()
    flight.put(flight.rows[1:])
    before = flight.rows
    assert await flight.walk.refresh() == ()
    assert flight.rows == before


async def test_what_changes_while_a_check_looks_makes_its_answer_stale(tmp_path: Path) -> None:
    """The answer is about what was there before; nobody may take it for one about what is there now."""
    text = FLIGHT.replace('["cat", "$CORPUS/engine"]', '["sh", "-c", "cat engine; echo off > engine"]')
    flight = make_flight(tmp_path, text.replace('level = "normal"', 'level = "normal"\nrerun_on = ["file:engine"]'))
    await flight.walk.ask([flight.walk.checklist.item("engine")])
    standing = flight.walk.look().of("engine")
    assert standing.checked is not None
    assert standing.checked.read == "on"
    assert standing.state is ItemState.STALE
    assert standing.why == "file:engine changed since it was answered"


async def test_one_byte_of_the_list_has_everything_asked_and_signed_anew(flight: Flight) -> None:
    await flight.clear()
    assert flight.walk.look().is_go
    path = flight.walk.checklist.path
    path.write_text(path.read_text().replace("# The flight.", "# The Flight."))
    counts = open_flight(flight.corpus).walk.look().counts
    assert counts == {ItemState.OPEN: 3}


def test_a_value_is_judged_and_kept_as_it_was_read(flight: Flight) -> None:
    item = flight.walk.checklist.item("fuel")
    red = flight.walk.answer(item, " 599 ", "anna")
    assert (red.value, red.state, red.by) == ("599", "fail", "anna")
    assert flight.walk.look().of("fuel").why == "read 599, wanted 600"
    assert flight.walk.answer(item, "600", "anna").n == red.n + 1
    with pytest.raises(UsageError, match="fuel: the answer is empty; wanted the value that was read: 600"):
        flight.walk.answer(item, " \n", "anna")
    with pytest.raises(UsageError, match="engine: only the machine answers this"):
        flight.walk.answer(flight.walk.checklist.item("engine"), "on", "anna")


async def test_only_a_right_answer_is_signed(flight: Flight) -> None:
    with pytest.raises(CannotSignError, match="fuel: there is nothing to sign: it is open, not answered yet"):
        flight.sign("anna", "fuel")
    flight.answer("fuel", "599")
    with pytest.raises(CannotSignError, match="fuel: there is nothing to sign: it is fail, read 599, wanted 600"):
        flight.sign("anna", "fuel")
    with pytest.raises(CannotSignError, match="engine: no signature is wanted for this"):
        flight.sign("anna", "engine")
    flight.answer("fuel", "600")
    flight.sign("anna", "fuel")
    with pytest.raises(CannotSignError, match="fuel: there is nothing to sign: it is pass"):
        flight.sign("anna", "fuel")


async def test_each_is_offered_what_they_may_sign(flight: Flight) -> None:
    await flight.walk.refresh()
    flight.answer("fuel", "600")
    flight.answer("doors", "shut")

    def offered(name: str) -> list[str]:
        return [item.id for item in flight.walk.signable(flight.walk.look(), name)]

    assert offered("anna") == ["fuel", "doors"]
    assert offered("mallory") == []
    flight.sign("anna", "doors")
    assert offered("anna") == ["fuel"], "two people: not the same one twice"
    assert offered("bob") == ["fuel", "doors"]


async def test_a_waiver_lasts_as_long_as_it_says_and_no_longer(flight: Flight) -> None:
    (flight.corpus / "engine").write_text("off\n")
    await flight.walk.refresh()
    engine = flight.walk.checklist.item("engine")
    made = flight.walk.waive(engine, " we glide ", timedelta(days=2), pen("anna"))
    assert (made.reason, made.role) == ("we glide", "operator")
    assert state(flight, "engine") is ItemState.WAIVED
    for days, wanted in ((1.9, ItemState.WAIVED), (2.1, ItemState.FAIL)):
        moment = datetime.now(UTC) + timedelta(days=days)
        later = Walk(
            flight.walk.checklist, flight.walk.around, partial(datetime.fromtimestamp, moment.timestamp(), UTC)
        )
        assert later.look().of("engine").state is wanted


async def test_a_waived_item_is_not_asked_again(flight: Flight) -> None:
    (flight.corpus / "engine").write_text("off\n")
    await flight.walk.refresh()
    flight.walk.waive(flight.walk.checklist.item("engine"), "we glide", timedelta(days=2), pen("anna"))
    assert await flight.walk.refresh() == ()


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(days=-1), timedelta(days=7, seconds=1)])
def test_a_waiver_for_no_time_or_too_long_is_refused(flight: Flight, lasts: timedelta) -> None:
    with pytest.raises(CannotSignError, match="wanted at most 7 days"):
        flight.walk.waive(flight.walk.checklist.item("engine"), "we glide", lasts, pen("anna"))
    assert not flight.ledger.exists()


def test_what_cannot_be_waived_says_what_to_do_instead(flight: Flight) -> None:
    with pytest.raises(CannotSignError, match="fuel: this cannot be waived; fill it up"):
        flight.walk.waive(flight.walk.checklist.item("fuel"), "we glide", timedelta(days=1), pen("anna"))
    with pytest.raises(UsageError, match="engine: a waiver wants a reason"):
        flight.walk.waive(flight.walk.checklist.item("engine"), "  ", timedelta(days=1), pen("anna"))


async def test_evidence_is_in_the_ledger_and_beside_it(flight: Flight) -> None:
    await flight.walk.refresh()
    for line in flight.lines:
        if isinstance(line.entry, Checked):
            kept = flight.walk.around.state / "evidence" / line.entry.evidence.kept_sha256
            assert kept.read_text() == f"{line.entry.read}\n"
            assert line.entry.evidence.argv == ("cat", str(flight.corpus / line.entry.item))


def test_an_override_wants_a_reason_and_names_what_is_missing(flight: Flight) -> None:
    with pytest.raises(UsageError, match=r"an override of convert\.start wants a reason"):
        flight.walk.override("convert.start", " ", pen("anna"))
    made = flight.walk.override("convert.start", "the flood", pen("anna"))
    assert made.missing == ("fuel", "doors", "engine")
    standing = flight.walk.look()
    assert standing.override_of("convert.start") == made
    assert not standing.is_go
