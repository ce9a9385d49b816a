from __future__ import annotations

import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.watch.alerts import Level
from engine.watch.machine.checkpoints import CheckpointsLook, look_at_checkpoints
from engine.watch.machine.readable import why_unreadable
from engine.watch.machine.rules import judge_checkpoints

NOW = 1_790_000_000.0
HOUR = 3600.0


def torch_file(path: Path, age_s: float = HOUR, payload: int = 50_000) -> Path:
    """A file as torch.save writes it: a zip of stored members."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        archive.writestr("archive/data/0", os.urandom(payload))
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def safetensors(path: Path, age_s: float = HOUR, payload: int = 4096) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {
        "__metadata__": {"format": "pt"},
        "w": {"dtype": "F32", "shape": [payload // 4], "data_offsets": [0, payload]},
    }
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(payload))
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def cut(path: Path, share: float, age_s: float) -> Path:
    os.truncate(path, int(path.stat().st_size * share))
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def level(look: CheckpointsLook, run_s: float | None = None, save_failed: str = "") -> Level:
    return judge_checkpoints(look, run_s, save_failed).level


def test_a_fresh_readable_checkpoint_is_green_and_the_newest_is_told(tmp_path: Path) -> None:
    torch_file(tmp_path / "epoch_1.ckpt", 3 * HOUR)
    newest = torch_file(tmp_path / "epoch_2.ckpt", HOUR)
    (tmp_path / "config.json").write_text("{}")
    look = look_at_checkpoints(tmp_path, NOW, interval_s=2 * HOUR)
    assert look.newest is not None
    assert (look.newest.path, look.count, look.age_s) == (newest, 2, HOUR)
    assert look.newest.size_bytes == newest.stat().st_size
    verdict = judge_checkpoints(look)
    assert (verdict.level, verdict.told) == (
        Level.GREEN,
        "the newest checkpoint, epoch_2.ckpt, is 1:00 h old",
    )


def test_one_older_than_two_intervals_is_yellow(tmp_path: Path) -> None:
    torch_file(tmp_path / "last.ckpt", 2 * HOUR + 60)
    look = look_at_checkpoints(tmp_path, NOW, interval_s=HOUR)
    assert judge_checkpoints(look).told == ("the newest checkpoint, last.ckpt, is 2:01 h old, wanted one each 1:00 h")
    assert level(look) is Level.YELLOW
    assert level(look_at_checkpoints(tmp_path, NOW - 120, interval_s=HOUR)) is Level.GREEN


def test_the_interval_is_learned_from_the_saves_that_lie_there(tmp_path: Path) -> None:
    for step in range(1, 5):
        torch_file(tmp_path / f"step_{step}.pt", (8 - step) * 600)
    look = look_at_checkpoints(tmp_path, NOW)
    assert look.interval_s == 600
    assert level(look) is Level.YELLOW


def test_how_old_one_may_be_is_unknown_where_nobody_told_how_often_it_is_saved(tmp_path: Path) -> None:
    torch_file(tmp_path / "last.ckpt", 100 * HOUR)
    assert level(look_at_checkpoints(tmp_path, NOW)) is Level.UNKNOWN


@pytest.mark.parametrize(("write", "suffix"), [(torch_file, ".pt"), (safetensors, ".safetensors")])
def test_a_save_that_broke_off_is_red_and_the_one_before_is_named(
    tmp_path: Path, write: Callable[[Path, float], Path], suffix: str
) -> None:
    write(tmp_path / f"a{suffix}", 2 * HOUR)
    cut(write(tmp_path / f"b{suffix}", HOUR), 0.6, HOUR)
    look = look_at_checkpoints(tmp_path, NOW, interval_s=24 * HOUR)
    verdict = judge_checkpoints(look)
    assert verdict.level is Level.RED
    assert f"the newest checkpoint cannot be read: b{suffix}: " in verdict.told
    assert verdict.told.endswith(f"the one before it is a{suffix}")


def test_a_checkpoint_that_is_being_written_is_no_broken_one_until_it_stops_growing(tmp_path: Path) -> None:
    torch_file(tmp_path / "a.pt", HOUR)
    cut(torch_file(tmp_path / "b.pt"), 0.6, 5)
    look = look_at_checkpoints(tmp_path, NOW, interval_s=2 * HOUR)
    assert look.saving is not None
    assert look.newest is not None
    assert (look.saving.path.name, look.newest.path.name, level(look)) == ("b.pt", "a.pt", Level.GREEN)
    assert level(look_at_checkpoints(tmp_path, NOW + 61, interval_s=2 * HOUR, before=look)) is Level.RED


def test_a_file_from_a_clock_in_the_future_is_judged_once_it_stays_as_it_is(tmp_path: Path) -> None:
    cut(torch_file(tmp_path / "b.pt"), 0.6, -3 * HOUR)
    first = look_at_checkpoints(tmp_path, NOW, interval_s=HOUR)
    assert (first.saving is not None, level(first)) == (True, Level.UNKNOWN)
    assert level(look_at_checkpoints(tmp_path, NOW + 30, interval_s=HOUR, before=first)) is Level.RED


def test_an_empty_file_is_red(tmp_path: Path) -> None:
    path = tmp_path / "best.th"
    path.touch()
    os.utime(path, (NOW - HOUR, NOW - HOUR))
    verdict = judge_checkpoints(look_at_checkpoints(tmp_path, NOW, interval_s=HOUR))
    assert (verdict.level, "it is empty; there is no other" in verdict.told) == (Level.RED, True)


def test_a_file_of_no_known_format_that_shrank_is_red(tmp_path: Path) -> None:
    for name, size, age in (("step1.bin", 10_000, 3), ("step2.bin", 10_000, 2), ("step3.bin", 4_000, 1)):
        (tmp_path / name).write_bytes(b"\x80" * size)
        os.utime(tmp_path / name, (NOW - age * HOUR, NOW - age * HOUR))
    verdict = judge_checkpoints(look_at_checkpoints(tmp_path, NOW))
    assert verdict.level is Level.RED
    assert "step3.bin: it holds 4,000 bytes where one before it held 10,000" in verdict.told


def test_weights_and_optimizer_of_other_names_are_not_compared(tmp_path: Path) -> None:
    torch_file(tmp_path / "full.ckpt", 2 * HOUR, payload=100_000)
    torch_file(tmp_path / "weights.ckpt", HOUR, payload=10_000)
    assert level(look_at_checkpoints(tmp_path, NOW, interval_s=HOUR)) is Level.GREEN


def test_a_folder_of_files_is_one_checkpoint(tmp_path: Path) -> None:
    for step, age in ((500, 2 * HOUR), (1000, HOUR)):
        folder = tmp_path / f"checkpoint-{step}"
        safetensors(folder / "model.safetensors", age)
        torch_file(folder / "optimizer.pt", age - 5)
    look = look_at_checkpoints(tmp_path, NOW, interval_s=HOUR)
    assert look.newest is not None
    assert (look.newest.path.name, look.count, len(look.newest.files)) == ("checkpoint-1000", 2, 2)
    assert level(look) is Level.GREEN
    cut(tmp_path / "checkpoint-1000" / "optimizer.pt", 0.5, HOUR)
    assert level(look_at_checkpoints(tmp_path, NOW, interval_s=HOUR)) is Level.RED


def test_half_written_names_are_leftovers_and_no_checkpoints(tmp_path: Path) -> None:
    torch_file(tmp_path / "checkpoint.th", 3 * HOUR)
    leftover = torch_file(tmp_path / "checkpoint.th.tmp", 2 * HOUR)
    torch_file(tmp_path / "tmp-checkpoint-9" / "model.pt", 2 * HOUR)
    torch_file(tmp_path / "new.pt.tmp", 3)
    look = look_at_checkpoints(tmp_path, NOW, interval_s=HOUR)
    assert look.newest is not None
    assert look.newest.path.name == "checkpoint.th"
    assert look.leftovers == (leftover, tmp_path / "tmp-checkpoint-9" / "model.pt")
    assert "2 files of saves that broke off lie there" in judge_checkpoints(look).told


def test_a_pattern_chooses_among_files(tmp_path: Path) -> None:
    torch_file(tmp_path / "run" / "best.ckpt", HOUR)
    torch_file(tmp_path / "run" / "other.pt", 60)
    look = look_at_checkpoints(tmp_path / "run" / "*.ckpt", NOW, interval_s=HOUR)
    assert look.newest is not None
    assert (look.newest.path.name, look.count) == ("best.ckpt", 1)
    look = look_at_checkpoints(tmp_path / "run" / "other.pt", NOW, interval_s=HOUR)
    assert look.newest is not None
    assert look.newest.path.name == "other.pt"


def test_a_run_without_any_checkpoint_is_unknown_at_first_and_yellow_when_one_is_due(tmp_path: Path) -> None:
    look = look_at_checkpoints(tmp_path, NOW, interval_s=HOUR)
    assert level(look, run_s=60) is Level.UNKNOWN
    assert level(look, run_s=2 * HOUR + 1) is Level.YELLOW
    assert level(look) is Level.UNKNOWN


def test_a_folder_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    verdict = judge_checkpoints(look_at_checkpoints(tmp_path / "none", NOW, interval_s=HOUR))
    assert verdict.level is Level.UNKNOWN
    assert "No such file" in verdict.told


def test_a_save_that_failed_is_red_whatever_lies_there(tmp_path: Path) -> None:
    torch_file(tmp_path / "last.ckpt", 60)
    look = look_at_checkpoints(tmp_path, NOW, interval_s=HOUR)
    assert level(look) is Level.GREEN
    assert level(look, save_failed="OSError: [Errno 28] No space left on device") is Level.RED


def test_room_for_less_than_two_checkpoints_is_red(tmp_path: Path) -> None:
    torch_file(tmp_path / "last.ckpt", 60)
    sparse = tmp_path / "huge.bin"
    with sparse.open("wb") as file:
        file.write(b"\x80")
        file.truncate(2**43)  # takes no room: more than this volume could take twice
    os.utime(sparse, (NOW - 30, NOW - 30))
    verdict = judge_checkpoints(look_at_checkpoints(tmp_path, NOW, interval_s=HOUR))
    assert verdict.level is Level.RED
    assert "wanted room for 2 checkpoints of 8.80 TB" in verdict.told


@settings(max_examples=60)
@given(st.integers(1, 4095))
def test_a_torch_file_that_is_cut_anywhere_cannot_be_read(tmp_path_factory: pytest.TempPathFactory, lost: int) -> None:
    path = torch_file(tmp_path_factory.mktemp("cut") / "a.pt")
    assert why_unreadable(path) == ""
    os.truncate(path, path.stat().st_size - lost)
    assert why_unreadable(path) != ""


@settings(max_examples=60)
@given(st.integers(1, 4200))
def test_safetensors_that_are_cut_anywhere_cannot_be_read(tmp_path_factory: pytest.TempPathFactory, lost: int) -> None:
    path = safetensors(tmp_path_factory.mktemp("cut") / "a.safetensors")
    assert why_unreadable(path) == ""
    os.truncate(path, path.stat().st_size - lost)
    assert why_unreadable(path) != ""


@settings(max_examples=100)
@given(st.binary(max_size=64), st.sampled_from([".safetensors", ".pt"]))
def test_no_content_makes_the_look_itself_fail(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"a{suffix}"
    path.write_bytes(content)
    assert isinstance(why_unreadable(path), str)
