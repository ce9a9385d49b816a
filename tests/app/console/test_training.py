"""The training screen in a real terminal: what it says while a log is written, and what its keys do."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.app.console.terminal import Terminal
from tests.app.program import Gonogo, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="a real terminal needs tmux"),
]
HEALTHY = 300


class Window(Terminal):
    """A terminal whose window changes its size."""

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def closes_page(self) -> None:
        """Close a page, and wait until it is gone: a key that comes too early is for the page."""
        self.keys("q")
        until(lambda: "escape  close" not in self.screen, "the page to close")

    @property
    def title(self) -> str:
        return self._tmux("display", "-p", "#{pane_title}")


Opening = Callable[..., Window]


def line(batch: int, loss: str) -> str:
    rate = min(1e-4, 1e-7 * batch)
    return f"Epoch {1 + batch // 1000}/20 | Batch {batch} | Loss: {loss} | LR: {rate:.2e}\n"


def healthy(first: int, last: int, seed: int = 7) -> str:
    """A loss that falls as losses do: a power of the steps, and noise."""
    noise = random.Random(seed)
    losses = [2.2 + 2.4 * (1 + at / 60) ** -0.3 + noise.gauss(0, 0.03) for at in range(last)]
    return "".join(line(10 * at + 10, f"{losses[at]:.3f}") for at in range(first, last))


def append(log: Path, text: str) -> None:
    with log.open("a") as out:
        out.write(text)


@pytest.fixture
def log(home: Path) -> Path:
    log = home / "train.log"
    log.write_text(healthy(0, HEALTHY))
    return log


@pytest.fixture
def opens(gonogo: Gonogo, home: Path) -> Iterator[Opening]:
    """Opens the screen on sources."""
    gonogo.env.pop("NO_COLOR", None)
    gonogo.env.update(TERM="xterm-256color")
    opened: list[Window] = []

    def opens(*args: str | Path, columns: int = 80, rows: int = 24) -> Window:
        window = Window(gonogo.env, home, columns, rows)
        opened.append(window)
        window.gonogo("watch", *args)
        return window

    yield opens
    for window in opened:
        window.close()


def says(gonogo: Gonogo, log: Path) -> tuple[int, str]:
    """What ``--once`` says of the same file: exit code and level."""
    ended = gonogo("watch", "--once", "--json", log)
    return ended.code, ended.summary["level"]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_a_run_turns_from_green_to_yellow_to_red_while_lines_are_written(
    gonogo: Gonogo, opens: Opening, log: Path, columns: int, rows: int
) -> None:
    window = opens(log, columns=columns, rows=rows)
    green = window.waits_for(r"(?s)● GREEN all that is looked at is well.*alerts: 0 stand")
    assert re.search(r"● train\.log +3,000 +", green), "the run began before the screen was opened"
    assert says(gonogo, log) == (0, "green")

    append(log, line(3010, "6.100"))
    yellow = window.waits_for(r"▲ YELLOW R6a The loss jumped from")
    assert re.search(r"▲ train\.log +3,010 +6\.1 ", yellow)
    assert "→ Look at the next records" in yellow
    assert says(gonogo, log) == (1, "yellow")

    append(log, line(3020, "nan"))
    red = window.waits_for(r"■ RED R1 loss is nan at step 3,020")
    assert re.search(r"■ train\.log +3,020 +NaN ", red)
    assert "✗ 1 value NaN or inf" in red
    assert re.search(r"└─+[─┴]*✗", red), "the step is marked on the axis"
    assert re.search(r"■ RED +R1 +step 3,020", red)
    assert says(gonogo, log) == (2, "red")

    window.keys("q")
    window.waits_for(r"(?m)^RED: train\.log at step 3,020")
    window.is_usable()


def test_an_alert_is_acknowledged_with_a_note_and_falls_once_its_cause_is_gone(opens: Opening, log: Path) -> None:
    append(log, line(3010, "nan"))
    window = opens(log)
    window.waits_for(r"■ RED R1")
    window.keys("a")
    asked = window.waits_for(r"I have seen it")
    assert re.search(r"alert +R1 ■ RED", asked)
    window.types("the batch of [b]shard 7[/b]")
    window.waits_for(r"→ seen by .+; Stop the run")
    window.keys("Enter")
    window.waits_for(r"note +the batch of \[b\]shard 7\[/b\]")
    window.closes_page()
    append(log, healthy(301, 330, seed=8))
    over = window.waits_for(r"· over +R1")
    assert "● GREEN" in over
    assert "RED at the worst" in over


def test_a_note_that_is_not_given_leaves_the_alert_as_it_is(opens: Opening, log: Path) -> None:
    append(log, line(3010, "nan"))
    window = opens(log)
    window.waits_for(r"■ RED R1")
    window.keys("a")
    window.waits_for(r"I have seen it")
    window.keys("Escape")
    window.waits_for(r"(?m)^ → Stop the run")
    append(log, healthy(301, 330, seed=8))
    window.waits_for(r"train\.log +3,300")
    assert "■ RED R1" in window.screen, "a latched red stands until somebody has seen it"


def test_a_window_that_is_too_small_says_so_and_takes_no_keys(opens: Opening, log: Path) -> None:
    window = opens(log)
    window.waits_for(r"(?s)● GREEN.*\? Keys q Leave")
    window.resize(50, 12)
    small = window.waits_for(r"too small: wanted 60x15")
    assert "● GREEN" in small, "how it is is said in any window"
    assert "train.log" not in small
    window.keys("l")
    window.resize(120, 36)
    large = window.waits_for(r"step 3,000")
    assert " log" not in next(text for text in large.splitlines() if text.startswith(" loss"))
    window.keys("l")
    window.waits_for(r"(?m)^ loss  train\.log  log")
    window.resize(60, 15)
    window.waits_for(r"(?s)● GREEN.*alerts: 0 stand.*none")


def test_a_writer_that_was_killed_costs_no_record_and_its_torn_line_is_none(opens: Opening, home: Path) -> None:
    log = home / "killed.log"
    writes = (
        "import sys, time\n"
        "out = open(sys.argv[1], 'a', buffering=1)\n"
        "for at in range(1, 41):\n"
        "    out.write(f'Epoch 1/20 | Batch {at * 10} | Loss: {4 - at / 40:.3f} | LR: 1.00e-04\\n')\n"
        "out.write('Epoch 1/20 | Batch 999 | Lo'); out.flush()\n"
        "print('written', flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", writes, log], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"written\n"
            window = opens(log)
            window.waits_for(r"● killed\.log +400 +3 ")
        finally:
            writer.send_signal(signal.SIGKILL)
    append(log, "\n" + "".join(line(at, "2.990") for at in range(410, 450, 10)))
    after = window.waits_for(r"killed\.log +440 +2\.99 ")
    assert "● GREEN" in after


def test_a_log_that_went_silent_long_ago_is_not_green(opens: Opening, log: Path) -> None:
    day_ago_s = time.time() - 86_400
    os.utime(log, (day_ago_s, day_ago_s))
    window = opens(log)
    told = window.waits_for(r"(YELLOW|RED) R10")
    assert re.search(r"train\.log .* 1 d$", told, re.MULTILINE)


def test_a_run_that_resumes_and_repeats_steps_is_marked_and_stays_green(
    gonogo: Gonogo, opens: Opening, log: Path
) -> None:
    window = opens(log)
    window.waits_for(r"● GREEN")
    append(log, healthy(250, 320, seed=9))
    resumed = window.waits_for(r"┊ 1 resume")
    resumed = window.waits_for(r"train\.log +3,200")
    assert "● GREEN" in resumed
    assert "┊" in resumed.split("1 resume")[1], "a line across the plot"
    ended = gonogo("watch", "--once", "--json", log)
    assert ended.code == 0
    assert (ended.summary["steps"], ended.summary["last_step"]) == (320, 3_200)


def test_what_a_log_says_moves_no_cursor_and_is_no_markup(opens: Opening, home: Path) -> None:
    log = home / "[bold red]evil[b].log"
    hostile = "\x1b[2J\x1b]0;owned\x07[blink]all is well[/blink]\x9b31m\n"
    log.write_text(healthy(0, 100) + hostile)
    window = opens(log)
    shown = window.waits_for(r"● GREEN")
    assert "1 line without a metric" in shown
    assert "evil[b].log" in shown
    window.keys("u")
    page = window.waits_for(r"such as")
    assert "[blink]all is well[/blink]" in page
    assert "owned" not in window.title


def test_two_runs_are_chosen_and_compared_with_keys(opens: Opening, log: Path) -> None:
    other = log.with_name("other.log")
    other.write_text(healthy(0, 200, seed=3))
    window = opens(log, other)
    both = window.waits_for(r"● GREEN")
    assert re.search(r"▸ ● train\.log", both)
    window.keys("Tab")
    window.waits_for(r"▸ ● other\.log")
    window.keys("c")
    window.waits_for(r"loss  ━━ other\.log  against ╍╍ train\.log")
    window.waits_for(r"step 3,000")
    window.keys("c")
    alone = window.waits_for(r"(?m)^ loss  other\.log\s*$")
    assert "step 2,000" in alone
    window.keys("+")
    window.waits_for(r"newest 1/2")
    window.waits_for(r"(?m)^ +1,005 ")
    window.keys("-")
    window.waits_for(r"(?m)^ +10 ")


def test_keys_tell_the_sources_the_rules_and_themselves(opens: Opening, log: Path) -> None:
    window = opens(log)
    window.waits_for(r"● GREEN")
    for key, pattern in (("u", r"read +300 records of 300 lines"), ("x", r"R1 +\S"), ("?", r"Acknowledge the alert")):
        window.keys(key)
        assert window.waits_for(pattern)
        window.closes_page()


def test_leaving_asks_first_where_red_would_be_acted_on(opens: Opening, log: Path) -> None:
    window = opens(log, "--on-red", "command:true")
    window.waits_for(r"on red: command:true, when red has stood for 60s")
    window.keys("q")
    window.waits_for(r"y  yes")
    window.keys("n")
    window.waits_for(r"(?m)^ loss  train\.log")
    window.keys("q")
    window.waits_for(r"y  yes")
    window.keys("y")
    assert window.waits_for(r"(?m)^GREEN: train\.log")
    window.is_usable()


def test_red_stops_a_process_and_the_exit_code_says_so(opens: Opening, log: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as trainer:
        window = opens(log, "--on-red", f"stop:{trainer.pid}", "--grace", "0s")
        window.waits_for(r"● GREEN")
        append(log, line(3010, "nan"))
        window.waits_for(rf"on red: process {trainer.pid} was told to stop")
        assert trainer.wait(30) == -signal.SIGTERM
    window.keys("q")
    window.waits_for(r"(?m)^RED: train\.log")
    window.types("echo code-$?")
    window.waits_for(r"(?m)^code-4$")


@pytest.mark.parametrize("ending", ["q", "SIGTERM"])
def test_however_it_ends_the_terminal_is_given_back_and_the_report_is_there(
    opens: Opening, log: Path, home: Path, ending: str
) -> None:
    window = opens(log, "--report", "page.html")
    window.waits_for(r"● GREEN")
    if ending == "q":
        window.keys("q")
    else:
        ours = [each for each in psutil.process_iter(["cmdline"]) if str(log) in (each.info["cmdline"] or ())]
        guard = next(each for each in ours if each.ppid() not in {other.pid for other in ours})
        guard.send_signal(signal.SIGTERM)
    window.waits_for(r"(?m)^GREEN: train\.log")
    window.types("echo code-$?")
    window.waits_for(r"(?m)^code-0$" if ending == "q" else r"(?m)^code-143$")
    window.is_usable()
    assert "● GREEN" in (home / "page.html").read_text()


def test_a_terminal_that_goes_away_takes_the_screen_with_it(opens: Opening, log: Path) -> None:
    def ours() -> list[psutil.Process]:
        return [each for each in psutil.process_iter(["cmdline"]) if str(log) in (each.info["cmdline"] or ())]

    window = opens(log)
    window.waits_for(r"● GREEN")
    assert ours()
    window.close()
    until(lambda: not ours(), "the console to end")


def test_a_priced_machine_costs_until_the_screen_is_left(gonogo: Gonogo, opens: Opening, log: Path) -> None:
    window = opens(log, "--price", "0.39", "--instance", "i-1")
    window.waits_for(r"cost: ")
    window.keys("q")
    assert window.waits_for(r"(?m)^GREEN: train\.log|^UNKNOWN: train\.log")
    window.is_usable()


def test_what_cannot_be_watched_is_refused_before_the_screen_opens(opens: Opening, home: Path) -> None:
    (home / "weights.pt").write_bytes(bytes(range(256)) * 8)
    window = opens(home / "weights.pt")
    told = window.waits_for(r"gonogo: .*weights\.pt: read")
    assert "wantedoneof:TensorBoardevents" in "".join(told.split())
    window.types("echo code-$?")
    window.waits_for(r"(?m)^code-2$")
    window.is_usable()
