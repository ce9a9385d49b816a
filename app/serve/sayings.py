"""What the page in the browser says to its console: keys, sizes, and whether anybody looks."""

from __future__ import annotations

import msgspec

LONGEST_BYTES = 256 * 1024
"""One message. A key is some bytes; this is a large paste."""
_COLUMNS = range(1, 1001)
_ROWS = range(1, 501)
"""A wall of screens; a console that is told of more would take memory without end."""


class Size(msgspec.Struct, frozen=True):
    """Columns and rows of the terminal in the page."""

    width: int
    height: int

    def within_reason(self) -> Size:
        """Return the size, or the nearest that a console can have."""
        return Size(_nearest(self.width, _COLUMNS), _nearest(self.height, _ROWS))


class Keys(msgspec.Struct, array_like=True, frozen=True, tag="stdin"):
    """What a terminal would send: keys, the mouse, pasted text."""

    text: str


class Resized(msgspec.Struct, array_like=True, frozen=True, tag="resize"):
    """The window of the browser has another size."""

    size: Size


class Ping(msgspec.Struct, array_like=True, frozen=True, tag="ping"):
    """Asks for the same text back."""

    text: str


class Focus(msgspec.Struct, array_like=True, frozen=True, tag="focus"):
    """The terminal has the keys."""


class Blur(msgspec.Struct, array_like=True, frozen=True, tag="blur"):
    """The terminal has them no more."""


Saying = Keys | Resized | Ping | Focus | Blur
_DECODER: msgspec.json.Decoder[Saying] = msgspec.json.Decoder(Saying)


def read(message: str) -> Saying:
    """Read one message.

    Raises:
        msgspec.DecodeError: when it is none of ours.
    """
    return _DECODER.decode(message)


def size_asked(width: str, height: str) -> Size:
    """Return the size that a page opens with; 80x24 for what is no number."""
    return Size(_number(width, 80), _number(height, 24)).within_reason()


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else otherwise


def _nearest(value: int, allowed: range) -> int:
    return min(max(value, allowed.start), allowed[-1])
