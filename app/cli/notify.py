"""``notify``: try the addresses that notices go to, before a run needs them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from app.cli.common import Globals, existing_corpus, with_globals
from app.exit_codes import ExitCode
from app.report import Report, Row
from app.streams import say
from engine.config.addresses import Address
from engine.errors import UsageError
from engine.jobs.notice import Kind, Notice, Weight
from engine.jobs.sending import Service
from engine.run.outcome import Outcome
from engine.units import show_seconds

_LONGEST_S: Final = 30.0
"""A mail server may take half of that to say that it is not there."""


class NotifyTested(Row, frozen=True, kw_only=True):
    """What came of one test notice."""

    number: int
    """Of the address, from 1 on, in the order in which they are set."""
    address: str
    """Masked."""
    delivered: bool
    why: str
    """What is wrong; "" where it was delivered."""
    seconds: float


@click.group()
def notify() -> None:
    """Notices by webhook, e-mail, ntfy and the like: set them under [notify] in gonogo.toml."""


@notify.command()
@click.argument("corpus", type=click.Path(path_type=Path), default=".")
@with_globals
def test(options: Globals, corpus: Path) -> ExitCode:
    """Send a test notice to each address that is set for CORPUS, and say which took it."""
    urls = options.settings(existing_corpus(corpus)).settings.notify.urls
    if not urls:
        wanted = 'urls = ["ntfys://ntfy.example.org/topic"] under [notify] in gonogo.toml, or GONOGO_NOTIFY_URLS'
        raise UsageError(f"notices go nowhere: no address is set; wanted {wanted}")
    with Report("notify", as_json=options.as_json) as report:
        tested = _try_all(urls)
        for row in tested:
            report.add(row)
            if not options.as_json:
                click.echo(_line(row))
        if not all(row.delivered for row in tested):
            report.outcome = Outcome.SOME_FAILED
            report.detail = "not every address took the notice"
            say("for all that a service answers: apprise -vv --body test ADDRESS")
    return ExitCode.OK if report.outcome is Outcome.OK else ExitCode.SOME_FAILED


@dataclass(slots=True)
class _Try:
    """One address under test, in a thread of its own: one that hangs holds up no other."""

    address: Address
    why: str = f"no answer within {_LONGEST_S:.0f} s"
    seconds: float = _LONGEST_S

    def run(self) -> None:
        began = time.monotonic()
        self.why = Service(self.address).deliver(_notice())
        self.seconds = round(time.monotonic() - began, 3)


def _try_all(urls: Sequence[Address]) -> list[NotifyTested]:
    tries = [_Try(url) for url in urls]
    threads = [threading.Thread(target=each.run, daemon=True) for each in tries]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _LONGEST_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [
        NotifyTested(
            number=number, address=str(each.address), delivered=not each.why, why=each.why, seconds=each.seconds
        )
        for number, each in enumerate(tries, 1)
    ]


def _notice() -> Notice:
    host = socket.gethostname()
    body = f"gonogo on {host} can reach you here. Notices of its runs will look like this one."
    return Notice(frozenset(Kind), f"TEST: notices arrive - {host}", body, Weight.NEWS)


def _line(row: NotifyTested) -> str:
    if row.delivered:
        return f"✓ delivered  {row.number}  {row.address}  {show_seconds(row.seconds)}"
    return f"✗ FAILED     {row.number}  {row.address}  {row.why}"


COMMANDS: tuple[click.Command, ...] = (notify,)
