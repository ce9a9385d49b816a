"""What the commands of ``checklist`` share: the corpus, the walk, who signs, and the rows that they tell."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from app.cli.common import Globals, existing_corpus
from app.report import Row
from app.signer import signer_of
from engine.checklist.around import Around
from engine.checklist.finding import open_list
from engine.checklist.item_standing import ItemStanding
from engine.checklist.signing.signers import SignersFile
from engine.checklist.standing import Standing
from engine.checklist.walk import Pen, Walk
from engine.config import Settings
from engine.host.threads import worker_environment

R = TypeVar("R")

list_argument = click.argument("name", metavar="LIST")
corpus_option = click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    default=".",
    metavar="C",
    help="The folder that the list is about (default: this one).",
)


def signer_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add ``--as`` and ``--key``."""
    function = click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="The SSH key to sign with.")(
        function
    )
    return click.option("--as", "who", metavar="NAME", default="", help="Your name in the signers file.")(function)


class ItemRow(Row, frozen=True, kw_only=True, tag="item"):
    """One item, and how it stands."""

    list: str
    id: str
    group: str
    ask: str
    want: str
    kind: str
    level: str
    state: str
    why: str
    value: str
    by: str
    signed_by: tuple[str, ...]


def item_row(standing: Standing, each: ItemStanding) -> ItemRow:
    """Tell an item's standing to a program."""
    return ItemRow(
        list=standing.checklist.id,
        id=each.item.id,
        group=each.item.group,
        ask=each.item.ask,
        want=each.item.want,
        kind=each.item.kind,
        level=each.item.level,
        state=each.state,
        why=each.why,
        value=each.value,
        by=each.answered.by if each.answered is not None else "",
        signed_by=tuple(signature.by for signature in each.signatures),
    )


def around_of(options: Globals, corpus: Path) -> Around:
    """Return what the checks of a corpus look at."""
    corpus = existing_corpus(corpus)
    settings = options.settings(corpus).settings
    return Around(corpus, options.state_of(corpus), settings, os.environ, worker_environment(os.environ))


def walk_of(options: Globals, corpus: Path, name: str) -> Walk:
    """Open a checklist on a corpus.

    Raises:
        UsageError: when there is no such folder or list.
        ConfigError: when the settings or the list's file are wrong.
    """
    around = around_of(options, corpus)
    return Walk(open_list(name, around.corpus), around)


def pen_of(settings: Settings, signers: SignersFile, who: str, key: Path | None) -> Pen:
    """Find out who signs with which key; a passphrase is asked for only where somebody can type it.

    Raises:
        SigningError: when no key fits.
    """
    return Pen(signer_of(settings, signers, who, key), may_ask=sys.stdin.isatty() and sys.stderr.isatty())
