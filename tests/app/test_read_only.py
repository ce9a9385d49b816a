"""``--read-only``: whatever is asked, nothing on the disk is another than before, and no run hears an order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from app.cli import gonogo as program
from app.cli.listing import Listed
from tests.app.many_commands import run_all
from tests.app.program import Gonogo, until, until_event
from tests.engine.checklist.keys import FLIGHT, key_of, public, signers_in
from tests.recordings import make_corpus

SWITCH = {"GONOGO_READ_ONLY": "1", "SSH_AUTH_SOCK": ""}
OPENING = {"attach", "serve", "notify test"}
"""These open a console, or send a notice: they write nothing, and their own tests say what they do."""
WAIVER = 'waive = { by = "operator", max_days = 3 }\n'
Line = tuple[str | Path, ...]


@dataclass(frozen=True)
class Scene:
    """A corpus that was converted and validated, with a checklist half walked; and a run on another that is paused."""

    gonogo: Gonogo
    corpus: Path
    paused: Path
    papers: Path

    def changing(self) -> Mapping[str, Sequence[Line]]:
        """Every command that changes something, as it would."""
        corpus, here, key = self.corpus, ("--corpus", self.corpus), ("--as", "anna", "--key", key_of("anna"))
        jobs = ("inventory", "sweep", "recover", "validate", "manifest", "split", "benchmark", "buckets", "export")
        return {
            **{job: [(job, corpus)] for job in (*jobs, "report")},
            "convert": [("convert", corpus), ("convert", corpus, "--dry-run", "1"), ("convert", self.paused)],
            "clean": [("clean", corpus), ("clean", corpus, "--dry-run")],
            "window": [("window", corpus)],
            "init": [("init", self.papers)],
            "demo": [("demo", self.papers / "demo")],
            "doctor": [("doctor", corpus)],
            "stop": [("stop",), ("stop", "--now")],
            "pause": [("pause",)],
            "resume": [("resume",)],
            "workers": [("workers", "2"), ("workers", "auto")],
            "checklist copy": [("checklist", "copy", "convert-machine", *here)],
            "checklist run": [("checklist", "run", "flight", *here)],
            "checklist answer": [("checklist", "answer", "flight", "fuel", "601", "--as", "anna", *here)],
            "checklist sign": [("checklist", "sign", "flight", "fuel", *key, *here)],
            "checklist waive": [("checklist", "waive", "flight", "engine", "--reason", "late", *key, *here)],
            "checklist enrol": [("checklist", "enrol", "carl", "--key", self.papers / "carl.pub", *here)],
            "checklist export": [("checklist", "export", "flight", "-o", self.papers / "sheet.html", *here)],
            "checklist import": [("checklist", "import", self.papers / "list.md", "-o", self.papers / "new.toml")],
            "cost start": [("cost", "start", "i-2", "--price", "0.4", *here)],
            "cost end": [("cost", "end", "abc", *here)],
            "cost storage": [("cost", "storage", "vol", "--gb", "10", *here)],
            "cost transfer": [("cost", "transfer", "up", "--gb", "1", "--price", "0.09", *here)],
            "cost import": [
                ("cost", "import", self.papers / "orchestrator_state.json", "--instance", "i", "--price", "1", *here)
            ],
            "watch": [
                ("watch", self.log, "--on-red", "command:touch acted", *here),
                ("watch", self.log, "--on-red", f"stop:{os.getpid()}", *here),
                ("watch", self.log, "--price", "0.4", "--instance", "i", *here),
            ],
            "metrics": [("metrics", "--textfile", self.papers / "run.prom", *here)],
            "page": [("page", *here), ("page", "--out", self.papers / "run.html", *here)],
        }

    def looking(self) -> Mapping[str, Sequence[Line]]:
        """Every command that only looks."""
        corpus, here = self.corpus, ("--corpus", self.corpus)
        return {
            "runs": [("runs",), ("--json", "runs")],
            "status": [("status",), ("status", *here), ("--json", "status")],
            "config show": [("config", "show", corpus)],
            "config validate": [("config", "validate", corpus)],
            "checklist list": [("checklist", "list", *here)],
            "checklist show": [("checklist", "show", "flight", *here)],
            "checklist status": [("checklist", "status", *here)],
            "checklist validate": [("checklist", "validate", *here)],
            "checklist verify": [("checklist", "verify", *here)],
            "checklist export": [("checklist", "export", "flight", *here)],
            "checklist import": [("checklist", "import", self.papers / "list.md")],
            "cost": [("cost", *here)],
            "verdict": [("--json", "verdict", *here)],
            "watch": [("watch", "--once", self.log, *here)],
            "window": [("window", corpus, "--plan"), ("window", corpus, "--simulate", "--shards", "20")],
            "metrics": [("metrics", *here)],
        }

    @property
    def log(self) -> Path:
        return self.papers / "log.jsonl"

    def digest(self) -> dict[str, str]:
        """Everything there is: the corpora with their state, what lies beside them, and the user's own folders."""
        return _digest(self.corpus, self.paused, self.papers, self.gonogo.home)


def _digest(*roots: Path) -> dict[str, str]:
    return {str(path): _told(path) for root in roots for path in sorted(root.rglob("*")) if not path.is_socket()}


def _told(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def scene(gonogo: Gonogo, tmp_path: Path, slow_disk: dict[str, str]) -> Iterator[Scene]:
    corpus, papers = tmp_path / "corpus", tmp_path / "papers"
    make_corpus(corpus, shards=2)
    (corpus / "gonogo.toml").write_text('[convert]\nfloor = "0"\nkeep_backups = 2\n')
    assert gonogo.convert(corpus, "--workers", "1").code == 0
    assert gonogo("--no-ui", "validate", corpus).code == 0
    signers_in(corpus / "checklists")
    (corpus / "checklists" / "flight.toml").write_text(FLIGHT + WAIVER)
    here = ("--corpus", corpus)
    assert gonogo("checklist", "answer", "flight", "fuel", "600", "--as", "anna", *here).code == 0
    papers.mkdir()
    (papers / "carl.pub").write_text(public(key_of("carl")))
    (papers / "list.md").write_text("# A list\n\n- [ ] Is the door shut?\n")
    (papers / "log.jsonl").write_text("".join(f'{{"step": {step}, "loss": 2.0}}\n' for step in range(1, 50)))
    (papers / "orchestrator_state.json").write_text('{"elapsed_time": 3600, "timestamp": "2026-01-31T09:30:00"}')

    paused = make_corpus(tmp_path / "paused", shards=60, clips=4, clip_s=0.5)
    process = gonogo.start_convert(paused, "--workers", "1", env=slow_disk)
    until_event(process, "shard_done", 2)
    assert gonogo("pause").code == 0
    until_event(process, "paused")
    until(lambda: not any(worker["shard"] for worker in _snapshot(gonogo)["workers"]), "the shard in hand")
    yield Scene(gonogo, corpus, paused, papers)
    gonogo("stop")
    process.communicate()


def _snapshot(gonogo: Gonogo) -> dict[str, Any]:
    (row,) = gonogo("--json", "status").of_type("run")
    return dict(row["snapshot"])


def test_every_command_that_changes_something_is_refused_and_those_that_look_still_do(scene: Scene) -> None:
    changing, looking = scene.changing(), scene.looking()
    assert _commands() <= {*changing, *looking, *OPENING}, "a new command belongs to one of the two, or both"
    before = scene.digest()
    lines = [line for each in changing.values() for line in each]
    wrong = [
        f"{' '.join(map(str, line))}: {ended.code}: {ended.stderr.strip()}"
        for line, ended in zip(lines, run_all(scene.gonogo, lines, SWITCH), strict=True)
        if ended.code != 2 or "read-only: " not in ended.stderr or "nothing was changed" not in ended.stderr
    ]
    assert wrong == []
    assert _changes(before, scene.digest()) == []

    lines = [line for each in looking.values() for line in each]
    refused = [
        f"{' '.join(map(str, line))}: {ended.code}: {ended.stderr.strip()}"
        for line, ended in zip(lines, run_all(scene.gonogo, lines, SWITCH), strict=True)
        if "read-only" in ended.stderr
        or "Traceback" in ended.stderr
        or ended.code == 2
        or not (ended.stdout or ended.stderr)
    ]
    assert refused == []
    assert _changes(before, scene.digest()) == []
    now = _snapshot(scene.gonogo)
    assert now["pauses"] == {"operator": "asked for"}, "no order reached the run"
    assert (now["limit"], now["limit_why"]) == ("operator", "asked for")
    assert [worker["memory_bytes"] > 1_000_000 for worker in now["workers"]] == [True]


def test_the_option_is_the_switch_wherever_it_stands(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1)
    before = _digest(tmp_path, gonogo.home)
    lines: list[Line] = [
        ("--read-only", "convert", corpus),
        ("convert", "--read-only", corpus),
        ("--json", "--read-only", "inventory", corpus),
    ]
    ended = run_all(gonogo, lines, {})
    assert [(one.code, "read-only: " in one.stderr) for one in ended] == [(2, True)] * 3
    assert ended[-1].of_type("error")[0]["problem"].startswith("read-only: inventory of")
    assert _changes(before, _digest(tmp_path, gonogo.home)) == []
    assert gonogo("inventory", corpus, env={"GONOGO_READ_ONLY": "0"}).code == 0


def _commands(group: click.Group = program, before: str = "") -> set[str]:
    found: set[str] = set()
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        command = command.load() if isinstance(command, Listed) else command
        path = f"{before} {name}".strip()
        found |= _commands(command, path) if isinstance(command, click.Group) else {path}
    return found


def _changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
