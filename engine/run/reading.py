"""Reading event logs: whole, or as they grow; tolerant of what a newer or a killed writer leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Generic, TypeVar, get_args, overload

import msgspec

from engine.errors import Fault, InputError
from engine.run.events import Event

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)

_READ_BYTES = 1 << 20


class Logged(msgspec.Struct, Generic[E_co], frozen=True):
    """An event as a log holds it: when it was written and by which run."""

    time: str
    """RFC 3339, UTC, milliseconds."""
    run: str | None
    event: E_co


class _Head(msgspec.Struct, frozen=True):
    type: str = ""
    time: str = ""
    run: str | None = None


class EventParser(Generic[E]):
    """Turns lines into events of the given types; lines of other types are skipped.

    ``types`` is one event class or a union of them (``Version | Check``); type checkers see a union's events as
    :class:`Event`, so match on the class.
    """

    @overload
    def __init__(self: EventParser[E], types: type[E]) -> None: ...
    @overload
    def __init__(self: EventParser[Event], types: UnionType) -> None: ...
    def __init__(self, types: type[E] | UnionType) -> None:
        kinds: tuple[type[E], ...] = get_args(types) or (types,)
        self._decoders = {kind.type_name(): msgspec.json.Decoder(kind) for kind in kinds}
        self._head = msgspec.json.Decoder(_Head)

    def parse(self, line: bytes) -> Logged[E] | None:
        """Read one line; None for a type that was not asked for.

        Raises:
            msgspec.DecodeError: when the line is not an event; ``ValidationError``, which tells that fields of a
                known type are wrong, is a kind of it.
        """
        head = self._head.decode(line)
        decoder = self._decoders.get(head.type)
        return None if decoder is None else Logged(head.time, head.run, decoder.decode(line))


class LogTail(Generic[E]):
    """Follows a log that grows: each poll returns what was added since the last."""

    def __init__(self, path: Path, parser: EventParser[E]) -> None:
        self._path = path
        self._parser = parser
        self._offset = 0
        self._line_number = 0
        self._torn = b""

    def poll(self) -> list[Logged[E]]:
        """Return the events of the whole lines added since the last call; a torn last line waits for its rest.

        Raises:
            InputError: when a line is damaged; the fault names the line.
        """
        return list(self.unread())

    def unread(self) -> Iterator[Logged[E]]:
        """Yield what :meth:`poll` returns, one at a time, for a log that is long."""
        for chunk in self._chunks():
            *lines, self._torn = (self._torn + chunk).split(b"\n")
            for line in lines:
                self._line_number += 1
                logged = self._parse(line)
                if logged is not None:
                    yield logged

    def _chunks(self) -> Iterator[bytes]:
        if not self._path.exists():
            return
        with self._path.open("rb") as log:
            log.seek(self._offset)
            while chunk := log.read(_READ_BYTES):
                self._offset += len(chunk)
                yield chunk

    def _parse(self, line: bytes) -> Logged[E] | None:
        try:
            return self._parser.parse(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise InputError(
                Fault(
                    f"line {self._line_number} is not an event",
                    file=str(self._path),
                    read=line[:80].decode("utf-8", "replace"),
                    wanted=str(fault),
                    way_out="the log was changed by another program; the corpus itself is not touched by this",
                )
            ) from fault


@overload
def read_events(path: Path, types: type[E]) -> Iterator[Logged[E]]: ...
@overload
def read_events(path: Path, types: UnionType) -> Iterator[Logged[Event]]: ...
def read_events(path: Path, types: type[Event] | UnionType) -> Iterator[Logged[Event]]:
    """Read a log from its start: its events of these types, without a torn last line and without other types.

    Raises:
        InputError: when a line in the middle is damaged; the fault names the line.
        FileNotFoundError: when there is no log.
    """
    path.stat()
    parser: EventParser[Event] = EventParser(types)
    return LogTail(path, parser).unread()
