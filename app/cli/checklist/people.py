"""``checklist answer``, ``sign``, ``waive`` and ``enrol``: what people say, and that it was they who said it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import click

from app.checklist_wording import header
from app.cli.checklist.common import (
    around_of,
    corpus_option,
    item_row,
    list_argument,
    pen_of,
    signer_options,
    walk_of,
)
from app.cli.common import Globals, with_globals
from app.exit_codes import ExitCode
from app.report import Report
from app.signer import answerer_of
from engine.checklist.answers import State
from engine.checklist.standing import Standing
from engine.checklist.walk import CannotSignError, signers_of
from engine.errors import UsageError
from engine.run.outcome import Outcome
from engine.units import parse_seconds

_ROLES = "operator,reviewer,override"
_LONGEST_S = 10 * 366 * 86_400.0
"""No item lets a waiver last a tenth of this; more is a slip of the hand, and no date."""


@click.command()
@list_argument
@click.argument("item")
@click.argument("value")
@corpus_option
@click.option("--as", "who", metavar="NAME", default="", help="Who read the value.")
@with_globals
def answer(options: Globals, name: str, item: str, value: str, *, corpus: Path, who: str) -> ExitCode:
    """Keep VALUE, which a person read, as the answer to ITEM of LIST.

    Exit code 1: the value is kept, and is not the wanted one.
    """
    walk = walk_of(options, corpus, name)
    entry = walk.answer(walk.checklist.item(item), value, answerer_of(walk.around, who))
    standing = walk.look()
    with Report("checklist answer", as_json=options.as_json) as report:
        report.add(item_row(standing, standing.of(item)))
        if entry.state is not State.PASS:
            report.outcome = Outcome.SOME_FAILED
            report.say(f"{item}: kept {entry.value!r} by {entry.by}; wanted {entry.wanted}: it is red")
            report.say(walk.checklist.item(item).fix)
            return ExitCode.SOME_FAILED
        wants = walk.checklist.item(item).sign is not None
        report.say(f"{item}: kept {entry.value!r} by {entry.by}{'; it waits for a signature' if wants else ''}")
    return ExitCode.OK


@click.command()
@list_argument
@click.argument("items", nargs=-1)
@corpus_option
@signer_options
@with_globals
def sign(options: Globals, name: str, items: tuple[str, ...], *, corpus: Path, who: str, key: Path | None) -> ExitCode:
    """Sign ITEMS of LIST with your SSH key; without ITEMS, all that wait for a signature that you may give.

    Signed means: this key, this text, at this place in the ledger. It does not prove that anybody looked.
    """
    walk = walk_of(options, corpus, name)
    pen = pen_of(walk.around.settings, walk.signers, who, key)
    chosen = tuple(walk.checklist.item(item) for item in items) or walk.signable(walk.look(), pen.who.name)
    if not chosen:
        raise CannotSignError(f"nothing of {name!r} waits for a signature of {pen.who.name}: {header(walk.look())}")
    with Report("checklist sign", as_json=options.as_json) as report:
        for entry in walk.sign(chosen, pen):
            told = "".join(f"\n  {each.item}: {each.read}" for each in entry.covers)
            report.say(f"signed by {entry.by} as {entry.role} with {pen.who.fingerprint}:{told}")
        _end(report, walk.look(), [item.id for item in chosen])
    return ExitCode.OK


@click.command()
@list_argument
@click.argument("item")
@corpus_option
@click.option("--reason", required=True, help="Why it may pass.")
@click.option("--for", "lasts", metavar="TIME", default="1d", help="How long, such as 8h or 2d (default 1d).")
@signer_options
@with_globals
def waive(
    options: Globals, name: str, item: str, *, corpus: Path, reason: str, lasts: str, who: str, key: Path | None
) -> ExitCode:
    """Let ITEM of LIST pass for a while, with a reason and your signature."""
    walk = walk_of(options, corpus, name)
    pen = pen_of(walk.around.settings, walk.signers, who, key)
    entry = walk.waive(walk.checklist.item(item), reason, timedelta(seconds=min(parse_seconds(lasts), _LONGEST_S)), pen)
    with Report("checklist waive", as_json=options.as_json) as report:
        report.say(f"{item}: waived by {entry.by} as {entry.role} until {entry.until}: {entry.reason}")
        _end(report, walk.look(), [item])
    return ExitCode.OK


def _end(report: Report, standing: Standing, items: Iterable[str]) -> None:
    for item in items:
        report.add(item_row(standing, standing.of(item)))
    report.detail = header(standing)
    report.say(header(standing))


@click.command()
@click.argument("who", metavar="NAME")
@click.option(
    "--key", "public", type=click.Path(path_type=Path, exists=True), required=True, help="The .pub file of their key."
)
@click.option(
    "--role",
    "roles",
    default=_ROLES,
    metavar="ROLE,ROLE",
    help=f"What they may sign as (default: {_ROLES}).",
)
@corpus_option
@with_globals
def enrol(options: Globals, who: str, *, public: Path, roles: str, corpus: Path) -> ExitCode:
    """Write NAME and their public key into the signers file: who may sign, in which roles.

    The file is OpenSSH's own allowed_signers and may be edited by hand.
    """
    wanted = tuple(role.strip() for role in roles.split(",") if role.strip())
    if not wanted:
        raise UsageError("--role is empty; wanted such as operator or operator,reviewer")
    path = public if public.suffix == ".pub" else public.with_name(f"{public.name}.pub")
    around = around_of(options, corpus)
    signers = signers_of(around.settings, around.corpus)
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"{path}: the public key cannot be read: {error.strerror}") from error
    added = signers.enrol(who, text, wanted)
    with Report("checklist enrol", as_json=options.as_json) as report:
        report.say(f"{signers.path}: {added.name} may sign as {', '.join(added.roles)} with {added.fingerprint}")
    return ExitCode.OK


COMMANDS = (answer, sign, waive, enrol)
