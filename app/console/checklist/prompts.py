"""Questions to a person who walks a list: the value that they read, and why and how long an item may pass."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from app.console.modals import Reading
from engine.checklist.lists import Item
from engine.errors import UsageError, printable
from engine.units import counted, parse_seconds

_NEXT: Final = "Enter  next        Escape  leave it"
_WAIVE: Final = "Enter  waive it for so long        Escape  leave it"
Waiver = tuple[str, timedelta]
"""The reason, and how long."""


class AnswerPrompt(ModalScreen[str | None]):
    """Asks for a value; None where the person gives none."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="answer.leave")]

    def __init__(self, question: RenderableType) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Ask."""
        with Vertical(classes="box"):
            with Reading(can_focus=False):
                yield Static(self._question, markup=False)
            yield Input(classes="line", select_on_focus=False)
            yield Static("", classes="wrong", markup=False)
            yield Static("Enter  answer with this value        Escape  leave it", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Take what is typed from now on."""
        self.set_focus(self.query_one(Input))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take a value; nothing is no value."""
        if event.value.strip():
            self.dismiss(event.value)
        else:
            self.query_one(".wrong", Static).update("wanted the value that you read")

    def action_leave(self) -> None:
        """Give no answer."""
        self.dismiss(None)


class WaiverPrompt(ModalScreen[Waiver | None]):
    """Asks why an item may pass, and how long; None where it may not."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="waiver.leave")]

    def __init__(self, item: Item, told: str) -> None:
        super().__init__()
        assert item.waiver is not None
        self._item, self._told = item, told
        self._by, self._days = item.waiver.by, item.waiver.max_days

    def compose(self) -> ComposeResult:
        """Ask."""
        with Vertical(classes="box"):
            asked = f"Waive {self._item.id}?\n\n{printable(self._told)}\n\nYou sign it as {self._by}."
            with Reading(can_focus=False):
                yield Static(asked, markup=False)
            yield Static("why it may pass:", classes="keys", markup=False)
            yield Input(id="reason", classes="line", select_on_focus=False)
            yield Static(f"for how long, such as 8h; at most {counted(self._days, 'day')}:", markup=False)
            yield Input("1d", id="lasts", classes="line", select_on_focus=True)
            yield Static("", classes="wrong", markup=False)
            yield Static(_NEXT, classes="keys", id="does", markup=False)

    def on_mount(self) -> None:
        """Take what is typed from now on."""
        self.set_focus(self.query_one("#reason", Input))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what Enter does where the person types."""
        self.query_one("#does", Static).update(_NEXT if event.widget.id == "reason" else _WAIVE)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the time, and then close with both."""
        reason, lasts = self.query_one("#reason", Input), self.query_one("#lasts", Input)
        if not reason.value.strip():
            self._complain("a waiver wants a reason")
            self.set_focus(reason)
        elif event.input is reason:
            self._complain("")
            self.set_focus(lasts)
        else:
            self._close(reason.value.strip(), lasts.value)

    def _close(self, reason: str, text: str) -> None:
        try:
            lasts = timedelta(seconds=parse_seconds(text))
        except UsageError as error:
            self._complain(str(error))
            return
        except OverflowError:
            lasts = timedelta.max
        if timedelta() < lasts <= timedelta(days=self._days):
            self.dismiss((reason, lasts))
        else:
            self._complain(f"read {text}, wanted more than nothing and at most {counted(self._days, 'day')}")

    def _complain(self, told: str) -> None:
        self.query_one(".wrong", Static).update(printable(told))

    def action_leave(self) -> None:
        """Waive nothing."""
        self.dismiss(None)
