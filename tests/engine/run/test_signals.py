import asyncio
import os
import signal
from functools import partial

from engine.run.outcome import Outcome
from engine.run.signals import StopSignals
from tests.engine.run.conftest import until


class Told:
    def __init__(self) -> None:
        self.orders: list[str] = []

    def has(self, count: int) -> bool:
        return len(self.orders) == count

    def signals(self) -> StopSignals:
        return StopSignals(
            lambda which: self.orders.append(f"graceful {which.name}"),
            lambda which: self.orders.append(f"now {which.name}"),
        )


async def test_the_first_signal_stops_gracefully_and_each_later_one_at_once() -> None:
    told = Told()
    with told.signals() as signals:
        for count, which in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGINT), 1):
            os.kill(os.getpid(), which)
            await until(partial(told.has, count))
    assert told.orders == ["graceful SIGINT", "now SIGTERM", "now SIGINT"]
    assert signals.outcome is Outcome.INTERRUPTED


async def test_sigterm_ends_as_terminated() -> None:
    told = Told()
    with told.signals() as signals:
        assert signals.outcome is None
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: signals.first)
    assert signals.outcome is Outcome.TERMINATED


async def test_a_lost_terminal_stops_nothing() -> None:
    told = Told()
    with told.signals() as signals:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGINT)
        await until(lambda: told.orders)
        await asyncio.sleep(0)
    assert told.orders == ["graceful SIGINT"]
    assert signals.first is signal.SIGINT


async def test_signals_that_are_handed_over_stop_nothing_and_change_no_outcome() -> None:
    told = Told()
    with told.signals() as signals:
        signals.hand_over(lambda which: told.orders.append(f"heir {which.name}"))
        for count, which in enumerate((signal.SIGTERM, signal.SIGINT), 1):
            os.kill(os.getpid(), which)
            await until(partial(told.has, count))
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.05)
    assert told.orders == ["heir SIGTERM", "heir SIGINT"]
    assert signals.outcome is None


async def test_handlers_are_put_back() -> None:
    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(which) for which in watched]
    with Told().signals():
        pass
    assert [signal.getsignal(which) for which in watched] == before
