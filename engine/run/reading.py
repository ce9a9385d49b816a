"""Reading event logs: whole, or as they grow; tolerant of what a newer or a killed writer leaves.

A log may be read line by line, each with its time, or in blocks, which takes a quarter of the time; both see the same.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Final, Generic, TypeVar, Union, get_args, overload

import msgspec

from engine.errors import Fault, InputError
from engine.run.events import Event

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)

_READ_BYTES: Final = 256 << 10
"""Some thousand lines at a time: what is decoded of them stays in the processor's cache."""
_KINDS_LEARNT: Final = 100
"""So many types of others are passed by quickly; a log of more is none of ours, and is read line by line."""


class Logged(msgspec.Struct, Generic[E_co], frozen=True):
    """An event as a log holds it: when it was written and by which run."""

    time: str
    """RFC 3339, UTC, milliseconds; "" where the line has none that is one."""
    run: str | None
    event: E_co


@dataclass(frozen=True, slots=True)
class Block(Generic[E_co]):
    """Many events at once, in the order of their lines; at least one."""

    events: Sequence[E_co]
    began: str
    """The first time that is told among them; RFC 3339, UTC, milliseconds. "" where none is."""
    newest: str
    """The time of the last; "" where it has none."""


class _Head(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    time: object = ""
    run: object = None

    @property
    def told(self) -> str:
        """The time; what is none says nothing."""
        if isinstance(self.time, str):
            with contextlib.suppress(ValueError):
                return self.time if datetime.fromisoformat(self.time).tzinfo is not None else ""
        return ""

    def of(self, event: E) -> Logged[E]:
        """Return an event with what its line says beside it."""
        return Logged(self.told, self.run if isinstance(self.run, str) else None, event)


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
        self._kinds: dict[str, type] = {kind.type_name(): kind for kind in get_args(types) or (types,)}
        self._wanted = frozenset(self._kinds)
        self._head = msgspec.json.Decoder(_Head)
        self._decoder = self._decoder_of_all()

    def _decoder_of_all(self) -> msgspec.json.Decoder[E]:
        return msgspec.json.Decoder(Union[tuple(self._kinds.values())])  # noqa: UP007  # of kinds known only now

    def parse(self, line: bytes) -> Logged[E] | None:
        """Read one line; None for a type that was not asked for.

        Raises:
            msgspec.DecodeError: when the line is not an event; ``ValidationError``, which tells that fields of a
                known type are wrong, is a kind of it.
        """
        head = self._head.decode(line)
        if head.type in self._wanted:
            return head.of(self._decoder.decode(line))
        self._learn(head.type)
        return None

    def _learn(self, other: str) -> None:
        """Take a type that nobody asked for for one to be passed by."""
        if other and other not in self._kinds and len(self._kinds) < len(self._wanted) + _KINDS_LEARNT:
            self._kinds[other] = msgspec.defstruct("PassedBy", (), tag_field="type", tag=other, gc=False)
            self._decoder = self._decoder_of_all()

    def parse_block(self, lines: bytes, count: int) -> Block[E] | None:
        """Read so many whole lines, the last with its end; None where none is of a type that was asked for.

        Raises:
            msgspec.DecodeError: when any of the lines has to be looked at by itself: it is no event, or it is of a
                type that was not met yet.
            UnicodeDecodeError: likewise.
        """
        found = self._decoder.decode_lines(lines)
        # An empty line, an event over two lines, two on one: the decoder lets all of these pass.
        if len(found) != count or lines.rfind(b"}{") >= 0:
            raise msgspec.DecodeError("lines and events are not the same")
        events = found if len(self._kinds) == len(self._wanted) else [each for each in found if isinstance(each, Event)]
        if not events:
            return None
        began = next((head.told for head in self._heads(io.BytesIO(lines)) if head.told), "")
        return Block(events, began, next(self._heads(_from_the_end(lines))).told)

    def _heads(self, lines: Iterable[bytes]) -> Iterator[_Head]:
        """Yield the heads of the lines that were asked for."""
        return (head for head in map(self._head.decode, lines) if head.type in self._wanted)


def _from_the_end(lines: bytes) -> Iterator[bytes]:
    """Yield whole lines, the last first."""
    end = len(lines) - 1
    while end > 0:
        start = lines.rfind(b"\n", 0, end) + 1
        yield lines[start:end]
        end = start - 1


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
        for lines in self._whole_lines():
            yield from self._one_by_one(lines)

    @property
    def behind_bytes(self) -> int:
        """How much of the log was not read yet."""
        try:
            return max(0, self._path.stat().st_size - self._offset)
        except OSError:
            return 0

    @property
    def read_bytes(self) -> int:
        """How much of the log was read."""
        return self._offset

    def blocks(self, enough: Callable[[], bool] = lambda: False) -> Iterator[Block[E]]:
        """Yield what :meth:`unread` would, many at a time and so much faster: for a log that is very long.

        Args:
            enough: asked between two pieces of the file; where it says so, the rest is left for the next call.
        """
        for lines in self._whole_lines(enough):
            count = lines.count(b"\n")
            try:
                block = self._parser.parse_block(lines, count)
            except (msgspec.DecodeError, UnicodeDecodeError):
                for logged in self._one_by_one(lines):
                    yield Block((logged.event,), logged.time, logged.time)
            else:
                self._line_number += count
                if block is not None:
                    yield block

    def _one_by_one(self, lines: bytes) -> Iterator[Logged[E]]:
        for line in lines.split(b"\n")[:-1]:
            self._line_number += 1
            logged = self._parse(line)
            if logged is not None:
                yield logged

    def _whole_lines(self, enough: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        """Yield many lines at a time, each with its end; what has none waits for its rest."""
        for chunk in self._chunks(enough):
            end = chunk.rfind(b"\n") + 1
            if end:
                lines, self._torn = self._torn + chunk[:end], chunk[end:]
                yield lines
            else:
                self._torn += chunk

    def _chunks(self, enough: Callable[[], bool]) -> Iterator[bytes]:
        if not self._path.exists():
            return
        with self._path.open("rb") as log:
            log.seek(self._offset)
            while chunk := log.read(_READ_BYTES):
                self._offset += len(chunk)
                yield chunk
                if enough():
                    return

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


@overload
def read_blocks(path: Path, types: type[E]) -> Iterator[Block[E]]: ...
@overload
def read_blocks(path: Path, types: UnionType) -> Iterator[Block[Event]]: ...
def read_blocks(path: Path, types: type[Event] | UnionType) -> Iterator[Block[Event]]:
    """Read a log as :func:`read_events` does, many events at a time.

    Raises:
        InputError: when a line in the middle is damaged; the fault names the line.
        FileNotFoundError: when there is no log.
    """
    path.stat()
    parser: EventParser[Event] = EventParser(types)
    return LogTail(path, parser).blocks()
