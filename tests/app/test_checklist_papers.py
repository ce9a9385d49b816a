"""``checklist export`` and ``import`` as their users run them."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from engine.checklist.reading import load_checklist
from tests.app.program import Gonogo

LIST = """\
[checklist]
id = "flight"
title = "Before the flight"
gates = "convert.start"

[[item]]
id = "fuel"
ask = "How much fuel?"
want = "full"
kind = "machine"
check = { type = "command", argv = ["echo", "full"] }
fix = "fill it up"
source = "the manual"

[[item]]
id = "ears"
ask = "What do you hear?"
want = "nothing"
kind = "person"
sign = { role = "operator" }
fix = "stay on the ground"
source = "the manual"
"""
DOCUMENT = """\
# Day 0

- [ ] Disk has 2 TB free
- [x] Budget approved: $600
"""


@pytest.fixture
def corpus(home: Path) -> Path:
    (home / "corpus" / "checklists").mkdir(parents=True)
    (home / "corpus" / "checklists" / "flight.toml").write_text(LIST)
    return home / "corpus"


def everything(home: Path) -> set[Path]:
    return set(home.rglob("*"))


def answered(gonogo: Gonogo, corpus: Path) -> None:
    """Have the list answered and signed by anna."""
    key = gonogo.home / "anna"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert gonogo("checklist", "enrol", "anna", "--key", f"{key}.pub", "--corpus", corpus).code == 0
    gonogo("checklist", "run", "flight", "--corpus", corpus, "--no-ui")
    assert gonogo("checklist", "answer", "flight", "ears", "nothing", "--as", "anna", "--corpus", corpus).code == 0
    assert gonogo("checklist", "sign", "flight", "--key", key, "--corpus", corpus).code == 0
    key.unlink()


def test_a_list_that_nobody_answered_is_printed_as_a_form_and_leaves_nothing_behind(
    gonogo: Gonogo, corpus: Path
) -> None:
    before = everything(gonogo.home)
    ended = gonogo("checklist", "export", "flight", "--corpus", corpus)
    assert ended.code == 0
    assert "What do you hear?" in ended.stdout
    assert "Sign (operator) ____" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80
    assert everything(gonogo.home) == before


def test_a_signed_list_is_exported_without_a_key_and_its_head_shows_a_cut_off_tail(
    gonogo: Gonogo, corpus: Path
) -> None:
    answered(gonogo, corpus)
    before = everything(gonogo.home)
    sheet = gonogo.home / "flight.html"
    ended = gonogo("--json", "checklist", "export", "flight", "--corpus", corpus, "-o", sheet)
    assert ended.code == 0
    assert everything(gonogo.home) == {*before, sheet}
    assert [(row["id"], row["state"], row["signed_by"]) for row in ended.of_type("item")] == [
        ("fuel", "pass", []),
        ("ears", "pass", ["anna"]),
    ]
    (told,) = ended.of_type("sheet")
    assert (told["path"], told["format"], told["go"], told["sound"]) == (str(sheet), "html", True, True)
    page = sheet.read_text()
    assert told["head"] in page
    assert page.startswith("<!doctype html>")
    assert "by anna as operator" in page

    (ledger,) = gonogo.home.rglob("ledger.jsonl")
    assert gonogo("checklist", "verify", "--corpus", corpus, "--head", told["head"]).code == 0
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    verified = gonogo("checklist", "verify", "--corpus", corpus, "--head", told["head"])
    assert verified.code == 1
    assert "cut off" in verified.stdout


def test_what_a_program_said_is_on_no_sheet_but_as_a_hash(gonogo: Gonogo, corpus: Path) -> None:
    flight = corpus / "checklists" / "flight.toml"
    argv = '["sh", "-c", "echo kept; echo aGlkZGVu | base64 -d; echo; echo full"]'
    text = LIST.replace('["echo", "full"]', argv)
    flight.write_text(text)
    gonogo("checklist", "run", "flight", "--corpus", corpus, "--no-ui")
    (kept,) = next(gonogo.home.rglob("evidence")).iterdir()
    assert b"hidden" in kept.read_bytes()
    for format_ in ("md", "html", "text"):
        ended = gonogo("checklist", "export", "flight", "--corpus", corpus, "--format", format_)
        assert "hidden" not in ended.stdout
        assert kept.name in ended.stdout


def test_a_ledger_that_was_edited_is_said_to_be_on_the_sheet(gonogo: Gonogo, corpus: Path) -> None:
    answered(gonogo, corpus)
    (ledger,) = gonogo.home.rglob("ledger.jsonl")
    ledger.write_bytes(ledger.read_bytes().replace(b'"value":"nothing"', b'"value":"birds"'))
    ended = gonogo("--json", "checklist", "export", "flight", "--corpus", corpus)
    (told,) = ended.of_type("sheet")
    assert (told["go"], told["sound"]) == (False, False)
    assert "was changed after it was written" in " ".join(told["content"].split())


@pytest.mark.parametrize(
    ("name", "begins"), [("a.md", "# Checklist"), ("a.html", "<!doctype"), ("a.txt", "="), ("a", "=")]
)
def test_the_name_of_the_file_says_the_format(gonogo: Gonogo, corpus: Path, name: str, begins: str) -> None:
    sheet = gonogo.home / name
    sheet.write_text("an earlier sheet")
    assert gonogo("checklist", "export", "flight", "--corpus", corpus, "-o", sheet).code == 0
    assert sheet.read_text().startswith(begins)


def test_no_sheet_is_written_over_what_a_gate_goes_by(gonogo: Gonogo, corpus: Path) -> None:
    flight = corpus / "checklists" / "flight.toml"
    link = gonogo.home / "link.md"
    link.symlink_to(flight)
    for target in (flight, link, corpus, gonogo.home / "nowhere" / "a.md"):
        ended = gonogo("checklist", "export", "flight", "--corpus", corpus, "-o", target)
        assert ended.code == 2
        assert str(target) in ended.stderr
        assert ended.stdout == ""
    assert flight.read_text() == LIST


def test_a_document_becomes_a_list_that_loads(gonogo: Gonogo) -> None:
    document = gonogo.home / "Day 0 Plan.md"
    document.write_text(DOCUMENT)
    ended = gonogo("checklist", "import", document)
    assert ended.code == 0
    assert tomllib.loads(ended.stdout)["checklist"]["id"] == "day-0-plan"
    assert "Ticked in the document" in ended.stderr
    drafted = gonogo.home / "day-0.toml"
    assert gonogo("checklist", "import", document, "-o", drafted).stdout == ""
    assert [item.source for item in load_checklist(drafted).items] == ["Day 0 Plan.md:3", "Day 0 Plan.md:4"]


def test_an_import_never_writes_over_a_file(gonogo: Gonogo) -> None:
    document, there = gonogo.home / "plan.md", gonogo.home / "plan.toml"
    document.write_text(DOCUMENT)
    there.write_text("mine")
    dangling = gonogo.home / "dangling.toml"
    dangling.symlink_to(gonogo.home / "elsewhere.toml")
    for target in (there, dangling):
        ended = gonogo("checklist", "import", document, "-o", target)
        assert ended.code == 2
        assert "not overwritten" in ended.stderr
    assert there.read_text() == "mine"
    assert not (gonogo.home / "elsewhere.toml").exists()


def test_an_import_tells_a_program_what_it_tells_a_person(gonogo: Gonogo) -> None:
    document = gonogo.home / "plan.md"
    document.write_text(DOCUMENT)
    ended = gonogo("--json", "checklist", "import", document)
    (draft,) = ended.of_type("draft")
    assert (draft["id"], draft["items"]) == ("plan", 2)
    assert len(tomllib.loads(draft["toml"])["item"]) == 2
    assert any("Ticked" in said["text"] for said in ended.of_type("said"))
    assert ended.summary["type"] == "summary"


def test_a_document_whose_name_makes_no_id_wants_one(gonogo: Gonogo) -> None:
    document = gonogo.home / "計画.md"
    document.write_text(DOCUMENT)
    ended = gonogo("checklist", "import", document)
    assert ended.code == 2
    assert "-o NAME.toml" in ended.stderr
    assert ended.stdout == ""
    assert gonogo("checklist", "import", document, "-o", gonogo.home / "Plan.toml").code == 2
    assert not (gonogo.home / "Plan.toml").exists()
