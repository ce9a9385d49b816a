"""``workers = auto`` from outside: what is told, what an operator says to it, what a sweep left for it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.app.program import Gonogo, until_event
from tests.recordings import make_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return make_corpus(tmp_path / "corpus", shards=60, clips=3, clip_s=0.5)


def test_an_operator_takes_the_number_over_and_gives_it_back(
    gonogo: Gonogo, corpus: Path, slow_disk: dict[str, str]
) -> None:
    process = gonogo.start_convert(corpus, env=slow_disk)
    *_, planned = until_event(process, "planned")
    assert planned["auto"] is True
    assert planned["workers_why"]
    until_event(process, "shard_started")
    assert gonogo("pause").code == 0  # so that there is something left to do when all is asked
    assert gonogo("workers", "1").code == 0
    *_, changed = until_event(process, "workers_changed")
    assert (changed["count"], changed["why"], changed["auto"]) == (1, "asked for", False)
    assert "workers  1, fixed: asked for" in gonogo("status").stdout.splitlines()
    assert gonogo("workers", "auto").code == 0
    *_, again = until_event(process, "workers_changed")
    assert (again["count"], again["auto"]) == (1, True)
    told = gonogo("status").stdout
    assert "1, chosen by the run: the run chooses from here on" in told
    assert "of 1 workers (auto)" in told or "paused" in told
    seen = json.loads(gonogo("--json", "status").stdout.splitlines()[1])["snapshot"]
    assert (seen["auto"], seen["workers_wanted"]) == (True, 1)
    process.send_signal(signal.SIGTERM)
    assert gonogo.finish(process).code == 143


@pytest.mark.parametrize("count", ["0", "-1", "many", "1.5"])
def test_what_is_no_number_of_workers_is_refused_with_what_is_wanted(gonogo: Gonogo, count: str) -> None:
    ended = gonogo("workers", "--", count)
    assert ended.code == 2
    assert "is no number of workers: wanted 1 or more, or auto" in ended.stderr


def test_a_sweep_leaves_what_auto_begins_with(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=3, clips=5, clip_s=0.3)
    assert gonogo("--json", "sweep", corpus, "--counts", "1").code == 0
    report = json.loads((corpus / ".gonogo" / "artifacts" / "sweep.json").read_text())
    assert report["codecs"][0]["sources"] == ["final-export"]
    ended = gonogo.convert(corpus)
    (planned,) = ended.of_type("planned")
    assert (planned["workers"], planned["workers_why"]) == (1, "as the last sweep found for wav")
    assert ended.summary["counts"]["done"] == 3
    text = gonogo("--no-ui", "convert", corpus).stderr
    assert "1 worker (auto: " in text or "0 shards to open" in text
