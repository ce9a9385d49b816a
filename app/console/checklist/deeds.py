"""What a person does to a list: answer, sign, waive. Each asks first, writes on a thread, and says what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from textual.app import SuspendNotSupported
from textual.screen import ModalScreen

from app.console.checklist.hand import Hand, Shown, asking
from app.console.checklist.prompts import AnswerPrompt, Waiver, WaiverPrompt
from app.console.checklist.words import prompt, sign_question
from app.console.frame import Frame
from app.console.keymap import key_for
from app.console.modals import Confirm
from engine.checklist.answers import State
from engine.checklist.item_standing import ItemStanding
from engine.checklist.ledger.entries import Answered
from engine.checklist.lists import Checklist
from engine.checklist.signing.keys import Identity
from engine.checklist.signing.sshkeygen import PassphraseWantedError, SigningError
from engine.checklist.walk import Pen
from engine.errors import GonogoError, printable
from engine.run.off_loop import off_loop

R = TypeVar("R")
Asked: TypeAlias = asyncio.Future[R | None]
"""What a person is going to say; None where they leave the question."""


class Deeds:
    """Does what a key asks for.

    Args:
        screen: asks and tells.
        hand: writes.
        changed: called when something was begun or written, so that the screen looks again.
    """

    def __init__(self, screen: Frame, hand: Hand, changed: Callable[[], None]) -> None:
        self._screen = screen
        self._hand = hand
        self._changed = changed
        self.busy = ""
        """What is being written, in words; "" for nothing."""

    async def ask_value(self, checklist: Checklist, each: ItemStanding) -> Asked[str]:
        """Ask for an item's value."""
        return await self._ask(AnswerPrompt(prompt(checklist, each)))

    async def ask_waiver(self, each: ItemStanding) -> Asked[Waiver]:
        """Ask why an item may pass, and how long."""
        return await self._ask(WaiverPrompt(each.item, each.why))

    async def _ask(self, question: ModalScreen[R | None]) -> Asked[R]:
        """Open a question, and come back once it takes keys: what is typed next is an answer and no command."""
        answer: Asked[R] = asyncio.get_running_loop().create_future()
        await self._screen.app.push_screen(question, answer.set_result)
        return answer

    async def answer(self, each: ItemStanding, asked: Asked[str]) -> Answered | None:
        """Keep the value that was asked for; None where none was given or kept."""
        value = await asked
        if value is None:
            return None
        try:
            entry = await off_loop(lambda: self._hand.answer(each.item, value))
        except (GonogoError, OSError) as error:
            self._complain(f"not kept: {error}")
            return None
        self._changed()
        if entry.state is not State.PASS:
            read = f"{each.item.id}: read {entry.value}, wanted {entry.wanted}"
            self._complain(f"{read}; {each.item.fix}")
        elif each.item.sign is not None:
            self._tell(f"{each.item.id}: kept; it waits for a signature: {key_for('list.sign', 's')}")
        return entry

    async def sign(self, shown: tuple[Shown, ...] | None) -> None:
        """Sign these answers, or everything that waits for this signer, once the person says so."""
        who = await self._identity()
        if who is None:
            return
        if shown is None:
            shown = await off_loop(lambda: self._hand.waiting(who))
        if not shown:
            self._complain(f"nothing here waits for a signature of {who.name}; somebody else must sign")
            return
        chosen = shown
        if not await self._screen.app.push_screen_wait(Confirm(sign_question(chosen, who))):
            return
        made = await self._write(who, lambda pen: self._hand.sign(chosen, pen), ", ".join(s.item.id for s in chosen))
        if made is not None:
            roles = " and ".join(dict.fromkeys(entry.role for entry in made))
            self._tell(f"signed by {who.name} as {roles}: {', '.join(each.item.id for each in chosen)}")

    async def waive(self, each: ItemStanding, asked: Asked[Waiver]) -> None:
        """Let an item pass for a while, once the person has said why and how long, and has said so twice."""
        given = await asked
        who = await self._identity() if given is not None else None
        if given is None or who is None or each.item.waiver is None:
            return
        reason, lasts = given
        told = f"Waive {each.item.id} for {lasts} as {who.name} ({each.item.waiver.by})?\n\n  {printable(reason)}"
        if not await self._screen.app.push_screen_wait(Confirm(f"{told}\n\nIt is signed with {who.fingerprint}.")):
            return
        made = await self._write(who, lambda pen: self._hand.waive(each.item, reason, lasts, pen), each.item.id)
        if made is not None:
            self._tell(f"{each.item.id}: waived by {made.by} until {made.until}")

    async def _identity(self) -> Identity | None:
        try:
            return await off_loop(self._hand.identity)
        except (GonogoError, OSError) as error:
            self._complain(f"cannot sign: {error}")
            return None

    async def _write(self, who: Identity, make: Callable[[Pen], R], what: str) -> R | None:
        """Sign, without the terminal where that will do; say what went wrong."""
        self.busy = f"signing {what} as {who.name}; a security key wants to be touched"
        self._changed()
        try:
            return await self._with_pen(Pen(who), make, what)
        except SigningError as error:
            self._complain(f"not signed: {error}")
        except (GonogoError, OSError) as error:
            self._complain(f"not written: {error}")
        finally:
            self.busy = ""
            self._changed()
        return None

    async def _with_pen(self, pen: Pen, make: Callable[[Pen], R], what: str) -> R:
        try:
            return await off_loop(lambda: make(pen))
        except PassphraseWantedError:
            return await self._on_terminal(asking(pen), make, what)

    async def _on_terminal(self, pen: Pen, make: Callable[[Pen], R], what: str) -> R:
        """Give the terminal to ssh-keygen for a moment, and draw nothing over its question.

        Raises:
            SigningError: when it does not sign: also for a wrong passphrase, and for Ctrl-C.
        """
        app = self._screen.app
        failed: Exception | None = None
        try:
            with app.batch_update(), app.suspend(), self._hand.typing():
                print(f"\nSigning {what} as {pen.who.name}; Ctrl-C leaves it unsigned.")  # noqa: T201  # the terminal is free here
                try:
                    made = await off_loop(lambda: make(pen))
                except (GonogoError, OSError) as error:
                    failed = error  # suspend() comes back only from a block that ends well
        except SuspendNotSupported as error:
            raise SigningError(f"{pen.who.key}: its passphrase cannot be asked for here; ssh-add it") from error
        app.refresh(layout=True)
        if isinstance(failed, SigningError):
            told = f"{pen.who.key}: no signature: a wrong passphrase, or none was given; try again"
            raise SigningError(told) from failed
        if failed is not None:
            raise failed
        return made

    def _tell(self, text: str) -> None:
        self._screen.tell(text)

    def _complain(self, text: str) -> None:
        self._screen.tell(text, "error")
