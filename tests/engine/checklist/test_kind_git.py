from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look

ENV = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git program")


def git(folder: Path, *argv: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    argv = ("git", "-C", str(folder), *identity, *argv)
    return subprocess.run(argv, env=ENV, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.py").write_text("1\n")
    (folder / ".gitignore").write_text("ignored\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


async def ask(checkout: Path, keys: str = "", **env: str) -> tuple[State, str]:
    table = f'type = "git"\npath = "{checkout.name}"\n{keys}'
    answer = await look(around(checkout.parent, env={**ENV, **env}), table)
    return answer.state, answer.read


async def test_a_clean_checkout_passes_with_its_branch_and_commit(checkout: Path) -> None:
    (checkout / "ignored").write_text("")
    head = git(checkout, "rev-parse", "HEAD")
    assert await ask(checkout) == (State.PASS, f"main at {head[:12]}, clean")
    assert (await ask(checkout, f'commit = "{head}"\nbranch = "main"'))[0] is State.PASS
    assert (await ask(checkout, f'commit = "{head[:7]}"'))[0] is State.PASS


async def test_another_commit_or_branch_fails(checkout: Path) -> None:
    state, read = await ask(checkout, 'commit = "0123456789abcdef"\nbranch = "release"')
    assert state is State.FAIL
    assert read.endswith("; wanted commit 0123456789ab and branch release")
    git(checkout, "checkout", "-q", "--detach")
    state, read = await ask(checkout, 'branch = "main"')
    assert state is State.FAIL
    assert read.startswith("(detached) at ")


async def test_what_is_changed_staged_renamed_or_untracked_is_named(checkout: Path) -> None:
    git(checkout, "mv", "a.py", "b c.py")
    (checkout / ".gitignore").write_text("")
    (checkout / "new\x1b[31m.py").write_text("")
    state, read = await ask(checkout)
    assert state is State.FAIL
    assert read.endswith(", 3 changed: .gitignore, b c.py, new\\x1b[31m.py; wanted nothing changed")
    assert (await ask(checkout, "clean = false"))[0] is State.PASS


async def test_untracked_files_can_be_let_pass_and_changed_ones_not(checkout: Path) -> None:
    (checkout / "new.py").write_text("")
    git(checkout, "config", "status.showUntrackedFiles", "no")
    assert (await ask(checkout))[0] is State.FAIL
    assert (await ask(checkout, "allow_untracked = true"))[0] is State.PASS
    (checkout / "a.py").write_text("2\n")
    assert (await ask(checkout, "allow_untracked = true"))[0] is State.FAIL


async def test_a_submodule_with_changes_counts(checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(checkout, tmp_path / "other")
    git(checkout, "submodule", "--quiet", "add", str(tmp_path / "other"), "sub")
    git(checkout, "commit", "-q", "-m", "second")
    assert (await ask(checkout))[0] is State.PASS
    (checkout / "sub" / "a.py").write_text("2\n")
    assert (await ask(checkout))[1].endswith("1 changed: sub; wanted nothing changed")


async def test_a_checkout_without_a_commit_is_told(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    git(tmp_path / "code", "init", "-q", "-b", "main")
    assert await ask(tmp_path / "code", 'commit = "0123456"') == (
        State.FAIL,
        "main at (initial), clean; wanted commit 0123456",
    )


async def test_variables_cannot_lead_to_another_repository(checkout: Path, tmp_path: Path) -> None:
    (checkout / "a.py").write_text("2\n")
    shutil.copytree(checkout, tmp_path / "other")
    git(tmp_path / "other", "checkout", "-q", ".")
    other = tmp_path / "other"
    assert (await ask(checkout, GIT_DIR=str(other / ".git"), GIT_WORK_TREE=str(other)))[0] is State.FAIL


async def test_looking_runs_no_program_of_the_repository(checkout: Path, tmp_path: Path) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    spy.chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(spy))
    assert (await ask(checkout))[0] is State.PASS
    assert not (tmp_path / "ran").exists()


async def test_a_folder_that_is_no_checkout_or_not_there_fails(tmp_path: Path) -> None:
    env = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    (tmp_path / "code").mkdir()
    state, read = await ask(tmp_path / "code", **env)
    assert state is State.FAIL
    assert read.startswith("git: not a git repository")
    state, read = await ask(tmp_path / "gone", **env)
    assert state is State.FAIL
    assert "No such file or directory" in read


async def test_a_repository_that_git_cannot_read_answers_nothing(checkout: Path) -> None:
    (checkout / ".git" / "index").write_bytes(b"nonsense")
    assert (await ask(checkout))[0] is State.ERROR


async def test_a_machine_without_git_cannot_be_asked(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    state, read = await ask(checkout, PATH=str(tmp_path / "bin"))
    assert (state, read) == (State.ERROR, "git cannot be started: No such file or directory")


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ('commit = "HEAD"', "matching regex"),
        ('commit = "012345"', "matching regex"),
        ('branch = "a b"', "matching regex"),
        ("clean = false\nallow_untracked = true", "means nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "git"\n{keys}')
