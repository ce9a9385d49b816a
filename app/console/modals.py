"""Questions that are asked before anything that is hard to reverse, and the page of keys."""

from __future__ import annotations

from typing import ClassVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


class Reading(VerticalScroll):
    """A text of any length, read on with the keys that move everywhere; what can be done stays in sight below it."""

    DEFAULT_CSS = "Reading { height: auto; max-height: 60vh; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
    ]


class Confirm(ModalScreen[bool]):
    """Names what is about to happen; only ``y`` does it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape,enter,q", "answer(False)", "No", id="confirm.no"),
    ]

    def __init__(self, question: RenderableType) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """Ask."""
        with Vertical(classes="box"):
            with Reading():
                yield Static(self._question, markup=False)
            yield Static("y  yes        n  no", classes="keys", markup=False)

    def action_answer(self, yes: bool) -> None:  # Textual passes it by position
        """Close with the answer."""
        self.dismiss(yes)


class Page(ModalScreen[None]):
    """A page of text: help, or all that is known of something."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "Close", id="page.close")
    ]

    def __init__(self, text: RenderableType) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Show it."""
        with Vertical(classes="box"):
            with Reading():
                yield Static(self._text, markup=False)
            yield Static("escape  close        j/k  read on", classes="keys", markup=False)
