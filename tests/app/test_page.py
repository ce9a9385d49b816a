"""The page of a run: of real conversions under way and ended, and of runs that nobody would wait for."""

from __future__ import annotations

import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import run
from app.run_history import Done, History
from app.run_page import run_html, run_page
from app.run_page_plots import Course, plots_of, rates
from app.run_page_reading import html_of, look_at_run
from app.run_page_signers import signers_of
from app.streams import Data
from engine.checklist.ledger.entries import Opened, Overridden, Signed
from engine.checklist.ledger.store import Ledger
from engine.config import Settings
from engine.convert.events import ShardFailed
from engine.convert.view import Level
from engine.crew.crew import Snapshot
from engine.errors import Fault
from engine.run.events import Check, Event, GateOpened, Paused, Warned, WorkerEnded
from engine.run.folder import RunFolder
from engine.run.outcome import Outcome
from tests.app.program import Ended, Gonogo, until_event
from tests.app.runs_told import GB, done, ended, history, name, paused, planned, quarantined, told
from tests.engine.jobs.window.windows import make, step
from tests.engine.jobs.window.windows import run as run_window
from tests.engine.page.reading import read
from tests.recordings import make_corpus, make_shard, wav_bytes

MOST_BYTES = 2_000_000
HOSTILE = ("<script>alert(1)<", "script>")
"""A source and a shard in it, which together are a tag and its end."""


@dataclass(frozen=True)
class Converted:
    """A conversion that ended, of a corpus with a hostile name in it."""

    home: Path
    corpus: Path
    ended: Ended

    @property
    def folder(self) -> RunFolder:
        return RunFolder.open(self.corpus / ".gonogo" / "runs" / str(self.ended.lines[0]["run"]))


@pytest.fixture(scope="module")
def converted() -> Iterator[Converted]:
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    program = Gonogo(home)
    corpus = make_corpus(home / "corpus", shards=4, clips=3)
    make_shard(corpus.joinpath(*HOSTILE), [("<b>cd</b>.wav", wav_bytes(np.zeros((441, 1), np.float32), 44_100))])
    yield Converted(home, corpus, program.convert(corpus, "--budget", "3h"))
    program.end()
    shutil.rmtree(home)


@pytest.fixture
def page(converted: Converted) -> str:
    return html_of(converted.folder)[0]


def words_of(html: str) -> str:
    return " ".join(" ".join(read(html).words).split())


class TestEnded:
    def test_it_tells_the_outcome_and_what_the_summary_counts(self, converted: Converted, page: str) -> None:
        told_words, summary = words_of(page), converted.ended.summary
        assert "✗ NO-GO" in told_words
        assert f"{summary['counts']['done']} done, 1 quarantined" in told_words
        assert "1 shard quarantined or failed" in told_words
        assert "of a budget of 3:00 h" in told_words

    def test_what_needs_a_person_is_told_in_full_with_the_way_out(self, converted: Converted, page: str) -> None:
        (fault,) = [line["fault"] for line in converted.ended.of_type("shard_quarantined")]
        told_words = words_of(page)
        for part in ("file", "member", "problem", "read", "wanted", "way_out"):
            assert fault[part] in told_words, part

    def test_a_shard_that_is_called_a_script_is_text(self, converted: Converted, page: str) -> None:
        shard = "/".join(HOSTILE)
        assert converted.ended.shards("shard_quarantined") == [shard] == ["<script>alert(1)</script>"]
        assert "script" not in read(page).tags
        assert "b" in read(page).tags, "our own"
        assert "<b>cd" not in page
        assert shard in words_of(page)

    def test_it_runs_nothing_and_asks_nothing_from_anywhere(self, page: str) -> None:
        reading = read(page)
        assert reading.links == []
        assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & set(reading.tags)
        assert not re.findall(r"url\(|@import|@font-face", page)
        assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}
        assert "default-src 'none'" in page

    def test_it_follows_light_and_dark_and_is_made_for_paper_too(self, page: str) -> None:
        assert "prefers-color-scheme: dark" in page
        assert "@media print" in page
        inks = set(re.findall(r'(?:fill|stroke)="([^"]+)"', page))
        assert not inks, "a colour in a picture would be the same in light and dark"

    def test_only_settings_that_are_not_the_default_are_listed(self, converted: Converted, page: str) -> None:
        settings = page.partition("Settings that are not the default")[2].partition("<h2>")[0]
        assert re.findall(r'data-name="Setting">([^<]+)<', settings) == ["convert.budget"]
        assert "3h" in settings
        assert converted.folder.record.versions["numpy"] in page
        assert str(converted.folder.record.host["kernel"]) in words_of(page)

    def test_every_setting_at_its_default_is_said(self) -> None:
        config = msgspec.to_builtins(Settings(), str_keys=True)
        assert "every setting is its default" in run_html(told(history(*planned(1)), config=config))
        config["convert"]["retries"] = 7
        config["gates"] = {"convert.start": "pre-flight"}
        table = run_page(told(history(*planned(1)), config=config)).tables[-3]
        assert table.rows == (("convert.retries", "7", "2"), ("gates.convert.start", "pre-flight", "not set"))

    def test_the_pictures_are_of_what_there_was(self, page: str) -> None:
        svgs = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
        titles = [ET.fromstring(svg)[0].text for svg in svgs]
        assert titles == [
            "Throughput, MB/s of originals",
            "Shards settled, against plan",
            "Workers",
            "The slowest shards",
        ]

    def test_a_damaged_log_is_told_as_far_as_it_goes(self, converted: Converted, tmp_path: Path) -> None:
        copied = tmp_path / "runs" / "r"
        shutil.copytree(converted.folder.path, copied)
        log = copied / "events.jsonl"
        log.write_bytes(log.read_bytes() + b"{nonsense\n")
        html, level = html_of(RunFolder.open(copied))
        assert level is Level.UNKNOWN
        assert "is not an event" in words_of(html)
        assert "4 done" in words_of(html)
        log.unlink()
        assert "its log is gone" in words_of(html_of(RunFolder.open(copied))[0])


class TestCommand:
    def test_it_is_written_whole_and_its_path_is_all_that_stdout_has(
        self, converted: Converted, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(Data, "written", False)
        folder = converted.folder.path
        assert run(["page", str(folder)]) == 0
        assert capfd.readouterr().out == f"{folder}/page.html\n"
        assert (folder / "page.html").read_text().endswith("</html>\n")
        assert not list(folder.glob(".page*"))
        assert run(["page", str(folder), "--json", "--out", str(converted.home / "a.html")]) == 0
        lines = [msgspec.json.decode(line) for line in capfd.readouterr().out.splitlines()]
        assert [line["type"] for line in lines] == ["version", "page", "summary"]
        assert lines[1]["size_bytes"] == (converted.home / "a.html").stat().st_size
        assert lines[1]["level"] == "red"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--out", "a.txt"), "wanted a name that ends in .html"),
            (("--out", "/nowhere/a.html"), "there is no folder /nowhere"),
            (("--out", "/dev/null/a.html"), "there is no folder /dev/null"),
            (("--read-only",), "read-only: "),
        ],
    )
    def test_what_cannot_be_is_told(
        self,
        converted: Converted,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
        arguments: tuple[str, ...],
        said: str,
    ) -> None:
        monkeypatch.setenv("GONOGO_READ_ONLY", "")
        monkeypatch.setattr(Data, "written", False)
        assert run(["page", str(converted.folder.path), *arguments]) != 0
        assert said in capfd.readouterr().err


class TestUnderWay:
    def test_it_is_told_as_of_now_and_a_stop_is_told_as_one(
        self, gonogo: Gonogo, tmp_path: Path, slow_disk: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(gonogo.home / "run"))
        corpus = make_corpus(tmp_path / "corpus", shards=60, clips=6)
        process = gonogo.start_convert(corpus, "--workers", "2", env=slow_disk)
        run_id = until_event(process, "shard_done", 3)[0]["run"]
        folder = RunFolder.open(corpus / ".gonogo" / "runs" / run_id)
        now = look_at_run(folder)
        assert now.snapshot is not None
        told_words = words_of(run_html(now))
        assert "● UNDER WAY" in told_words
        assert re.search(r"as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: under way since", told_words)
        assert "at the pace so far" in told_words
        assert "forecast" in told_words
        process.send_signal(signal.SIGINT)
        assert gonogo.finish(process).code == 130
        html, level = html_of(folder)
        assert (level, "● STOPPED" in words_of(html)) == (Level.YELLOW, True)
        assert "told to stop, after" in words_of(html)

    def test_one_that_is_gone_without_a_word_was_cut_off(self) -> None:
        html = run_html(told(history(*planned(3), (5.0, done(0)))))
        assert "✗ CUT OFF" in words_of(html)
        assert "its engine was killed" in words_of(html)

    def test_red_is_never_coloured_as_if_nothing_were_wrong(self) -> None:
        red = run_page(told(history(*planned(3), (5.0, quarantined(0))), alive=True))
        green = run_page(told(history(*planned(3), (5.0, done(0))), alive=True))
        assert (red.verdict, red.is_go, red.is_open) == ("UNDER WAY: RED", False, False)
        assert (green.verdict, green.is_go, green.is_open) == ("UNDER WAY", False, True)


class TestHistory:
    def test_pauses_are_marked_with_their_reason(self) -> None:
        pause = paused(20.0, 80.0, "<i>no room")
        folded = history(*planned(2), (10.0, done(0)), *pause, (100.0, done(1)), ended(100.0))
        html = run_html(told(folded))
        marks = re.findall(r'<rect class="hold"[^>]*><title>([^<]*)', html)
        assert marks == ["paused for 1:00 min: disk: &lt;i&gt;no room"] * 3
        assert folded.paused_s(100.0) == 60.0
        assert "1:00 min" in words_of(html)

    def test_pauses_at_the_same_time_are_counted_once(self) -> None:
        first, second = paused(20.0, 50.0, "b")
        again = (30.0, Paused(why="disk", detail="c"))
        folded = history(*planned(1), (10.0, Paused(why="operator", detail="a")), first, again, second)
        assert folded.paused_s(60.0) == 50.0
        assert [(one.detail, one.end_s) for one in folded.pauses] == [("a", None), ("b", 30.0), ("c", 50.0)]

    def test_a_clock_that_is_set_back_does_not_turn_time_round(self) -> None:
        folded = history(*planned(3), (50.0, done(0)), (20.0, done(1)), (60.0, done(2)))
        assert folded.settled_s == [50.0, 50.0, 60.0]
        assert plots_of(folded, Course(60.0, 3))

    def test_what_an_attempt_met_and_another_mended_needs_nobody(self) -> None:
        folded = history(*planned(1), (1.0, quarantined(0)), (2.0, done(0)), ended(3.0))
        assert folded.all_troubles == []
        assert run_page(told(folded)).verdict == "GO"

    def test_lost_workers_and_an_overridden_gate_are_worth_knowing(self) -> None:
        opened = GateOpened(
            gate="convert.start", checklist="p", ledger_count=1, ledger_sha256="0", overridden_by="ann", reason="late"
        )
        lost = WorkerEnded(worker=3, pid=9, how="killed", detail="signal 9")
        page = run_page(told(history((0.0, opened), *planned(1), (1.0, lost), (2.0, done(0)), ended(3.0))))
        assert "convert.start was opened by ann against its checklist: late" in page.cautions
        assert "1 worker lost on the way" in page.cautions

    @given(
        st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 2000), st.integers(0, 10**12)), min_size=1, max_size=30),
        st.integers(1, 80),
    )
    def test_all_bytes_are_in_the_throughput_wherever_the_bins_are(
        self, shards: list[tuple[float, float, int]], bins: int
    ) -> None:
        found = rates([Done(at_s, "s", took, size, 0) for at_s, took, size in shards], 1000.0, bins)
        assert len(found) == bins
        assert min(found) >= 0
        assert sum(found) * 1000.0 / bins == pytest.approx(sum(size for _, _, size in shards), rel=1e-6, abs=1e-6)

    def test_the_forecast_and_the_budget_are_drawn_towards_what_is_to_do(self) -> None:
        folded = history(*planned(4), (10.0, done(0)), (20.0, done(1)))
        course = Course(20.0, 4, budget_s=40.0, eta_s=20.0)
        (svg,) = [plot.svg for plot in plots_of(folded, course) if "plan" in plot.title]
        drawn = [one.attrib for one in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}polyline")]
        lines = {one["class"]: one["points"].split() for one in drawn}
        corner = "360.0,34.0"
        assert lines["line third dashed"][-1] == lines["line second dashed"][-1] == corner


class TestLarge:
    def test_a_hundred_thousand_shards_make_a_page_that_a_mail_carries(self) -> None:
        events: list[tuple[float, Event]] = [(number / 10, done(number)) for number in range(100_000)]
        folded = history(*planned(100_000), *events, ended(10_000.0))
        html = run_html(told(folded))
        assert "100,000" in words_of(html)
        assert len(html.encode()) < 200_000

    def test_a_hundred_thousand_failures_are_counted_by_kind_and_told_as_far_as_there_is_room(self) -> None:
        events = [(number / 10, quarantined(number, f'"{number % 3}" ' + "<&>" * 150)) for number in range(100_000)]
        folded = history(*planned(100_000), *events, ended(10_000.0, Outcome.SOME_FAILED))
        page = run_page(told(folded))
        assert [row[0] for row in page.tables[0].rows] == ["33,334", "33,333", "33,333"]
        full = next(table for table in page.tables if table.title.endswith("shard by shard"))
        assert f"{100_000 - len(full.rows):,} more are in events.jsonl" in full.note
        assert len(full.rows) > 200
        assert len(run_html(told(folded)).encode()) < MOST_BYTES

    def test_names_that_swell_when_they_are_escaped_stay_a_page(self) -> None:
        nuisance = '"' * 600
        tried = ShardFailed(shard=nuisance, source="s", fault=Fault(nuisance, read=nuisance), final=False)
        events: list[tuple[float, Event]] = [(0.0, Warned(problem=f"{number}{nuisance * 9}")) for number in range(200)]
        events += [(0.0, Check(id=nuisance, ask=nuisance, state="fail", read=nuisance, wanted=nuisance))] * 500
        events += [(0.0, tried)] * 500
        events += [(0.0, quarantined(number, nuisance)) for number in range(500)]
        html = run_html(told(history(*planned(500), *events), ending=[nuisance] * 500))
        assert 1_000_000 < len(html.encode()) < MOST_BYTES

    def test_changes_and_pauses_without_end_stay_a_page(self) -> None:
        flapping = [each for number in range(20_000) for each in paused(number, number + 0.5, "x" * 300)]
        warned = [(0.0, WorkerEnded(worker=1, pid=1, how="silent", detail="y" * 500))] * 5_000
        folded = history(*planned(2), *warned, *flapping, (20_000.0, done(0)), (20_001.0, done(1)), ended(20_001.0))
        assert len(run_html(told(folded)).encode()) < MOST_BYTES


class TestGate:
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Ledger:
        return Ledger(tmp_path, tmp_path, "gonogo test")

    def test_who_signed_the_list_is_told_and_who_signed_another_is_not(self, ledger: Ledger, tmp_path: Path) -> None:
        now, before = "a" * 64, "b" * 64
        signed = Signed(list="pre-flight", list_sha256=now, by="<b>ann", role="operator", covers=())
        override = Overridden(
            list="pre-flight",
            list_sha256=now,
            gate="convert.start",
            by="bob",
            role="lead",
            reason="we must",
            missing=("x",),
        )
        for entry in (signed, signed.but(list_sha256=before, by="old"), override):
            ledger.append(entry, lambda _: "s")
        line = ledger.append(Opened(list="pre-flight", list_sha256=now, gate="convert.start", run="r"))
        opened = GateOpened(
            gate="convert.start", checklist="pre-flight", ledger_count=line.number, ledger_sha256=line.sha256
        )
        found = signers_of(tmp_path, opened)
        assert [row[:2] for row in found.rows] == [("<b>ann", "operator"), ("bob", "lead")]
        assert found.rows[1][2] == "opened convert.start against the list, once: we must"
        html = run_html(replace(told(history(*planned(1))), signers=found))
        assert "<b>ann" not in html
        assert "&lt;b&gt;ann" in html

        other = msgspec.structs.replace(opened, ledger_sha256="0" * 64)
        assert "another than then" in signers_of(tmp_path, other).empty
        assert "cannot be read" in signers_of(tmp_path / "gone", opened).empty


class TestWindow:
    async def test_its_timetable_is_told_planned_and_actual_with_its_slack(self, tmp_path: Path) -> None:
        corpus = make(tmp_path, step("inventory"), step("convert"), step("validate", 'drop = "nobody signs"'), shards=2)
        make_shard(corpus / "final-export" / "odd", [("cd.wav", wav_bytes(np.zeros((441, 1), np.float32), 44_100))])
        window = await run_window(corpus, drop=("validate",))
        html, level = html_of(RunFolder.open(corpus / ".gonogo" / "runs" / window.run))
        told_words = words_of(html)
        assert level is Level.RED
        assert "Slack" in told_words
        assert "planned 7:00 min" in told_words
        timetable = html.partition("<h2>Timetable")[2].partition("</table>")[0]
        states = re.findall(r'data-name="State">([^<]+)<', timetable)
        assert states == ["x FAILED", "· waiting", "- dropped"]
        assert re.findall(r'data-name="Planned">([^<]+)<', timetable) == ["0:00-1:00", "1:00-2:00", "2:00-3:00"]
        assert "cd.wav" in told_words, "what its steps ran into needs a person too"
        assert window.step_run("inventory") in told_words
        assert "Timetable, planned and actual" in told_words

    async def test_one_that_never_came_to_its_plan_has_a_page(self, tmp_path: Path) -> None:
        corpus = make(tmp_path, step("inventory"), shards=1)
        window = await run_window(corpus)
        folder = corpus / ".gonogo" / "runs" / window.run
        log = folder / "events.jsonl"
        log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
        html, _ = html_of(RunFolder.open(folder))
        assert "✗ CUT OFF" in words_of(html)


def snapshot(eta: bool) -> Snapshot:
    return Snapshot(
        run="r",
        job="convert",
        elapsed_s=10.0,
        workers_wanted=1,
        workers=(),
        pauses={},
        stopping=False,
        settled=1,
        to_do=4,
        bytes_done=GB if eta else 0,
        bytes_to_do=4 * GB,
    )


@pytest.mark.parametrize("eta", [True, False])
def test_how_long_it_still_takes_is_told_where_it_is_known(eta: bool) -> None:
    now = told(history(*planned(4), (10.0, done(0))), alive=True, snapshot=snapshot(eta))
    assert ("Still to go" in words_of(run_html(now))) is eta
    assert name(0) in run_html(now)


def test_a_run_of_nothing_has_a_page() -> None:
    assert "nothing was written" in words_of(run_html(told(History())))
