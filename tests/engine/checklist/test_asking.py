"""Asking the machine: side by side, each within its timeout, and evidence of every answer."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import OUTPUT_KEPT_BYTES, Answer, Output, State
from engine.checklist.asking import AT_ONCE, Asked, as_event, ask, ask_all
from engine.checklist.evidence import keep_evidence
from engine.checklist.lists import Item
from engine.run.off_loop import off_loop
from tests.engine.checklist.asking import around, item


def command(script: str, name: str = "x", timeout: str = "60s") -> Item:
    return msgspec.structs.replace(item(f"type = 'command'\nargv = ['sh', '-c', '''{script}''']", timeout), id=name)


def asked(output: bytes) -> Asked:
    answer = Answer(State.PASS, "so", argv=("cat",), exit_code=0, output=Output.of(output), files={"a": "b"})
    return Asked(item("type = 'command'\nargv = ['cat']"), answer, datetime(2026, 1, 31, tzinfo=UTC), 0.25)


async def test_items_are_asked_side_by_side_and_told_in_their_order(tmp_path: Path) -> None:
    """Each waits for the one behind it: one after the other, none would ever answer."""
    last = AT_ONCE - 1
    for n in range(AT_ONCE):
        os.mkfifo(tmp_path / str(n))
    scripts = [f"read line < {n + 1}; echo go > {n}" if n else f"read line < {n + 1}" for n in range(last)]
    scripts.append(f"echo go > {last}")
    items = [command(f"{script}; echo {n}", f"i{n}") for n, script in enumerate(scripts)]
    kept: list[str] = []
    found = await ask_all(items, around(tmp_path), lambda one: kept.append(one.item.id))
    assert [one.answer.read for one in found] == [str(n) for n in range(AT_ONCE)]
    assert sorted(kept) == [f"i{n}" for n in range(AT_ONCE)]


async def test_an_answer_is_kept_as_soon_as_it_is_there(tmp_path: Path) -> None:
    """The slow item waits until the quick one is kept."""
    os.mkfifo(tmp_path / "kept")
    held = os.open(tmp_path / "kept", os.O_RDWR)

    def keep(one: Asked) -> None:
        if one.item.id == "quick":
            os.write(held, b"go\n")

    items = [command("head -n 1 < kept", "slow", "20s"), command("echo so", "quick")]
    slow, quick = await ask_all(items, around(tmp_path), keep)
    os.close(held)
    assert (slow.answer.read, quick.answer.read) == ("go", "so")


async def test_a_timeout_is_no_answer(tmp_path: Path) -> None:
    one = await ask(command("sleep 600", timeout="0.2s"), around(tmp_path))
    assert one.answer == Answer(State.ERROR, "no answer within 0.2s")
    assert 0.2 <= one.seconds < 60


async def test_a_program_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    one = await ask(item('type = "command"\nargv = ["/nowhere/at/all"]'), around(tmp_path))
    assert one.answer.state is State.ERROR
    assert "/nowhere/at/all" in one.answer.read


async def test_a_variable_that_is_not_set_is_no_answer(tmp_path: Path) -> None:
    one = await ask(item('type = "command"\nargv = ["echo", "$NOT_SET_ANYWHERE"]'), around(tmp_path))
    assert one.answer.state is State.ERROR
    assert "there is no variable 'NOT_SET_ANYWHERE'; set it" in one.answer.read


async def test_what_only_a_person_knows_the_machine_does_not_answer(tmp_path: Path) -> None:
    asks = {"id": "x", "ask": "?", "want": "so", "kind": "person", "fix": "mend", "source": "test"}
    one = await ask(msgspec.convert(asks, Item), around(tmp_path))
    assert one.answer == Answer(State.ERROR, "only a person can answer this")


async def test_an_event_has_a_way_out_only_where_one_is_wanted(tmp_path: Path) -> None:
    good = as_event(await ask(command("echo so"), around(tmp_path)))
    bad = as_event(await ask(command("exit 3"), around(tmp_path)))
    assert (good.state, good.read, good.way_out) == ("pass", "so", "")
    assert (bad.state, bad.wanted, bad.way_out) == ("fail", "so", "mend")


async def test_what_blocks_for_ever_is_left_behind() -> None:
    """A read from a server that is gone must not keep the program from ending."""
    release, before = threading.Event(), set(threading.enumerate())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await off_loop(release.wait)
    (stuck,) = set(threading.enumerate()) - before
    assert stuck.daemon
    release.set()
    stuck.join(10)


def test_evidence_says_all_that_an_answer_rests_on(tmp_path: Path) -> None:
    here = around(tmp_path)
    output = b"x" * (OUTPUT_KEPT_BYTES + 1)
    evidence = keep_evidence(asked(output), here)
    assert (evidence.argv, evidence.exit_code, evidence.files) == (("cat",), 0, {"a": "b"})
    assert (evidence.started, evidence.seconds) == ("2026-01-31T00:00:00.000Z", 0.25)
    assert evidence.output_sha256 == hashlib.sha256(output).hexdigest()
    assert evidence.output_bytes == len(output)
    kept = here.state / "evidence" / evidence.kept_sha256
    assert kept.read_bytes() == output[:OUTPUT_KEPT_BYTES]
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == kept.name
    assert evidence.boot_id


def test_no_output_leaves_no_file(tmp_path: Path) -> None:
    here = around(tmp_path)
    assert keep_evidence(asked(b""), here).kept_sha256 == ""
    assert not (here.state / "evidence").exists()


def test_the_same_output_is_kept_once_whoever_keeps_it_when(tmp_path: Path) -> None:
    """Two checks that say the same thing end at the same moment."""
    here = around(tmp_path)
    for round_ in range(60):
        output = os.urandom(8) + bytes([round_]) * 60_000
        together = threading.Barrier(6)
        failed: list[BaseException] = []

        def keep(output: bytes = output, together: threading.Barrier = together) -> None:
            together.wait()
            try:
                keep_evidence(asked(output), here)
            except OSError as error:
                failed.append(error)  # noqa: B023  # read in this round

        threads = [threading.Thread(target=keep) for _ in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert failed == []
        kept = here.state / "evidence" / hashlib.sha256(output).hexdigest()
        assert kept.read_bytes() == output
    assert not list((here.state / "evidence").glob(".*")), "nothing half-made is left"
