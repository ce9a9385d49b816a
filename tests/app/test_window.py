"""``gonogo window`` as its users type it: ahead of time, headless, under way, stopped and gone on with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from app.streams import Data
from app.window_levels import Levels
from app.window_table import lines_of, state_word
from app.window_wording import advice_brief, ahead_lines, level_lines
from engine.convert.view import Level
from engine.jobs.ended import EndedEarly
from engine.jobs.window.events import StepStarted, StepState
from engine.run.events import Event
from engine.run.folder import RunFolder
from engine.run.log import EventLog, encode_event, rfc3339, utc_now
from engine.run.outcome import Outcome
from tests.app.program import Ended, Gonogo, until, until_event
from tests.engine.jobs.window.tables import STEPS, Story, moment, planned
from tests.engine.jobs.window.windows import make, step

WIDTH = 80
QUICK = (step("inventory"), step("convert"), step("validate", 'drop = "nobody signs it off"'))


def window(gonogo: Gonogo, corpus: Path, *args: str) -> Ended:
    return gonogo("window", corpus, "--timetable", "small", *args)


class Here:
    """The program in this process: what starts no run needs none of its own."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._captured = capfd

    def __call__(self, *args: str | Path) -> Ended:
        code = run([str(arg) for arg in args])
        said = self._captured.readouterr()
        return Ended(code, said.out, said.err)

    def window(self, corpus: Path, *args: str) -> Ended:
        return self("window", corpus, "--timetable", "small", *args)


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Here:
    for variable, name in (("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")):
        (home / name).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(home / name))
    monkeypatch.setattr(Data, "written", False)  # of a process that has told nothing yet
    return Here(capfd)


def runs_in(corpus: Path) -> list[str]:
    return sorted(path.name for path in (corpus / ".gonogo").glob("runs/*"))


def fits(text: str) -> bool:
    """No line is wider than a terminal; one with a path that cannot be broken may be."""
    return all(len(line) <= WIDTH or "/" in line for line in text.splitlines())


class TestAhead:
    def test_a_plan_tells_every_step_and_what_its_forecast_rests_on_and_starts_nothing(
        self, here: Here, tmp_path: Path
    ) -> None:
        corpus = make(tmp_path, *QUICK)
        ended = here.window(corpus, "--plan")
        assert ended.code == 0, ended.stderr
        assert ended.stdout.startswith("GO: GREEN: 7:00 min of slack, planned 7:00 min\n")
        assert [line.split()[2] for line in ended.stdout.splitlines()[3:6]] == ["inventory", "convert", "validate"]
        assert "no inventory yet" in ended.stdout
        assert "nobody knows how low the free space gets" in ended.stdout
        assert fits(ended.stdout)
        assert not runs_in(corpus)

    def test_with_an_inventory_it_tells_how_low_the_disk_gets(self, here: Here, tmp_path: Path) -> None:
        corpus = make(tmp_path, *QUICK)
        assert here("--json", "inventory", corpus).code == 0
        told = here.window(corpus, "--plan").stdout
        assert re.search(r"disk: \S+ \S+ free now; the conversion (brings it down to|takes next to none of it)", told)
        assert not re.search(r"disk: (\S+ \S+) free now; the conversion brings it down to \1\b", told)
        rows = here.window(corpus, "--plan", "--json")
        (played,) = rows.of_type("simulation")
        assert 0 < played["lowest_free_bytes"] <= played["free_at_end_bytes"]
        assert played["done"] == 4

    def test_as_json_it_begins_with_a_version_and_ends_with_a_summary(self, here: Here, tmp_path: Path) -> None:
        ended = here.window(make(tmp_path, *QUICK), "--plan", "--json", "--drop", "validate")
        assert [line["type"] for line in ended.lines] == ["version", "step", "step", "step", "summary"]
        assert [row["state"] for row in ended.of_type("step")] == ["waiting", "waiting", "dropped"]
        assert (ended.summary["level"], ended.summary["outcome"]) == ("green", "ok")

    def test_a_simulation_of_the_runbooks_corpus_fits_and_with_fewer_workers_breaks(
        self, here: Here, tmp_path: Path
    ) -> None:
        good = here("window", tmp_path, "--simulate", "--workers", "32")
        assert good.code == 0, good.stderr
        assert good.stdout.startswith("GO: GREEN")
        assert "lowest free space:" in good.stdout
        late = here("window", tmp_path, "--simulate", "--workers", "12")
        assert late.code == 1
        assert late.stdout.startswith("NO-GO: RED: the window breaks")
        assert "drop benchmark, wins 30:00 min" in late.stdout
        assert fits(good.stdout)
        assert fits(late.stdout)

    def test_a_simulated_disk_without_room_is_a_no_go(self, here: Here, tmp_path: Path) -> None:
        tight = ("--shards", "50", "--free", "12GB", "--floor", "10GB", "--keep-backups", "9")
        ended = here("window", tmp_path, "--simulate", *tight, "--json")
        assert ended.code == 1
        (played,) = ended.of_type("simulation")
        assert played["safety"]
        assert played["lowest_free_bytes"] >= played["floor_bytes"]
        assert played["pauses"]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--drop", "convert"), "'convert' may not be dropped; those that may: validate"),
            (("--from", "nope"), "'nope' is no step; there are inventory, convert, validate"),
            (("--shards", "5"), "--shards: wanted --simulate beside it"),
            (("--plan", "--simulate"), "wanted one of them"),
            (("--timetable", "none"), "there is no plan of a window 'none'"),
        ],
    )
    def test_a_slip_of_the_hand_is_told_at_once_and_leaves_no_run(
        self, here: Here, tmp_path: Path, arguments: tuple[str, ...], said: str
    ) -> None:
        corpus = make(tmp_path, *QUICK)
        ended = here.window(corpus, *arguments)
        assert ended.code == 2
        assert said in ended.stderr
        assert not runs_in(corpus)


class TestHeadless:
    def test_it_tells_each_step_and_the_timetable_but_not_what_the_steps_tell(
        self, gonogo: Gonogo, tmp_path: Path
    ) -> None:
        corpus = make(tmp_path, *QUICK)
        ended = window(gonogo, corpus)
        assert ended.code == 0, ended.stderr
        assert ended.stdout.startswith("done        inventory\ndone        convert\ndone        validate\n")
        assert "GO: window: steps: 3 done" in ended.stdout
        assert "shard_0000" not in ended.stdout, "that is in the log of the step's own run"
        named = [line.split()[-1] for line in ended.stderr.splitlines() if line.startswith("begins")]
        assert len(named) == 3
        assert set(named) < set(runs_in(corpus))
        assert fits(ended.stdout)

    def test_as_json_every_line_is_the_windows_own(self, gonogo: Gonogo, tmp_path: Path) -> None:
        ended = window(gonogo, make(tmp_path, *QUICK), "--json")
        assert (ended.lines[0]["type"], ended.summary["type"]) == ("version", "summary")
        assert len({line["run"] for line in ended.lines}) == 1
        assert ended.summary["counts"] == {"done": 3}
        assert not ended.of_type("shard_done")

    def test_a_red_verification_stops_it_and_the_same_command_goes_on_there(
        self, gonogo: Gonogo, tmp_path: Path
    ) -> None:
        checked = step("inventory", 'verify = [{ type = "file", path = "$CORPUS/ready", min_size = "1B" }]')
        corpus = make(tmp_path, step("convert"), checked)
        stopped = window(gonogo, corpus)
        assert stopped.code == 1
        assert "FAILED      inventory    a verification failed: inventory-1" in stopped.stdout
        assert "x FAILED  inventory" in stopped.stdout
        (row,) = gonogo("--json", "status", "--corpus", corpus).of_type("run")
        assert (row["job"], row["level"], row["counts"]) == ("window", "red", {"done": 1, "failed": 1})
        told = gonogo("status", "--corpus", corpus).stdout
        assert told.startswith("RED: stopped at inventory: a verification failed")
        assert gonogo("status", "--check", "--corpus", corpus).code == 2

        ahead = window(gonogo, corpus, "--plan").stdout
        assert "✓ done before  convert" in ahead
        (corpus / "ready").write_text("yes")
        again = window(gonogo, corpus)
        assert again.code == 0, again.stdout
        assert again.stdout.startswith("done before convert      by ")
        assert "goes on after" in again.stderr
        green = gonogo("status", "--corpus", corpus).stdout
        assert green.startswith("GREEN")
        assert fits(green)


class TestUnderWay:
    def test_who_names_no_run_means_the_window_and_not_its_step(
        self, gonogo: Gonogo, tmp_path: Path, slow_disk: dict[str, str]
    ) -> None:
        corpus = make(tmp_path, step("convert"), step("inventory"), shards=60)
        engine = gonogo.start("--no-ui", "--json", "window", corpus, "--timetable", "small", env=slow_disk)
        read = until_event(engine, "step_started")
        run, step_run = read[0]["run"], read[-1]["step_run"]

        def seen() -> dict[str, Any]:
            (row,) = gonogo("--json", "status").of_type("run")
            return dict(row)

        until(lambda: (seen()["snapshot"] or {}).get("workers"), "the step's workers")
        assert run in gonogo("pause").stderr
        until(lambda: (seen()["snapshot"] or {}).get("pauses"), "the pause to reach the step")
        row = seen()
        assert (row["id"], row["alive"], row["level"]) == (run, True, "yellow")
        assert row["why"] == "paused: operator: asked for"
        assert row["window"]["step"] == "convert"
        assert row["window"]["step_run"] == step_run
        told = gonogo("status").stdout
        assert f"step     convert: run {step_run}" in told
        assert "▸ under way" in told
        levels = {each["job"]: each["level"] for each in gonogo("--json", "runs").of_type("run")}
        assert levels == {"window": "green", "convert": "yellow"}
        assert gonogo("resume").code == 0
        assert run in gonogo("stop").stderr
        ended = gonogo.finish(engine)
        assert ended.code == 130
        (row,) = gonogo("--json", "status").of_type("run")
        assert (row["id"], row["level"], row["alive"]) == (run, "yellow", False)
        assert row["counts"] == {"waiting": 1, "stopped": 1}


def logged(state: Path, *events: Event) -> RunFolder:
    """A window's run whose engine is gone."""
    folder = RunFolder.create(state, job="window", corpus=None, args={}, config={}, versions={}, host={})
    with EventLog(folder.events_path, folder.run_id) as log:
        for event in events:
            log.append(event)
    folder.close()
    return folder


class TestGone:
    def test_a_window_whose_engine_was_killed_says_so_and_where(self, here: Here, tmp_path: Path) -> None:
        told = planned().but(began=rfc3339(utc_now()))
        logged(tmp_path, told, StepStarted(step="look", job="inventory", step_run="a"))
        (row,) = here("--json", "status", "--state", tmp_path).of_type("run")
        assert (row["level"], row["alive"]) == ("red", False)
        assert "its engine was killed; run it again and it goes on" in row["why"]
        assert row["counts"] == {"waiting": 3, "stopped": 1}
        assert "= stopped  look" in here("status", "--state", tmp_path).stdout

    def test_one_that_never_told_its_plan_says_why(self, here: Here, tmp_path: Path) -> None:
        logged(tmp_path, EndedEarly(job="window", outcome=Outcome.ERROR, seconds=0.0, detail="the plan is gone"))
        said = here("status", "--state", tmp_path).stdout
        assert said.startswith("RED: error: the plan is gone")
        (row,) = here("--json", "runs", "--state", tmp_path).of_type("run")
        assert row["window"] is None


class TestLevels:
    """The level has no event: the headless face looks at the clock."""

    def levels(self, window_s: float = 7200) -> tuple[Levels, list[str]]:
        said: list[str] = []
        levels = Levels(said.append)
        event = planned(window_s)
        levels.hear(event, encode_event(event, moment=moment(0), run_id="r"))
        return levels, said

    def test_a_level_is_told_once_with_its_reason_and_the_advice(self) -> None:
        levels, said = self.levels()
        levels.look(moment(0), None)
        assert said == [], "green is no news"
        for minutes in (30, 31, 32):
            levels.look(moment(minutes), None)
        assert len(said) == 1
        assert said[0].startswith("RED: the window breaks")
        assert "  drop weigh, wins 20:00 min; without it: no figures" in said[0]

    def test_it_is_told_while_the_window_runs(
        self, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.window_levels.LOOKS_EVERY_S", 0.02)
        monkeypatch.setattr("app.window_levels.HOLDS_S", 0.0)
        corpus = make(tmp_path, step("inventory"))
        plan = corpus / "checklists" / "window-small.toml"
        plan.write_text(plan.read_text().replace('"10m"', '"50ms"').replace('"1m"', '"50ms"'))
        ended = here("--no-ui", "window", corpus, "--timetable", "small")
        assert ended.code == 0, "late, and done"
        assert "RED: the window breaks" in ended.stderr
        assert "RED" not in ended.stdout

    def test_one_that_wavers_is_not_told(self) -> None:
        levels, said = self.levels()
        for look in range(20):
            levels.look(moment(30 if look % 2 else 0), None)
        assert said == []

    def test_green_again_is_told_too(self) -> None:
        levels, said = self.levels()
        for minutes in (8, 9, 10):
            levels.look(moment(minutes), None)
        for minutes in (0, 1):
            levels.look(moment(minutes), None)
        assert [text.split(":")[0] for text in said] == ["YELLOW", "GREEN"]


class TestWords:
    @pytest.mark.parametrize("minutes", [0, 50, 100, 300])
    @pytest.mark.parametrize("window_s", [1800, 7200, 28_800])
    def test_a_timetable_fits_eighty_columns_whatever_it_says(self, window_s: float, minutes: float) -> None:
        story = Story(window_s).start(0, "look").end(2, "look").start(2, "work")
        table = story.at(minutes)
        lines = [*ahead_lines(table), *level_lines(table), *advice_brief(table)]
        assert max(map(len, lines)) <= WIDTH
        assert any(line.startswith("▸ under way  work") for line in lines)

    def test_every_state_is_a_word_and_a_sign_of_its_own(self) -> None:
        words = {state_word(state) for state in StepState}
        assert len(words) == len(StepState)
        assert state_word(StepState.FAILED) == "x FAILED"

    def test_all_times_of_the_table_are_in_the_unit_that_its_head_names(self) -> None:
        story = Story(28_800).start(0.5, "look").end(2.25, "look").start(100, "work")
        cells = [line for line in lines_of(story.at(110)) if "look" in line or "work" in line]
        assert re.search(r"0:00-0:02 +1:45 min", cells[0]), "what it took tells the seconds"
        assert "1:40-" in cells[1]
        assert not re.search(r"\d[sm]\d*-|-\d+[sm]", "".join(cells))
        assert STEPS[0].name == "look"

    def test_the_brief_advice_names_everything_that_the_long_one_does(self) -> None:
        table = Story().start(0, "look").at(110)
        assert table.level is Level.RED
        brief = " ".join(advice_brief(table))
        for one in table.advice:
            assert one.step in brief
