from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

import app.cli
from app.cli import gonogo
from app.cli.listing import LISTED, Listed

MODULES = [each.name for each in pkgutil.iter_modules([str(Path(app.cli.__file__).parent)])]
"""All of them, those that share and export no command included."""


def exported(module: str) -> tuple[click.Command, ...]:
    commands: tuple[click.Command, ...] = getattr(importlib.import_module(f"app.cli.{module}"), "COMMANDS", ())
    return commands


def test_the_list_names_every_command_of_every_module() -> None:
    found = {(module, command.name) for module in MODULES for command in exported(module)}
    assert found == {(module, name) for name, (module, _) in LISTED.items()}


@pytest.mark.parametrize("name", sorted(gonogo.commands))
def test_the_list_says_of_a_command_what_its_own_help_says(name: str) -> None:
    listed = gonogo.commands[name]
    assert isinstance(listed, Listed)
    command = listed.load()
    for limit in range(10, 140):
        assert listed.get_short_help_str(limit) == command.get_short_help_str(limit)
    assert not command.hidden
    assert not command.deprecated


def test_a_mistyped_command_is_told_what_it_may_have_been() -> None:
    ended = CliRunner().invoke(gonogo, ["conver"])
    assert ended.exit_code == 2
    assert "convert" in ended.output


def test_a_shell_completes_commands_and_what_belongs_to_them() -> None:
    shell = ShellComplete(gonogo, {}, "gonogo", "_GONOGO_COMPLETE")
    assert {"pause", "resume"} <= {item.value for item in shell.get_completions([], "")}
    assert [item.value for item in shell.get_completions(["stop"], "--n")] == ["--now", "--no-ui"]
    assert "sign" in {item.value for item in shell.get_completions(["checklist"], "s")}


def test_a_console_loads_the_screens_that_are_opened_and_no_others() -> None:
    opened = "app.console.app, app.console.place_rooms, app.console.conversion.screen"
    program = f"import sys, {opened}; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert "'app.console.conversion.screen'" in done.stdout
    for other in ("alerts", "checklist", "home", "lists", "log", "training", "window"):
        assert f"'app.console.{other}.screen'" not in done.stdout
    for heavy in ("torch", "pyarrow", "numpy", "duckdb", "apprise", "aiohttp", "engine.watch.detect"):
        assert f"'{heavy}'" not in done.stdout
