from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from engine.convert.at_once import THREADS, AtOnce
from engine.convert.tasks import Inspect, Result
from engine.crew.answers import State
from engine.crew.wire import ShardRef

PATIENCE_S = 20.0


def order(name: str) -> Inspect:
    shard = ShardRef(folder="/nowhere", audio_name="audio.tar", lone=False, sidecar=None, lock=None)
    return Inspect(task=name, shard=shard, probes=16)


def done(order: Inspect) -> Result:
    return Result(task=order.task, state=State.PENDING, seconds=0)


def never() -> bool:
    return False


def no_beat() -> None:
    """Nobody listens."""


def test_every_order_is_told_once() -> None:
    told: list[str] = []
    names = [f"shard {number}" for number in range(10 * THREADS)]
    AtOnce(map(order, names), lambda one, _: done(one), lambda result: told.append(result.task), never).run(no_beat)
    assert sorted(told) == sorted(names)


def test_as_many_orders_wait_at_once_as_there_are_threads() -> None:
    all_here = threading.Barrier(THREADS, timeout=PATIENCE_S)
    told: list[str] = []

    def do(one: Inspect, alive: Callable[[], None]) -> Result:
        all_here.wait()
        return done(one)

    orders = [order(str(number)) for number in range(THREADS)]
    AtOnce(orders, do, lambda result: told.append(result.task), never).run(no_beat)
    assert len(told) == THREADS


def test_an_order_that_hangs_holds_up_no_other_and_is_not_told_of_afterwards() -> None:
    released = threading.Event()
    told: list[str] = []
    hanging: list[threading.Thread] = []

    def do(one: Inspect, alive: Callable[[], None]) -> Result:
        if one.task == "hangs":
            hanging.append(threading.current_thread())
            assert released.wait(PATIENCE_S)
        return done(one)

    names = [f"shard {number}" for number in range(3 * THREADS)]
    orders = [order("hangs"), *map(order, names)]
    AtOnce(orders, do, lambda result: told.append(result.task), never, straggler_s=0.2).run(no_beat)
    assert sorted(told) == sorted(names)
    released.set()
    hanging[0].join(PATIENCE_S)
    assert (hanging[0].is_alive(), "hangs" in told) == (False, False)


def test_an_order_that_takes_long_and_gives_signs_of_life_is_waited_for() -> None:
    beats = threading.Semaphore(0)
    told: list[str] = []

    def do(one: Inspect, alive: Callable[[], None]) -> Result:
        for _ in range(4):  # each a look of the waiting side, together longer than its patience
            assert beats.acquire(timeout=PATIENCE_S)
            alive()
        return done(one)

    AtOnce([order("long")], do, lambda result: told.append(result.task), never, straggler_s=0.6).run(beats.release)
    assert told == ["long"]


def test_what_is_left_when_a_stop_is_asked_for_is_not_begun() -> None:
    stop = threading.Event()
    told: list[str] = []

    def do(one: Inspect, alive: Callable[[], None]) -> Result:
        stop.set()
        return done(one)

    orders = [order(str(number)) for number in range(20 * THREADS)]
    AtOnce(orders, do, lambda result: told.append(result.task), stop.is_set).run(no_beat)
    assert 1 <= len(told) <= THREADS


def test_a_fault_of_the_program_ends_the_worker() -> None:
    def do(one: Inspect, alive: Callable[[], None]) -> Result:
        raise ZeroDivisionError(one.task)

    with pytest.raises(ZeroDivisionError, match="the one"):
        AtOnce([order("the one")], do, lambda _: None, never).run(no_beat)
