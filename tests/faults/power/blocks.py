"""What a disk can hold after a power cut, from the record of its writes and flushes.

All that was written before the last flush is there. Of what was written since, any blocks may be: a drive writes its
cache back in whatever order suits it, and tears a large write. So for each stretch between two flushes there are the
cuts at its end, and any number of random choices among its blocks (as CrashMonkey does, OSDI 2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.power.recording_disk import HEAD

BLOCK_BYTES = 4096
"""What a drive writes as a whole."""


@dataclass(frozen=True)
class Write:
    """Bytes that reach the disk together or not at all."""

    offset: int
    data: bytes


@dataclass(frozen=True)
class Cut:
    """One content of the disk: the writes that reached it, in their order."""

    when: str
    writes: tuple[Write, ...]


def stretches(log: Path) -> tuple[tuple[Write, ...], ...]:
    """Read a record: the blocks written between one flush and the next; stretches without a write are left out."""
    data = log.read_bytes()
    found: list[list[Write]] = [[]]
    at = 0
    while at < len(data):
        kind, offset, size = HEAD.unpack_from(data, at)
        at += HEAD.size
        if kind == b"F":
            found.append([])
        found[-1] += _blocks(offset, data[at : at + size])
        at += size
    return tuple(tuple(writes) for writes in found if writes)


def _blocks(offset: int, data: bytes) -> Iterator[Write]:
    while data:
        size = BLOCK_BYTES - offset % BLOCK_BYTES
        yield Write(offset, data[:size])
        offset, data = offset + size, data[size:]


def cuts(recorded: tuple[tuple[Write, ...], ...], random: Random, *, choices: int) -> Iterator[Cut]:
    """Yield a cut at the end of each stretch, and ``choices`` among the blocks of each, none of them twice."""
    flushed: tuple[Write, ...] = ()
    for number, stretch in enumerate(recorded, 1):
        seen = {frozenset[int](), frozenset(range(len(stretch)))}
        for choice in range(choices):
            kept = frozenset(random.sample(range(len(stretch)), random.randint(0, len(stretch))))
            if kept not in seen:
                seen.add(kept)
                chosen = tuple(stretch[index] for index in sorted(kept))
                yield Cut(f"flush {number}, choice {choice}: {len(kept)} of {len(stretch)} blocks", flushed + chosen)
        flushed += stretch
        yield Cut(f"flush {number}: all of its {len(stretch)} blocks", flushed)
