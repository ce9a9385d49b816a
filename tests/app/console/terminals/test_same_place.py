"""Who comes back finds the console as it was left, however it was left."""

from __future__ import annotations

import json
import re
import signal

import pytest

from app.console.memory import Memory, MemoryFile
from tests.app.console.terminal import Terminal
from tests.app.console.terminals.conftest import NEEDS, Opens, Place
from tests.app.program import until

pytestmark = NEEDS

LEAVES = ("q", "SIGKILL", "tmux kill-server", "SIGHUP")


def attached(place: Place, opens: Opens, there: str) -> Terminal:
    terminal = opens(place.gonogo)
    terminal.gonogo("attach", "--corpus", place.corpus)
    terminal.waits_for(there)
    return terminal


def under_cursor(terminal: Terminal) -> str:
    """Return the shard whose line is drawn in reverse."""
    found = re.search(r"\x1b\[7m(?:\x1b\[[\d;]*m)*[^\x1b\n]*(shard_\d+)", terminal.styled)
    return found[1] if found else ""


def told(place: Place) -> str:
    return place.whereabouts.read_text() if place.whereabouts.exists() else ""


def leaves(terminal: Terminal, how: str) -> None:
    console = terminal.programs[1]
    match how:
        case "q":
            terminal.keys("q")
        case "tmux kill-server":
            terminal.close()
        case _:
            console.send_signal(signal.Signals[how])
    until(lambda: not console.is_running(), "the console's end")


@pytest.mark.parametrize("how", LEAVES)
def test_it_opens_on_the_same_screen_filter_and_shard(ended: Place, opens: Opens, how: str) -> None:
    first = attached(ended, opens, r"shards: all \(30\)(?s:.*)shard_00009")
    first.keys("f", "f", "f", "f")
    first.waits_for(r"shards: done \(29\)")
    first.keys("j", "j", "j")
    first.waits_until(lambda _: under_cursor(first) == "shard_00004", "the cursor on a shard")
    first.keys("7")
    first.waits_for(r"\[7 Log\]")
    first.keys("f")
    first.waits_for("events: trouble")
    if how == "SIGKILL":  # nobody can write at that moment: what was done in the last second may be lost
        until(lambda: "trouble" in told(ended), "a note of where the console is")
    leaves(first, how)

    again = attached(ended, opens, r"\[7 Log\](?s:.*)events: trouble")
    again.keys("2")
    again.waits_for(r"\[2 Run\](?s:.*)shards: done \(29\)")
    again.waits_until(lambda _: under_cursor(again), "the cursor")
    assert under_cursor(again) == "shard_00004"


def test_what_was_looked_at_elsewhere_in_between_moves_nothing(ended: Place, opens: Opens) -> None:
    first = attached(ended, opens, r"shard_00009")
    first.keys("6")
    first.waits_for(r"\[6 Alerts\]")
    leaves(first, "q")
    home = opens(ended.gonogo)
    home.types(f"cd {ended.corpus}")
    home.gonogo()
    home.waits_for(r"\[1 Home\](?s:.*)Disk")
    leaves(home, "q")
    again = attached(ended, opens, r"\[6 Alerts\](?s:.*)Leave")
    assert "[1 Home]" not in again.screen


def test_who_may_only_look_finds_the_place_and_leaves_no_trace(ended: Place, opens: Opens) -> None:
    first = attached(ended, opens, r"shard_00009")
    first.keys("7")
    first.waits_for(r"\[7 Log\]")
    leaves(first, "q")
    before = ended.whereabouts.read_bytes()
    looking = opens(ended.gonogo)
    looking.gonogo("--read-only", "attach", "--corpus", ended.corpus)
    looking.waits_for(r"\[7 Log\]")
    looking.keys("6")
    looking.waits_for(r"\[6 Alerts\]")
    leaves(looking, "q")
    assert ended.whereabouts.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[1]", b'{"runs": {"": 5}}', json.dumps({"runs": 1}).encode()]
)
def test_a_note_that_nobody_can_read_is_no_note(ended: Place, opens: Opens, content: bytes) -> None:
    ended.whereabouts.write_bytes(content)
    kept = MemoryFile(ended.whereabouts.parent)
    assert kept.read("a run") == Memory()
    kept.write("a run", "log", {"log": {"kind": "trouble"}})
    assert MemoryFile(ended.whereabouts.parent).read("a run") == Memory("log", {"log": {"kind": "trouble"}})
