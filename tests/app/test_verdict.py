"""``verdict``: GO only from figures that were measured, each with where it came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.program import Ended, Gonogo


@pytest.fixture
def project(gonogo: Gonogo) -> Path:
    folder = gonogo.home / "project"
    folder.mkdir()
    assert gonogo("cost", "start", "i-1", "--price", "0.39", "--corpus", folder).code == 0
    return folder


def watched(gonogo: Gonogo, project: Path, eval_loss: float) -> Path:
    log = project / "log.jsonl"
    rows = [{"step": step, "loss": 4 - step / 1000, "val_loss": eval_loss} for step in range(1, 301)]
    log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    summary = project / "watch.json"
    summary.write_text(gonogo("--json", "watch", "--once", log, "--corpus", project).stdout)
    return summary


def judged(gonogo: Gonogo, project: Path, *more: str | Path) -> Ended:
    return gonogo("--json", "verdict", "--corpus", project, *more)


def verdict_of(ended: Ended) -> str:
    (row,) = ended.of_type("verdict")
    return str(row["verdict"])


def test_a_figure_that_nobody_measured_is_hold(gonogo: Gonogo, project: Path) -> None:
    ended = judged(gonogo, project)
    assert (ended.code, verdict_of(ended)) == (1, "HOLD")
    standings = {row["id"]: row["standing"] for row in ended.of_type("criterion")}
    assert standings["authenticity"] == standings["stable"] == "not measured"
    assert standings["cost"] == "met"


def test_all_measured_and_met_is_go_with_reports_that_the_checklist_takes(gonogo: Gonogo, project: Path) -> None:
    summary = watched(gonogo, project, 3.2)
    ended = judged(gonogo, project, "--watch", summary, "--figure", "authenticity=41%", "--as", "anna")
    assert (ended.code, verdict_of(ended)) == (0, "GO"), ended.stdout
    artifacts = project / ".gonogo" / "artifacts"
    assert {path.suffix for path in artifacts.glob("verdict.*")} == {".json", ".md", ".html"}
    asked = gonogo("--json", "--no-ui", "checklist", "run", "go-no-go", "--corpus", project)
    assert {row["id"]: row["state"] for row in asked.of_type("check")}["verdict"] == "pass"


@pytest.mark.parametrize(
    ("eval_loss", "authenticity", "wanted"),
    [(3.9, "41%", "NO-GO"), (3.2, "12%", "NO-GO"), (3.2, "35.5%", "CONDITIONAL")],
)
def test_one_that_is_missed_is_no_go_and_one_within_its_margin_is_conditional(
    gonogo: Gonogo, project: Path, eval_loss: float, authenticity: str, wanted: str
) -> None:
    summary = watched(gonogo, project, eval_loss)
    ended = judged(gonogo, project, "--watch", summary, "--figure", f"authenticity={authenticity}", "--as", "anna")
    assert (ended.code, verdict_of(ended)) == (1, wanted)


def test_a_measured_figure_is_not_talked_over(gonogo: Gonogo, project: Path) -> None:
    ended = judged(gonogo, project, "--figure", "cost=$1", "--as", "anna")
    (cost,) = (row for row in ended.of_type("criterion") if row["id"] == "cost")
    assert cost["by"] == ""


@pytest.mark.parametrize("figure", ["authenticity", "beauty=3", "authenticity=0.4"])
def test_what_is_no_figure_is_refused(gonogo: Gonogo, project: Path, figure: str) -> None:
    assert judged(gonogo, project, "--figure", figure, "--as", "anna").code == 2
