"""``cost``: priced intervals against a budget, as a script and a person see them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.program import Gonogo

PLANNED = ["65.52", "131.04", "196.56", "262.08", "327.60", "393.12", "458.64", "524.16"]


@pytest.fixture
def project(gonogo: Gonogo) -> Path:
    folder = gonogo.home / "project"
    folder.mkdir()
    return folder


def test_the_plans_eight_weeks_come_out_to_the_cent(gonogo: Gonogo, project: Path) -> None:
    ended = gonogo("--json", "cost", "--corpus", project)
    assert ended.code == 0
    assert [f"{float(week['planned_usd']):.2f}" for week in ended.of_type("week")] == PLANNED
    assert ended.lines[0]["type"] == "version"
    assert not (project / ".gonogo").exists(), "asking leaves nothing behind"


def test_an_imported_week_and_a_volume_are_added_up(gonogo: Gonogo, project: Path) -> None:
    state = {"timestamp": "2026-01-08T10:00:00", "elapsed_time": 168 * 3600, "interrupted": True}
    (project / "orchestrator_state.json").write_text(json.dumps(state | {"best_val_loss": float("inf")}))
    imported = gonogo(
        "cost",
        "import",
        project / "orchestrator_state.json",
        "--instance",
        "i-1",
        "--price",
        "0.39",
        "--corpus",
        project,
    )
    assert imported.code == 0, imported.stderr
    assert "counts anew after each restart" in imported.stderr
    (money,) = gonogo("--json", "cost", "--corpus", project).of_type("money")
    assert float(money["spent_usd"]) == pytest.approx(65.52)
    assert money["running"] == []
    assert gonogo("cost", "storage", "vol-1", "--gb", "500", "--corpus", project).code == 0
    (money,) = gonogo("--json", "cost", "--corpus", project).of_type("money")
    assert money["running"] == ["vol-1 (500 GB)"]


def test_a_machine_costs_until_it_is_ended(gonogo: Gonogo, project: Path) -> None:
    started = gonogo("cost", "start", "i-2", "--price", "$1.30", "--corpus", project)
    interval = started.stderr.partition(":")[0]
    (money,) = gonogo("--json", "cost", "--corpus", project).of_type("money")
    assert float(money["usd_per_hour"]) == pytest.approx(1.30)
    assert gonogo("cost", "end", interval, "--corpus", project).code == 0
    (money,) = gonogo("--json", "cost", "--corpus", project).of_type("money")
    assert float(money["usd_per_hour"]) == 0


def test_a_plan_that_the_rate_of_now_breaks_is_said_and_one_that_is_gone_stops(gonogo: Gonogo, project: Path) -> None:
    assert gonogo("cost", "start", "i-2", "--price", "1.30", "--corpus", project).code == 0
    yellow = gonogo("cost", "--corpus", project)
    assert (yellow.code, "YELLOW C2" in yellow.stderr) == (1, True)
    (project / "gonogo.toml").write_text("[budget]\nusd = 1\n")
    red = gonogo("--json", "cost", "--corpus", project)
    assert (red.code, red.summary["outcome"]) == (4, "safety_stop")


@pytest.mark.parametrize("amount", ["-1", "many", "nan", "1e99"])
def test_what_is_no_amount_is_refused(gonogo: Gonogo, project: Path, amount: str) -> None:
    ended = gonogo("cost", "start", "i-2", f"--price={amount}", "--corpus", project)
    assert ended.code == 2
    assert "is not an amount" in ended.stderr
