"""The commands, one module a group, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from app.cli.common import Globals, global_options, wants_console
from app.cli.here import here_is_gone, is_here_gone
from app.cli.listing import LateGroup, listed
from app.exit_codes import CheckCode, ExitCode, code_for
from engine.errors import GonogoError


@click.group(cls=LateGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gonogo", prog_name="gonogo")
@global_options
@click.pass_context
def gonogo(context: click.Context, /, **options: object) -> None:
    """Convert an audio corpus in place, and lose nothing.

    Every command tells its data on stdout and everything else on stderr. Exit codes: 0 done (GO), 1 some of it failed
    or is quarantined (NO-GO), 2 usage, 3 a gate is closed, 4 stopped for safety, 5 another run holds the corpus, 130
    and 143 interrupted: run it again and it goes on.
    """
    given = Globals().but({name: value for name, value in options.items() if value is not None})
    context.obj = given
    if context.invoked_subcommand is not None:
        return
    if wants_console(given):
        context.exit(_home(given))
    click.echo(context.get_help())


def _home(options: Globals) -> int:
    from app.console.show import show_home  # noqa: PLC0415  # --help is to be quick
    from app.home.placing import corpus_here, place_at  # noqa: PLC0415

    config = ["--config", str(options.config.absolute())] if options.config is not None else []
    return show_home(place_at(corpus_here(Path.cwd()), options.state, options.config), config)


for command in listed():
    gonogo.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run gonogo as a program and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        code = gonogo.main(list(arguments), prog_name="gonogo", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return _usage_code(arguments)
    except click.exceptions.Abort:
        return ExitCode.INTERRUPTED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except FileNotFoundError as error:
        if not is_here_gone(error):
            raise
        return _refused(here_is_gone(), arguments)
    except GonogoError as error:
        return _refused(error, arguments)
    return int(code or 0)


def _refused(error: GonogoError, arguments: Sequence[str]) -> int:
    code = code_for(error)
    _tell(error, code, as_json="--json" in arguments)
    return _usage_code(arguments) if code is ExitCode.USAGE else code


def _tell(error: GonogoError, code: ExitCode, *, as_json: bool) -> None:
    """Say what went wrong: to a person once; to a script on stderr, and as a summary where no run has written one."""
    from app.refusing import tell_refusal  # noqa: PLC0415  # only a refusal needs it, and --help is to be quick

    tell_refusal(error, code, as_json=as_json)


def _usage_code(arguments: Sequence[str]) -> int:
    """A monitoring system takes 2 for critical: where it asks, a wrong question is UNKNOWN."""
    asks_level = ("status" in arguments and "--check" in arguments) or ("watch" in arguments and "--once" in arguments)
    return CheckCode.UNKNOWN if asks_level else ExitCode.USAGE
