from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.app.corpora import stamps
from tests.app.program import Gonogo, until_event
from tests.recordings import cut, make_corpus, make_shard, real_clips_48k

ROOT = Path(__file__).parents[2]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = make_corpus(tmp_path / "corpus", shards=5, clips=3, sidecar=True)
    return make_corpus(folder, shards=2, source="broadcast", rate_hz=16_000)


def test_an_inventory_tells_every_shard_and_writes_the_table(gonogo: Gonogo, corpus: Path) -> None:
    before = stamps(corpus)
    ended = gonogo("--json", "inventory", corpus)
    assert ended.code == 0
    assert ended.summary["counts"] == {"pending": 5, "skipped": 2}
    table = pq.read_table(ended.summary["table"]).to_pylist()
    assert [row["state"] for row in table] == ["skipped"] * 2 + ["pending"] * 5
    row = table[-1]
    assert (row["source"], row["shard"], row["members"], row["clips"]) == ("final-export", "shard_00004", 3, 3)
    assert (row["sample_rates_hz"], row["channels"], row["codecs"]) == ([48_000], [1], ["wav"])
    assert row["size_bytes"] == (corpus / "final-export" / "shard_00004" / "audio.tar").stat().st_size
    assert row["hours"] == pytest.approx(3 * 0.1 / 3600)
    assert (row["sidecar_format"], row["rows"], row["clips_without_row"]) == ("jsonl", 3, 0)
    assert stamps(corpus) == before


def test_a_second_inventory_looks_only_at_what_has_changed(gonogo: Gonogo, corpus: Path) -> None:
    gonogo("--json", "inventory", corpus)
    make_corpus(corpus, shards=1, source="new")
    again = gonogo("--json", "inventory", corpus)
    looked_at = [line["shard"] for line in again.of_type("shard_seen") if not line["unchanged"]]
    assert looked_at == ["new/shard_00000"]
    assert again.summary["shards"] == 8
    gonogo.convert(corpus)
    after = gonogo("--json", "inventory", corpus)
    assert after.summary["counts"] == {"done": 6, "skipped": 2}


def test_an_interrupted_inventory_goes_on_where_it_was(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=300, clips=4)
    process = gonogo.start("--json", "inventory", corpus)
    until_event(process, "shard_seen", 20)
    process.send_signal(signal.SIGKILL)
    gonogo.finish(process)
    again = gonogo("--json", "inventory", corpus)
    assert again.code == 0
    assert sum(line["unchanged"] for line in again.of_type("shard_seen")) >= 20
    assert again.summary["shards"] == 300


def test_a_stray_rate_among_many_clips_is_found_by_bytes_per_second(gonogo: Gonogo, tmp_path: Path) -> None:
    clips = [(f"clip_{number:03d}.wav", cut(real_clips_48k(1)[0], 9_600)[1]) for number in range(200)]
    stray = cut(("", clips[0][1]), 9_600, rate_hz=16_000)[1]
    clips[101] = (clips[101][0], stray)
    folder = make_shard(tmp_path / "corpus" / "a" / "s", clips, sidecar=False)
    rows = [json.dumps({"member": name, "duration": 0.2}) + "\n" for name, _ in clips]
    (folder / "metadata.jsonl").write_text("".join(rows))
    ended = gonogo("--json", "inventory", tmp_path / "corpus")
    (seen,) = ended.of_type("shard_seen")
    assert (seen["state"], seen["fault"]["member"]) == ("quarantined", "clip_101.wav")


def test_pause_resume_and_workers_change_a_run_from_another_terminal(
    gonogo: Gonogo, tmp_path: Path, slow_disk: dict[str, str]
) -> None:
    corpus = make_corpus(tmp_path / "corpus", shards=200, clips=4, clip_s=0.5)
    process = gonogo.start_convert(corpus, "--workers", "1", env=slow_disk)
    until_event(process, "shard_done", 2)

    assert gonogo("pause").code == 0
    paused = until_event(process, "paused")[-1]
    assert paused["why"] == "operator"
    said = gonogo("status", "--corpus", corpus)
    assert "YELLOW: paused" in said.stdout
    assert gonogo("status", "--check").code == 1
    assert gonogo("workers", "2").code == 0
    assert until_event(process, "workers_changed")[-1]["count"] == 2
    assert gonogo("resume").code == 0
    until_event(process, "resumed")
    until_event(process, "shard_done", 5)
    with ThreadPoolExecutor() as reader:  # what nobody reads fills the pipe, and then the run waits for its reader
        rest = reader.submit(gonogo.finish, process)
        assert gonogo("status", "--check").code == 0
        assert gonogo("stop").code == 0
        ended = rest.result()
    assert ended.code == 130
    assert ended.summary["outcome"] == "interrupted"
    assert gonogo("status", "--check").code == 1
    assert gonogo("stop").code == 2
    assert "not running" in gonogo("stop").stderr


def test_runs_are_listed_and_a_killed_engine_is_red(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    process = gonogo.start("--json", "inventory", corpus)
    until_event(process, "version")
    process.send_signal(signal.SIGKILL)
    gonogo.finish(process)
    rows = gonogo("--json", "runs").of_type("run")
    assert [row["job"] for row in rows] == ["convert", "inventory"]
    assert (rows[0]["level"], rows[0]["counts"]) == ("green", {"done": 5, "skipped": 2})
    assert rows[1]["level"] == "red"
    assert gonogo("status", "--check").code == 2
    assert gonogo("status", rows[0]["id"]).stdout.startswith("GREEN")


def test_a_corpus_without_runs_is_not_answered_with_another_corpuss_runs(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    elsewhere = corpus.parent / "elsewhere"
    elsewhere.mkdir()
    assert gonogo("status", "--corpus", elsewhere).code == 2
    assert gonogo("status", "--check", "--corpus", elsewhere).code == 3
    assert gonogo("stop", "--corpus", elsewhere).code == 2


def test_a_damaged_log_makes_one_run_unknown_and_hides_no_other(gonogo: Gonogo, corpus: Path) -> None:
    gonogo.convert(corpus)
    gonogo("inventory", corpus)
    log = max(corpus.glob(".gonogo/runs/*inventory*")) / "events.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([lines[0], b"no event\n", *lines[1:]]))
    rows = gonogo("--json", "runs").of_type("run")
    assert [row["level"] for row in rows] == ["green", "unknown"]
    assert "line 2" in rows[1]["why"]
    assert gonogo("status", rows[1]["id"], "--check").code == 3


def test_a_refused_command_tells_a_script_so_in_json(gonogo: Gonogo, tmp_path: Path) -> None:
    ended = gonogo("--json", "convert", tmp_path / "nowhere")
    assert ended.code == 2
    assert [line["type"] for line in ended.lines] == ["version", "error", "summary"]
    assert ended.lines[1]["exit_code"] == 2
    assert "nowhere" in ended.lines[1]["problem"]


def test_names_with_markup_are_shown_as_they_are(gonogo: Gonogo, tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "a [bold] [/x] corpus", shards=1)
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "[list]"\n')
    assert gonogo.convert(corpus).code == 2
    listed = gonogo("runs")
    assert listed.code == 0
    assert "[bold] [/x]" in listed.stdout
    assert "[list]" in listed.stdout


def test_status_check_knows_nothing_of_a_run_that_is_not_there(gonogo: Gonogo) -> None:
    assert gonogo("status", "--check").code == 3
    assert gonogo("status", "--check", "--no-such-option").code == 3
    assert gonogo("status").code == 2


def test_settings_come_from_flag_variable_file_and_default_in_this_order(gonogo: Gonogo, corpus: Path) -> None:
    (corpus / "gonogo.toml").write_text('[convert]\nworkers = 3\nspot_checks = 2\nfloor = "1MB"\n')
    shown = gonogo("--json", "config", "show", corpus, env={"GONOGO_CONVERT_FLOOR": "2MB"})
    rows = {line["key"]: (line["value"], line["origin"]) for line in shown.of_type("setting")}
    assert rows["convert.workers"] == (3, "corpus file")
    assert rows["convert.floor"] == ("2MB", "env")
    assert rows["convert.retries"] == (2, "default")
    ended = gonogo.convert(corpus, "--workers", "1")
    assert ended.of_type("planned")[0]["workers"] == 1
    record = json.loads(next(corpus.glob(".gonogo/runs/*/run.json")).read_text())
    assert record["config"]["convert"]["spot_checks"] == 2


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[convert]\nworkerz = 3\n", ("gonogo.toml", "2", "workerz", "convert.workers")),
        ("[convert]\nworkers = 0\n", ("gonogo.toml", "2", "0", "at least 1")),
        ('[gates]\n"convert.started" = "x"\n', ("gonogo.toml", "convert.start")),
        ("[convert\n", ("gonogo.toml:1:9", "not TOML")),
    ],
)
def test_a_wrong_configuration_is_told_with_its_line_and_way_out(
    gonogo: Gonogo, corpus: Path, text: str, wanted: tuple[str, ...]
) -> None:
    (corpus / "gonogo.toml").write_text(text)
    for command in (("convert", corpus), ("config", "validate", corpus)):
        ended = gonogo(*command)
        assert ended.code == 2
        assert all(words in ended.stderr for words in wanted), ended.stderr


def test_init_writes_a_file_that_is_valid_and_never_overwrites_one(gonogo: Gonogo, corpus: Path) -> None:
    assert gonogo("init", corpus).code == 0
    assert "final-export, 5 shards" in (corpus / "gonogo.toml").read_text()
    assert gonogo("config", "validate", corpus).code == 0
    again = gonogo("init", corpus)
    assert again.code == 2
    assert "not overwritten" in again.stderr


def test_a_person_is_told_once_why_a_run_did_not_go_on(gonogo: Gonogo, corpus: Path) -> None:
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "phase2-conversion"\n')
    ended = gonogo("--no-ui", "convert", corpus)
    assert ended.code == 3
    assert (ended.stdout + ended.stderr).count("convert.start is closed") == 1


def test_a_bound_gate_stays_shut(gonogo: Gonogo, corpus: Path) -> None:
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "phase2-conversion"\n')
    before = stamps(corpus)
    ended = gonogo.convert(corpus)
    assert ended.code == 3
    assert "gonogo checklist run phase2-conversion" in ended.stderr
    assert ended.summary["outcome"] == "gate_closed"
    assert stamps(corpus) == before


def test_doctor_says_go_and_names_what_it_found(gonogo: Gonogo, corpus: Path) -> None:
    ended = gonogo("doctor", corpus)
    assert ended.code == 0, ended.stderr
    assert ended.stdout.rstrip().endswith("GO")
    assert "check decimator: PASS" in ended.stdout
    rows = gonogo("--json", "doctor", corpus)
    assert {row["state"] for row in rows.of_type("check")} == {"pass"}
    assert not list(corpus.glob(".gonogo-probe*"))


def test_the_demo_runs_the_whole_window_and_signs_its_gates(gonogo: Gonogo) -> None:
    first = gonogo("--no-ui", "demo", "corpus")
    assert first.code == 0, first.stderr
    assert "GO: window: steps: 10 done" in first.stdout
    assert "phase2-conversion: 10 answers given and signed by demo" in first.stderr
    corpus = gonogo.home / "corpus"
    states = Counter(row["shard_state"] for row in pq.read_table(artifacts(corpus) / "manifest.parquet").to_pylist())
    assert set(states) == {"done", "skipped"}
    assert json.loads((artifacts(corpus) / "report.json").read_bytes())["verdict"] == "GO"
    assert json.loads((artifacts(corpus) / "clean.json").read_bytes())["freed_bytes"] > 0
    assert not list(corpus.rglob("audio_48k.bak"))
    second = gonogo("--no-ui", "--json", "demo", "corpus")
    assert second.code == 0, second.stderr
    assert second.lines[0]["type"] == "version"
    assert second.summary["counts"] == {"done": 7, "skipped": 3}


def artifacts(corpus: Path) -> Path:
    return corpus / ".gonogo" / "artifacts"


def test_every_command_is_in_the_readme_and_has_help(gonogo: Gonogo) -> None:
    readme = (ROOT / "README.md").read_text()
    from app.cli import gonogo as group

    assert group.commands
    for name in group.commands:
        assert f"gonogo {name}" in readme, f"README.md does not tell of gonogo {name}"
        assert gonogo(name, "--help").code == 0


@pytest.mark.parametrize("arguments", ["['--help']", "['runs']", "['convert', '--help']"])
def test_headless_commands_load_neither_textual_nor_torch(gonogo: Gonogo, arguments: str) -> None:
    program = f"import sys; from app.cli import run; run({arguments}); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=gonogo.env, capture_output=True, text=True, check=True
    )
    loaded = done.stderr.splitlines()[-1]
    assert "'app.cli'" in loaded
    for heavy in ("textual", "torch", "pyarrow", "duckdb", "scipy", "soundfile", "numpy", "apprise", "aiohttp"):
        assert f"'{heavy}'" not in loaded


def test_the_help_loads_no_command_and_nothing_that_only_commands_need(gonogo: Gonogo) -> None:
    program = "import sys; from app.cli import run; run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=gonogo.env, capture_output=True, text=True, check=True
    )
    loaded = done.stderr.splitlines()[-1]
    assert "'app.cli.listing'" in loaded
    for needless in ("app.cli.runs", "app.console", "app.report", "engine.config", "engine.jobs", "rich", "asyncio"):
        assert f"'{needless}'" not in loaded


@pytest.mark.slow
def test_an_installed_gonogo_finds_its_shipped_checklists(tmp_path: Path) -> None:
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(tmp_path / "site"),
        str(ROOT),
    ]
    subprocess.run(pip, check=True, capture_output=True, timeout=100)
    program = "from engine.checklist.shipped import shipped; print(shipped('convert-machine'))"
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found = Path(done.stdout.strip())
    assert found.is_relative_to(tmp_path / "site")
    assert found.read_bytes() == (ROOT / "checklists" / "convert-machine.toml").read_bytes()
