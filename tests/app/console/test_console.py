from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.app.console.terminal import Terminal
from tests.app.corpora import hashes, leftovers
from tests.app.program import Gonogo, until
from tests.recordings import make_corpus

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="a real terminal needs tmux"),
]


@pytest.fixture(params=[(80, 24), (120, 36)], ids=["80x24", "120x36"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    columns, rows = request.param
    return columns, rows


@pytest.fixture
def terminal(gonogo: Gonogo, size: tuple[int, int], slow_disk: dict[str, str]) -> Iterator[Terminal]:
    opened = Terminal({**gonogo.env, **slow_disk, "TERM": "xterm-256color"}, gonogo.home, *size)
    yield opened
    gonogo("stop", "--now")
    opened.close()


@pytest.fixture
def small_terminal(gonogo: Gonogo, slow_disk: dict[str, str]) -> Iterator[Terminal]:
    opened = Terminal({**gonogo.env, **slow_disk, "TERM": "xterm-256color"}, gonogo.home, 80, 24)
    yield opened
    gonogo("stop", "--now")
    opened.close()


def make(folder: Path, shards: int = 30) -> Path:
    return make_corpus(folder, shards=shards, clips=6, clip_s=0.5)


def run_of(gonogo: Gonogo) -> dict[str, Any]:
    (row,) = gonogo("--json", "status").of_type("run")
    return dict(row)


def console_of(corpus: Path) -> tuple[int, int]:
    """The guard and the console that show a run on this corpus; the engine is told apart by its options."""
    ours = {
        process.pid: process.ppid()
        for process in psutil.process_iter(["cmdline"])
        if str(corpus) in (process.info["cmdline"] or ()) and "--no-ui" not in process.info["cmdline"]
    }
    ((console, guard),) = [(pid, parent) for pid, parent in ours.items() if parent in ours]
    return guard, console


def test_an_operator_starts_pauses_steers_leaves_and_comes_back(
    gonogo: Gonogo, terminal: Terminal, tmp_path: Path
) -> None:
    corpus = make(tmp_path / "corpus")
    terminal.gonogo("convert", corpus, "--workers", "1")
    terminal.waits_for(r"GREEN under way")
    terminal.waits_for(r"✓ [1-9]\d* done")

    terminal.keys("p")
    paused = terminal.waits_for(r"PAUSED by the operator")
    assert "YELLOW" in paused
    terminal.keys("+")
    terminal.waits_for(r"busy of 2")
    until(lambda: re.search(r"workers: 0 busy", terminal.screen), "idle workers")
    shown = terminal.screen
    told = run_of(gonogo)
    for state, count in told["counts"].items():
        assert f"{count} {state}" in shown, "the screen and gonogo status are one fold"

    terminal.keys("q")
    terminal.waits_for(r"the run goes on: gonogo attach")
    terminal.is_usable()
    assert run_of(gonogo)["alive"]

    terminal.types("clear")
    terminal.gonogo("attach")
    terminal.waits_for(r"PAUSED by the operator")
    terminal.waits_for(r"busy of 2")
    terminal.keys("p")
    terminal.waits_for(r"GREEN under way")
    terminal.waits_for(r"✓ 30 done")
    terminal.waits_for(r"GREEN GO")
    terminal.keys("q")
    terminal.waits_for(r"GO: convert: 30 done")
    terminal.is_usable()

    headless = make(tmp_path / "headless")
    assert gonogo.convert(headless).code == 0
    assert hashes(corpus) == hashes(headless)
    assert leftovers(corpus) == []


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGQUIT, signal.SIGSEGV])
@pytest.mark.parametrize("victim", ["console", "guard"])
def test_a_signal_ends_the_console_and_neither_the_terminal_nor_the_run(
    gonogo: Gonogo, small_terminal: Terminal, tmp_path: Path, which: signal.Signals, victim: str
) -> None:
    corpus = make(tmp_path / "corpus", shards=20)
    small_terminal.gonogo("convert", corpus, "--workers", "1")
    small_terminal.waits_for(r"✓ [1-9]\d* done")
    small_terminal.keys("p")
    small_terminal.waits_for(r"PAUSED")
    assert small_terminal.modes.startswith("1")

    guard, console = console_of(corpus)
    psutil.Process(console if victim == "console" else guard).send_signal(which)

    small_terminal.is_usable()
    until(lambda: not psutil.pid_exists(console), "the console's end")
    assert run_of(gonogo)["alive"]
    assert gonogo("resume").code == 0
    until(lambda: not run_of(gonogo)["alive"], "the end of the run")
    assert run_of(gonogo)["counts"] == {"done": 20}


def test_two_viewers_see_the_same_and_a_lost_terminal_ends_neither_the_run_nor_the_other(
    gonogo: Gonogo, small_terminal: Terminal, tmp_path: Path
) -> None:
    corpus = make(tmp_path / "corpus", shards=60)
    small_terminal.gonogo("convert", corpus, "--workers", "1")
    small_terminal.waits_for(r"✓ [1-9]\d* done")
    second = Terminal({**gonogo.env, "TERM": "xterm-256color"}, gonogo.home, 120, 36)
    try:
        second.gonogo("attach")
        second.waits_for(r"GREEN under way")
        second.keys("p")
        second.waits_for(r"has control since \d\d:\d\d")
        assert "PAUSED" not in second.screen
        small_terminal.keys("p")
        small_terminal.waits_for(r"PAUSED")
        second.waits_for(r"PAUSED")
    finally:
        second.close()
    assert "PAUSED" in small_terminal.screen
    small_terminal.keys("p")
    small_terminal.waits_for(r"GREEN GO")
    small_terminal.keys("q")
    small_terminal.is_usable()


def test_stopping_asks_first_and_the_same_command_goes_on(
    gonogo: Gonogo, small_terminal: Terminal, tmp_path: Path
) -> None:
    corpus = make(tmp_path / "corpus", shards=80)
    small_terminal.gonogo("convert", corpus, "--workers", "1")
    small_terminal.waits_for(r"✓ [1-9]\d* done")
    small_terminal.keys("s")
    small_terminal.waits_for(r"Stop .*\?")
    small_terminal.keys("n")
    until(lambda: "Stop 2" not in small_terminal.screen, "the question's end")
    assert run_of(gonogo)["alive"]
    small_terminal.keys("s")
    small_terminal.waits_for(r"Stop .*\?")
    small_terminal.keys("y")
    small_terminal.waits_for(r"STOPPED")
    small_terminal.keys("q")
    small_terminal.waits_for(r"STOPPED \(run it again")
    assert gonogo.convert(corpus).summary["counts"]["done"] == 80


def test_a_refused_start_is_told_on_the_terminal_and_opens_nothing(
    gonogo: Gonogo, small_terminal: Terminal, tmp_path: Path
) -> None:
    corpus = make(tmp_path / "corpus", shards=1)
    (corpus / "gonogo.toml").write_text("[convert]\nworkerz = 1\n")
    small_terminal.gonogo("convert", corpus)
    small_terminal.waits_for(r"unknown|workerz")
    small_terminal.is_usable()
    small_terminal.types("echo code-$?")
    assert not list(corpus.glob(".gonogo/runs/*"))


def test_a_quarantined_shard_is_shown_with_its_reason_and_no_escape_sequence(
    gonogo: Gonogo, small_terminal: Terminal, tmp_path: Path
) -> None:
    corpus = make(tmp_path / "corpus", shards=3)
    bad = corpus / "final-export" / "shard_00001" / "audio.tar"
    bad.write_bytes(bad.read_bytes()[:5_000])
    small_terminal.gonogo("convert", corpus)
    small_terminal.waits_for(r"RED NO-GO")
    small_terminal.keys("f", "f")
    shown = small_terminal.waits_for(r"shards: trouble \(1\)")
    assert "quarantined" in shown
    small_terminal.keys("r")
    small_terminal.waits_for(r"length is impossible")
    small_terminal.keys("Enter")
    small_terminal.keys("q")
    small_terminal.waits_for(r"NO-GO: convert: 2 done")
    (row,) = gonogo("--json", "status").of_type("run")
    assert json.loads(json.dumps(row["counts"])) == {"done": 2, "quarantined": 1}


@pytest.mark.parametrize("job", ["validate", "sweep"])
def test_a_report_is_watched_in_the_console_and_its_verdict_stays_on_the_screen(
    gonogo: Gonogo, small_terminal: Terminal, tmp_path: Path, job: str
) -> None:
    corpus = make(tmp_path / "corpus", shards=4)
    if job == "validate":
        assert gonogo.convert(corpus).code == 0
    small_terminal.gonogo(job, corpus)
    small_terminal.waits_for(r"report:")
    assert small_terminal.modes.startswith("1"), "still the console"
    small_terminal.keys("q")
    small_terminal.is_usable()
    assert (corpus / ".gonogo" / "artifacts" / {"validate": "validation.json", "sweep": "sweep.json"}[job]).exists()
