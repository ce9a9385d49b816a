"""What every command shares: the global options, the settings, and where state lies."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click
import msgspec

from engine.errors import UsageError
from engine.run.places import state_dir_for, user_config_dir
from engine.run.read_only import set_read_only

if TYPE_CHECKING:  # --help needs neither the settings nor a console, and is to be quick
    from engine.config import Resolved

P = ParamSpec("P")
R = TypeVar("R")


class Globals(msgspec.Struct, frozen=True):
    """The options that stand before any command, or behind it."""

    as_json: bool = False
    no_ui: bool = False
    config: Path | None = None
    state: Path | None = None
    read_only: bool = False

    def but(self, given: Mapping[str, object]) -> Globals:
        """Return these options with some of them given anew."""
        return msgspec.structs.replace(self, **given)

    def settings(self, corpus: Path | None, flags: Mapping[str, object] | None = None) -> Resolved:
        """Resolve the settings for a corpus.

        Raises:
            ConfigError: when a file, variable or flag is wrong.
        """
        from engine.config import load_settings  # noqa: PLC0415

        return load_settings(corpus, self.config, os.environ, flags or {}, user_config_dir())

    def state_of(self, corpus: Path | None) -> Path:
        """Return the folder for a corpus's runs and reports."""
        return state_dir_for(corpus, self.state)


def _look_only(_: click.Context, __: click.Parameter, given: bool | None) -> bool | None:  # click's
    """Throw the switch where it is asked for, whatever command follows."""
    if given:
        set_read_only()
    return given


_OPTIONS = (
    click.option(
        "--json", "as_json", is_flag=True, default=None, help="JSON Lines on stdout: a version, facts, a summary."
    ),
    click.option("--no-ui", is_flag=True, default=None, help="Run headless, also in a terminal."),
    click.option(
        "--config", type=click.Path(path_type=Path), default=None, help="Use this file, not CORPUS/gonogo.toml."
    ),
    click.option(
        "--state", type=click.Path(path_type=Path), default=None, help="Keep runs and reports in this folder."
    ),
    click.option("--read-only", is_flag=True, default=None, callback=_look_only, help="Change nothing: look only."),
)
_NAMES = ("as_json", "no_ui", "config", "state", "read_only")


def global_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add the global options to a command or group, as they are."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def with_globals(function: Callable[Concatenate[Globals, P], R]) -> Callable[..., R]:
    """Give a command the global options, wherever on the command line they stood, as its first argument."""

    @global_options
    @click.pass_context
    @functools.wraps(function)
    def wrapped(context: click.Context, /, *args: P.args, **given: P.kwargs) -> R:
        own = {name: value for name in _NAMES if (value := given.pop(name)) is not None}
        before = context.obj if isinstance(context.obj, Globals) else Globals()
        return function(before.but(own), *args, **given)

    return wrapped


def wants_console(options: Globals) -> bool:
    """Tell whether a job is to open the console: in a terminal, unless a script's options say otherwise."""
    from app.console.show import has_terminal  # noqa: PLC0415

    return has_terminal() and not (options.as_json or options.no_ui)


corpus_argument = click.argument("corpus", type=click.Path(path_type=Path))


def existing_corpus(corpus: Path) -> Path:
    """Return the corpus's absolute path.

    Raises:
        UsageError: when it is no folder.
    """
    whole = corpus.absolute()  # first: where the folder it begins in is gone, that is what there is to say
    if not corpus.is_dir():
        what = "a file" if corpus.exists() else "nothing"
        raise UsageError(f"{corpus}: read {what}, wanted the folder of a corpus")
    return whole
