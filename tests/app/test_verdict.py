"""``verdict``: GO only from figures that were measured, each with where it came from."""

from __future__ import annotations

import json
import subprocess
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


def test_who_signed_is_in_the_report_with_the_fingerprint_of_the_key(gonogo: Gonogo, project: Path) -> None:
    unsigned = gonogo("verdict", "--corpus", project)
    assert "nobody has signed" in unsigned.stdout
    artifacts = project / ".gonogo" / "artifacts"
    for name in ("verdict.md", "verdict.html"):
        report = (artifacts / name).read_text()
        assert "gonogo checklist sign go-no-go --as NAME" in report, name
        assert "Nobody has signed" in report or "nobody has signed" in report, name

    key = gonogo.home / "anna_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    told = subprocess.run(["ssh-keygen", "-lf", f"{key}.pub"], check=True, capture_output=True, text=True).stdout
    fingerprint = told.split()[1]
    corpus = ("--corpus", project)
    roles = ("--role", "operator,reviewer")
    assert gonogo("checklist", "enrol", "anna", "--key", f"{key}.pub", *roles, *corpus).code == 0
    assert gonogo("checklist", "answer", "go-no-go", "elapsed", "36", *corpus).code == 0
    signed = gonogo("checklist", "sign", "go-no-go", "elapsed", "--as", "anna", "--key", key, *corpus)
    assert signed.code == 0, signed.stderr

    ended = judged(gonogo, project)
    (row,) = ended.of_type("signature")
    assert (row["item"], row["answer"], row["by"], row["role"], row["key"]) == (
        "elapsed", "36", "anna", "operator", fingerprint,
    )  # fmt: skip
    (sign_off,) = ended.of_type("sign_off")
    assert (sign_off["go"], sign_off["signatures"]) == (False, 1)
    for name in ("verdict.md", "verdict.html"):
        report = (artifacts / name).read_text()
        assert fingerprint.removeprefix("SHA256:") in report.replace("\\", ""), name
        assert "anna" in report, name
    assert f"signed by anna as operator, key {fingerprint}" in gonogo("verdict", *corpus).stdout


def test_a_ledger_that_was_tampered_with_signs_nothing(gonogo: Gonogo, project: Path) -> None:
    for item, value in (("elapsed", "36"), ("interruptions", "2")):
        assert gonogo("checklist", "answer", "go-no-go", item, value, "--corpus", project).code == 0
    ledger = project / ".gonogo" / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace('"36"', '"66"'))
    told = gonogo("verdict", "--corpus", project).stdout
    assert "the ledger cannot be believed" in told
