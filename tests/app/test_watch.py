"""``gonogo watch`` without a screen: exit codes, JSON Lines, following, what is done on red."""

from __future__ import annotations

import ctypes.util
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.program import Ended, Gonogo, until_event
from tests.engine.watch.nvml import build_nvml


def line(batch: int, loss: str) -> str:
    return f"Epoch 1/20 | Batch {batch} | Loss: {loss} | LR: {min(1e-4, 1e-7 * batch):.2e}\n"


def healthy(first: int, last: int) -> str:
    noise = random.Random(7)
    losses = [2.2 + 2.4 * (1 + at / 60) ** -0.3 + noise.gauss(0, 0.03) for at in range(last)]
    return "".join(line(10 * at + 10, f"{losses[at]:.3f}") for at in range(first, last))


def append(log: Path, text: str) -> None:
    with log.open("a") as out:
        out.write(text)


@pytest.fixture
def log(home: Path) -> Path:
    log = home / "train.log"
    log.write_text(healthy(0, 100))
    return log


@pytest.fixture
def trainer() -> Iterator[subprocess.Popen[bytes]]:
    """A process that goes on until somebody stops it."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        if process.poll() is None:
            process.kill()


STAGES = {"green": (0, ""), "yellow": (1, "6.100"), "red": (2, "nan")}


@pytest.mark.parametrize("level", STAGES)
def test_once_ends_with_the_code_of_the_level_that_stands(gonogo: Gonogo, log: Path, level: str) -> None:
    code, loss = STAGES[level]
    if loss:
        append(log, line(1010, loss))
    ended = gonogo("watch", "--once", "--json", log)
    assert ended.code == code
    assert ended.lines[0]["type"] == "version"
    summary = ended.summary
    assert summary["type"] == "summary"
    assert (summary["level"], summary["worst"]) == (level, level)
    assert (summary["steps"], summary["last_step"]) == ((101, 1_010) if loss else (100, 1_000))
    assert [alert["level"] for alert in summary["alerts"]] == ([level] if loss else [])
    told = gonogo("watch", "--once", log)
    assert told.code == code
    newest = {"green": "3.987", "yellow": "6.1", "red": "NaN or infinite"}[level]
    assert f", loss {newest}" in told.stdout.splitlines()[0]
    assert told.stdout.startswith(f"{level.upper()}: train.log at step {summary['last_step']:,}")


def test_what_cannot_be_told_is_unknown_and_never_green(gonogo: Gonogo, home: Path) -> None:
    (home / "few.log").write_text(line(10, "4.5") + line(20, "4.4"))
    (home / "poem.log").write_text("the sea, the sea\n" * 9)
    for name in ("few.log", "poem.log", "absent.log"):
        ended = gonogo("watch", "--once", "--json", home / name)
        assert (ended.code, ended.summary["level"]) == (3, "unknown"), name
    (source,) = gonogo("watch", "--once", "--json", home / "poem.log").of_type("source")
    assert (source["lines"], source["unparsed"]) == (9, 9)


def test_a_level_that_fell_again_is_told_as_the_worst(gonogo: Gonogo, log: Path) -> None:
    append(log, line(1010, "6.100") + healthy(101, 140))
    ended = gonogo("watch", "--once", "--json", log)
    assert (ended.code, ended.summary["level"], ended.summary["worst"]) == (0, "green", "yellow")


@pytest.mark.parametrize(
    "arguments",
    [(), ("--on-red", "explode"), ("--grace", "soon"), ("--on-red", "stop:999999999"), ("--no-such-option",)],
)
def test_a_wrong_command_line_is_unknown_to_a_monitor_and_2_to_a_shell(
    gonogo: Gonogo, log: Path, arguments: tuple[str, ...]
) -> None:
    sources = (log,) if arguments else ()
    assert gonogo("watch", "--once", *arguments, *sources).code == 3
    assert gonogo("watch", *arguments, *sources).code == 2


@pytest.mark.parametrize("once", [True, False])
def test_unknown_content_is_refused_with_what_was_looked_for(gonogo: Gonogo, home: Path, *, once: bool) -> None:
    (home / "weights.pt").write_bytes(bytes(range(256)) * 8)
    ended = gonogo("watch", *(["--once"] if once else []), home / "weights.pt")
    assert ended.code == (3 if once else 2)
    assert "weights.pt: " in ended.stderr
    for format_ in ("TensorBoard events", "JSON Lines", "epoch_batch"):
        assert format_ in ended.stderr


def test_what_is_not_there_yet_is_waited_for_and_is_unknown_to_a_monitor(gonogo: Gonogo, home: Path) -> None:
    (home / "empty").mkdir()
    (home / "loop").symlink_to(home / "loop")
    os.mkfifo(home / "pipe")
    for name in ("empty", "loop", "pipe", "later/run/train.log"):
        ended = gonogo("watch", "--once", home / name)
        assert ended.code == 3, ended.stderr
        assert ended.stdout.startswith("UNKNOWN: no metric was read"), name
    process = follow(gonogo, home / "empty")
    append(home / "empty" / "train.log", healthy(0, 100) + line(1010, "nan"))
    assert until_event(process, "alert")[-1]["source"] == "train.log"
    assert end(process).code == 130


def test_logs_of_one_name_are_told_apart_everywhere(gonogo: Gonogo, home: Path) -> None:
    logs = [home / "runs" / name / "train.log" for name in ("a", "b")]
    for log, loss in zip(logs, ("2.5", "nan"), strict=True):
        log.parent.mkdir(parents=True)
        log.write_text(healthy(0, 100) + line(1010, loss))
    ended = gonogo("watch", "--once", "--json", *logs)
    assert [row["name"] for row in ended.of_type("source")] == ["a/train.log", "b/train.log"]
    assert [alert["source"] for alert in ended.summary["alerts"]] == ["b/train.log"]
    assert {row["source"] for row in ended.of_type("rule")} == {"a/train.log", "b/train.log"}
    told = gonogo("watch", "--once", home / "runs").stdout
    assert "RED R1 b/train.log at step 1,010" in told
    assert "a/train.log at step 1,010, loss 2.5" in told


@pytest.mark.parametrize("given", ["pipe", "standard input"])
def test_a_stream_is_read_once_to_its_end(gonogo: Gonogo, log: Path, given: str) -> None:
    source = '<(sleep 1; cat "$1")' if given == "pipe" else "- < <(sleep 1; cat $1)"
    script = f"exec {sys.executable} -P -m app watch --once --json {source}"
    append(log, line(1010, "nan"))
    done = subprocess.run(
        ["bash", "-c", script, "bash", log], env=gonogo.env, capture_output=True, text=True, check=False, timeout=60
    )
    ended = Ended(done.returncode, done.stdout, done.stderr)
    assert (ended.code, ended.summary["level"], ended.summary["last_step"]) == (2, "red", 1_010), done.stderr


def test_the_host_is_told_and_raises_nothing(gonogo: Gonogo, log: Path, home: Path) -> None:
    bare = gonogo("watch", "--once", "--json", log)
    assert bare.code == 0, bare.stderr
    (host,) = bare.of_type("host")
    assert 0 < host["memory_used_bytes"] <= host["memory_total_bytes"]
    assert host["cpus"] >= 1
    assert host["disk_free_bytes"] is None, "nobody named where checkpoints go"
    assert "host" not in {row["source"] for row in bare.of_type("rule")}
    (home / "checkpoints").mkdir()
    (named,) = gonogo("watch", "--once", "--json", "--checkpoints", home / "checkpoints", log).of_type("host")
    assert 0 < named["disk_free_bytes"] <= named["disk_total_bytes"]
    told = gonogo("watch", "--once", log).stdout
    assert re.search(r"^  host: .*load [\d.]+ on \d+ processors?, memory .+B of .+B", told, re.MULTILINE), told


SOUND = "Tesla T4|97|9000000000|15800000000|71|68500|70000|0x4|0|4242"
ERRS = "Tesla T4|97|15700000000|15800000000|71|68500|70000|0|2|4242"


@pytest.mark.parametrize(("answer", "code", "levels"), [(SOUND, 0, "green green"), (ERRS, 2, "red yellow")])
def test_the_gpus_are_told_with_what_is_wrong_with_them(  # noqa: PLR0917 - a table's columns
    gonogo: Gonogo, log: Path, home: Path, answer: str, code: int, levels: str
) -> None:
    (home / "gpus").write_text(f"{answer}\n")
    gonogo.env |= {"LD_LIBRARY_PATH": str(build_nvml(home)), "NVML_FILE": str(home / "gpus")}
    ended = gonogo("watch", "--once", "--json", "--gpu", log)
    assert ended.code == code, ended.stderr
    said = {row["rule"]: row["level"] for row in ended.of_type("rule") if row["source"] == "gpu"}
    assert [said["G2"], said["G4"]] == levels.split()
    assert said["G1"] == "unknown", "a mean of five minutes is not known at once"
    (gpu,) = ended.of_type("gpu")
    assert (gpu["temperature_c"], gpu["pids"], gpu["power_w"]) == (71, [4242], 68.5)
    told = gonogo("watch", "--once", "--gpu", log).stdout
    assert re.search(r"GPU 0: 97 % busy, 71 °C, .* held by process 4242", told), told


@pytest.mark.skipif(ctypes.util.find_library("nvidia-ml") is not None, reason="this machine has an NVIDIA driver")
def test_gpus_without_a_driver_are_unknown_and_never_green(gonogo: Gonogo, log: Path) -> None:
    ended = gonogo("watch", "--once", "--json", "--gpu", log)
    said = {row["rule"]: row["level"] for row in ended.of_type("rule") if row["source"] == "gpu"}
    assert said == dict.fromkeys(("G1", "G2", "G3", "G4"), "unknown")
    assert "UNKNOWN G2 gpu: the GPU's state cannot be told" in gonogo("watch", "--once", "--gpu", log).stdout


def follow(gonogo: Gonogo, *args: str | Path) -> subprocess.Popen[str]:
    """Start to follow; return once all that was there has been read."""
    process = gonogo.start("watch", "--json", *args)
    until_event(process, "source")
    return process


def end(process: subprocess.Popen[str], by: signal.Signals = signal.SIGINT) -> Ended:
    process.send_signal(by)
    stdout, stderr = process.communicate(timeout=30)
    return Ended(process.returncode, stdout, stderr)


@pytest.mark.parametrize(
    ("by", "code", "outcome"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_following_says_an_alert_when_it_rises_and_sums_up_when_it_is_interrupted(
    gonogo: Gonogo, log: Path, by: signal.Signals, code: int, outcome: str
) -> None:
    process = follow(gonogo, log)
    append(log, line(1010, "6.100"))
    alert = until_event(process, "alert")[-1]
    assert (alert["rule"], alert["level"], alert["last_step"]) == ("R6a", "yellow", 1010)
    append(log, line(1020, "nan"))
    alert = until_event(process, "alert")[-1]
    assert (alert["rule"], alert["level"], alert["last_step"]) == ("R1", "red", 1020)
    ended = end(process, by)
    assert (ended.code, ended.summary["outcome"]) == (code, outcome)
    assert (ended.summary["level"], ended.summary["last_step"]) == ("red", 1020)


def test_following_is_silent_while_all_is_well(gonogo: Gonogo, log: Path) -> None:
    process = follow(gonogo, log)
    append(log, healthy(100, 120))
    ended = end(process)
    assert [each["type"] for each in ended.lines if each["type"] != "said"] == ["summary"]


def feed(gonogo: Gonogo, text: str, *args: str) -> Ended:
    """Pipe a text into ``watch -``."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app", "watch", *args, "-"],
        input=text,
        env=gonogo.env,
        cwd=gonogo.home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_standard_input_is_watched_as_a_file_is(gonogo: Gonogo) -> None:
    ended = feed(gonogo, healthy(0, 100) + line(1010, "nan"), "--once", "--json")
    assert (ended.code, ended.summary["level"], ended.summary["last_step"]) == (2, "red", 1_010)


def test_a_trainer_that_is_piped_in_is_followed(gonogo: Gonogo) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "app", "watch", "--json", "-"],
        env=gonogo.env,
        cwd=gonogo.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        process.stdin.write(healthy(0, 100) + line(1010, "nan"))
        process.stdin.flush()
        assert until_event(process, "alert")[-1]["rule"] == "R1"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


def test_red_stops_the_trainer_and_the_exit_code_says_so(
    gonogo: Gonogo, log: Path, trainer: subprocess.Popen[bytes]
) -> None:
    process = follow(gonogo, "--on-red", f"stop:{trainer.pid}", "--grace", "0s", log)
    append(log, line(1010, "nan"))
    assert trainer.wait(30) == -signal.SIGTERM
    ended = gonogo.finish(process)
    assert ended.code == 4
    assert ended.summary["outcome"] == "safety_stop"


def test_red_runs_a_command_once_that_is_told_why(gonogo: Gonogo, log: Path, home: Path) -> None:
    pipe, told = home / "pipe", list[dict[str, Any]]()
    os.mkfifo(pipe)
    tells = (
        "import json, os, sys; "
        "told = {name: value for name, value in os.environ.items() if name.startswith('GONOGO_ALERT')}; "
        "open(sys.argv[1], 'w').write(json.dumps(told))"
    )
    program = home / "page-me.py"
    program.write_text(tells)
    process = follow(gonogo, "--on-red", f"command:{sys.executable} {program} {pipe}", "--grace", "0s", log)
    reader = threading.Thread(target=lambda: told.append(json.loads(pipe.read_text())))
    reader.start()
    append(log, line(1010, "nan"))
    reader.join(30)
    assert told[0]["GONOGO_ALERT_RULE"] == "R1"
    assert "nan" in told[0]["GONOGO_ALERT_TOLD"]
    append(log, line(1020, "nan"))
    said = [each["text"] for each in until_event(process, "said", 2) if each["type"] == "said"]
    assert any("exit code 0" in text for text in said)
    assert end(process).code == 130


def test_red_in_the_middle_of_an_old_log_that_is_over_at_its_end_stops_nobody(
    gonogo: Gonogo, home: Path, trainer: subprocess.Popen[bytes]
) -> None:
    log = home / "long.log"
    filler = "a line without a metric\n" * 2_000_000
    log.write_text(healthy(0, 100) + "CUDA out of memory. Tried to allocate 2 GiB\n" + filler + healthy(100, 140))
    process = follow(gonogo, "--on-red", f"stop:{trainer.pid}", "--grace", "0s", log)
    ended = end(process)
    assert ended.code == 130
    assert (ended.summary["level"], ended.summary["worst"]) == ("green", "red")
    assert trainer.poll() is None


def test_the_rules_in_force_are_explained(gonogo: Gonogo) -> None:
    ended = gonogo("watch", "--explain")
    assert ended.code == 0
    for rule in ("R1", "R6a", "R12", "G1", "G2", "G3", "G4"):
        assert rule in ended.stdout


def test_an_html_report_is_written_at_the_end(gonogo: Gonogo, log: Path, home: Path) -> None:
    append(log, line(1010, "nan"))
    assert gonogo("watch", "--once", "--report", home / "once.html", log).code == 2
    process = follow(gonogo, "--report", home / "followed.html", log)
    assert end(process).code == 130
    for name in ("once.html", "followed.html"):
        assert "■ RED" in (home / name).read_text()
    refused = gonogo("watch", "--once", "--report", home / "nowhere" / "page.html", log)
    assert refused.code == 3
    assert "nowhere" in refused.stderr


def test_a_red_that_was_seen_is_dealt_with_for_good_and_the_next_one_is_red_again(gonogo: Gonogo, log: Path) -> None:
    append(log, line(1010, "nan") + healthy(101, 131))
    red = gonogo("--json", "watch", "--once", log)
    assert (red.code, red.summary["level"]) == (2, "red"), "a NaN stays red until somebody has seen it"
    seen = gonogo("--json", "watch", "--once", log, "--acknowledge", "R1", "--note", "a bad batch")
    assert (seen.code, seen.summary["worst"]) == (0, "red")
    again = gonogo("--json", "watch", "--once", log)
    assert (again.code, again.summary["level"]) == (0, "green")
    append(log, line(1320, "nan"))
    assert gonogo("watch", "--once", log).code == 2


def test_what_does_not_stand_cannot_be_acknowledged(gonogo: Gonogo, log: Path) -> None:
    ended = gonogo("watch", "--once", log, "--acknowledge", "R1")
    assert ended.code == 3
    assert "no alert of 'R1' stands" in ended.stderr
