"""Checkpoints as torch and safetensors really write them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.watch.alerts import Level
from engine.watch.machine.checkpoints import look_at_checkpoints
from engine.watch.machine.readable import why_unreadable
from engine.watch.machine.rules import judge_checkpoints

torch = pytest.importorskip("torch", reason="torch is not installed: CI installs it")

SAVES = """
import sys, torch
weights = {f"layer{number}": torch.rand(500, 500) for number in range(50)}
torch.save(weights, sys.argv[1])
print("saved", flush=True)
sys.stdin.readline()
while True:
    torch.save(weights, sys.argv[1])
"""


def test_what_torch_saves_is_whole_and_cut_short_it_is_not(tmp_path: Path) -> None:
    new, old = tmp_path / "new.pt", tmp_path / "old.pt"
    torch.save({"weights": torch.rand(100, 100)}, new)
    torch.save({"weights": torch.rand(100, 100)}, old, _use_new_zipfile_serialization=False)
    assert why_unreadable(new) == ""
    assert why_unreadable(old) == ""
    os.truncate(new, new.stat().st_size // 2)
    assert "zip directory cannot be read" in why_unreadable(new)


def test_what_safetensors_saves_is_whole_and_cut_short_it_is_not(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch", reason="safetensors is not installed: CI installs it")
    path = tmp_path / "model.safetensors"
    safetensors.save_file({"a": torch.rand(30, 30), "b": torch.zeros(0)}, path, metadata={"format": "pt"})
    assert why_unreadable(path) == ""
    os.truncate(path, path.stat().st_size - 1)
    assert "where its header tells of" in why_unreadable(path)


def test_a_trainer_killed_while_it_saves_over_its_only_checkpoint_is_red_where_torch_cannot_load_it(
    tmp_path: Path,
) -> None:
    path, agreed, broken = tmp_path / "last.ckpt", [], 0
    for _ in range(4):
        argv, pipe = [sys.executable, "-c", SAVES, str(path)], subprocess.PIPE
        with subprocess.Popen(argv, stdin=pipe, stdout=pipe) as trainer:
            assert trainer.stdin is not None
            assert trainer.stdout is not None
            assert trainer.stdout.readline() == b"saved\n"
            whole = path.stat().st_size
            trainer.stdin.write(b"\n")
            trainer.stdin.flush()
            while path.stat().st_size >= whole:  # until it has begun to write over it
                pass
            trainer.kill()
        try:
            torch.load(path, weights_only=True)
            loads = True
        except (RuntimeError, EOFError, OSError):
            loads = False
        broken += not loads
        saved_s = path.stat().st_mtime
        verdict = judge_checkpoints(look_at_checkpoints(tmp_path, saved_s + 61, interval_s=3600))
        agreed.append((verdict.level is Level.RED) == (not loads))
    assert agreed == [True] * 4
    assert broken, "no kill came in the middle of a save"
