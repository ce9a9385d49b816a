"""The doors of a program that changes nothing: each refuses below every face, and leaves no trace."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.checklist.around import Around
from engine.checklist.asking import ask_all
from engine.checklist.ledger.entries import Begun
from engine.checklist.ledger.store import Ledger
from engine.checklist.signing.signers import SignersFile
from engine.config import Settings
from engine.crew.artifacts import write_whole
from engine.errors import ReadOnlyError, UsageError
from engine.jobs.registry import Order
from engine.jobs.start import run_job
from engine.run.appending import locked_lines
from engine.run.client import ask
from engine.run.control import ControlServer, Request
from engine.run.folder import RunFolder
from engine.run.locks import hold, hold_folder
from engine.run.read_only import VARIABLE, is_read_only, refuse_changes, set_read_only
from engine.watch.acknowledged import Acknowledged, Seen
from engine.watch.actions import OnRed, Reactor
from engine.watch.alerts import Alert, Level
from engine.watch.money.ledger import CostLedger
from engine.watch.spot.interruptions import Interruptions
from tests.engine.run.conftest import environment
from tests.engine.run.controls import RUN, Told


@pytest.fixture
def switched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")


def is_anything_in(folder: Path) -> bool:
    return any(folder.rglob("*"))


def append(path: Path) -> None:
    with locked_lines(path / "lines"):
        pass


def around(folder: Path) -> Around:
    return Around(folder, folder / "state", Settings(), os.environ, {})


DOORS: dict[str, Callable[[Path], object]] = {
    "a run's folder": lambda at: RunFolder.create(
        at, job="convert", corpus=None, args={}, config={}, versions={}, host={}
    ),
    "a lock": lambda at: hold(at / "lock"),
    "a folder's lock": hold_folder,
    "lines": append,
    "the ledger": lambda at: Ledger(at, at, "gonogo").append(Begun(ledger="x", corpus="x", tool="x")),
    "the signers": lambda at: SignersFile(at / "signers", at / "revoked").enrol("anna", "ssh-ed25519 AAAA", ()),
    "an artifact": lambda at: write_whole(at / "deep" / "report.md", b"x"),
    "an acknowledgement": lambda at: Acknowledged(at).keep(Seen("log", "", "M1", 1, "anna", 0.0, "")),
    "costs": lambda at: CostLedger(at).beat("x"),
    "an act on red": lambda _: OnRed.parse("command:true"),
}


@pytest.mark.usefixtures("switched")
@pytest.mark.parametrize("door", DOORS)
def test_each_door_refuses_and_leaves_nothing(door: str, tmp_path: Path) -> None:
    with pytest.raises(ReadOnlyError, match=r"^read-only: .*; nothing was changed"):
        DOORS[door](tmp_path)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.usefixtures("switched")
@pytest.mark.parametrize("order", ["pause", "resume", "stop", "take", "workers"])
async def test_no_order_leaves_the_program(order: Any) -> None:
    told = Told()
    async with ControlServer(RUN, told):
        with pytest.raises(ReadOnlyError, match=f"read-only: {order} would be an order to run {RUN}"):
            await asyncio.to_thread(ask, RUN, Request(order, count=2))
        assert await asyncio.to_thread(ask, RUN, Request("snapshot")) == told.snapshot_bytes
    assert told.orders == []


@pytest.mark.usefixtures("switched")
async def test_a_run_is_refused_before_the_corpus_is_held(tmp_path: Path) -> None:
    with pytest.raises(ReadOnlyError, match="convert of"):
        await run_job(Order("convert", tmp_path, Settings()), tmp_path / "state", lambda *_: None)
    assert not is_anything_in(tmp_path)


@pytest.mark.usefixtures("switched")
async def test_no_check_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ReadOnlyError, match="checks run programs"):
        await ask_all((), around(tmp_path))


@pytest.mark.parametrize("module", ["engine.convert.worker", "engine.convert.cleaning_worker", "engine.dataset.worker"])
def test_a_worker_leaves_with_a_sentence(module: str) -> None:
    left = subprocess.run(
        [sys.executable, "-m", module],
        input=b'{"task":"1"}\n',
        capture_output=True,
        env={**environment(), VARIABLE: "1"},
        check=False,
    )
    assert (left.returncode, left.stdout) == (2, b"")
    assert left.stderr.startswith(b"read-only: a worker would begin to work")
    assert b"Traceback" not in left.stderr


@pytest.mark.usefixtures("switched")
def test_an_act_that_was_armed_before_is_not_done(tmp_path: Path) -> None:
    told = {"told": "it diverges", "advice": "look", "window": "now", "value": None, "threshold": None}
    when = {"first_step": 1, "last_step": 1, "first_s": 0.0, "last_s": 0.0}
    red = Alert(source="log", run="", rule="M1", level=Level.RED, worst=Level.RED, **told, **when)  # type: ignore[arg-type]  # of two kinds
    reactor = Reactor(OnRed("command", argv=("touch", str(tmp_path / "acted"))), 0.0)
    (said,) = reactor.look([red], 0.0)
    assert said.startswith("read-only: nothing is done")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("switched")
def test_an_interruption_is_left_for_another_to_record(tmp_path: Path) -> None:
    assert Interruptions(tmp_path).record("i-1", "terminate")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("value", "on"), [("1", True), ("yes", True), ("0", False), ("", False), (None, False)])
def test_the_variable_is_the_switch(monkeypatch: pytest.MonkeyPatch, value: str | None, on: bool) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    assert is_read_only() is on
    if not on:
        refuse_changes("this may be")


def test_the_switch_is_inherited_and_its_error_is_one_of_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    set_read_only()
    told = subprocess.check_output(
        [sys.executable, "-c", "from engine.run.read_only import is_read_only; print(is_read_only())"],
        env=environment(),
        text=True,
    )
    assert told == "True\n"
    assert issubclass(ReadOnlyError, UsageError)
