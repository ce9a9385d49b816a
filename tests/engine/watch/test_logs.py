from __future__ import annotations

from pathlib import Path

from engine.config import load_settings
from engine.watch.logs import configured_logs


def logs(corpus: Path, *patterns: str) -> list[str]:
    (corpus / "gonogo.toml").write_text(f"[watch]\nlogs = {list(patterns)}\n")
    return [str(path) for path in configured_logs(load_settings(corpus).settings, corpus)]


def test_paths_are_waited_for_and_patterns_are_what_is_there(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "train.log").touch()
    assert logs(tmp_path, "later.log", "runs/*/train.log", "none/*") == [
        str(tmp_path / "later.log"),
        str(tmp_path / "runs/a/train.log"),
        str(tmp_path / "runs/b/train.log"),
    ]


def test_paths_may_lie_elsewhere(tmp_path: Path) -> None:
    corpus, other = tmp_path / "corpus", tmp_path / "other"
    corpus.mkdir()
    other.mkdir()
    (other / "train.log").touch()
    found = [str(other / "train.log")]
    assert logs(corpus, f"{other}/*.log") == found
    assert [str(Path(path).resolve()) for path in logs(corpus, "../other/*.log")] == found
    assert logs(corpus, "~/train.log") == [str(Path("~/train.log").expanduser())]


def test_without_a_setting_there_are_none(tmp_path: Path) -> None:
    assert configured_logs(load_settings(tmp_path).settings, tmp_path) == ()
