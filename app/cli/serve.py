"""``serve``: the console in a browser, on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator

import click

from app.cli.common import Globals, with_globals
from app.cli.runs import run_argument
from app.exit_codes import ExitCode, code_of
from app.report import Report, Row
from app.serve.door import TOKEN_VARIABLE, Door, new_token, token_given
from app.serve.listening import Listening, listen
from app.serve.starting import Face
from app.streams import say
from engine.errors import UsageError
from engine.run.folder import find_run
from engine.run.outcome import Outcome
from engine.run.read_only import is_read_only

_PORT = 8000
_ENDINGS = {signal.SIGINT: Outcome.INTERRUPTED}
"""Any other signal terminates."""


class Served(Row, frozen=True, kw_only=True, tag="served"):
    """Where the console is. The token is not in it: that goes to a person, once."""

    url: str
    port: int
    pid: int
    read_only: bool
    needs_token: bool


@click.command()
@run_argument
@click.option(
    "--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, metavar="N", help="0 takes a free one."
)
@click.option("--listen", "address", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--control", is_flag=True, help="Let the browser steer; without it, it can only look.")
@with_globals
def serve(options: Globals, run: str | None, *, port: int, address: str, control: bool) -> ExitCode:
    """Show the console in a browser: of RUN, or its home.

    Only this machine can reach it, and it only shows. With --control, or on an address that other machines reach, it
    asks for a token: GONOGO_SERVE_TOKEN, else one of its own making, in the URL that is printed.
    """
    if control and is_read_only():
        raise UsageError("--control and read-only contradict each other; leave one of them out")
    folder = None if run is None else find_run(run, state_dir=options.state).path
    face = Face(folder, not control, options.state, options.config)
    given = token_given(os.environ)
    with Report("serve", as_json=options.as_json) as report:
        listening = listen(address, port)
        token = given or (new_token() if control or not listening.is_loopback else "")
        ended = _serve(face, Door(listening.port, listening.host, token), listening, report)
        report.outcome = _ENDINGS.get(ended, Outcome.TERMINATED)
    return code_of(report.outcome)


def _serve(face: Face, door: Door, listening: Listening, report: Report) -> signal.Signals:
    from app.serve.server import ConsoleServer  # noqa: PLC0415  # aiohttp and Textual, which no refusal pays for

    def at_work() -> None:
        report.add(
            Served(
                url=listening.url,
                port=listening.port,
                pid=os.getpid(),
                read_only=face.read_only,
                needs_token=bool(door.token),
            )
        )
        for line in _told(face, door, listening):
            say(line)

    shown = "the console" if face.run is None else face.run.name
    server = ConsoleServer(door, face, f"{shown} on {socket.gethostname()}", say)
    return asyncio.run(server.run(listening.socket, at_work))


def _told(face: Face, door: Door, listening: Listening) -> Iterator[str]:
    """Say where to go. A token of our own making is told here and nowhere else; who gave us one knows it."""
    if not door.token:
        yield f"open {listening.url}"
    elif os.environ.get(TOKEN_VARIABLE):
        yield f"open {listening.url} with the token in {TOKEN_VARIABLE}"
    else:
        yield f"open {listening.url}?token={door.token}"
    may = "it can only look" if face.read_only else "it can steer, and so can whoever else has the token"
    yield f"{may}; ctrl+c ends it, and no run"
    if not listening.is_loopback:
        yield "what is sent is not encrypted, the token neither: where others share the network, ssh -L is safer"


COMMANDS: tuple[click.Command, ...] = (serve,)
