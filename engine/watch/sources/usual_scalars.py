"""The short way through an event file: records that differ from one read before in time, step and value alone.

Nearly all of a log is scalars, and all events of a tag have the same bytes but for the wall time, the step's varint
and the number: the lengths, the tag, the metadata. One that was decoded in full becomes a template: a single
``struct`` for the whole record with its frame. What a template fits is told at a sixth of the price; whatever
differs in any other byte, down to a damaged checksum, is left to the readers of :mod:`tfrecord` and
:mod:`tensorboard_proto`, which tell the same of it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, TypeAlias

from engine.watch.sources.crc32c import MASK_DELTA, crc32c
from engine.watch.sources.protobuf import varint
from engine.watch.sources.tensorboard_proto import Other, Place, Row, Start
from engine.watch.sources.tfrecord import FOOTER_BYTES, HEADER_BYTES

_HEAD_BYTES: Final = HEADER_BYTES + 1
"""Length, its checksum, and the key of the wall time (field 1, fixed 64), which every writer puts first."""
_TIME_KEY: Final = 0x09
_STEP_KEY: Final = 0x10
"""Field 2, varint; left out at step 0."""
_SUMMARY_KEY: Final = 0x2A
"""Field 5, a message."""
_STEP_AT: Final = 9
"""In an event that begins with its wall time."""
_LONGEST_STEP_BYTES: Final = 6
"""The key and five bytes of a varint: steps below 2^35."""
_MOST_TEMPLATES: Final = 1 << 14
"""When there are more (some 2 MB), all are forgotten and learned anew."""
_LONGEST_EVENT_BYTES: Final = 1024
"""A tag of that length is none that comes again and again."""
_MOST_SHAPES: Final = 8
"""Of one head; metadata that changes from event to event would make one of each."""
_NO_STEP: Final = -1

_Unpack: TypeAlias = Callable[[bytes, int], tuple[float, bytes, bytes, float, bytes, int]]
"""Wall time, the step's field, what stands between it and the number, the number, the rest, the checksum."""
_Shape: TypeAlias = tuple[int, _Unpack, bytes, dict[bytes, str]]
"""A record's size, how it is cut, the rest (nothing, or a tensor's metadata), and tags by what stands between step and
number; a bare tuple, since one with names takes twice as long to take apart."""


class UsualScalars:
    """Reads the events that fit a template."""

    def __init__(self) -> None:
        self._shapes: dict[bytes, _Shape] = {}
        """By their head: the shape that fitted last."""
        self._others: dict[bytes, dict[tuple[int, int, bytes], _Shape]] = {}
        """All shapes of a head: tags and steps of different lengths may add up to the same."""
        self._learned = 0

    def read(self, data: bytes, at: int, told: list[Row | Start | Other]) -> tuple[int, int]:
        """Add the scalars that stand from ``at`` on; return where something else begins, and their count.

        One loop without calls, since each costs a twentieth of the whole price.
        """
        shapes, checksum_of, tell = self._shapes, crc32c, told.append
        row_step, values = _last_row(told)
        end, count, field, step = len(data), 0, b"\0", _NO_STEP
        while True:
            head = data[at : at + _HEAD_BYTES]
            shape = shapes.get(head)
            if shape is None:
                return at, count
            size, unpack, wanted_rest, tags = shape
            after = at + size
            if after > end:
                return at, count
            time_s, step_field, between, value, rest, checksum = unpack(data, at)
            tag = tags.get(between)
            if step_field != field:
                field, step = step_field, _step_of(step_field)
            if tag is None or rest != wanted_rest or step < 0:
                if self._find_other(head, data, at):
                    continue
                return at, count
            crc = checksum_of(data[at + HEADER_BYTES : after - FOOTER_BYTES])
            if (((crc >> 15) | (crc << 17)) + MASK_DELTA) & 0xFFFFFFFF != checksum:
                return at, count
            if step != row_step or tag in values:
                row_step, values = step, {tag: value}
                tell((step, time_s, values))
            else:
                values[tag] = value
            at, count = after, count + 1

    def learn(self, header: bytes, event: bytes, place: Place) -> None:
        """Take an event that was decoded in full for the template of those that look like it.

        Args:
            header: the record's, whose checksum is right.
            event: the record's data: wall time, step unless it is 0, a summary with one scalar, and nothing else.
            place: where in ``event`` its number stands.
        """
        if event[0] != _TIME_KEY or event[_STEP_AT] not in {_STEP_KEY, _SUMMARY_KEY}:
            return  # Keys may be written in more bytes than they need; nobody does.
        step_end = varint(event, _STEP_AT + 1)[1] if event[_STEP_AT] == _STEP_KEY else _STEP_AT
        step_bytes = step_end - _STEP_AT
        if step_bytes > _LONGEST_STEP_BYTES or len(event) > _LONGEST_EVENT_BYTES:
            return
        if self._learned >= _MOST_TEMPLATES:
            self._shapes.clear()
            self._others.clear()
            self._learned = 0
        self._learned += 1
        between, rest = event[step_end : place.at], event[place.at + place.size_bytes :]
        layout = f"<{_HEAD_BYTES}xd{step_bytes}s{len(between)}s{place.layout}{len(rest)}sI"
        head = header + event[:1]
        alike = self._others.setdefault(head, {})
        shape = alike.get((step_bytes, place.at, rest))
        if shape is None:
            if len(alike) >= _MOST_SHAPES:
                alike.clear()
            unpack: _Unpack = struct.Struct(layout).unpack_from
            shape = HEADER_BYTES + len(event) + FOOTER_BYTES, unpack, rest, {}
            alike[step_bytes, place.at, rest] = shape
        shape[3][between] = place.tag
        self._shapes[head] = shape

    def _find_other(self, head: bytes, data: bytes, at: int) -> bool:
        """Put another shape that fits the record at ``at`` first; return whether there is one."""
        for shape in self._others[head].values():
            _, unpack, wanted_rest, tags = shape
            _, step_field, between, _, rest, _ = unpack(data, at)
            if between in tags and rest == wanted_rest and _step_of(step_field) != _NO_STEP:
                self._shapes[head] = shape
                return True
        return False


def _last_row(told: list[Row | Start | Other]) -> tuple[int, dict[str, float]]:
    last = told[-1] if told else None
    return (last[0], last[2]) if isinstance(last, tuple) else (_NO_STEP, {})


def _step_of(field: bytes) -> int:
    """Read a step's field; -1 where it is none of just this length.

    The varint's groups of seven bits are picked from the field's bytes as one number, key lowest.
    """
    if not field:
        return 0
    raw = int.from_bytes(field, "little")
    fits, wanted = _FITS[len(field)]
    if raw & fits != wanted:
        return _NO_STEP
    return raw >> 8 & 0x7F | raw >> 9 & 0x3F80 | raw >> 10 & 0x1FC000 | raw >> 11 & 0xFE00000 | raw >> 12 & 0x7F0000000


def _fit(size_bytes: int) -> tuple[int, int]:
    """Return which bits of a step's field are fixed, and their values: the key, and where the varint goes on."""
    goes_on = bytes((0x80,)) * (size_bytes - 2)
    fixed, wanted = b"\xff" + goes_on + b"\x80", bytes((_STEP_KEY,)) + goes_on + b"\0"
    return int.from_bytes(fixed, "little"), int.from_bytes(wanted, "little")


_FITS: Final = {size_bytes: _fit(size_bytes) for size_bytes in range(2, _LONGEST_STEP_BYTES + 1)}
