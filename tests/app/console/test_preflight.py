"""The pre-flight of a conversion, by keys alone: shut before it, open after it, shut again after one byte."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.console.terminal import Terminal
from tests.app.corpora import stamps
from tests.app.program import Gonogo
from tests.recordings import make_corpus

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="a real terminal needs tmux"),
    pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signing needs OpenSSH's client"),
]

READ_ALOUD = {
    "inventory-shards": "3",
    "workers-agreed": "2",
    "window-long-enough": "0.1",
    "readers": "none",
    "on-watch": "anna, 5551",
    "ears-words": "harbour, seven, window",
    "ears-new": "nothing",
    "second-copy": "/mnt/copy",
    "originals-kept": "0",
    "nothing-filtered": "0",
}


@pytest.fixture
def corpus(gonogo: Gonogo) -> Path:
    """As an operator has it before the conversion: bound by init, looked through, tried."""
    corpus = make_corpus(gonogo.home / "corpus", shards=3, clips=4, clip_s=0.5)
    for arguments in (("init",), ("inventory",), ("sweep", "--shards", "1", "--counts", "1")):
        name, *options = arguments
        ended = gonogo("--no-ui", name, corpus, *options)
        assert ended.code == 0, ended.stderr
    return corpus


@pytest.fixture
def terminal(gonogo: Gonogo, corpus: Path) -> Iterator[Terminal]:
    key = gonogo.home / ".ssh" / "id_ed25519"
    key.parent.mkdir(mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert gonogo("checklist", "enrol", "anna", "--key", f"{key}.pub", "--corpus", corpus).code == 0
    env = {**gonogo.env, "TERM": "xterm-256color", "HOME": str(gonogo.home)}
    opened = Terminal(env, gonogo.home, 120, 36)
    yield opened
    opened.close()


def test_a_list_walked_and_signed_by_keys_alone_opens_the_gate(
    gonogo: Gonogo, corpus: Path, terminal: Terminal
) -> None:
    before = stamps(corpus)
    shut = gonogo.convert(corpus)
    assert shut.code == 3
    assert all(item in shut.stderr for item in READ_ALOUD)
    assert stamps(corpus) == before

    terminal.gonogo("checklist", "run", "phase2-conversion", "--corpus", corpus)
    terminal.waits_for(r"10 open of 18 items")
    terminal.keys("g", "n", "Enter")
    for item, value in READ_ALOUD.items():
        terminal.waits_for(rf"item +{item} ")
        terminal.types(value)
    terminal.waits_for(r"NO-GO 10 not signed of 18 items")
    terminal.keys("S")
    terminal.waits_for(r"y  yes")
    terminal.keys("y")
    terminal.waits_for(r"GO every item is settled")
    terminal.keys("q")
    terminal.is_usable()

    opened = gonogo.convert(corpus)
    assert opened.code == 0, opened.stderr
    (gate,) = opened.of_type("gate_opened")
    assert (gate["gate"], gate["checklist"]) == ("convert.start", "phase2-conversion")
    assert opened.summary["converted"] == 3

    assert gonogo("checklist", "copy", "phase2-conversion", "--corpus", corpus).code == 0
    assert gonogo.convert(corpus).code == 0, "the same bytes are the same list"
    with (corpus / "checklists" / "phase2-conversion.toml").open("ab") as changed:
        changed.write(b"\n")
    assert gonogo.convert(corpus).code == 3
    assert gonogo("checklist", "verify", "--corpus", corpus).code == 0
