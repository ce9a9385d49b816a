r"""Lines out of a followed file: split at ``\n`` and at ``\r``, whole ones only, none longer than a bound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

from engine.errors import printable
from engine.watch.tail import Restart

LINE_BYTES: Final = 1 << 20
"""A longer line is no log line: what follows up to its end is left out, so that memory stays bounded."""
_SHOWN: Final = 60
_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
"""Colours, cursor movements and window titles (ECMA-48, section 5.4; OSC as xterm has it)."""


class ByteTail(Protocol):
    """What lines are split from: a followed file, or standard input."""

    problem: str
    newest_s: float | None

    def read(self, limit_bytes: int | None = None) -> Iterator[bytes | Restart]:
        """Yield what is new."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def clean(line: bytes) -> str:
    """Decode one line as UTF-8, faulty bytes replaced, without escape sequences and space at its end."""
    text = line.decode("utf-8", "replace")
    return (_ANSI.sub("", text) if "\x1b" in text else text).rstrip()


class LineTail:
    r"""Whole lines of a followed file, as blocks of bytes in which each line ends in ``\n``."""

    def __init__(self, tail: ByteTail, name: str) -> None:
        """Split ``tail``; ``name`` is how notes call it."""
        self.tail = tail
        self._name = printable(name)
        self._rest = b""
        self._after_return = False
        self._skipping = False
        self._notes: list[str] = []

    def blocks(self, limit_bytes: int | None = None) -> Iterator[bytes | Restart]:
        r"""Yield blocks of whole lines, each ended by ``\n``; a last line without its end is held back."""
        for piece in self.tail.read(limit_bytes):
            if isinstance(piece, Restart):
                self._drop(piece)
                yield piece
                continue
            block = self._whole(piece)
            if block:
                yield block

    def lines(self, limit_bytes: int | None = None) -> Iterator[str | Restart]:
        """Yield cleaned lines; for logs that are not worth a screen."""
        for block in self.blocks(limit_bytes):
            if isinstance(block, Restart):
                yield block
            else:
                yield from (clean(line) for line in block.split(b"\n")[:-1])

    def flush(self) -> bytes:
        """Return the last line, ended, although no end was written; for when the writer is known to be finished."""
        rest, self._rest = self._rest, b""
        return rest + b"\n" if rest else b""

    def notes(self) -> tuple[str, ...]:
        """Return what there is to say about the file since the last call."""
        notes, self._notes = tuple(self._notes), []
        return notes

    def _drop(self, why: Restart) -> None:
        torn = clean(self._rest)[:_SHOWN]
        lost = f"; its last line had no end and is left out: {printable(torn)}" if torn else ""
        self._notes.append(f"{self._name} {why.value} and is read from its beginning{lost}")
        self._rest, self._after_return, self._skipping = b"", False, False

    def _whole(self, data: bytes) -> bytes:
        if b"\0" in data:  # a log that was copied and cut under a writer that does not append: a hole
            data = data.replace(b"\0", b"")
        if self._after_return and data.startswith(b"\n"):  # the second half of an end that fell on a chunk's border
            data, self._after_return = data[1:], False
        self._after_return = data.endswith(b"\r") if data else self._after_return
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._skipping:
            data = self._skip(data)
        end = data.rfind(b"\n") + 1
        if not end:
            return self._hold(data)
        # One copy: at a gigabyte a second each counts.
        block, self._rest = b"".join((self._rest, memoryview(data)[:end])), data[end:]
        first = block.find(b"\n")
        if first <= LINE_BYTES:
            return block
        self._tell_cut()
        return block[:LINE_BYTES] + block[first:]

    def _hold(self, data: bytes) -> bytes:
        self._rest += data
        if len(self._rest) <= LINE_BYTES:
            return b""
        cut, self._rest, self._skipping = self._rest[:LINE_BYTES], b"", True
        self._tell_cut()
        return cut + b"\n"

    def _tell_cut(self) -> None:
        self._notes.append(f"{self._name}: a line is longer than {LINE_BYTES:,} bytes and was cut there")

    def _skip(self, data: bytes) -> bytes:
        end = data.find(b"\n") + 1
        self._skipping = not end
        return data[end:] if end else b""
