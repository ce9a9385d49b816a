"""A gate asks anew at the moment of a start, and opens only when its list says GO."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine.checklist.ledger.entries import Opened
from engine.checklist.ledger.lines import head_of
from engine.config import Settings, load_settings
from engine.errors import GateClosedError, UsageError
from engine.host.threads import worker_environment
from engine.jobs.gates import pass_gate
from engine.jobs.registry import Order
from engine.run.events import GateOpened
from engine.run.log import EventLog
from tests.engine.checklist.keys import FLIGHT, Flight, make_flight, open_flight, pen

GATE = "convert.start"


@pytest.fixture
def flight(tmp_path: Path) -> Flight:
    return make_flight(tmp_path)


def settings(flight: Flight, bound: str = "flight") -> Settings:
    (flight.corpus / "gonogo.toml").write_text(f'[convert]\nfloor = "0"\n[gates]\n"{GATE}" = "{bound}"\n')
    return load_settings(flight.corpus).settings


async def start(
    flight: Flight, bound: str = "flight", dry_run: int | None = None, gate: str = GATE
) -> list[dict[str, Any]]:
    """Come to the gate as a conversion does; return what the run's log says of it."""
    log = EventLog(None, "the-run")
    lines: list[bytes] = []
    log.listeners.append(lambda _, line: lines.append(line))
    order = Order("convert", flight.corpus, settings(flight, bound), dry_run=dry_run)
    await pass_gate(gate, order, flight.walk.around.state, worker_environment(os.environ), log)
    return [json.loads(line) for line in lines]


def asked(events: list[dict[str, Any]]) -> list[str]:
    """The items of the list that were asked; the four that stand before every conversion come first."""
    return [event["id"] for event in events if event["type"] == "check"][4:]


async def test_a_gate_whose_list_says_go_opens_and_writes_down_the_ledgers_end(flight: Flight) -> None:
    await flight.clear()
    events = await start(flight)
    assert asked(events) == []
    opened = events[-1]
    assert opened["type"] == GateOpened.type_name()
    assert (opened["gate"], opened["checklist"], opened["overridden_by"]) == (GATE, "flight", "")
    last = flight.lines[-1]
    assert isinstance(last.entry, Opened)
    assert (last.entry.run, last.entry.override) == ("the-run", 0)
    assert last.entry.signers_sha256 == flight.walk.signers.sha256
    assert (opened["ledger_count"], opened["ledger_sha256"]) == (last.number, last.sha256)
    assert flight.findings(head_of(flight.lines)) == ()


async def test_a_gate_names_each_item_that_is_missing(flight: Flight) -> None:
    with pytest.raises(GateClosedError) as caught:
        await start(flight)
    told = str(caught.value).splitlines()
    assert told[0].startswith("the gate convert.start is closed: the checklist 'flight' says NO-GO: 2 open of 3 items")
    assert told[1:3] == [
        "  fuel: open: not answered yet; signed by operator",
        "  doors: open: not answered yet; signed by reviewer",
    ]
    assert told[-1] == f"walk it: gonogo checklist run flight --corpus {flight.corpus}"
    assert not [line for line in flight.lines if isinstance(line.entry, Opened)]


STALE = FLIGHT.replace('level = "normal"', 'level = "normal"\nrerun_on = ["file:engine"]')


async def test_stale_evidence_is_run_again_at_the_gate(tmp_path: Path) -> None:
    flight = make_flight(tmp_path, STALE)
    await flight.clear()
    (flight.corpus / "engine").write_text("on\n\n")
    assert open_flight(flight.corpus).walk.look().of("engine").state == "stale"
    assert asked(await start(flight)) == ["engine"]


async def test_evidence_that_is_red_when_it_is_run_again_keeps_the_gate_shut(tmp_path: Path) -> None:
    flight = make_flight(tmp_path, STALE)
    await flight.clear()
    (flight.corpus / "engine").write_text("off\n")
    with pytest.raises(GateClosedError, match=r"engine: fail: read nothing that matches .*, wanted on"):
        await start(flight)


async def test_a_check_that_cannot_answer_blocks_like_a_red_one(flight: Flight) -> None:
    text = FLIGHT.replace('["cat", "$CORPUS/engine"]', '["/nowhere/at/all"]')
    flight.walk.checklist.path.write_text(text)
    flight = open_flight(flight.corpus)
    await flight.clear()
    with pytest.raises(GateClosedError, match="1 could not be answered of 3 items") as caught:
        await start(flight)
    assert "\n  engine: error: read " in str(caught.value)


async def test_a_list_that_changed_by_one_byte_shuts_the_gate(flight: Flight) -> None:
    await flight.clear()
    await start(flight)
    with flight.walk.checklist.path.open("a") as out:
        out.write("#")
    with pytest.raises(GateClosedError, match="fuel: open"):
        await start(flight)


async def test_what_a_person_answered_too_long_ago_is_asked_of_them_again(tmp_path: Path) -> None:
    """The machine is asked anew at the gate; a person is told."""
    flight = make_flight(tmp_path, FLIGHT.replace('want = "600"', 'want = "600"\nrerun_on = ["file:engine"]'))
    await flight.clear()
    (flight.corpus / "engine").write_text("on\n\n")
    with pytest.raises(GateClosedError, match="fuel: stale: file:engine changed since it was answered"):
        await start(flight)


async def test_an_override_opens_its_own_gate_once(flight: Flight) -> None:
    flight.walk.override("clean.start", "the wrong gate", pen("anna"))
    with pytest.raises(GateClosedError):
        await start(flight)
    made = flight.walk.override(GATE, "the flood", pen("anna"))
    opened = (await start(flight))[-1]
    assert (opened["overridden_by"], opened["reason"]) == ("anna", "the flood")
    last = flight.lines[-1].entry
    assert isinstance(last, Opened)
    assert last.override == made.n
    with pytest.raises(GateClosedError):
        await start(flight)


async def test_an_override_that_was_used_is_not_had_back_by_cutting_off_the_ledgers_end(flight: Flight) -> None:
    flight.walk.override(GATE, "the flood", pen("anna"))
    events = await start(flight)
    log = flight.walk.around.state / "runs" / "the-run" / "events.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    ledger = flight.walk.ledger.path
    ledger.write_bytes(b"".join(line.content + b"\n" for line in flight.lines[:-1]))
    with pytest.raises(GateClosedError, match="the end is missing: the log of the-run says"):
        await start(flight)


async def test_an_override_of_another_gate_hides_none_of_this_one(flight: Flight) -> None:
    flight.walk.override(GATE, "the flood", pen("anna"))
    flight.walk.override("clean.start", "the next step", pen("anna"))
    assert (await start(flight))[-1]["overridden_by"] == "anna"


async def test_no_override_opens_a_gate_on_a_ledger_that_cannot_be_believed(flight: Flight) -> None:
    flight.answer("fuel", "599")
    flight.walk.override(GATE, "the flood", pen("anna"))
    flight.put([row.replace(b'"value":"599"', b'"value":"598"') for row in flight.rows])
    with pytest.raises(GateClosedError, match="the ledger cannot be believed"):
        await start(flight)


async def test_a_gate_that_is_bound_to_no_list_that_there_is_says_which_there_are(flight: Flight) -> None:
    with pytest.raises(UsageError, match=r"there is no checklist 'flihgt'; there are .*convert-machine.*flight"):
        await start(flight, bound="flihgt")


async def test_a_list_that_cannot_be_read_opens_nothing(flight: Flight) -> None:
    flight.walk.checklist.path.write_text(FLIGHT + "wnat = 1\n")
    with pytest.raises(UsageError, match=r"flight\.toml:\d+:1: 'wnat' is not known here; did you mean 'want'\?"):
        await start(flight)


async def test_before_a_dry_run_no_list_stands(flight: Flight) -> None:
    events = await start(flight, dry_run=2)
    assert {event["type"] for event in events} == {"check"}
    assert not flight.ledger.exists()
