from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look

BOOTED = Path("/run/systemd/system").is_dir()
needs_systemctl = pytest.mark.skipif(shutil.which("systemctl") is None, reason="there is no systemctl")


def table(unit: str, more: str = "") -> str:
    return f'type = "systemd_unit"\nunit = "{unit}"\n{more}'


def said(load: str, active: str, sub: str) -> str:
    return f"LoadState={load}\nActiveState={active}\nSubState={sub}\n"


def systemctl(folder: Path, answer: str, code: int = 0) -> dict[str, str]:
    """An environment whose systemctl answers in the format of systemctl(1), and notes how it was asked."""
    (folder / "bin").mkdir()
    (folder / "answer").write_text(answer)
    program = folder / "bin" / "systemctl"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/asked\ncat {folder}/answer\nexit {code}\n')
    program.chmod(0o755)
    return {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("answer", "more", "state", "read"),
    [
        (said("loaded", "active", "running"), "", State.PASS, "active/running"),
        (said("loaded", "failed", "failed"), "", State.FAIL, "failed/failed, wanted active/running"),
        (said("loaded", "active", "exited"), "", State.FAIL, "active/exited, wanted active/running"),
        (said("loaded", "active", "exited"), "sub = 'exited'", State.PASS, "active/exited"),
        (said("loaded", "active", "waiting"), "sub = ''", State.PASS, "active/waiting"),
        (said("loaded", "inactive", "dead"), "state = 'inactive'\nsub = ''", State.PASS, "inactive/dead"),
        (
            said("loaded", "active", "running"),
            "state = 'inactive'\nsub = ''",
            State.FAIL,
            "active/running, wanted inactive/any",
        ),
        (said("masked", "inactive", "dead"), "", State.FAIL, "inactive/dead (masked), wanted active/running"),
        (said("not-found", "inactive", "dead"), "", State.FAIL, "there is no unit x.service"),
        (
            said("not-found", "inactive", "dead"),
            "state = 'inactive'\nsub = ''",
            State.FAIL,
            "there is no unit x.service",
        ),
    ],
)
async def test_a_units_state_is_held_against_what_is_wanted(
    tmp_path: Path, answer: str, more: str, state: State, read: str
) -> None:
    found = await look(around(tmp_path, env=systemctl(tmp_path, answer)), table("x.service", more))
    assert (found.state, found.read) == (state, read)


async def test_the_manager_of_the_user_is_asked_where_that_is_wanted(tmp_path: Path) -> None:
    env = systemctl(tmp_path, said("loaded", "active", "running"))
    await look(around(tmp_path, env=env), table("x.service"))
    assert "--user" not in (tmp_path / "asked").read_text().split()
    await look(around(tmp_path, env=env), table("x.service", "scope = 'user'"))
    assert "--user" in (tmp_path / "asked").read_text().split()


async def test_a_systemctl_that_says_something_else_cannot_be_understood(tmp_path: Path) -> None:
    answer = await look(around(tmp_path, env=systemctl(tmp_path, "Hello\n")), table("x.service"))
    assert (answer.state, answer.read) == (State.ERROR, "systemd does not answer: Hello")


@needs_systemctl
@pytest.mark.skipif(BOOTED, reason="this machine was booted with systemd")
async def test_a_unit_on_a_machine_without_systemd_cannot_be_answered(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), table("cron.service"))
    assert answer.state is State.ERROR
    assert answer.read.startswith("systemd does not answer: ")
    assert answer.exit_code == 1


async def test_a_machine_without_systemctl_cannot_be_asked(tmp_path: Path) -> None:
    answer = await look(around(tmp_path, env={"PATH": str(tmp_path)}), table("cron.service"))
    assert (answer.state, answer.read) == (State.ERROR, "systemctl cannot be started: No such file or directory")


@pytest.mark.skipif(not BOOTED, reason="this machine was not booted with systemd")
async def test_the_real_systemd_is_understood(tmp_path: Path) -> None:
    assert (await look(around(tmp_path), table("systemd-journald.service"))).read == "active/running"
    answer = await look(around(tmp_path), table("no-such-unit-at-all.service"))
    assert (answer.state, answer.read) == (State.FAIL, "there is no unit no-such-unit-at-all.service")


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("", "missing required field `unit`"),
        ('unit = "--version"', "wanted one word"),
        ('unit = "ssh*"', "not a pattern"),
        ('unit = "a"\nstate = ""\nsub = ""', "wanted a state or a sub"),
        ('unit = "a"\nstate = "inactive"', "is never running"),
        ('unit = "a"\nstate = "Active"', "matching regex"),
        ('unit = "a"\nscope = "root"', "Invalid enum value"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "systemd_unit"\n{keys}')
