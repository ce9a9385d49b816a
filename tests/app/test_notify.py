"""Notices of real runs, at real receivers on loopback."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from app.bell import Bell
from engine.config import Settings
from engine.convert.events import ShardQuarantined, ShardStarted
from engine.errors import Fault
from engine.jobs.ended import EndedEarly
from engine.jobs.registry import Order
from engine.run.outcome import Outcome
from tests.app.program import Ended, Gonogo, until_event
from tests.app.receivers import DEADLINE_S, Mail, Request, Web, hanging, mail_server, web
from tests.engine.jobs.window.windows import make, step
from tests.recordings import make_corpus

PASSWORD = "correct-horse-battery"
TOPIC = "hush-topic-4711"
SECRETS = (PASSWORD, TOPIC, "tok_B00", "olga", "team")


@pytest.fixture
def hook() -> Iterator[Web]:
    with web() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[Mail]:
    with mail_server() as server:
        yield server


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return make_corpus(tmp_path / "speech-corpus", shards=3, clips=2)


def hook_url(port: int) -> str:
    return f"json://olga:{PASSWORD}@127.0.0.1:{port}/tok_B00"


def ntfy_url(port: int) -> str:
    return f"ntfy://127.0.0.1:{port}/{TOPIC}"


def mail_url(port: int) -> str:
    return f"mailto://127.0.0.1:{port}?from=olga@example.org&to=team@example.org&mode=insecure"


def damage(shard: Path) -> None:
    tar = shard / "audio.tar"
    tar.write_bytes(tar.read_bytes()[:700])


def told(request: Request) -> tuple[str, str]:
    """The title and the text of a notice, as apprise writes them for a webhook."""
    return request.body["title"], request.body["message"]


def nothing_secret(ended: Ended, *folders: Path) -> None:
    """No secret is on a stream or in a file that the run has left."""
    texts = {"stdout": ended.stdout, "stderr": ended.stderr}
    texts |= {
        str(path): path.read_text(errors="replace") for top in folders for path in top.rglob("*") if path.is_file()
    }
    assert any(name.endswith("run.json") for name in texts) or not folders
    assert not [(name, secret) for name, text in texts.items() for secret in SECRETS if secret in text]


def test_the_end_of_a_run_is_told_to_a_webhook_an_ntfy_topic_and_a_mailbox(
    gonogo: Gonogo, corpus: Path, hook: Web, mail: Mail
) -> None:
    with web() as ntfy:
        urls = f"{hook_url(hook.port)}, {ntfy_url(ntfy.port)}, {mail_url(mail.port)}"
        ended = gonogo.convert(corpus, env={"GONOGO_NOTIFY_URLS": urls})
        assert ended.code == 0, ended.stderr
        title, body = told(hook.next())
        assert title == "GO: convert ended - speech-corpus"
        assert "Shards: 3 done." in body
        assert body.endswith(f"gonogo status {ended.summary['run']}")
        pushed = ntfy.next().body
        assert (pushed["topic"], pushed["title"]) == (TOPIC, title)
        letter = mail.next()
        assert (letter["Subject"], letter["To"]) == (title, "team@example.org")
        content = letter.get_body(("plain", "html"))
        assert content is not None
        assert "Shards: 3 done." in content.get_content()
        assert not hook.rest() + ntfy.rest(), "one end, one notice"
    assert not ended.of_type("warned")
    nothing_secret(ended, corpus / ".gonogo")


def test_a_quarantined_shard_is_told_while_the_run_goes_on_and_again_with_its_end(
    gonogo: Gonogo, corpus: Path, hook: Web, slow_disk: dict[str, str]
) -> None:
    damage(corpus / "final-export" / "shard_00000")
    make_corpus(corpus, shards=3, clips=8, clip_s=1.0, source="long")
    process = gonogo.start_convert(
        corpus, "--workers", "1", env={**slow_disk, "GONOGO_NOTIFY_URLS": hook_url(hook.port)}
    )
    until_event(process, "shard_quarantined")
    title, body = told(hook.next())
    assert process.poll() is None, "it is told at once, not at the end"
    ended = gonogo.finish(process)
    assert title == "RED: 1 shard quarantined - speech-corpus"
    assert body.startswith("final-export/shard_00000: ")
    assert "The originals are untouched; the run goes on with the other shards." in body
    assert re.search(r"gonogo attach \S+-convert-\w{4}$", body)
    title, body = told(hook.next())
    assert title == "RED: convert ended NO-GO, 1 quarantined - speech-corpus"
    assert "Shards: 5 done, 1 quarantined." in body
    assert ended.code == 1


def test_many_bad_shards_are_two_notices(gonogo: Gonogo, tmp_path: Path, hook: Web) -> None:
    corpus = make_corpus(tmp_path / "speech-corpus", shards=40, clips=1)
    for shard in (corpus / "final-export").iterdir():
        damage(shard)
    ended = gonogo.convert(corpus, env={"GONOGO_NOTIFY_URLS": hook_url(hook.port)})
    assert ended.summary["counts"]["quarantined"] == 40
    titles = [told(request)[0] for request in hook.rest()]
    assert titles == [
        "RED: 1 shard quarantined - speech-corpus",
        "RED: convert ended NO-GO, 40 quarantined - speech-corpus",
    ]


def test_a_closed_gate_calls_for_a_person_and_says_what_is_missing(gonogo: Gonogo, corpus: Path, hook: Web) -> None:
    (corpus / "gonogo.toml").write_text(
        f'[gates]\n"convert.start" = "phase2-conversion"\n[notify]\nurls = ["{hook_url(hook.port)}"]\non = ["person"]\n'
    )
    ended = gonogo.convert(corpus, "--floor", "0")
    assert ended.code == 3
    title, body = told(hook.next())
    assert title == "NEEDS A PERSON: convert waits at a closed gate - speech-corpus"
    assert "the checklist 'phase2-conversion' says NO-GO" in body
    assert f"gonogo checklist run phase2-conversion --corpus {corpus}" in body
    nothing_secret(ended, corpus / ".gonogo")


def test_receivers_that_are_down_refuse_or_hang_cost_a_run_a_warning_and_no_more(
    gonogo: Gonogo, corpus: Path, hook: Web
) -> None:
    damage(corpus / "final-export" / "shard_00000")
    with ExitStack() as stack:
        with web() as gone:
            closed = gone.port
        refusing = stack.enter_context(web(403))
        silent = stack.enter_context(hanging())
        urls = [hook_url(closed), hook_url(refusing.port), f"{hook_url(silent.port)}?rto=1", "nosuch://tok_B00/team"]
        began = time.monotonic()
        ended = gonogo.convert(corpus, env={"GONOGO_NOTIFY_URLS": " ".join([*urls, hook_url(hook.port)])})
        assert time.monotonic() - began < 30
    assert (ended.code, ended.summary["counts"]["done"]) == (1, 2)
    assert [line["type"] for line in ended.lines][-1] == "summary"
    assert len(hook.rest()) == 2, "one that works waits for none of the others"
    problems = "\n".join(event["problem"] for event in ended.of_type("warned"))
    assert f"json://127.0.0.1:{closed}/…: a notice was not delivered: no connection" in problems
    assert f"json://127.0.0.1:{refusing.port}/…: a notice was not delivered: it answered 403" in problems
    assert f"json://127.0.0.1:{silent.port}/…: a notice was not delivered: no connection, or no answer" in problems
    assert "nosuch://…: nobody is told by this address" in problems
    nothing_secret(ended, corpus / ".gonogo")


def test_a_run_that_is_stopped_tells_so(gonogo: Gonogo, tmp_path: Path, hook: Web, slow_disk: dict[str, str]) -> None:
    corpus = make_corpus(tmp_path / "speech-corpus", shards=6, clips=8, clip_s=1.0)
    env = {**slow_disk, "GONOGO_NOTIFY_URLS": hook_url(hook.port)}
    process = gonogo.start_convert(corpus, "--workers", "1", env=env)
    until_event(process, "shard_started")
    process.send_signal(signal.SIGTERM)
    ended = gonogo.finish(process)
    title, body = told(hook.next())
    assert ended.code == 143
    assert title == "STOPPED: convert was terminated - speech-corpus"
    assert "still to be done. Run it again and it goes on." in body


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM], ids=lambda which: which.name)
def test_a_signal_ends_the_wait_for_a_last_notice_that_hangs_and_the_run_has_ended_well(
    gonogo: Gonogo, corpus: Path, which: signal.Signals
) -> None:
    with hanging() as silent:
        process = gonogo.start_convert(corpus, env={"GONOGO_NOTIFY_URLS": f"{hook_url(silent.port)}?rto=600"})
        assert silent.met.wait(DEADLINE_S)
        process.send_signal(which)
        ended = gonogo.finish(process)
    summary = ended.summary
    assert (ended.code, summary["type"], summary["outcome"], summary["counts"]["done"]) == (0, "summary", "ok", 3)
    assert last_recorded(corpus) == summary
    (warned,) = ended.of_type("warned")
    assert "a signal ended the wait for it; the last notices may not have come" in warned["problem"]


def test_a_terminal_lost_while_the_last_notice_is_on_its_way_ends_nothing(gonogo: Gonogo, corpus: Path) -> None:
    with hanging() as silent:
        process = gonogo.start_convert(corpus, env={"GONOGO_NOTIFY_URLS": f"{hook_url(silent.port)}?rto=2"})
        assert silent.met.wait(DEADLINE_S)
        process.send_signal(signal.SIGHUP)
        ended = gonogo.finish(process)
    assert (ended.code, ended.summary["outcome"]) == (0, "ok")
    assert last_recorded(corpus) == ended.summary
    (warned,) = ended.of_type("warned")
    assert "a notice was not delivered" in warned["problem"], "the wait went on until the service was given up"


def test_a_run_that_a_closed_gate_ended_keeps_its_reason_when_it_is_terminated_while_it_tells(
    gonogo: Gonogo, corpus: Path
) -> None:
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "phase2-conversion"\n')
    with hanging() as silent:
        env = {"GONOGO_NOTIFY_URLS": f"{hook_url(silent.port)}?rto=600"}
        process = gonogo.start_convert(corpus, "--floor", "0", env=env)
        assert silent.met.wait(DEADLINE_S)
        process.send_signal(signal.SIGTERM)
        ended = gonogo.finish(process)
    assert (ended.code, ended.summary["outcome"]) == (3, "gate_closed")
    assert last_recorded(corpus) == ended.summary


def last_recorded(corpus: Path) -> dict[str, Any]:
    """The last line of the log of the one run that a corpus has had."""
    (log,) = (corpus / ".gonogo" / "runs").glob("*/events.jsonl")
    last: dict[str, Any] = json.loads(log.read_text().splitlines()[-1])
    return last


def test_a_window_tells_of_its_steps_shards_once_and_ends_once(gonogo: Gonogo, tmp_path: Path, hook: Web) -> None:
    corpus = make(tmp_path, step("inventory", 'red = "go on"'), step("convert"), step("validate"))
    damage(next(iter(sorted(corpus.rglob("audio.tar")))).parent)
    env = {"GONOGO_NOTIFY_URLS": hook_url(hook.port)}
    ended = gonogo("--no-ui", "--json", "window", corpus, "--timetable", "small", env=env)
    notices = [told(request) for request in hook.rest()]
    assert [title for title, _ in notices] == [
        f"RED: 1 shard quarantined - {corpus.name}",
        f"RED: window ended NO-GO, convert failed - {corpus.name}",
    ], ended.stderr
    assert all(ended.summary["run"] in body for _, body in notices), "a step is told of under its window's name"
    assert "Steps: 1 waiting, 1 done, 1 failed." in notices[-1][1]


def test_a_test_notice_says_of_each_address_whether_it_came(gonogo: Gonogo, corpus: Path, hook: Web) -> None:
    with web() as gone:
        closed = gone.port
    good = {"GONOGO_NOTIFY_URLS": hook_url(hook.port)}
    assert gonogo("notify", "test", corpus, env=good).code == 0
    assert told(hook.next())[0].startswith("TEST: notices arrive - ")
    both = {"GONOGO_NOTIFY_URLS": f"{hook_url(closed)},{hook_url(hook.port)}"}
    ended = gonogo("--json", "notify", "test", corpus, env=both)
    assert ended.code == 1
    rows = ended.of_type("notify_tested")
    assert [(row["number"], row["address"], row["delivered"]) for row in rows] == [
        (1, f"json://127.0.0.1:{closed}/…", False),
        (2, f"json://127.0.0.1:{hook.port}/…", True),
    ]
    assert ended.summary["outcome"] == "some_failed"
    plain = gonogo("notify", "test", corpus, env=both)
    assert re.search(rf"✗ FAILED +1 +json://127.0.0.1:{closed}/… +no connection", plain.stdout)
    for each in (ended, plain):
        nothing_secret(each)
    assert gonogo("notify", "test", corpus).code == 2


def test_settings_are_shown_and_recorded_masked_and_only_what_is_asked_for_is_told(
    gonogo: Gonogo, corpus: Path, hook: Web
) -> None:
    urls = [hook_url(hook.port), f"slack://tok_B00/{TOPIC}/{PASSWORD}"]
    (corpus / "gonogo.toml").write_text(f'[notify]\nurls = {json.dumps(urls)}\non = ["red", "person"]\n')
    masked = [f"json://127.0.0.1:{hook.port}/…", "slack://…"]
    shown = gonogo("--json", "config", "show", corpus)
    (row,) = [row for row in shown.of_type("setting") if row["key"] == "notify.urls"]
    assert row["value"] == masked
    plain = gonogo("config", "show", corpus)
    assert ", ".join(masked) in plain.stdout
    assert gonogo.convert(corpus).code == 0
    (record,) = (corpus / ".gonogo" / "runs").glob("*/run.json")
    assert json.loads(record.read_text())["config"]["notify"]["urls"] == masked
    assert not hook.rest(), "an end was not asked for"
    nothing_secret(plain, corpus / ".gonogo")
    nothing_secret(shown)


def test_a_watch_tells_of_a_red_alert_once(gonogo: Gonogo, home: Path, hook: Web) -> None:
    log = home / "train.log"
    lines = [f"Epoch 1/20 | Batch {10 * at} | Loss: {2.5 + 0.01 * (at % 7):.3f} | LR: 1e-4\n" for at in range(1, 100)]
    log.write_text("".join(lines))
    process = gonogo.start("--no-ui", "--json", "watch", log, env={"GONOGO_NOTIFY_URLS": hook_url(hook.port)})
    until_event(process, "source")
    with log.open("a") as out:
        out.write("Epoch 1/20 | Batch 1000 | Loss: nan | LR: 1e-4\n")
    until_event(process, "alert")
    title, body = told(hook.next())
    process.send_signal(signal.SIGTERM)
    ended = gonogo.finish(process)
    assert re.match(r"RED: .*nan at step 1,000; a finite number was wanted - .*train", title)
    assert "Look at it on " in body
    assert not hook.rest()
    nothing_secret(ended)


def test_the_bell_rings_for_what_would_be_a_notice(tmp_path: Path) -> None:
    rung: list[bool] = []
    bell = Bell(Order("convert", tmp_path, Settings()), lambda: rung.append(True))
    bell.hear(ShardStarted(shard="a", worker=1, bytes_in=1), b"")
    assert not rung
    bell.hear(ShardQuarantined(shard="a", source="s", fault=Fault("bad")), b"")
    bell.hear(ShardQuarantined(shard="b", source="s", fault=Fault("bad")), b"")
    assert len(rung) == 1
    bell.hear(EndedEarly(job="convert", outcome=Outcome.ERROR, seconds=1.0, detail="no more"), b"")
    assert len(rung) == 2
