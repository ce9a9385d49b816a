from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from app.console.checklist.asks import Asks
from app.console.checklist.evidence import evidence_page
from app.console.checklist.keys import KEYS
from app.console.checklist.looks import Looks
from app.console.checklist.reasons import Now, why_not
from app.console.checklist.screen import ChecklistScreen
from app.console.checklist.words import alerts, counts, detail, verdict
from engine.checklist.item_standing import ItemState
from engine.checklist.standing import Standing
from tests.engine.checklist.keys import FLIGHT, Flight, make_flight, pen


@pytest.fixture
def flight(tmp_path: Path) -> Flight:
    return make_flight(tmp_path)


def with_states(standing: Standing, *states: ItemState) -> Standing:
    items = tuple(replace(each, state=state) for each, state in zip(standing.items, states, strict=True))
    return replace(standing, items=items)


def shown(renderable: object) -> str:
    console = Console(width=200, no_color=True)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def reds(text: Text) -> Iterator[str]:
    for span in text.spans:
        if "red" in str(span.style):
            yield text.plain[span.start : span.end]
    if "red" in str(text.style):
        yield text.plain


async def test_go_is_said_only_of_what_can_be_trusted(flight: Flight) -> None:
    await flight.clear()
    standing = flight.walk.look()
    assert verdict(standing, "", list_changed=False).plain == "● GO every item is settled"
    assert verdict(standing, "cannot look: gone", list_changed=False).plain == "? NO-GO cannot look: gone"
    assert verdict(standing, "", list_changed=True).plain.startswith("■ NO-GO the list's file was changed")
    assert "GO" not in verdict(None, "", list_changed=False).plain


def test_counts_keep_their_places_and_fit_into_eighty_columns(flight: Flight) -> None:
    standing = flight.walk.look()
    many = replace(standing, items=standing.items * 16)
    empty, full = counts(with_states(standing, *[ItemState.OPEN] * 3), 0, 118), counts(standing, 3, 118)
    assert len(empty.plain) == len(full.plain)
    assert counts(many, 0, 78).cell_len <= 78
    for state in ItemState:
        assert f" {state}" in counts(many, 0, 78).plain


async def test_overrides_and_what_does_not_count_are_red_for_ever(flight: Flight) -> None:
    flight.walk.override("convert.start", "the [bold]boss[/bold] said so", pen("anna"))
    await flight.clear()
    told = alerts(flight.walk.look(), "")
    assert flight.walk.look().is_go
    assert any("OVERRIDDEN" in red and "the [bold]boss[/bold] said so" in red for red in reds(told))

    signers = flight.walk.signers.path
    signers.write_text("".join(row for row in signers.read_text().splitlines(keepends=True) if "bob" not in row))
    told = alerts(flight.walk.look(), "")
    assert any("bob does not count" in red for red in reds(told))
    assert any("OVERRIDDEN" in red for red in reds(told))


async def test_nothing_is_asked_or_written_in_a_ledger_that_cannot_be_believed(flight: Flight) -> None:
    await flight.clear()
    rows = flight.rows
    flight.put([*rows[:2], *rows[3:]])
    standing = flight.walk.look()
    assert Asks(flight.walk).due(standing) == ()
    assert "cannot be believed" in verdict(standing, "", list_changed=False).plain
    now = Now(standing, standing.items[0])
    for action in ("answer", "check", "check_all", "sign", "sign_all", "waive"):
        assert "gonogo checklist verify" in why_not(action, now)
    assert why_not("leave", now) == ""


def test_what_needs_others_is_asked_when_they_are_settled_and_nothing_twice(tmp_path: Path) -> None:
    last = FLIGHT.rpartition("[[item]]")[2].replace('id = "engine"', 'id = "take-off"\nneeds = ["engine"]')
    flight = make_flight(tmp_path, f"{FLIGHT}\n[[item]]{last}")
    asks, standing = Asks(flight.walk), flight.walk.look()
    assert [item.id for item in asks.due(standing)] == ["doors", "engine"]
    for item in asks.due(standing):
        asks.take(item)
    assert asks.due(standing) == ()
    assert asks.running == {"doors": -1, "engine": -1}
    settled = replace(standing, items=tuple(each.after({"engine"}) for each in standing.items))
    assert [item.id for item in asks.due(settled)] == ["take-off"]


async def test_looking_reads_the_ledger_only_when_it_may_say_something_new(flight: Flight) -> None:
    looks = Looks(flight.walk)
    assert looks.look()
    assert not looks.look()
    flight.answer("fuel", "600")
    assert looks.look()
    assert looks.standing is not None
    assert looks.standing.of("fuel").state is ItemState.UNSIGNED
    assert looks.look(anew=True)
    flight.ledger.unlink()
    flight.ledger.mkdir()
    looks.look()
    assert "cannot look" in looks.problem


async def test_evidence_that_was_changed_is_said_to_be(flight: Flight) -> None:
    await flight.walk.refresh()
    engine = flight.walk.look().of("engine")
    assert "| on" in evidence_page(engine, flight.walk.around.state)
    (kept,) = {path for path in (flight.walk.around.state / "evidence").iterdir() if path.read_bytes() == b"on\n"}
    kept.write_bytes(b"off\n\x1b[2J")
    page = evidence_page(engine, flight.walk.around.state)
    assert "this is not the output that was kept" in page
    assert "\x1b" not in page
    kept.unlink()
    assert "cannot be read" in evidence_page(engine, flight.walk.around.state)


async def test_what_the_machine_read_does_not_prompt_a_person_who_is_challenged(tmp_path: Path) -> None:
    challenged = make_flight(tmp_path, FLIGHT.replace("gates =", 'mode = "challenge-response"\ngates ='))
    await challenged.walk.refresh()
    checklist = challenged.walk.checklist
    assert "shut\n" not in shown(detail(checklist, challenged.walk.look().of("doors"))).replace(" ", "\n")
    challenged.answer("doors", "open")
    told = shown(detail(checklist, challenged.walk.look().of("doors")))
    assert "shut" in told
    assert "shut them" in told, "red: the fix is shown"


@pytest.mark.parametrize(
    ("action", "state", "why"),
    [
        ("sign", ItemState.PASS, "signed already"),
        ("sign", ItemState.FAIL, "only a right answer"),
        ("sign", ItemState.WAIVED, "is waived"),
        ("waive", ItemState.FAIL, "cannot be waived: fill it up"),
        ("evidence", ItemState.OPEN, "no evidence"),
        ("sign_all", ItemState.OPEN, "nothing waits"),
    ],
)
def test_each_key_that_is_greyed_has_its_reason(flight: Flight, action: str, state: ItemState, why: str) -> None:
    standing = with_states(flight.walk.look(), *[state] * 3)
    assert why in why_not(action, Now(standing, standing.items[0]))


def test_every_key_says_what_it_does() -> None:
    assert all(action.tells for action in KEYS)
    assert all(hasattr(ChecklistScreen, f"action_{action.name}") for action in KEYS)
