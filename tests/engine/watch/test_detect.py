from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Settings
from engine.errors import UsageError
from engine.watch.detect import open_sources
from engine.watch.forms import Form, forms
from engine.watch.labels import Labelled, Labels, distinct
from engine.watch.opening import open_watching
from engine.watch.searching import FolderSearch
from engine.watch.sources.base import Source
from engine.watch.sources.stdin import StdinSource
from engine.watch.watching import Watching
from tests.engine.watch.writing import curve, read_all, read_finished, steps

STATE = json.dumps({"best_metric": None, "log_history": [{"step": 5, "loss": 4.5}]}, indent=2)
LINE = "Epoch 1 | Batch {} | Loss: 4.5 | LR: 1.00e-07\n"
CONTENTS = [
    ("text", "banner\nEpoch 1 | Batch 10 | Loss: 4.5 | LR: 1.00e-07\n", "epoch_batch", 10),
    ("hf", "loading\n{'loss': '4.5', 'epoch': '0.1'}\n", "hf_stdout", 1),
    ("state", STATE, "trainer_state", 5),
    ("lightning", "epoch,step,train_loss_step,val_loss\n0,4,4.5,\n", "lightning_csv", 4),
    ("dora", "[11-22][flashy.solver][INFO] - Train | Epoch 1 | 6/60 | 7.0 it/sec | lr 1E-04 | ce 4.5\n", "dora", 6),
    ("history", '[{"train": {"ce": 4.5}}]', "dora_history", 1),
    ("jsonl", '{"step": 3, "loss": 4.5}\n', "jsonl", 3),
    ("csv", "step,loss\n3,4.5\n", "csv", 3),
    ("composer", "[batch=1/100]:\n  Train loss/train/total: 4.5\n", "composer", 1),
]


def logs_of(sources: Sequence[Source]) -> list[Source]:
    return [source for source in sources if not isinstance(source, FolderSearch)]


@pytest.mark.parametrize(("what", "content", "form", "step"), CONTENTS, ids=[row[0] for row in CONTENTS])
@pytest.mark.parametrize("name", ["x", "misleading.csv", "metrics.json"])
def test_a_file_is_what_it_contains_whatever_its_name(  # noqa: PLR0917 - a table's columns
    tmp_path: Path, name: str, what: str, content: str, form: str, step: int
) -> None:
    path = tmp_path / name
    path.write_text(content)
    (source,) = open_sources(path)
    assert curve(read_finished(source).records) == [(step, 4.5)], what
    assert source.status().format == form


def test_a_folder_is_searched_and_what_belongs_together_is_one_source(tmp_path: Path) -> None:
    for number in (5, 10):
        (tmp_path / f"checkpoint-{number}").mkdir()
        (tmp_path / f"checkpoint-{number}" / "trainer_state.json").write_text(STATE)
    (tmp_path / "xp").mkdir()
    (tmp_path / "xp" / "solver.log.0").write_text(CONTENTS[4][1])
    (tmp_path / "xp" / "history.json").write_text(CONTENTS[5][1])
    (tmp_path / "xp" / "config.json").write_text('{"lr": 0.1}')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "out.txt").write_text(CONTENTS[0][1])
    (tmp_path / "deep" / "er" / "out.txt.1").write_text(CONTENTS[0][1])
    (tmp_path / "deep" / "train.py").write_text(
        "print('Epoch 1 | Batch 10 | Loss: 4.5')\nEpoch 1 | Batch 10 | Loss: 4.5\n"
    )
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "out.txt").write_text(CONTENTS[0][1])
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "data.bin").write_bytes(bytes(range(256)))
    assert sorted((source.name, source.status().format) for source in logs_of(open_sources(tmp_path))) == [
        ("deep/er/out.txt", "text"),
        (tmp_path.name, "trainer_state"),
        ("xp/solver.log.0", "dora"),
    ]


def test_what_is_no_log_is_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    binary = tmp_path / "model"
    binary.write_bytes(b"\x80\x02\0\0binary" * 200)
    with pytest.raises(UsageError, match="wanted one of") as caught:
        open_sources(binary)
    assert "JSON Lines" in str(caught.value)


def test_a_log_that_is_not_there_yet_is_waited_for_and_told_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    (source,) = open_sources(path)
    assert not source.poll()
    assert "not there yet" in source.status().problem
    path.touch()
    assert not source.poll()
    assert "empty" in source.status().problem
    path.write_text("step,loss\n3,4.5\n")
    assert steps(read_all(source).records) == [3]
    assert source.status().problem == ""
    source.close()


def test_a_log_that_has_only_a_banner_yet_is_followed_as_text(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text("loading data\n")
    (source,) = open_sources(path)
    assert not read_all(source).records
    with path.open("a") as log:
        log.write("{'loss': '4.5', 'epoch': '0.1'}\n{'loss': '4.25', 'epoch': '0.2'}\n")
    assert steps(read_all(source).records) == [1, 2]
    assert source.status().format == "hf_stdout"


def test_a_dash_is_standard_input() -> None:
    (source,) = open_sources(Path("-"))
    assert isinstance(source, StdinSource)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "train.log").write_text(LINE.format(10))
    return tmp_path / "runs"


def test_logs_of_one_name_are_told_apart_by_the_folders_that_differ(folder: Path) -> None:
    logs = [folder / name / "train.log" for name in ("a", "b")]
    assert [source.name for source in open_sources(*logs)] == ["a/train.log", "b/train.log"]
    assert [source.name for source in logs_of(open_sources(folder / "a", folder / "b"))] == [
        "a/train.log",
        "b/train.log",
    ]
    assert [source.name for source in open_sources(logs[0])] == ["train.log"], "alone it needs no folder"


def test_a_log_that_is_named_twice_is_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    log = folder / "a" / "train.log"
    sources = logs_of(open_sources(log, Path("a/train.log"), folder / "a", Path("b/../a")))
    assert [source.status().path for source in sources] == [str(log)]
    assert [source.name for source in logs_of(open_sources(Path()))] == ["a/train.log", "b/train.log"]


def test_two_formats_of_one_folder_are_two_sources_with_two_names(tmp_path: Path) -> None:
    run = tmp_path / "out"
    (run / "checkpoint-5").mkdir(parents=True)
    (run / "checkpoint-5" / "trainer_state.json").write_text(STATE)
    (run / "events.out.tfevents.1.host").write_bytes(b"")
    names = [source.name for source in logs_of(open_sources(run))]
    assert sorted(names) == ["out (tensorboard)", "out (trainer_state)"]


def test_a_log_is_never_called_as_a_gauge_is(tmp_path: Path) -> None:
    (tmp_path / "gpu").write_text(LINE.format(10))
    (source,) = open_sources(tmp_path / "gpu")
    assert source.name == f"{tmp_path.name}/gpu"


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), min_size=1, max_size=8))
def test_no_two_logs_are_ever_called_alike_and_each_name_is_the_end_of_its_path(paths: list[list[str]]) -> None:
    every = [Labelled("", Path("/", *parts), "") for parts in dict.fromkeys(map(tuple, paths))]
    names = distinct(every, {"a"})
    assert len({*names, "a"}) == len(names) + 1
    for name, one in zip(names, every, strict=True):
        assert str(one.path).endswith(name) or name.startswith(str(one.path))


def problem(source: Source) -> str:
    assert not source.poll()
    return source.status().problem


def test_whatever_is_wrong_with_a_path_it_is_waited_for_and_said(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "binary").write_bytes(b"\x80\x02\0\0binary")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        expected = {
            "later/run/train.log": "not there yet",
            "loop": "cannot be read (Too many levels",
            "n" * 300: "cannot be read (File name too long)",
            "socket": "no file, folder or pipe",
            "binary": "wanted one of",
        }
        for name, told in expected.items():
            (source,) = open_sources(tmp_path / name)
            assert told in problem(source), name
            assert "waiting for" in problem(source), name
            source.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
def test_a_log_that_may_not_be_read_is_waited_for_until_it_may(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    secret = tmp_path / "secret"
    secret.mkdir(mode=0o700)
    log = secret / "train.log"
    log.write_text(LINE.format(10))
    ours, parents = os.geteuid(), [parent for parent in tmp_path.parents if parent.stat().st_mode & 0o001 == 0]
    modes = {parent: parent.stat().st_mode for parent in parents}
    for parent in parents:
        parent.chmod(0o755)
    os.seteuid(65534)
    try:
        (source,) = open_sources(log)
        assert "cannot be read (Permission denied): waiting for it" in problem(source)
        os.seteuid(ours)
        secret.chmod(0o755)
        os.seteuid(65534)
        assert steps(read_all(source).records) == [10]
    finally:
        os.seteuid(ours)
        for parent, mode in modes.items():
            parent.chmod(mode)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watching]:
    (tmp_path / "logs").mkdir()
    watching = open_watching([tmp_path / "logs", tmp_path / "later"], Settings())
    yield watching
    watching.close()


def look_until(watching: Watching, wanted: int) -> None:
    """Look until so many records were read; the deadline of every test ends what never comes."""
    while sum(board.records for board in watching.boards.values()) < wanted:
        watching.look()


def test_folders_that_fill_later_are_watched_then_and_grow_on(tmp_path: Path, watched: Watching) -> None:
    problems = [status.problem for status in watched.statuses()]
    assert "no file in it holds metrics yet: waiting for one" in problems[0]
    assert "not there yet" in problems[1]
    (tmp_path / "logs" / "one.log").write_text(LINE.format(10))
    look_until(watched, 1)
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "one.log").write_text("loading data\n")
    watched.look()
    (tmp_path / "later" / "one.log").write_text("loading data\n" + LINE.format(20))
    look_until(watched, 2)
    (tmp_path / "logs" / "two.log").write_text(LINE.format(30))
    look_until(watched, 3)
    assert [(status.name, status.problem) for status in watched.statuses()] == [
        ("one.log", ""),
        ("later/one.log", ""),
        ("two.log", ""),
    ]
    assert {source for source, _ in watched.boards} == {"one.log", "later/one.log", "two.log"}


def test_a_folder_that_fills_slowly_is_not_read_again_and_again(tmp_path: Path) -> None:
    asked: list[Path] = []

    def sniff(path: Path, head: bytes) -> bool:
        del head
        asked.append(path)
        return False

    at_s = [0.0]
    known = (Form("none", "none", sniff, forms()[-1].open),)
    search = FolderSearch("logs", tmp_path, known, Labels(), clock=lambda: at_s[0])
    (tmp_path / "banner.log").write_text("x" * 100_000)
    for _ in range(5):
        assert search.grown() == []
        at_s[0] += 60
        with (tmp_path / "banner.log").open("a") as log:
            log.write("more\n")
    assert len(asked) == 1, "its beginning is as it was"
    (tmp_path / "banner.log").unlink()
    (tmp_path / "banner.log").write_text("another")
    search.grown()
    search.grown()
    assert len(asked) == 2


def test_a_named_pipe_is_followed_from_writer_to_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    (source,) = open_sources(path)
    assert not read_all(source).records, "nobody writes yet, and nothing waits for somebody"
    for step in (10, 20):
        with path.open("w") as writer:
            writer.write(f"{LINE.format(step)}Epoch 1 | Ba")
            writer.flush()
            assert steps(read_all(source).records) == [step]
        assert not read_all(source).records
    path.unlink()
    os.mkfifo(path)
    assert not read_all(source).records
    with path.open("w") as writer:
        writer.write(LINE.format(30))
        writer.flush()
        assert steps(read_all(source).records) == [30]
    assert source.status().problem == ""
    source.close()
