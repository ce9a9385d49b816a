"""The disk guard's reckoning: what is written between two looks is in no figure, and yet counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.convert.guard import InHand, Room, reserve_for, still_to_write, why_not
from engine.crew.answers import Progress

SIZE = 1_000_000


def told(task: str, written: int, to_write: int = SIZE) -> Progress:
    return Progress(task=task, stage="convert", written_bytes=written, to_write_bytes=to_write)


def running(in_hand: InHand) -> int:
    return sum(still_to_write(reserve_for(SIZE), progress) for _, progress in in_hand)


def test_what_was_handed_out_since_the_look_counts_whole() -> None:
    in_hand = InHand()
    in_hand.take("a")
    assert running(in_hand) == reserve_for(SIZE)


def test_progress_since_the_look_frees_nothing() -> None:
    in_hand = InHand()
    in_hand.take("a")
    in_hand.look({"a": told("a", 200_000)})()
    assert running(in_hand) == SIZE - 200_000


def test_a_shard_that_ended_since_the_look_counts_until_the_next() -> None:
    in_hand = InHand()
    in_hand.look({"a": told("a", 200_000)})()
    assert dict(in_hand) == {"a": told("a", 200_000)}
    in_hand.look({})()
    assert dict(in_hand) == {}


def test_a_shard_that_is_handed_out_while_the_disk_is_asked_is_not_lost() -> None:
    in_hand = InHand()
    answered = in_hand.look({})
    in_hand.take("late")
    answered()
    assert dict(in_hand) == {"late": None}


@given(st.lists(st.tuples(st.integers(0, SIZE), st.booleans()), min_size=1, max_size=40), st.integers(0, 3 * SIZE))
def test_the_floor_holds_whatever_is_written_between_looks(steps: list[tuple[int, bool]], free: int) -> None:
    """A worker writes at random paces, looks come at random, and a shard starts only where the guard lets it."""
    floor, in_hand, seen = 100_000, InHand(), free
    written, shard = 0, 0
    reserve = reserve_for(SIZE)
    active = False
    for amount, looks in steps:
        if looks:
            progress = {str(shard): told(str(shard), written, reserve)} if active else {}
            answered = in_hand.look(progress)
            seen = free
            answered()
        if not active and why_not(Room(seen, floor), running(in_hand), reserve) is None:
            shard, written, active = shard + 1, 0, True
            in_hand.take(str(shard))
        if active:
            step = min(amount, reserve - written)
            written, free = written + step, free - step
            active = written < reserve
        assert free >= floor or shard == 0
