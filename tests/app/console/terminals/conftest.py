"""Runs that many terminals look at, one after the other."""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError

import psutil
import pytest

from tests.app.console.terminal import Terminal
from tests.app.program import Gonogo, until_event
from tests.recordings import make_corpus

Opens = Callable[..., Terminal]
_MOMENT_S = 0.3
"""Three times as long as Textual waits for the rest of an escape sequence."""
PLAIN = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "", "LC_ALL": ""}
"""A terminal that can do all that the console asks of one."""
NEEDS = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="a real terminal needs tmux"),
]


@dataclass(frozen=True)
class Place:
    """A corpus with a home of its own."""

    gonogo: Gonogo
    corpus: Path

    @property
    def whereabouts(self) -> Path:
        """Where a console keeps what the next one opens on."""
        return self.corpus / ".gonogo" / "console.json"


@pytest.fixture
def ended(converted: Place) -> Place:
    """A corpus that was converted, all but one shard; no console was ever opened on it."""
    converted.whereabouts.unlink(missing_ok=True)
    return converted


@pytest.fixture(scope="module")
def converted() -> Iterator[Place]:
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    gonogo = Gonogo(home)
    corpus = make_corpus(home / "corpus", shards=30, clips=3, clip_s=0.1)
    spoil(corpus, 1)
    assert gonogo.convert(corpus).code == 1
    yield Place(gonogo, corpus)
    gonogo.end()
    shutil.rmtree(home, ignore_errors=True)


def spoil(corpus: Path, number: int) -> None:
    """Make a shard one that is quarantined."""
    tar = corpus / "final-export" / f"shard_{number:05d}" / "audio.tar"
    tar.write_bytes(tar.read_bytes()[:5_000])


def _close(terminal: Terminal) -> None:
    """Close a terminal and what runs in it, at once: a console would write down where it was."""
    with suppress(CalledProcessError):  # closed already
        for program in reversed(terminal.programs):
            with suppress(psutil.NoSuchProcess):
                program.kill()
    terminal.close()


@pytest.fixture
def opens() -> Iterator[Opens]:
    """Opens terminals in a place, and closes them."""
    with ExitStack() as stack:

        def open_one(gonogo: Gonogo, columns: int = 80, rows: int = 24, **has: str) -> Terminal:
            opened = Terminal(gonogo.env, gonogo.home, columns, rows, has={**PLAIN, **has})
            stack.callback(_close, opened)
            return opened

        yield open_one


def settled(terminal: Terminal, ends: str = "Leave") -> str:
    """Return the screen once two looks at it were the same, and it ends as it should."""
    before = ""

    def same(screen: str) -> bool:
        nonlocal before
        was, before = before, screen
        return was == screen and screen.rstrip().endswith(ends) and "looking" not in screen

    return terminal.waits_until(same, "a screen that stays")


def presses(terminal: Terminal, keys: Sequence[str], wanted: str) -> str:
    """Press keys, one after the other and again, each in a moment of its own, until something is on the screen.

    An Escape that another key follows at once is Alt with that key.
    """
    rest, pressed = itertools.cycle(keys), 0.0

    def is_there(screen: str) -> bool:
        nonlocal pressed
        found = re.search(wanted, screen) is not None
        if not found and time.monotonic() > pressed + _MOMENT_S:
            pressed = time.monotonic()
            terminal.keys(next(rest))
        return found

    return terminal.waits_until(is_there, wanted)


def timeless(screen: str) -> str:
    """Take out what passes: times, and how long ago things were; and the spaces that they take."""
    return re.sub(r"\d+(:\d\d)+|\d[\d.]* (min|s|h|GB|kB|MB|TB)\b|just now|\d+ ?%", "T", screen)


@pytest.fixture
def paused(gonogo: Gonogo, slow_disk: dict[str, str], tmp_path: Path) -> Iterator[Place]:
    """A corpus whose conversion is under way, and paused."""
    corpus = make_corpus(tmp_path / "corpus", shards=30, clips=6, clip_s=0.5)
    until_event(gonogo.start_convert(corpus, "--workers", "1", env=slow_disk), "shard_done")
    assert gonogo("pause").code == 0
    yield Place(gonogo, corpus)
    gonogo("stop", "--now")
