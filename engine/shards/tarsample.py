"""A tar told by samples: its head, its proven end, and members at places in between, in some dozens of reads.

A walk over every header costs a round trip a member on a network volume. Between the head and the end, a place is
found again by the magic and the checksum of a header, and walked strictly from there. Only good news rests on samples:
whatever does not fit gives no sample, and the caller walks the whole tar.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.errors import InputError
from engine.shards.tar import Member, ReadAt, read_index
from engine.shards.tarheader import BLOCK_BYTES, parse_header

STRIDE_BYTES: Final = 192 << 10
"""Of one read in search of a header: what a network volume hands out about as fast as a page, and less than what
makes a reader read ahead."""
SEARCH_BYTES: Final = 8 << 20
"""A header is searched for in so much; longer members are few, and cost little to walk from one to the next."""
MEMBERS_A_PLACE: Final = 2
"""A clip and what belongs to it; the header behind them is read as well, so that the chain is seen to hold."""
LEAST_PROBED_BYTES: Final = 16 << 20
"""A smaller tar is walked: the places would take as many bytes, and more reads."""
LEAST_PROBED_MEMBERS: Final = 64
"""A tar of fewer members is walked: that is as many reads as the places take."""

_GAP_MOST: Final = 2
"""A place is within some member, so a header follows soon; one that is so many of the longest members away was behind
others that are damaged, or behind a clip that is worth a walk."""

_MAGIC: Final = b"ustar"
_MAGIC_AT: Final = 257
_AHEAD_BYTES: Final = 8 << 10
"""Read with a header: it holds the head of the clip behind it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Members from all over a tar whose end was proven."""

    members: tuple[Member, ...]
    """In the tar's order."""
    end_offset: int
    """Where the end-of-archive marker begins."""
    size_bytes: int

    @property
    def share(self) -> float:
        """Which part of the tar's members these are, reckoned by bytes."""
        return min(1.0, sum(map(_span, self.members)) / self.end_offset)


def _span(member: Member) -> int:
    return member.end_offset - member.header_offset


class Held:
    """Reads by position that are answered from the last pieces where those hold them."""

    def __init__(self, read_at: ReadAt) -> None:
        self._read_at = read_at
        self._pieces: list[tuple[int, bytes]] = []

    def read_at(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer only at the end of the file."""
        for start, data in self._pieces:
            if start <= offset and offset + size <= start + len(data):
                return data[offset - start : offset - start + size]
        return self.fetch(offset, max(size, _AHEAD_BYTES))[:size]

    def fetch(self, offset: int, size: int) -> bytes:
        """Read a piece and hold it, beside the one before."""
        data = self._read_at(offset, size)
        self._pieces = [*self._pieces[-1:], (offset, data)]
        return data


class _Enough(Exception):  # noqa: N818  # no error: it ends a walk that has seen what it came for
    """Raised to leave a walk."""


def sample_tar(
    read_at: ReadAt,
    size_bytes: int,
    places: int,
    tick: Callable[[], None] = lambda: None,
    visit: Callable[[ReadAt, Member], None] = lambda _read_at, _member: None,
) -> Sample | None:
    """Look at the head of a tar, at places in it, and prove its end.

    Args:
        read_at: gives bytes of the tar.
        size_bytes: the length of the file.
        places: how many places between head and end.
        tick: called often; may raise to stop.
        visit: called with each member while what lies around its header is at hand, and a way to read that.

    Returns:
        What was seen; None where the tar is small enough to be walked, or has to be, because something does not fit.

    Raises:
        OSError: when it cannot be read.
    """
    if size_bytes < LEAST_PROBED_BYTES or size_bytes % BLOCK_BYTES:
        return None
    held = Held(read_at)
    walk = _Walk(held, size_bytes, tick, visit)
    try:
        head = walk.from_header(0)
        if not head or size_bytes < LEAST_PROBED_MEMBERS * _mean_bytes(head):
            return None
        end_offset = walk.prove_end()
        if end_offset is None:
            return None
        begin, room = head[-1].end_offset, walk.tail_offset - head[-1].end_offset
        for place in range(places):
            tick()
            if not walk.at_place(begin + (place + 1) * room // (places + 1)):
                return None
        if walk.longest_gap > _GAP_MOST * max(map(_span, walk.members.values())):
            return None
    except InputError:
        return None
    members = sorted(walk.members.values(), key=lambda member: member.header_offset)
    return Sample(tuple(members), end_offset, size_bytes)


def _mean_bytes(members: list[Member]) -> float:
    return (members[-1].end_offset - members[0].header_offset) / len(members)


def find_header(data: bytes, start: int = 0) -> int | None:
    """Return where the first tar header is among blocks, from the block at ``start`` on: by its magic and checksum."""
    marks = data[_MAGIC_AT::BLOCK_BYTES]  # a byte a block: some hundred times as fast as a search through all of them
    block = marks.find(_MAGIC[:1], start // BLOCK_BYTES)
    while block >= 0:
        offset = block * BLOCK_BYTES
        if data.startswith(_MAGIC, offset + _MAGIC_AT) and _is_header(data, offset):
            return offset
        block = marks.find(_MAGIC[:1], block + 1)
    return None


def _is_header(data: bytes, offset: int) -> bool:
    try:
        parse_header(data[offset : offset + BLOCK_BYTES], offset)
    except InputError:
        return False
    return True


class _Walk:
    """Strict walks from places in one tar; what they see is kept."""

    def __init__(
        self, held: Held, size_bytes: int, tick: Callable[[], None], visit: Callable[[ReadAt, Member], None]
    ) -> None:
        self._held = held
        self._size_bytes = size_bytes
        self._tick = tick
        self._visit = visit
        self.members: dict[int, Member] = {}
        self.tail_offset = size_bytes
        """Where the walk to the end began."""
        self.longest_gap = 0
        """From a place to the header that was found behind it."""

    def from_header(self, offset: int, most: int = MEMBERS_A_PLACE) -> list[Member]:
        """Walk from a header over at most ``most`` members, whose followers' headers are read as well.

        Raises:
            InputError: when something does not fit; its offset counts from ``offset``.
        """
        seen: list[Member] = []

        def see(member: Member) -> None:
            if len(seen) == most:
                raise _Enough
            shifted = Member(
                name=member.name,
                header_offset=member.header_offset + offset,
                data_offset=member.data_offset + offset,
                size_bytes=member.size_bytes,
                is_folder=member.is_folder,
            )
            seen.append(shifted)
            if shifted.header_offset not in self.members:
                self.members[shifted.header_offset] = shifted
                self._visit(self._held.read_at, shifted)

        def read_at(at: int, size: int) -> bytes:
            return self._held.read_at(offset + at, size)

        with contextlib.suppress(_Enough):
            read_index(read_at, self._size_bytes - offset, self._tick, see)
        return seen

    def at_place(self, offset: int) -> bool:
        """Find the first header behind a place and walk from there; false where there is none in reach.

        The block right at the start of what was read may be a header whose extension lies before it: the next counts.

        Raises:
            InputError: as :meth:`from_header`.
        """
        start = offset - offset % BLOCK_BYTES
        reach = min(start + SEARCH_BYTES, self.tail_offset)
        for at in range(start, reach, STRIDE_BYTES):
            found = find_header(self._held.fetch(at, STRIDE_BYTES), BLOCK_BYTES if at == start else 0)
            if found is not None:
                self.longest_gap = max(self.longest_gap, at + found - start)
                self.from_header(at + found)
                return True
        return reach == self.tail_offset  # the end was walked already

    def prove_end(self) -> int | None:
        """Walk to the end over its last members; return where the end-of-archive marker begins.

        Two members at least: one alone may lie behind a marker, where another tar was glued on.

        Raises:
            InputError: as :meth:`from_header`.
        """
        for back in range(STRIDE_BYTES, SEARCH_BYTES + 1, STRIDE_BYTES):
            start = self._size_bytes - back
            data = self._held.fetch(start, STRIDE_BYTES)
            if back == STRIDE_BYTES and any(data[-2 * BLOCK_BYTES :]):
                return None
            found = find_header(data, BLOCK_BYTES)
            if found is not None:
                self.tail_offset = start + found
                last = self.from_header(self.tail_offset, most=self._size_bytes)
                if len(last) > 1:
                    return last[-1].end_offset
        return None
