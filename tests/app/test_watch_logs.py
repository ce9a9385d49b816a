"""``gonogo watch`` without a log: those that the corpus's gonogo.toml names."""

from __future__ import annotations

from pathlib import Path

from tests.app.program import Gonogo


def test_without_a_log_those_of_the_settings_are_watched(gonogo: Gonogo, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    lines = [f'{{"step": {step}, "loss": {4 - step / 100}}}' for step in range(1, 60)]
    (tmp_path / "runs" / "train.jsonl").write_text("\n".join([*lines, '{"step": 60, "loss": NaN}\n']))
    (tmp_path / "gonogo.toml").write_text('[watch]\nlogs = ["runs/*.jsonl"]\n')
    ended = gonogo("--json", "watch", "--once", "--corpus", tmp_path)
    assert ended.code == 2, "red"
    assert [row["path"] for row in ended.of_type("source")] == [str(tmp_path / "runs" / "train.jsonl")]


def test_where_none_is_named_either_both_ways_to_name_one_are_told(gonogo: Gonogo, tmp_path: Path) -> None:
    ended = gonogo("watch", "--once", "--corpus", tmp_path)
    assert ended.code == 3, "a monitoring system takes 2 for red"
    assert "name a log" in ended.stderr
    assert "[watch] logs" in ended.stderr
