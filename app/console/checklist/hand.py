"""The operator's hand in the ledger: answers, signatures and waivers. All of it blocks, and belongs on a thread."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil

from app.signer import answerer_of, signer_of
from engine.checklist.item_standing import ItemStanding
from engine.checklist.ledger.entries import Answered, Signed, Waived
from engine.checklist.lists import Item
from engine.checklist.signing.keys import Identity
from engine.checklist.walk import CannotSignError, Pen, Walk

_LATE_SIGNAL_S: Final = 0.5
"""Ctrl-C at ssh-keygen's question reaches the console a second time, by way of its guard, when the question is gone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as its signer saw it."""

    item: Item
    value: str
    lines: tuple[int, ...]

    @classmethod
    def of(cls, each: ItemStanding) -> Shown:
        """Take what is shown of an item."""
        return cls(each.item, each.value, each.lines)


class Hand:
    """Whoever sits here.

    Args:
        walk: the walk that they answer.
        who: their name, where it was given.
        key: their key, where it was given.
    """

    def __init__(self, walk: Walk, who: str, key: Path | None) -> None:
        self._walk = walk
        self._who = who
        self._key = key
        self._typing_until_s = 0.0

    def answer(self, item: Item, value: str) -> Answered:
        """Keep a value in the name of whoever would sign it.

        Raises:
            GonogoError: when it cannot be kept.
        """
        return self._walk.answer(item, value, answerer_of(self._walk.around, self._who, self._key))

    def identity(self) -> Identity:
        """Return who signs here.

        Raises:
            SigningError: when no key fits; says how to enrol one.
        """
        return signer_of(self._walk.around.settings, self._walk.signers, self._who, self._key)

    def waiting(self, who: Identity) -> tuple[Shown, ...]:
        """Return what waits for a signature of theirs."""
        standing = self._walk.look()
        return tuple(Shown.of(standing.of(item.id)) for item in self._walk.signable(standing, who.name))

    def sign(self, shown: Sequence[Shown], pen: Pen) -> tuple[Signed, ...]:
        """Sign what was shown, and nothing else.

        Raises:
            CannotSignError: when an answer is another than the one that was shown, or cannot be signed.
            PassphraseWantedError: when the key wants its passphrase, and the pen may not ask.
            SigningError: when the key does not sign.
        """
        standing = self._walk.look()
        for each in shown:
            if standing.of(each.item.id).lines != each.lines:
                told = f"{each.item.id}: answered anew while you were asked; nothing was signed: look at it again"
                raise CannotSignError(told)
        return self._walk.sign([each.item for each in shown], pen)

    def waive(self, item: Item, reason: str, lasts: timedelta, pen: Pen) -> Waived:
        """Let an item pass for a while.

        Raises:
            GonogoError: when it cannot be waived so.
            PassphraseWantedError: when the key wants its passphrase, and the pen may not ask.
            SigningError: when the key does not sign.
        """
        return self._walk.waive(item, reason, lasts, pen)

    @property
    def is_typing(self) -> bool:
        """Tell whether the terminal is ssh-keygen's, or was a moment ago."""
        return time.monotonic() < self._typing_until_s

    @contextlib.contextmanager
    def typing(self) -> Iterator[None]:
        """Leave the terminal to ssh-keygen."""
        self._typing_until_s = float("inf")
        try:
            yield
        finally:
            self._typing_until_s = time.monotonic() + _LATE_SIGNAL_S

    def let_go(self) -> None:
        """End a question for a passphrase that would outlive the console; ssh-keygen mends the terminal itself."""
        if self.is_typing:
            for child in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    if child.name() == "ssh-keygen":
                        child.terminate()


def asking(pen: Pen) -> Pen:
    """Return a pen that may ask for its passphrase on the terminal."""
    return replace(pen, may_ask=True)
