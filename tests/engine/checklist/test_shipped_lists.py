"""The checklists that come with gonogo: they load, ask for values, and can be answered."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from engine.checklist.answers import Answer, State
from engine.checklist.around import Around
from engine.checklist.asking import ask_all
from engine.checklist.lists import Checklist, Item, Level
from engine.checklist.reading import load_checklist
from engine.checklist.shipped import lists_in, shipped_folder
from engine.config import Settings
from engine.config.keys import GATES
from engine.host.threads import worker_environment
from tests.recordings import make_corpus

LISTS: Final = {path.stem: load_checklist(path) for path in lists_in(shipped_folder())}
ITEMS: Final = [pytest.param(one, item, id=f"{name}:{item.id}") for name, one in LISTS.items() for item in one.items]
BY_PERSON: Final = [
    pytest.param(one, item, id=f"{name}:{item.id}")
    for name, one in LISTS.items()
    for item in one.items
    if item.asks_person
]
SAYS_NOTHING: Final = ("yes", "y", "ok", "okay", "done", "checked", "good", "true", "x", "✓", "I have checked it")
"""What a person says who has not looked; Degani and Wiener, NASA CR-177549, want the value in its place."""

RIGHT: Final = {
    "clean": {
        "left-behind": "2, Ada",
        "to-be-deleted": "12, 39.6 GB",
        "last-ears": "harbour, seven, window",
        "copy-elsewhere": "s3://archive/48k",
    },
    "data-cycle": {
        "fidelity": "10",
        "midi-tempo": "9.98",
        "lyric-count": "10,764 and 841",
        "join-key": "segment_id",
        "phase-order": "1, 2, 4, 3",
        "phase-proof": "rainbow-pipeline, /workspace/checkpoints",
        "split-unit": "song",
        "embedding-names": "concept_embedding, lyric_embedding",
        "extraction-place": "studio, before",
        "upload-excluded": "none",
        "upload-files": "312",
        "upload-timeout": "7200 s",
        "region": "US-KS-2",
        "region-gpus": "RTX 4090, HIGH",
        "gateway": "0",
        "volume-size": "2.5",
        "volume-mount": "/workspace",
        "balance": "21 days",
        "budget": "$120",
        "low-balance-alert": "ada@example.org",
        "backup-data": "/mnt/backup/training, 2026-02-20",
        "backup-results": "rsync, every 6 hours",
    },
    "go-no-go": {
        "elapsed": "35",
        "authenticity": "41",
        "baseline": "14",
        "cost": "$327.60",
        "validation-loss": "3.31",
        "held-out": "158",
        "stable": "0 and 0",
        "interruptions": "2",
        "learning-on": "0.12",
        "projected": "$524.16",
        "licence": "for research, nowhere commercial",
        "decision": "GO to epoch 20",
    },
    "phase2-conversion": {
        "inventory-shards": "3,551",
        "workers-agreed": "32",
        "window-long-enough": "3.2 hours",
        "readers": "none",
        "on-watch": "Ada, +44 20 7946 0000",
        "ears-words": "harbour, seven, window",
        "ears-new": "nothing",
        "second-copy": "none: Ada",
        "originals-kept": "0",
        "nothing-filtered": "0",
    },
    "sign-off": {
        "launch-list": "0",
        "resume": "epoch 1, step 249",
        "divergence": "1",
        "cost-shown": "0.2 h, $0.08",
        "billing-alarm": "$600",
        "may-fail": "I accept",
        "interruptions": "I accept",
        "cost-risk": "600",
        "playbook": "NO-GO",
        "green-light": "1a2b3c4, i-0abc",
        "budget": "$600",
        "timeline": "8 weeks",
        "operator": "Ada, 1a2b3c4",
    },
    "training-launch": {
        "instance": "g4dn.xlarge, us-east-1, spot",
        "spot-price": "none",
        "volume": "500 GB, DeleteOnTermination false",
        "ports": "198.51.100.7/32",
        "billing-alarm": "600",
        "alarm-mail": "09:41, in the inbox",
        "resume": "epoch 1, step 249",
        "work-lost": "0.5",
        "nan-abort": "1",
        "loss-scale": "1",
        "detector-reference": "accepted, rejected",
        "idle-rule": "2 hours, GPU",
        "clip-count": "1,582 and 1,582",
        "clip-hours": "12.7",
        "validation-clips": "158",
        "licence": "CC BY-NC-SA 3.0, commercial use",
        "model-name": "facebook/musicgen-small",
        "start-line": "fresh, then resumed",
        "loss-falls": "0.278",
        "learning-rate": "1.00e-05",
        "gpu-use": "87 %",
        "out-of-memory": "0 at 8",
        "rate": "0.39 and 0.39",
        "projection": "$524.16",
        "cost-seen": "0.2 h, $0.08",
        "cost-warning": "400",
        "stop-nan": "NaN, GPU below 50, a checkpoint that is not saved",
        "stop-stuck": "500",
        "warn-high": "5.0",
        "stop-interruptions": "3",
        "on-watch": "Ada, +44 20 7946 0000",
    },
}

WRONG: Final = (
    ("data-cycle", "lyric-count", "10,765 and 841"),
    ("data-cycle", "phase-order", "1, 2, 3, 4"),
    ("data-cycle", "region", "US-TX-3"),
    ("data-cycle", "midi-tempo", "4.85"),
    ("phase2-conversion", "inventory-shards", "many"),
    ("phase2-conversion", "window-long-enough", "4.5"),
    ("phase2-conversion", "second-copy", "none"),
    ("phase2-conversion", "ears-new", "a whistle"),
    ("phase2-conversion", "on-watch", "Ada"),
    ("clean", "left-behind", "2"),
    ("training-launch", "resume", "epoch 1, step 0"),
    ("training-launch", "nan-abort", "0"),
    ("training-launch", "loss-scale", "4"),
    ("training-launch", "clip-count", "8,000 and 7,982"),
    ("training-launch", "rate", "0.39 and 1.30"),
    ("training-launch", "ports", "0.0.0.0/0"),
    ("training-launch", "work-lost", "33.6"),
    ("training-launch", "projection", "1747.20"),
    ("training-launch", "spot-price", "0.20"),
    ("training-launch", "cost-seen", "0.0 h, $0.00"),
    ("sign-off", "budget", "599"),
    ("sign-off", "playbook", "GO"),
    ("go-no-go", "authenticity", "34"),
    ("go-no-go", "validation-loss", "inf"),
    ("go-no-go", "decision", "NO-GO after 35 days"),
)


def test_all_lists_are_shipped() -> None:
    assert set(LISTS) == {*RIGHT, "convert-machine"}


@pytest.mark.parametrize("one", LISTS.values(), ids=LISTS)
def test_a_list_is_made_for_a_gate_that_there_is(one: Checklist) -> None:
    assert one.gates in ("", *GATES)


@pytest.mark.parametrize(("one", "item"), ITEMS)
def test_an_item_says_what_to_do_and_why_it_is_asked(one: Checklist, item: Item) -> None:
    assert item.group or one.id == "convert-machine"
    assert item.ask.endswith(("?", ".")), "a question"
    least = 20 if item.level is Level.KILLER else 10
    assert len(item.fix) >= least
    assert len(item.source) >= least
    assert item.sign is not None or not item.asks_person, "a person's answer is signed"


@pytest.mark.parametrize(("one", "item"), ITEMS)
def test_no_item_wants_the_word_that_it_was_checked(one: Checklist, item: Item) -> None:
    assert item.want.casefold() not in {word.casefold() for word in SAYS_NOTHING}
    if item.asks_person:
        assert [word for word in SAYS_NOTHING if item.takes(word)] == []


@pytest.mark.parametrize(("one", "item"), BY_PERSON)
def test_an_item_takes_a_right_answer(one: Checklist, item: Item) -> None:
    assert item.takes(RIGHT[one.id][item.id])


def test_every_right_answer_belongs_to_an_item() -> None:
    asked = {name: {item.id for item in one.items if item.asks_person} for name, one in LISTS.items()}
    assert {name: set(answers) for name, answers in RIGHT.items()} == {name: asked[name] for name in RIGHT}


@pytest.mark.parametrize(("name", "item", "value"), WRONG)
def test_an_item_refuses_a_wrong_answer(name: str, item: str, value: str) -> None:
    assert not LISTS[name].item(item).takes(value)


@pytest.mark.parametrize("one", LISTS.values(), ids=LISTS)
def test_a_group_can_be_kept_in_mind(one: Checklist) -> None:
    sizes = [sum(item.group == group for item in one.items) for group in {item.group for item in one.items}]
    assert max(sizes) <= 10


def test_a_reviewer_is_never_the_one_who_answered() -> None:
    signs = [item.sign for one in LISTS.values() for item in one.items if item.sign is not None]
    assert all(sign.distinct for sign in signs if sign.role == "reviewer" or sign.count > 1)


def gonogo(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "app", "--no-ui", *words], check=True, capture_output=True, timeout=120)


def asked_of_machine(name: str, corpus: Path, *groups: str) -> dict[str, Answer]:
    items = [item for item in LISTS[name].items if item.asks_machine and (not groups or item.group in groups)]
    around = Around(corpus, corpus / ".gonogo", Settings(), os.environ, worker_environment(os.environ))
    return {asked.item.id: asked.answer for asked in asyncio.run(ask_all(items, around))}


def red(answers: dict[str, Answer]) -> dict[str, str]:
    return {name: answer.read for name, answer in answers.items() if answer.state is not State.PASS}


def test_the_machine_opens_its_part_of_the_conversion_list_after_inventory_and_sweep(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1, clips=2, sidecar=True)
    gonogo("inventory", str(corpus))
    gonogo("sweep", str(corpus), "--counts", "1")
    assert red(asked_of_machine("phase2-conversion", corpus)) == {}


def test_the_machine_closes_its_part_of_the_conversion_list_before_any_inventory(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1, clips=2)
    answers = asked_of_machine("phase2-conversion", corpus, "Inventory and dry run")
    assert {answer.state for answer in answers.values()} == {State.FAIL}


def test_the_machine_opens_the_report_part_of_the_cleaning_list_after_a_validation(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=2, clips=2, sidecar=True)
    assert len(red(asked_of_machine("clean", corpus, "The validation report"))) == 6
    gonogo("convert", str(corpus), "--keep-backups", "2")
    gonogo("validate", str(corpus))
    assert red(asked_of_machine("clean", corpus, "The validation report")) == {}
