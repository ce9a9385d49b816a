"""Names and reasons that others wrote: shown as they are, letter by letter, and never obeyed."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.app.console.terminal import Terminal
from tests.app.console.terminals.conftest import NEEDS, Opens, Place, presses, settled
from tests.app.program import Gonogo
from tests.recordings import make_corpus

pytestmark = NEEDS

SEQUENCE = "\x1b[31mred\x1b[2J\x1b]0;title\x07"
"""Red, an empty screen, another title of the window, a bell."""
MARKUP = "[bold red]x[dim][@click=app.quit]"
TURNED = "\u202eabc\u200f\u2066\u05e9\u05dc\u05d5\u05dd"
"""Written from the right, and orders to write so."""
WIDE = "漢字" * 7
NAMES = (SEQUENCE, MARKUP, TURNED, WIDE, "new\nline\ttab", os.fsdecode(b"\xff\xfe"), "漢" * 40)
REASON = " ".join((SEQUENCE, MARKUP, TURNED, WIDE, "\x9b2J\x85", "so long" * 1_400))
SGR = re.compile(r"\x1b\[[\d;:]*m")


@pytest.fixture(scope="module")
def strange() -> Iterator[Place]:
    """A converted corpus with such names, and a log in which a shard failed for such a reason."""
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    gonogo = Gonogo(home)
    corpus = make_corpus(home / "corpus", shards=len(NAMES) + 2, clips=2, clip_s=0.1)
    source = corpus / "final-export"
    for number, name in enumerate(NAMES):
        (source / f"shard_{number:05d}").rename(source / name)
    for name in NAMES[:4]:
        os.truncate(source / name / "audio.tar", 5_000)
    assert gonogo.convert(corpus).code == 1
    (log,) = corpus.glob(".gonogo/runs/*/events.jsonl")
    log.write_text("".join(map(_made_strange, log.read_text().splitlines())))
    yield Place(gonogo, corpus)
    gonogo.end()
    shutil.rmtree(home, ignore_errors=True)


def _made_strange(line: str) -> str:
    event: dict[str, Any] = json.loads(line)
    if event["type"] == "shard_quarantined":
        event["fault"] |= {"problem": REASON, "read": SEQUENCE, "way_out": MARKUP}
    return json.dumps(event) + "\n"


def attached(place: Place, opens: Opens, columns: int, rows: int) -> Terminal:
    place.whereabouts.unlink(missing_ok=True)
    terminal = opens(place.gonogo, columns, rows)
    terminal.gonogo("attach", "--corpus", place.corpus)
    terminal.waits_for(r"NO-GO: convert(?s:.*)shard_00008")
    return terminal


def is_harmless(terminal: Terminal, where: str) -> str:
    """Hold a screen to it: no control character, no order to turn round, no line that is too long; return it."""
    screen = settled(terminal, ends="")
    columns, rows = terminal.size
    told = SGR.sub("", terminal.styled)
    assert [char for char in told if char != "\n" and not char.isprintable()] == [], where
    lines = screen.splitlines()
    assert len(lines) <= rows, where
    assert max(map(cell_len, lines)) <= columns, where
    assert "\x1b[5m" not in terminal.styled, where
    assert terminal.modes == "1 1 0", where
    return screen


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36)])
def test_no_screen_obeys_what_a_name_or_a_reason_says(strange: Place, opens: Opens, columns: int, rows: int) -> None:
    terminal = attached(strange, opens, columns, rows)
    table = is_harmless(terminal, "table")
    assert r"\x1b[31mred\x1b[2J" in table, "letter by letter"
    assert MARKUP[:14] in table
    terminal.keys("m")
    for step in range(4):
        is_harmless(terminal, f"map, shard {step}")
        terminal.keys("l")
    terminal.keys("m", "g")
    for step in range(4):
        terminal.keys("Enter")
        terminal.waits_for(r"Esc Back")
        is_harmless(terminal, f"page of shard {step}")
        presses(terminal, ("Escape",), r"shards: all(?s:.*)Reasons")
        terminal.keys("j")
    terminal.keys("r")
    terminal.waits_for(r"read on")
    is_harmless(terminal, "reasons")
    for key, name in {"1": "Home", "6": "Alerts", "7": "Log"}.items():
        presses(terminal, ("Escape", key), rf"\[{key} {name}\](?s:.*)Leave")
        is_harmless(terminal, name)
        terminal.keys("j", "Enter")
        is_harmless(terminal, f"a page of {name}")
    assert "title" not in terminal.title, "nor does the window have another name"


def test_columns_stay_in_line_however_wide_the_letters_are(strange: Place, opens: Opens) -> None:
    lines = attached(strange, opens, 120, 36).screen.splitlines()
    head = next(line for line in lines if re.match(r" state +shard", line))
    rows = [line for line in lines if re.match(r" [✓!] (done|quarantined) ", line)]
    assert len(rows) == len(NAMES) + 2
    ends = {cell_len(line[: line.index("kB ->")]) for line in rows if "kB ->" in line}
    assert len(ends) == 1, f"sizes end in columns {sorted(ends)}\n{head}\n" + "\n".join(rows)
