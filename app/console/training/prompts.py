"""The question for a note: who acknowledges an alert may say what they know of it."""

from __future__ import annotations

from typing import ClassVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from app.console.modals import Reading


class NotePrompt(ModalScreen[str | None]):
    """Asks for a note, which may be empty; None where the alert is left as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="note.leave")]

    def __init__(self, question: RenderableType) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Ask."""
        with Vertical(classes="box"):
            with Reading(can_focus=False):
                yield Static(self._question, markup=False)
            yield Static("a note, or nothing:", classes="keys", markup=False)
            yield Input(classes="line", select_on_focus=False)
            yield Static("Enter  I have seen it        Escape  leave it", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Take what is typed from now on."""
        self.set_focus(self.query_one(Input))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the note."""
        self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        """Acknowledge nothing."""
        self.dismiss(None)
