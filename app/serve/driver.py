"""Textual's driver of a console behind a server, which bounds what a page can make that console hold.

Every size, every key and every move of the mouse comes through here, whichever way the page chose to tell it: a size
may be among the keys too (``CSI 48 ; rows ; columns t``), in pieces even, so that no look at single messages finds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from textual import events
from textual.app import App
from textual.drivers._input_reader import InputReader
from textual.drivers.web_driver import WebDriver
from textual.geometry import Size as Cells
from textual.message import Message
from textual.messages import ExitApp

from app.serve.sayings import LONGEST_BYTES, Size

MOST_WAITING = 1_000
"""Events that a console has not come to yet. A hand makes a few hundred in a second; what comes faster has to wait."""
_LOOKS_EVERY_S = 0.01
_MOST_UNENDED_BYTES = 4 * LONGEST_BYTES
"""So much without an event is no key and no paste of our page's, which would come in one message."""


class BoundedDriver(WebDriver):
    """Draws and listens as Textual's own driver does, within bounds."""

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._size = _nearest(*(self._size or (80, 24)))
        self._input_reader = self._read = _Counted()

    def process_message(self, message: Message) -> None:
        """Hand over what the page said; a size as the nearest that a console can have."""
        self._read.unended_bytes = 0
        if isinstance(message, events.Resize):
            self._size = _nearest(*message.size)
            message = events.Resize(Cells(*self._size), Cells(*self._size))
        super().process_message(message)

    def send_message(self, message: Message) -> None:
        """Hand over one event, and wait until the console has come to most of those before it.

        While we wait nothing is read, so that the pipe fills and the server drops what comes after.
        """
        waiting = asyncio.run_coroutine_threadsafe(self._hand_over(message), self._loop)
        while not self.exit_event.is_set():
            try:
                is_behind = waiting.result(_LOOKS_EVERY_S) > MOST_WAITING
            except TimeoutError:
                continue  # it draws, for somebody who may read slowly
            if not is_behind:
                return
            self.exit_event.wait(_LOOKS_EVERY_S)
            waiting = asyncio.run_coroutine_threadsafe(self._waiting(), self._loop)

    async def _hand_over(self, message: Message) -> int:
        self._app.post_message(message)
        return await self._waiting()

    async def _waiting(self) -> int:
        """Count what the console, its screens and their parts have not come to yet."""
        screens = self._app.screen_stack
        parts = (part for screen in screens for part in (screen, *screen.walk_children()))
        return self._app.message_queue_size + sum(part.message_queue_size for part in parts)

    def run_input_thread(self) -> None:
        """Listen until the console ends; where nothing that the page says comes to an end, end the console."""
        super().run_input_thread()
        if self._read.unended_bytes > _MOST_UNENDED_BYTES:
            self.process_message(ExitApp())

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Take what the server tells beside the keys as if it were one of them, so that it waits with them."""
        match packet_type, payload:
            case "resize", {"width": int(width), "height": int(height)}:
                self.process_message(events.Resize(Cells(width, height), Cells(width, height)))
            case "focus", _:
                self.process_message(events.AppFocus())
            case "blur", _:
                self.process_message(events.AppBlur())
            case "quit", _:
                self.process_message(ExitApp())


class _Counted(InputReader):
    """Reads what the page says, and stops where that comes to no event: a paste without an end would be kept whole."""

    unended_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for data in super().__iter__():
            self.unended_bytes += len(data)
            if self.unended_bytes > _MOST_UNENDED_BYTES:
                return
            yield data


def _nearest(width: int, height: int) -> tuple[int, int]:
    size = Size(width, height).within_reason()
    return size.width, size.height
