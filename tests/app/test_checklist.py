"""Checklists as a script uses them: rows, summaries, exit codes, and what is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app.program import Ended, Gonogo
from tests.engine.checklist.keys import FLIGHT, key_of, public, signers_in, signers_line
from tests.recordings import make_corpus

HEADLESS = {"SSH_AUTH_SOCK": ""}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    signers_in(folder / "checklists")
    (folder / "checklists" / "flight.toml").write_text(FLIGHT)
    (folder / "doors").write_text("shut\n")
    (folder / "engine").write_text("on\n")
    return folder


class Script:
    """The commands on one corpus."""

    def __init__(self, gonogo: Gonogo, corpus: Path) -> None:
        self.gonogo = gonogo
        self.corpus = corpus

    def __call__(self, command: str, *args: str | Path) -> Ended:
        where = ("--corpus", self.corpus, "--json")
        ended = self.gonogo("checklist", command, *where, *args, env=HEADLESS)
        if ended.lines:
            assert ended.lines[0]["type"] == "version"
            assert ended.summary["type"] == "summary"
        return ended

    def item(self, name: str) -> dict[str, Any]:
        return {row["id"]: row for row in self("status", "flight").of_type("item")}[name]


@pytest.fixture
def script(gonogo: Gonogo, corpus: Path) -> Script:
    return Script(gonogo, corpus)


def test_a_script_walks_a_list_from_the_first_answer_to_go(script: Script) -> None:
    first = script("run", "flight")
    assert (first.code, first.summary["outcome"]) == (3, "gate_closed")
    assert {row["id"]: row["state"] for row in first.of_type("check")} == {"doors": "pass", "engine": "pass"}

    wrong = script("answer", "flight", "fuel", "599", "--as", "anna")
    assert wrong.code == 1
    assert wrong.of_type("item")[0]["state"] == "fail"
    assert script("status", "flight").code == 1

    assert script("answer", "flight", "fuel", "600", "--as", "anna").code == 0
    assert script("answer", "flight", "doors", "shut", "--as", "anna").code == 0
    assert script("status", "flight").code == 3
    assert script.item("fuel")["state"] == "unsigned"

    signed = script("sign", "flight", "--as", "anna", "--key", key_of("anna"))
    assert signed.code == 0, signed.stderr
    assert [row["state"] for row in signed.of_type("item")] == ["pass", "unsigned"]
    assert script("sign", "flight", "doors", "--as", "bob", "--key", key_of("bob")).code == 0

    ended = script("status", "flight")
    assert (ended.code, ended.summary["outcome"]) == (0, "ok")
    assert ended.summary["detail"] == "GO: every item is settled"
    assert {row["id"]: row["signed_by"] for row in ended.of_type("item")} == {
        "fuel": ["anna"],
        "doors": ["anna", "bob"],
        "engine": [],
    }
    assert script("run", "flight").code == 0
    verified = script("verify")
    assert verified.code == 0
    (row,) = verified.of_type("verified")
    assert (row["sound"], row["signed"]) == (True, 3)

    ledger = script.corpus / ".gonogo" / "ledger.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[: whole[:-1].rfind(b"\n") + 1])
    assert script("verify").code == 0
    cut = script("verify", "--head", row["head"])
    assert cut.code == 1
    assert "1 line was cut off" in cut.of_type("finding")[0]["told"]
    ledger.write_bytes(whole.replace(b'"value":"600"', b'"value":"900"'))
    assert script("verify").code == 1
    assert script("status", "flight").code == 1


def test_one_shot_reads_leave_nothing_behind(script: Script) -> None:
    before = sorted(script.corpus.rglob("*"))
    codes = {
        ("list",): 0,
        ("show", "flight"): 0,
        ("status", "flight"): 3,
        ("status",): 0,
        ("validate",): 0,
        ("verify",): 2,
    }
    for command, code in codes.items():
        ended = script(*command)
        assert ended.code == code, (command, ended.stderr)
    assert sorted(script.corpus.rglob("*")) == before


def test_the_lists_are_listed_with_what_they_open(script: Script) -> None:
    (script.corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "flight"\n')
    (script.corpus / "checklists" / "broken.toml").write_text("x = 1\n")
    ended = script("list")
    rows = {row["id"]: row for row in ended.of_type("checklist")}
    assert ended.code == 1
    assert (rows["flight"]["own"], rows["flight"]["bound"], rows["flight"]["items"]) == (True, True, 3)
    assert rows["convert-machine"]["own"] is False
    assert "1:1: 'x' is not known here" in rows["broken"]["problem"]


def test_faults_of_a_list_are_told_with_their_places(script: Script) -> None:
    path = script.corpus / "checklists" / "flight.toml"
    assert script("validate", path).code == 0
    path.write_text(FLIGHT + "wnat = 1\n")
    ended = script("validate", path)
    assert ended.code == 2
    assert ended.summary["outcome"] == "error"
    (said,) = ended.of_type("said")
    line = FLIGHT.count("\n") + 1
    assert said["text"] == f"{path}:{line}:1: 'wnat' is not known here; did you mean 'want'?"
    assert script("status", "flight").code == 2


def test_a_list_can_be_copied_once(script: Script) -> None:
    assert script("copy", "convert-machine").code == 0
    copied = script.corpus / "checklists" / "convert-machine.toml"
    assert "disk-floor" in copied.read_text()
    again = script("copy", "convert-machine")
    assert again.code == 2
    assert "is there already, and it is not overwritten" in again.stderr


def test_who_signs_is_told_from_who_may_not(script: Script) -> None:
    script("answer", "flight", "fuel", "600", "--as", "anna")
    refused = script("sign", "flight", "fuel", "--as", "bob", "--key", key_of("anna"))
    assert refused.code == 1
    assert "this key is anna's" in refused.stderr
    unknown = script("sign", "flight", "fuel", "--key", key_of("mallory"))
    assert unknown.code == 1
    assert "gonogo checklist enrol" in unknown.stderr
    nothing = script("sign", "flight", "doors", "--key", key_of("anna"))
    assert nothing.code == 1
    assert "there is nothing to sign: it is open" in nothing.stderr
    assert script.item("fuel")["state"] == "unsigned"


def test_a_signer_is_enrolled_once(script: Script, tmp_path: Path) -> None:
    key = key_of("mallory")
    assert script("enrol", "dora", "--key", f"{key}.pub", "--role", "operator").code == 0
    signers = (script.corpus / "checklists" / "allowed_signers").read_text()
    assert signers.endswith(f'dora namespaces="operator@gonogo" {public(key)}\n')
    again = script("enrol", "emma", "--key", f"{key}.pub")
    assert again.code == 1
    assert "this key is dora's already" in again.stderr
    (tmp_path / "bad.pub").write_text("ssh-ed25519 AAAA")
    bad = script("enrol", "emma", "--key", tmp_path / "bad.pub")
    assert bad.code == 1
    assert "is no public key" in bad.stderr


def test_a_waiver_wants_a_reason_and_an_end(script: Script) -> None:
    (script.corpus / "engine").write_text("off\n")
    script("run", "flight")
    key = ("--as", "anna", "--key", key_of("anna"))
    assert script("waive", "flight", "engine", *key).code == 2, "--reason is missing"
    for lasts in ("8d", "300000000000d", "0s"):
        long = script("waive", "flight", "engine", "--reason", "we glide", "--for", lasts, *key)
        assert long.code in {1, 2}
        assert "Traceback" not in long.stderr
        assert long.stderr
    made = script("waive", "flight", "engine", "--reason", "we glide", "--for", "2d", *key)
    assert made.code == 0
    assert script.item("engine")["state"] == "waived"


@pytest.mark.parametrize(
    "command",
    [
        ("show", "flihgt"),
        ("run", "flihgt"),
        ("status", "flihgt"),
        ("answer", "flight", "feul", "600"),
        ("answer", "flight", "engine", "on"),
        ("answer", "flight", "fuel", " "),
        ("sign", "flight", "feul"),
    ],
)
def test_what_is_not_there_is_a_wrong_command_line(script: Script, command: tuple[str, ...]) -> None:
    ended = script(*command)
    assert ended.code in ({1, 2} if command[0] == "sign" else {2})
    assert ended.stderr.startswith("gonogo: ")
    assert not (script.corpus / ".gonogo").exists()


def test_an_answer_that_is_no_text_is_refused(script: Script) -> None:
    ended = script("answer", "flight", "fuel", "600\udcff", "--as", "anna")
    assert ended.code in {1, 2}
    assert "Traceback" not in ended.stderr


# A conversion behind a gate.


def test_a_conversion_starts_only_with_the_sign_off_of_its_list(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=1, clips=1, clip_s=0.2)
    signers_in(corpus / "checklists", signers_line("anna", key_of("anna")), signers_line("bob", key_of("bob")))
    own = corpus / "checklists" / "flight.toml"
    own.write_text(FLIGHT)
    (corpus / "doors").write_text("shut\n")
    (corpus / "engine").write_text("on\n")
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "flight"\n')
    script = Script(gonogo, corpus)

    shut = gonogo.convert(corpus, "--floor", "0")
    assert (shut.code, shut.summary["outcome"]) == (3, "gate_closed")
    assert "fuel: open" in shut.stderr
    assert "doors: open" in shut.stderr
    assert not shut.of_type("shard_started")

    def clear() -> None:
        script("answer", "flight", "fuel", "600", "--as", "anna")
        script("answer", "flight", "doors", "shut", "--as", "anna")
        script("sign", "flight", "--as", "anna", "--key", key_of("anna"))
        script("sign", "flight", "doors", "--as", "bob", "--key", key_of("bob"))

    clear()
    own.write_text(f"{FLIGHT}#")
    assert gonogo.convert(corpus, "--floor", "0").code == 3
    own.write_text(FLIGHT)
    ended = gonogo.convert(corpus, "--floor", "0")
    assert ended.code == 0, ended.stderr
    (opened,) = ended.of_type("gate_opened")
    head = f"{opened['ledger_count']}:{opened['ledger_sha256']}"
    assert script("verify", "--head", head).code == 0

    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "flihgt"\n')
    lost = gonogo.convert(corpus, "--floor", "0")
    assert lost.code == 2
    assert "there is no checklist 'flihgt'; there are " in lost.stderr
