from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import Settings, Watch, load_settings
from engine.errors import ConfigError, InputError
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


@pytest.mark.parametrize("pattern", ["runs/**x/*.log", "***/x", "~nosuchuser/x.log", "~nosuchuser/*.log", "a\\u0000b"])
def test_a_pattern_that_can_mean_nothing_is_refused_with_the_settings(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "gonogo.toml").write_text(f'[watch]\nlogs = ["ok.log", "{pattern}"]\n')
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/gonogo.toml:2: watch.logs: not a possible value: read ")
    assert 'wanted a list of paths and patterns, such as ["runs/*/train.log"]' in str(caught.value)


@pytest.mark.parametrize("pattern", ["runs/**/*.log", "**", "[a-", "a[", "..", "../*", "/*", "~", "~/*", "./*"])
def test_a_pattern_that_means_something_gives_paths(tmp_path: Path, pattern: str) -> None:
    assert all(Path(path).is_absolute() for path in logs(tmp_path, pattern))


@pytest.mark.parametrize("pattern", ["runs/**x/*.log", "~nosuchuser/*.log"])
def test_settings_that_were_made_elsewhere_are_refused_when_their_logs_are_looked_for(
    tmp_path: Path, pattern: str
) -> None:
    with pytest.raises(InputError, match=r"\[watch\] logs: no path and no pattern: read .*, wanted "):
        configured_logs(Settings(watch=Watch(logs=(pattern,))), tmp_path)


def test_a_user_without_a_home_is_told_so_by_whoever_looks_for_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container, nobody may know the user by a name; that is no fault of the settings."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", _unknown)
    (tmp_path / "gonogo.toml").write_text('[watch]\nlogs = ["~/runs/*.log"]\n')
    settings = load_settings(tmp_path).settings
    with pytest.raises(InputError, match="home directory"):
        configured_logs(settings, tmp_path)


def _unknown(uid: int) -> None:
    raise KeyError(uid)
