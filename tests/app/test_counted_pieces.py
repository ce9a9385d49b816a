"""What ``gonogo status`` counts, of real runs: shards, a sweep's tries, and nothing where there was nothing."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

from tests.app.program import Gonogo, until_event
from tests.recordings import make_corpus


def counted(gonogo: Gonogo) -> str:
    (line,) = (line for line in gonogo("status").stdout.splitlines() if line.startswith("shards "))
    return line.removeprefix("shards").strip()


def test_of_a_run_that_is_over_nothing_is_said_to_come_yet(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1)
    assert gonogo("--json", "recover", corpus).code == 0
    assert counted(gonogo) == "none worked on"
    (tmp_path / "empty").mkdir()
    assert gonogo.convert(tmp_path / "empty").code == 2
    assert counted(gonogo) == "none worked on"


def test_what_a_sweep_does_again_and_again_is_counted_in_tries(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=3, clips=20, clip_s=1.0)
    process = gonogo.start("--json", "sweep", corpus, "--counts", "1,2")
    until_event(process, "sweep_trial")
    snapshot = json.loads(gonogo("--json", "status").stdout.splitlines()[1])["snapshot"]
    assert snapshot["pieces"] == "tries"
    assert re.search(r"^now +[\d,]+/[\d,]+ tries, ", gonogo("status").stdout, re.MULTILINE)
    assert snapshot["to_do"] > 3
    process.send_signal(signal.SIGTERM)
    assert gonogo.finish(process).code == 143
