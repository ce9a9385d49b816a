"""``gonogo metrics``: what Prometheus' own parser reads of real runs, under way and ended."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import httpx
import numpy as np
import psutil
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from app.cli import run
from app.metrics_exposition import exposition
from app.metrics_families import FAMILIES, PREFIX, RUN_LABELS
from app.metrics_look import Looking
from app.metrics_server import MOST_AT_ONCE
from app.streams import Data
from engine.errors import printable
from engine.jobs.window.events import StepState
from engine.run.folder import RunFolder
from engine.run.outcome import Outcome
from tests.app.program import Ended, Gonogo, until, until_event
from tests.engine.jobs.window.windows import make, step
from tests.engine.jobs.window.windows import run as run_window
from tests.recordings import make_corpus, make_shard, wav_bytes

AWKWARD = 'a "b" \\ {c="d"} 1\n\x1b[31m'
ROOT = Path(__file__).parents[2]
UNITS = ("_seconds", "_bytes", "_total", "_info")
COUNTS = {"gonogo_up", "gonogo_level", "gonogo_outcome", "gonogo_stopping", "gonogo_paused", "gonogo_shards"}
COUNTS |= {"gonogo_workers_wanted", "gonogo_workers_busy", "gonogo_window_step_state"}
"""Figures that count things or answer yes or no: they have no unit."""


class Read:
    """An exposition, as Prometheus reads it."""

    def __init__(self, text: str) -> None:
        assert text.endswith("\n")
        self.families: list[Metric] = list(text_string_to_metric_families(text))
        self.samples = [sample for family in self.families for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        (found,) = self.values(name, **labels)
        return found

    def values(self, name: str, **labels: str) -> list[float]:
        return [
            sample.value
            for sample in self.samples
            if sample.name == name and all(sample.labels[label] == value for label, value in labels.items())
        ]


def told(ended: Ended) -> Read:
    assert ended.code == 0, ended.stderr
    return Read(ended.stdout)


def make_mixed(folder: Path) -> Path:
    """Make three shards to convert, one that needs none, and one that a person has to look at."""
    corpus = make_corpus(folder, shards=3, clips=3)
    make_corpus(corpus, shards=1, source="broadcast", rate_hz=16_000)
    make_shard(corpus / "final-export" / "odd", [("cd.wav", wav_bytes(np.zeros((441, 1), np.float32), 44_100))])
    return corpus


@dataclass(frozen=True)
class Converted:
    """A conversion that ended, in a corpus with an awkward name."""

    home: Path
    corpus: Path
    ended: Ended

    @property
    def run(self) -> str:
        return str(self.ended.lines[0]["run"])

    @property
    def summary(self) -> dict[str, Any]:
        return self.ended.summary


@pytest.fixture(scope="module")
def converted() -> Iterator[Converted]:
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    program = Gonogo(home)
    corpus = make_mixed(home / AWKWARD)
    yield Converted(home, corpus, program.convert(corpus))
    program.end()
    shutil.rmtree(home)


class Here:
    """The program in this process, with the runs of one home."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        for variable, name in (("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")):
            monkeypatch.setenv(variable, str(home / name))
        monkeypatch.setattr(Data, "written", False)  # of a process that has told nothing yet
        monkeypatch.setenv("GONOGO_READ_ONLY", "")  # an option sets it for good: the test takes that back
        monkeypatch.chdir(home)
        self._captured = capfd

    def __call__(self, *args: str | Path) -> Ended:
        code = run([str(arg) for arg in args])
        said = self._captured.readouterr()
        return Ended(code, said.out, said.err)


@pytest.fixture
def here(converted: Converted, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Here:
    return Here(converted.home, monkeypatch, capfd)


class TestEnded:
    def test_a_run_that_has_ended_still_tells_how(self, here: Here, converted: Converted) -> None:
        read, summary = told(here("metrics", converted.run)), converted.summary
        shards = {state: int(read.value("gonogo_shards", state=state)) for state in ("done", "skipped", "quarantined")}
        assert shards == {state: summary["counts"][state] for state in shards}
        assert shards == {"done": 3, "skipped": 1, "quarantined": 1}
        assert (read.value("gonogo_up"), read.value("gonogo_level")) == (0, 2)
        assert read.value("gonogo_outcome", outcome="some_failed") == 1
        assert sum(read.values("gonogo_outcome")) == 1
        assert len(read.values("gonogo_outcome")) == len(Outcome)
        assert read.value("gonogo_read_bytes_total") == summary["bytes_in"] > 0
        assert read.value("gonogo_written_bytes_total") == summary["bytes_out"] > 0
        assert read.value("gonogo_done_bytes") == read.value("gonogo_to_do_bytes") > summary["bytes_in"]
        assert read.value("gonogo_elapsed_seconds") == pytest.approx(summary["seconds"])
        assert read.value("gonogo_workers_busy") == 0

    def test_every_figure_names_its_run_and_is_of_the_kind_that_its_name_says(
        self, here: Here, converted: Converted
    ) -> None:
        read = told(here("metrics", converted.run))
        about = {"run": converted.run, "job": "convert", "corpus": printable(str(converted.corpus))}
        for sample in read.samples:
            assert {label: sample.labels[label] for label in RUN_LABELS} == about
        for family in read.families:
            grows = all(sample.name.endswith("_total") for sample in family.samples)
            assert family.type == ("counter" if grows else "gauge")
            assert family.documentation.endswith(".")

    def test_foreign_text_is_escaped_for_the_parser_and_for_a_terminal(self, here: Here, converted: Converted) -> None:
        ended = here("metrics", converted.run)
        assert "\x1b" in AWKWARD
        assert "\x1b" not in ended.stdout
        assert AWKWARD.splitlines()[0] in told(ended).samples[0].labels["corpus"]

    def test_as_json_each_figure_is_a_line(self, here: Here, converted: Converted) -> None:
        ended = here("metrics", converted.run, "--json")
        done = [row for row in ended.of_type("metric") if row["labels"].get("state") == "done"]
        assert [(row["name"], row["value"]) for row in done] == [("gonogo_shards", 3.0)]
        assert (ended.lines[0]["type"], ended.summary["rows"]) == ("version", len(ended.of_type("metric")))

    def test_a_damaged_log_is_level_unknown_and_what_was_legible_is_told(self, here: Here, copied: Path) -> None:
        log = copied / "events.jsonl"
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(lines[:-1]) + b"{nonsense\n" + lines[-1])
        read = told(here("metrics", copied))
        assert (read.value("gonogo_level"), read.value("gonogo_shards", state="done")) == (3, 3)

    async def test_a_window_tells_slack_and_steps_and_its_steps_tell_for_themselves(self, tmp_path: Path) -> None:
        corpus = make(tmp_path, step("inventory"), step("convert"), step("validate", 'drop = "nobody signs"'), shards=2)
        window = await run_window(corpus, drop=("validate",))
        folder = RunFolder.open(corpus / ".gonogo" / "runs" / window.run)
        read = Read(exposition(Looking(lambda: folder)()).decode())
        assert 0 < read.value("gonogo_window_planned_slack_seconds") < read.value("gonogo_window_slack_seconds") < 600
        found = {
            (sample.labels["step"], sample.labels["state"])
            for sample in read.samples
            if sample.name == "gonogo_window_step_state" and sample.value
        }
        assert found == {("inventory", "done"), ("convert", "done"), ("validate", "dropped")}
        assert len(read.values("gonogo_window_step_state")) == 3 * len(StepState)
        assert read.value("gonogo_window_step_budget_seconds", step="convert") == 60
        assert read.value("gonogo_shards", job="convert", state="done") == 2
        assert [read.value("gonogo_up", job=job) for job in ("window", "inventory", "convert")] == [0, 0, 0]


class TestUnderWay:
    def test_a_server_tells_of_now_and_a_text_file_is_never_half(
        self,
        gonogo: Gonogo,
        tmp_path: Path,
        slow_disk: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        here = Here(gonogo.home, monkeypatch, capfd)
        corpus = make_corpus(tmp_path / "corpus", shards=60, clips=6)
        (corpus / "gonogo.toml").write_text('[convert]\nfloor = "1MB"\nworkers = 2\n')
        (tmp_path / "collector").mkdir()
        file = tmp_path / "collector" / "gonogo.prom"
        conversion = gonogo.start_convert(corpus, env=slow_disk)
        until_event(conversion, "shard_done")
        assert here("pause").code == 0
        server = gonogo.start("metrics", "--listen", "127.0.0.1:0")
        writer = gonogo.start("metrics", "--textfile", file, "--every", "1s")
        assert server.stderr is not None
        url = server.stderr.readline().split()[1]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics", url)

        def scrape() -> Read:
            with urlopen(url) as answer:
                assert answer.headers.get_content_type() == "text/plain"
                return Read(answer.read().decode())

        read = scrape()
        assert (read.value("gonogo_up"), read.value("gonogo_level"), read.value("gonogo_workers_wanted")) == (1, 1, 2)
        assert read.value("gonogo_paused", reason="operator") == sum(read.values("gonogo_paused")) == 1
        assert 0 < read.value("gonogo_done_bytes") < read.value("gonogo_to_do_bytes")
        assert read.value("gonogo_free_bytes") > read.value("gonogo_floor_bytes") == 1e6
        assert read.value("gonogo_eta_seconds") > 0
        assert sum(read.values("gonogo_outcome")) == 0
        until(lambda: scrape().value("gonogo_workers_busy") == 0, "what was in hand to be finished")
        until(lambda: scrape().values("gonogo_worker_memory_bytes"), "the workers' memory to be known")
        assert min(scrape().values("gonogo_worker_memory_bytes")) > 1e6

        until(file.exists, "the first file")
        written = {file.stat().st_ino}

        def read_again() -> bool:
            read = Read(file.read_text())
            assert read.families[-1].name == "gonogo_floor_bytes"
            written.add(file.stat().st_ino)
            return len(written) > 1

        until(read_again, "another file")
        assert here("stop").code == 0
        until(lambda: scrape().value("gonogo_up") == 0, "the end to be told")
        assert scrape().value("gonogo_outcome", outcome="interrupted") == 1
        assert gonogo.finish(writer).code == 0
        read = Read(file.read_text())
        assert (read.value("gonogo_up"), read.value("gonogo_outcome", outcome="interrupted")) == (0, 1)
        assert [path.name for path in file.parent.iterdir()] == ["gonogo.prom"]

        first = scrape().samples[0].labels["run"]
        here("--no-ui", "inventory", make_corpus(tmp_path / "other", shards=1, clips=1))
        assert scrape().samples[0].labels["run"] != first, "without a name, it is the newest that is told of"
        server.send_signal(signal.SIGTERM)
        assert gonogo.finish(server).code == 143


@contextmanager
def refused(path: Path, *, by: str) -> Iterator[None]:
    """Let the disk refuse a file for a while: what is there cannot be opened."""
    aside = path.with_suffix(".aside")
    path.rename(aside)
    if by == "a loop":
        path.symlink_to(path.name)
    else:
        path.mkdir()
    yield
    path.unlink() if by == "a loop" else path.rmdir()
    aside.rename(path)


@pytest.fixture
def copied(converted: Converted, tmp_path: Path) -> Path:
    """The folder of a run that ended, to be meddled with."""
    copied = tmp_path / "runs" / converted.run
    shutil.copytree(converted.corpus / ".gonogo" / "runs" / converted.run, copied)
    return copied


class TestRefusedByTheDisk:
    def test_a_log_that_cannot_be_read_for_a_moment_is_read_at_the_next_look(self, copied: Path) -> None:
        looking = Looking(lambda: RunFolder.open(copied))
        with refused(copied / "events.jsonl", by="a folder"):
            assert Read(exposition(looking()).decode()).value("gonogo_level") == 3
        read = Read(exposition(looking()).decode())
        assert (read.value("gonogo_level"), read.value("gonogo_shards", state="done")) == (2, 3)

    def test_a_damaged_log_stays_so(self, copied: Path) -> None:
        looking, log = Looking(lambda: RunFolder.open(copied)), copied / "events.jsonl"
        whole = log.read_bytes()
        log.write_bytes(b"{nonsense\n" + whole)
        assert Read(exposition(looking()).decode()).value("gonogo_level") == 3
        log.write_bytes(b"{nonsense\n" + whole + whole)
        assert Read(exposition(looking()).decode()).value("gonogo_level") == 3

    def test_a_text_file_waits_for_a_run_that_cannot_be_looked_at(
        self, gonogo: Gonogo, copied: Path, tmp_path: Path
    ) -> None:
        with refused(copied / "alive.lock", by="a loop"):
            writer = gonogo.start("metrics", copied, "--textfile", tmp_path / "a.prom", "--every", "1s")
            assert writer.stderr is not None
            said = writer.stderr.readline()
            assert "the run could not be looked at" in said
            assert "alive.lock: Too many levels of symbolic links" in said
            assert not (tmp_path / "a.prom").exists()
        ended = gonogo.finish(writer)
        assert (ended.code, Read((tmp_path / "a.prom").read_text()).value("gonogo_level")) == (0, 2)

    def test_a_server_answers_nothing_while_a_run_cannot_be_looked_at(self, gonogo: Gonogo, copied: Path) -> None:
        with serving(gonogo, copied) as url:
            with refused(copied / "alive.lock", by="a loop"):
                assert httpx.get(url).text == ""
            assert Read(httpx.get(url).text).value("gonogo_level") == 2


@contextmanager
def serving(gonogo: Gonogo, run: Path) -> Iterator[str]:
    """Serve a run; yields the address. At the end it said nothing more."""
    server = gonogo.start("metrics", run, "--listen", "127.0.0.1:0")
    assert server.stderr is not None
    yield server.stderr.readline().split()[1]
    server.send_signal(signal.SIGTERM)
    ended = gonogo.finish(server)
    assert (ended.code, ended.stderr) == (143, "")


class TestWhoAsks:
    def test_a_name_that_a_site_let_point_here_is_refused_and_told_nothing(self, gonogo: Gonogo, copied: Path) -> None:
        with serving(gonogo, copied) as url:
            port = httpx.URL(url).port
            for host in ("evil.example", f"evil.example:{port}", "localhost", "localhost:1", ""):
                answer = httpx.get(url, headers={"Host": host})
                assert answer.status_code == 403
                assert f"localhost:{port}" in answer.text
                assert "gonogo_" not in answer.text
            for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
                assert "gonogo_up" in httpx.get(url, headers={"Host": host}).text

    def test_many_who_ask_for_nothing_take_no_more_than_some_threads(self, gonogo: Gonogo, copied: Path) -> None:
        with serving(gonogo, copied) as url, ExitStack() as stack:
            living = [
                each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE
            ]
            (server,) = [each for each in living if "--listen" in each.cmdline()]
            port = httpx.URL(url).port
            asking = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3 * MOST_AT_ONCE)
            ]
            asking[-1].settimeout(20)
            assert asking[-1].recv(1) == b"", "there is no room for it"
            assert server.num_threads() < 2 * MOST_AT_ONCE
            for each in asking:
                each.close()
            until(lambda: _is_answered(url), "room to be made")


def _is_answered(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--listen", "0.0.0.0:9464"), "wanted an address of this machine alone, such as 127.0.0.1:9464"),
            (("--listen", ":9464"), "wanted an address of this machine alone"),
            (("--listen", "[::]:9464"), "wanted an address of this machine alone"),
            (("--listen", "gonogo.example:9464"), "wanted an address of this machine alone"),
            (("--listen", "127.0.0.1"), "wanted ADDRESS:PORT"),
            (("--listen", "127.0.0.1:99999"), "wanted ADDRESS:PORT"),
            (("--every", "5s"), "--every: wanted --textfile beside it"),
            (("--textfile", "a.prom", "--listen", "127.0.0.1:0"), "wanted one of them"),
            (("--textfile", "a.txt"), "wanted a name that ends in .prom"),
            (("--textfile", "nowhere/a.prom"), "there is no folder nowhere"),
            (("--textfile", "a.prom", "--every", "10ms"), "wanted 1s or more"),
            (("--textfile", "a.prom", "--read-only"), "read-only: "),
            (("no-such-run",), "no run is called"),
        ],
    )
    def test_what_cannot_be_is_told_at_once(
        self, here: Here, converted: Converted, arguments: tuple[str, ...], said: str
    ) -> None:
        ended = here("metrics", *arguments)
        assert ended.code != 0
        assert said in ended.stderr
        assert not list(converted.home.glob("*.prom"))

    def test_a_port_that_is_taken_is_told(self, here: Here) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            ended = here("metrics", "--listen", f"localhost:{taken.getsockname()[1]}")
        assert ended.code == 2
        assert "Address already in use; name another port" in ended.stderr

    def test_a_disk_that_refuses_is_told_with_the_file(self, here: Here, tmp_path: Path) -> None:
        (tmp_path / "a.prom").mkdir()
        (tmp_path / "b").symlink_to(tmp_path / "a.prom")
        ended = here("metrics", "--textfile", tmp_path / "b" / ("x" * 300 + ".prom"))
        assert ended.code == 1
        assert "the figures could not be written: File name too long" in ended.stderr


@pytest.mark.parametrize("name", [family.name for family in FAMILIES])
def test_names_follow_prometheus_conventions_and_the_documentation_has_them(name: str) -> None:
    assert re.fullmatch(r"gonogo_[a-z_]+[a-z]", name)
    assert name.startswith(PREFIX)
    assert name.endswith(UNITS) or name in COUNTS
    assert f"`{name}`" in (ROOT / "docs" / "beyond.md").read_text()
