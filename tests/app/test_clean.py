"""A clean as an operator meets it: real corpora, real conversions that keep originals, real signatures, real kills."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from engine.checklist.around import Around
from engine.checklist.finding import open_list
from engine.checklist.walk import Walk
from engine.config import Settings, load_settings
from engine.errors import GateClosedError
from engine.jobs.gates import pass_gate
from engine.jobs.registry import Order
from engine.run.events import Event
from engine.run.log import EventLog
from tests.app.corpora import hashes, stamps
from tests.app.program import Ended, Gonogo, until_event
from tests.engine.checklist.keys import pen, signers_in
from tests.recordings import make_corpus, make_lone, real_clips_48k

BOUND = '[convert]\nworkers = 1\nfloor = "0"\nkeep_backups = 100\n[gates]\n"clean.start" = "{}"\n'
AGREED = """\
[checklist]
id = "agreed"
title = "Before anything is deleted"
gates = "clean.start"

[[item]]
id = "verdict"
ask = "What does the report say?"
want = "GO"
kind = "machine"
check = { type = "report", file = "validation.json", figure = "verdict", equals = "GO" }
fix = "validate"
source = "a test"

[[item]]
id = "sure"
ask = "May the originals go?"
want = "yes"
kind = "person"
rerun_on = ["file:$STATE/artifacts/validation.json"]
sign = { role = "operator" }
fix = "think"
source = "a test"
"""


def bind(corpus: Path, name: str = "agreed", text: str = AGREED) -> None:
    signers_in(corpus / "checklists")
    (corpus / "checklists" / "agreed.toml").write_text(text)
    (corpus / "gonogo.toml").write_text(BOUND.format(name))


def sign(corpus: Path) -> None:
    """Answer and sign the list as anna, at her own terminal."""
    around = Around(corpus, corpus / ".gonogo", Settings(), os.environ, os.environ)
    walk = Walk(open_list("agreed", corpus), around)
    asyncio.run(walk.refresh())
    walk.answer(walk.checklist.item("sure"), "yes", "anna")
    walk.sign([walk.checklist.item("sure")], pen("anna"))


def clean(gonogo: Gonogo, corpus: Path, *args: str) -> Ended:
    return gonogo("--no-ui", "--json", "clean", corpus, *args)


def converted(gonogo: Gonogo, corpus: Path) -> Path:
    """Convert a corpus and keep all its originals."""
    bind(corpus)
    ended = gonogo.convert(corpus)
    assert ended.code == 0, ended.stderr
    return corpus


def agree(gonogo: Gonogo, corpus: Path) -> None:
    """Validate a corpus, and sign that its originals may go."""
    assert gonogo("--json", "validate", corpus).code == 0
    sign(corpus)


@pytest.fixture
def corpus(gonogo: Gonogo, tmp_path: Path) -> Path:
    folder = make_corpus(tmp_path / "corpus", shards=4, clips=2, sidecar=True)
    make_corpus(folder, shards=1, source="broadcast", rate_hz=16_000)
    make_lone(folder / "lone" / "x.tar", real_clips_48k(1))
    return converted(gonogo, folder)


def backups(corpus: Path) -> dict[str, int]:
    found = [*corpus.rglob("audio_48k.bak"), *corpus.rglob("*.48k.bak")]
    return {str(path.relative_to(corpus)): path.stat().st_size for path in found}


def shard(corpus: Path, number: int) -> Path:
    return corpus / "final-export" / f"shard_{number:05d}"


def put_in_scratch(corpus: Path, run: str) -> Path:
    path = corpus / ".gonogo" / "scratch" / run / "1.16k.tar"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(1_000))
    return path


def test_kept_originals_go_once_it_is_signed_and_what_went_is_counted(gonogo: Gonogo, corpus: Path) -> None:
    kept, audio = backups(corpus), hashes(corpus)
    assert len(kept) == 5
    torn = shard(corpus, 0) / "shard_conversion_status.json.tmp"
    torn.write_bytes(b"torn")
    notes = shard(corpus, 1) / "notes.tmp"
    notes.write_bytes(b"somebody's")
    run = next((corpus / ".gonogo" / "runs").iterdir()).name
    scrap, foreign = put_in_scratch(corpus, run), put_in_scratch(corpus, "somebody's")
    assert gonogo("--json", "validate", corpus).code == 0
    before = stamps(corpus)

    told = clean(gonogo, corpus, "--dry-run")
    shut = clean(gonogo, corpus)

    assert (told.code, told.summary["acted"], told.of_type("check")) == (0, False, [])
    assert (shut.code, shut.summary["outcome"]) == (3, "gate_closed")
    assert "sure: open" in shut.stderr
    assert stamps(corpus) == before
    assert scrap.exists()

    sign(corpus)
    ended = clean(gonogo, corpus)

    assert ended.code == 0, ended.stderr
    summary = ended.summary
    assert (backups(corpus), torn.exists(), scrap.exists()) == ({}, False, False)
    assert (notes.exists(), foreign.exists(), hashes(corpus)) == (True, True, audio)
    assert summary["counts"] == {"cleaned": 5, "left": 0, "failed": 0}
    assert summary["freed_bytes"] == sum(kept.values()) + 4 + 1_000 == told.summary["freed_bytes"]
    assert summary["freed"] == told.summary["freed"]
    by_kind = {(one["kind"], one["source"]): (one["files"], one["size_bytes"]) for one in summary["freed"]}
    assert by_kind == {
        ("backup", "final-export"): (4, sum(size for name, size in kept.items() if name.startswith("final"))),
        ("backup", "lone"): (1, kept["lone/x.tar.48k.bak"]),
        ("temporary", "final-export"): (1, 4),
        ("scratch", ""): (1, 1_000),
    }
    assert {one["where"] for one in summary["left"]} == {
        "final-export/shard_00001/notes.tmp",
        "scratch/somebody's",
    }
    report = json.loads(Path(summary["report"]).read_text())
    assert (report["whole"], report["freed_bytes"]) == (True, summary["freed_bytes"])
    assert len(report["shards"]) == 5
    assert [opened["gate"] for opened in ended.of_type("gate_opened")] == ["clean.start"]

    after = gonogo("--json", "validate", corpus)
    assert (after.code, after.summary["freed_bytes"]) == (
        0,
        after.summary["bytes_before"] - after.summary["bytes_after"],
    )


def swapping(corpus: Path) -> None:
    record = shard(corpus, 1) / "shard_conversion_status.json"
    record.write_text(record.read_text().replace('"swapped"', '"swapping"'))


def test_what_is_not_as_the_report_saw_it_is_left_and_after_a_conversion_all_is(gonogo: Gonogo, corpus: Path) -> None:
    agree(gonogo, corpus)
    os.utime(shard(corpus, 0) / "audio.tar")
    swapping(corpus)
    (shard(corpus, 2) / "audio_16k.tar.tmp").write_bytes(b"a swap that is not over")
    untouched = {
        name: stamp for name, stamp in stamps(corpus).items() if "shard_00003" not in name and "lone" not in name
    }

    ended = gonogo("--no-ui", "clean", corpus)

    assert ended.code == 1
    lines = ended.stdout.splitlines()
    reasons = {line.split()[1]: line for line in lines if line.startswith("LEFT ")}
    assert len(reasons) == 3
    assert "is not the one that the validation report saw; run gonogo validate" in reasons["final-export/shard_00000"]
    assert "no record that can be read" in reasons["final-export/shard_00001"]
    assert "its swap is not over" in reasons["final-export/shard_00002"]
    (head,) = [line for line in lines if line.startswith("NO-GO: clean: shards: 2 cleaned, 3 left, 0 failed; ")]
    assert head.endswith(" freed")
    assert any(line.startswith("  1 kept original in lone: ") for line in lines)
    assert lines[-1].endswith("clean.json")
    assert len(backups(corpus)) == 3
    now = stamps(corpus)
    assert {name: now[name] for name in untouched} == untouched

    gonogo.convert(corpus)
    left, before = backups(corpus), stamps(corpus)
    shut = clean(gonogo, corpus)
    assert (shut.code, shut.summary["outcome"]) == (3, "gate_closed")
    assert "is older than the conversion of" in shut.stderr
    assert (backups(corpus), stamps(corpus)) == (left, before)


@pytest.mark.parametrize(
    ("gates", "text", "told"),
    [
        ("", AGREED, "nothing is bound to it, and it never opens unsigned"),
        ('"clean.start" = "agreed"', AGREED.replace('sign = { role = "operator" }\n', ""), "it never opens unsigned"),
        (
            '"clean.start" = "agreed"',
            AGREED.replace('kind = "person"', 'kind = "person"\nlevel = "advice"'),
            "unsigned",
        ),
        ('"clean.start" = "agreed"', AGREED, "sure: open"),
    ],
)
def test_the_gate_of_a_clean_never_opens_unsigned(tmp_path: Path, gates: str, text: str, told: str) -> None:
    corpus = tmp_path / "corpus"
    bind(corpus, text=text)
    (corpus / "gonogo.toml").write_text(f"[gates]\n{gates}\n")
    order = Order("clean", corpus, load_settings(corpus).settings)
    with pytest.raises(GateClosedError, match=told):
        asyncio.run(pass_gate("clean.start", order, corpus / ".gonogo", os.environ, EventLog(None, "r")))


def test_before_a_dry_run_nothing_is_asked(tmp_path: Path) -> None:
    log = EventLog(None, "r")
    lines: list[Event] = []
    log.listeners.append(lambda event, _: lines.append(event))
    order = Order("clean", tmp_path, Settings(), act=False)
    asyncio.run(pass_gate("clean.start", order, tmp_path / ".gonogo", os.environ, log))
    assert (lines, list(tmp_path.iterdir())) == ([], [])


def test_a_killed_clean_leaves_known_states_and_the_next_one_goes_on(
    gonogo: Gonogo, tmp_path: Path, slow_disk: dict[str, str]
) -> None:
    corpus = converted(gonogo, make_corpus(tmp_path / "corpus", shards=16, clips=1))
    agree(gonogo, corpus)
    kept, audio = backups(corpus), hashes(corpus)

    process = gonogo.start("--no-ui", "--json", "clean", corpus, env=slow_disk)
    until_event(process, "shard_cleaned", 3)
    process.send_signal(signal.SIGKILL)
    gonogo.finish(process)

    there = len(backups(corpus))
    assert 0 < there <= len(kept) - 3
    assert hashes(corpus) == audio
    recovered = gonogo("--json", "recover", corpus)
    assert (recovered.code, len(backups(corpus)), hashes(corpus)) == (0, there, audio)

    ended = clean(gonogo, corpus)

    assert ended.code == 0, ended.stderr
    assert (backups(corpus), hashes(corpus)) == ({}, audio)
    freed = ended.summary["freed_bytes"] + ended.summary["earlier_bytes"]
    in_hand = max(kept.values())  # of a shard that was in hand at a kill nobody lived to tell
    assert sum(kept.values()) - in_hand <= freed <= sum(kept.values())
