"""Mutants of whole files: flipped bits, bytes set, ranges zeroed, cut, taken out, put in, doubled and exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

LONGEST: Final = 64
"""Bytes of the longest range that is changed at once."""


@dataclass(frozen=True)
class Mutant:
    """A changed file, and what was done to it."""

    data: bytes
    what: str
    touched: tuple[range, ...]
    """Places of the original that are no longer what they were."""
    same_length: bool
    step: int = 1
    """What was cut, taken out, put in or exchanged is a multiple of so many bytes, at such places."""

    def within(self, *places: range) -> bool:
        """Tell whether nothing was touched outside of some places."""
        return all(any(one.start <= at.start and at.stop <= one.stop for one in places) for at in self.touched)


def mutants(
    whole: bytes, count: int, chance: Random, *, hot: tuple[range, ...] = (), step: int = 1
) -> Iterator[Mutant]:
    """Make mutants, each of which differs from the original.

    Args:
        whole: the original.
        count: so many.
        chance: decides.
        hot: where three of four mutants are changed: headers, in a file of which most is data.
        step: what is cut, taken out, put in or exchanged is a multiple of so many bytes, at such places.
    """
    made = 0
    while made < count:
        at = chance.choice(chance.choice(hot)) if hot and chance.random() < 0.75 else chance.randrange(len(whole))
        mutant = chance.choice((_flip, _flip, _flip, _set, _zero, _cut, _take, _put, _double, _swap))(
            whole, at, chance, step
        )
        if mutant.data != whole:
            made += 1
            touched = _differing(whole, mutant) if mutant.same_length else mutant.touched
            yield replace(mutant, touched=touched, step=step)


def _differing(whole: bytes, mutant: Mutant) -> tuple[range, ...]:
    """Leave out what was changed to what it had been."""
    places = [at for touched in mutant.touched for at in touched if mutant.data[at] != whole[at]]
    return tuple(range(at, at + 1) for at in places)


def _flip(whole: bytes, at: int, chance: Random, step: int) -> Mutant:
    del step
    return _put_over(whole, at, bytes([whole[at] ^ 1 << chance.randrange(8)]), "a flipped bit")


def _set(whole: bytes, at: int, chance: Random, step: int) -> Mutant:
    del step
    return _put_over(whole, at, bytes([chance.choice((0, 1, 0x20, 0x7F, 0x80, 0xFF, chance.randrange(256)))]), "a byte")


def _zero(whole: bytes, at: int, chance: Random, step: int) -> Mutant:
    del step
    return _put_over(whole, at, bytes(min(chance.randrange(1, LONGEST), len(whole) - at)), "zeros")


def _put_over(whole: bytes, at: int, fresh: bytes, what: str) -> Mutant:
    return Mutant(whole[:at] + fresh + whole[at + len(fresh) :], what, (range(at, at + len(fresh)),), same_length=True)


def _cut(whole: bytes, at: int, chance: Random, step: int) -> Mutant:
    del chance
    at -= at % step
    return Mutant(whole[:at], "cut short", (range(at, len(whole)),), same_length=False)


def _length(chance: Random, step: int) -> int:
    return step * chance.randrange(1, 4) if step > 1 else chance.randrange(1, LONGEST)


def _take(whole: bytes, at: int, chance: Random, step: int) -> Mutant:
    at -= at % step
    end = min(len(whole), at + _length(chance, step))
    return Mutant(whole[:at] + whole[end:], "bytes taken out", (range(at, end),), same_length=False)


def _put(whole: bytes, at: int, chance: Random, step: int) -> Mutant:
    at -= at % step
    fresh = chance.choice((bytes, chance.randbytes))(_length(chance, step))
    return Mutant(whole[:at] + fresh + whole[at:], "bytes put in", (range(at, at),), same_length=False)


def _double(whole: bytes, at: int, chance: Random, step: int) -> Mutant:
    at -= at % step
    end = min(len(whole), at + _length(chance, step))
    return Mutant(whole[:end] + whole[at:], "bytes doubled", (range(end, end),), same_length=False)


def _swap(whole: bytes, at: int, chance: Random, step: int) -> Mutant:
    """Exchange two ranges of one length."""
    other = chance.randrange(len(whole))
    first, second = sorted((at - at % step, other - other % step))
    length = min(_length(chance, step), second - first, len(whole) - second)
    one, two = whole[first : first + length], whole[second : second + length]
    data = whole[:first] + two + whole[first + length : second] + one + whole[second + length :]
    touched = (range(first, first + length), range(second, second + length))
    return Mutant(data, "ranges exchanged", touched, same_length=True)
