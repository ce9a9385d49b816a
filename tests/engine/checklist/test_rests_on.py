"""What an answer rests on: whatever changes makes it stale, whatever does not leaves it alone."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.checklist.around import Around
from engine.checklist.rests_on import NOT_THERE, commit_of, look_at
from engine.config import Convert
from engine.errors import UsageError
from tests.engine.checklist.asking import around


def one(name: str, around: Around) -> str:
    return look_at([name], around)[name]


@pytest.fixture
def here(tmp_path: Path) -> Around:
    corpus = tmp_path / "corpus"
    (corpus / "data").mkdir(parents=True)
    (corpus / "data" / "a.csv").write_text("1\n")
    (corpus / "data" / "b.csv").write_text("2\n")
    return around(corpus, env={"PATH": "/usr/bin:/bin", "REGION": "eu"})


CHANGES: dict[str, Callable[[Path], object]] = {
    "one byte": lambda data: (data / "a.csv").write_text("7\n"),
    "one more file": lambda data: (data / "c.csv").write_text(""),
    "one file less": lambda data: (data / "b.csv").unlink(),
    "two files change places": lambda data: (
        (data / "a.csv").rename(data / "x"),
        (data / "b.csv").rename(data / "a.csv"),
        (data / "x").rename(data / "b.csv"),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_the_files_that_a_pattern_names_is_seen(here: Around, what: str) -> None:
    before = one("file:data/*.csv", here)
    assert one("file:data/*.csv", here) == before
    CHANGES[what](here.corpus / "data")
    assert one("file:data/*.csv", here) != before


def test_other_files_and_times_do_not_matter(here: Around) -> None:
    before = look_at(["file:data/*.csv", "file:data/a.csv"], here)
    (here.corpus / "data" / "notes.txt").write_text("new")
    (here.corpus / "data" / "a.csv").write_text("1\n")
    assert look_at(before, here) == before


def test_a_corpus_whose_own_name_looks_like_a_pattern_is_seen_into(tmp_path: Path) -> None:
    """Else nothing in it would ever seem to change."""
    corpus = tmp_path / "takes [2] *final*"
    corpus.mkdir()
    here = around(corpus)
    (corpus / "a.csv").write_text("1")
    before = look_at(["file:*.csv", "file:a.csv", "file:$CORPUS/a.csv"], here)
    assert NOT_THERE not in before.values()
    (corpus / "a.csv").write_text("2")
    after = look_at(before, here)
    assert not [name for name in before if before[name] == after[name]]


def test_patterns_outside_the_corpus_are_seen(here: Around, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    names = [f"file:{tmp_path}/elsewhere/*.csv", "file:../elsewhere/*.csv"]
    assert set(look_at(names, here).values()) == {NOT_THERE}
    (tmp_path / "elsewhere" / "a.csv").write_text("1")
    assert NOT_THERE not in look_at(names, here).values()


def test_a_large_file_is_told_by_its_size_and_times(here: Around) -> None:
    large = here.corpus / "large.bin"
    with large.open("wb") as out:
        out.truncate(200 << 20)
    before = one("file:large.bin", here)
    with large.open("r+b") as out:
        out.write(b"x")
    assert one("file:large.bin", here) != before


def test_what_is_not_there_is_told_from_what_is_empty(here: Around) -> None:
    assert one("file:none", here) == NOT_THERE
    (here.corpus / "none").write_text("")
    assert one("file:none", here) != NOT_THERE
    assert one("env:REGION", here) != one("env:NONE", here) == NOT_THERE
    assert one("env:REGION", replace(here, env={"REGION": ""})) != NOT_THERE
    assert one("git:HEAD", here) == NOT_THERE


def test_a_variable_that_changes_is_seen(here: Around) -> None:
    assert one("env:REGION", here) != one("env:REGION", replace(here, env={"REGION": "us"}))


def test_a_setting_that_changes_is_seen_in_its_own_section(here: Around) -> None:
    other = replace(here, settings=replace(here.settings, convert=Convert(retries=7)))
    assert one("config:convert", here) != one("config:convert", other)
    assert one("config:layout", here) == one("config:layout", other)


def test_a_new_commit_is_seen(here: Around) -> None:
    def git(*args: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, "-C", str(here.corpus), *args], check=True, capture_output=True)

    git("init")
    assert one("git:HEAD", here) == NOT_THERE
    git("commit", "--allow-empty", "-m", "one")
    before = one("git:HEAD", here)
    assert before == commit_of(here.corpus)
    git("commit", "--allow-empty", "-m", "two")
    assert one("git:HEAD", here) != before


def test_this_boot_and_this_host_stay_what_they_are(here: Around) -> None:
    first = look_at(["boot_id", "host"], here)
    assert all(first.values())
    assert look_at(["boot_id", "host"], here) == first


def test_a_variable_in_a_pattern_that_is_not_set_is_told(here: Around) -> None:
    with pytest.raises(UsageError, match=r"\$NOWHERE.*there is no variable 'NOWHERE'; set it"):
        look_at(["file:$NOWHERE/a.csv"], here)
