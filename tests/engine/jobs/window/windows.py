"""Real windows over small real corpora: the plan in the corpus, the run in this process or in one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config import load_settings
from engine.jobs.registry import Order
from engine.jobs.start import run_job
from engine.jobs.window.earlier import view_of
from engine.jobs.window.events import StepState, WindowSummary
from engine.jobs.window.view import WindowView
from engine.run.events import Event
from engine.run.folder import RunFolder, list_runs
from tests.recordings import make_corpus

HEAD = '[window]\nid = "window-small"\ntitle = "A small one"\nwindow = "10m"\n'
GO = 'verify = [{ type = "report", file = "validation.json", figure = "verdict", equals = "GO" }]'


def step(job: str, *lines: str) -> str:
    return "\n".join(
        ["[[step]]", f'name = "{job}"', f'title = "The {job}"', f'job = "{job}"', 'budget = "1m"', *lines, ""]
    )


@dataclass(frozen=True)
class Ended:
    """A window that ended: what its log says, and what it came to."""

    corpus: Path
    lines: Sequence[dict[str, Any]]
    summary: WindowSummary | None = None

    @property
    def run(self) -> str:
        return str(self.lines[0]["run"])

    @property
    def view(self) -> WindowView:
        return view_of(self.corpus / ".gonogo" / "runs" / self.run / "events.jsonl")

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]

    def planned(self) -> dict[str, Any]:
        return self.of_type("window_planned")[0]

    def step_run(self, name: str) -> str:
        return next(str(line["step_run"]) for line in self.of_type("step_started") if line["step"] == name)

    def started(self) -> list[str]:
        return [line["step"] for line in self.of_type("step_started")]

    def states(self) -> dict[str, StepState]:
        return {name: track.state for name, track in self.view.tracks.items()}


def make(folder: Path, *steps: str, shards: int = 4, config: str = "") -> Path:
    corpus = make_corpus(folder / "corpus", shards=shards, clips=3, sidecar=True)
    (corpus / "checklists").mkdir()
    (corpus / "checklists" / "window-small.toml").write_text(HEAD + "".join(steps))
    (corpus / "gonogo.toml").write_text(f'[convert]\nfloor = "0"\nworkers = 2\n{config}')
    return corpus


def order(corpus: Path, **fields: Any) -> Order:
    return Order("window", corpus, load_settings(corpus).settings, plan="small", **fields)


async def run(corpus: Path, **fields: Any) -> Ended:
    lines: list[dict[str, Any]] = []

    def listen(_: Event, line: bytes) -> None:
        lines.append(json.loads(line))

    summary = await run_job(order(corpus, **fields), corpus / ".gonogo", listen)
    assert isinstance(summary, WindowSummary)
    return Ended(corpus, lines, summary)


def start(corpus: Path, **fields: Any) -> subprocess.Popen[str]:
    """Start a window in a process of its own."""
    argv = [sys.executable, "-P", "-m", "tests.engine.jobs.window.program", str(corpus)]
    return subprocess.Popen(
        [*argv, json.dumps({"plan": "small", **fields})],
        cwd=Path(__file__).parents[4],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def runs_of(corpus: Path, job: str) -> list[RunFolder]:
    return [run for run in list_runs(corpus / ".gonogo") if run.record.job == job]
