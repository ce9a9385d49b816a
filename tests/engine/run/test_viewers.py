"""One viewer has control of a run, and the others are told who; the engine sees to it, whatever a console thinks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from engine.run.client import ControlClient, RefusedError, ask
from engine.run.control import ControlServer, Request
from engine.run.viewers import ControlError, Viewers, Viewing
from tests.engine.run.controls import RUN, Told

ANNA, BERT, CARL = "anna@gpu-3 pts/3", "bert@gpu-3 pts/1", "carl@gpu-3 pts/9"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def viewers(clock: Clock) -> Viewers:
    return Viewers(clock)


def controls(viewers: Viewers, connection: int) -> bool:
    return viewers.viewing(connection).has_control


# The rules.


def test_the_first_viewer_that_may_give_orders_has_control(viewers: Viewers) -> None:
    viewers.greet(1, ANNA, read_only=True)
    assert viewers.viewing(1).controller == ""
    viewers.greet(2, BERT)
    viewers.greet(3, CARL)
    assert [controls(viewers, one) for one in (1, 2, 3)] == [False, True, False]
    assert viewers.viewing(3).controller == BERT


def test_an_order_of_another_is_refused_with_who_has_control_and_since_when(viewers: Viewers, clock: Clock) -> None:
    viewers.greet(1, BERT)
    viewers.greet(2, ANNA)
    since = clock.now.astimezone()
    clock.now += timedelta(hours=5)
    viewers.admit_order(1)
    with pytest.raises(ControlError, match=f"^{BERT} has control since {since:%H:%M}; take it first$"):
        viewers.admit_order(2)
    assert viewers.viewing(2).control_since == "2026-01-31T09:30:00.000Z"


def test_whoever_takes_control_has_it_and_the_one_before_has_not(viewers: Viewers) -> None:
    viewers.greet(1, ANNA)
    viewers.greet(2, BERT)
    viewers.take(2)
    assert (controls(viewers, 1), controls(viewers, 2)) == (False, True)
    with pytest.raises(ControlError, match=BERT):
        viewers.admit_order(1)


def test_control_that_was_let_go_belongs_to_nobody_until_an_order_or_a_taking(viewers: Viewers) -> None:
    viewers.greet(1, ANNA)
    viewers.greet(2, BERT)
    viewers.part(1)
    viewers.greet(3, CARL)
    assert viewers.viewing(2).controller == ""
    viewers.admit_order(3)
    assert viewers.viewing(2).controller == CARL
    with pytest.raises(ControlError, match=CARL):
        viewers.admit_order(2)


def test_the_viewer_that_had_control_last_has_it_back_when_it_returns_in_time(viewers: Viewers) -> None:
    viewers.greet(1, ANNA, "a")
    viewers.greet(2, BERT, "b")
    viewers.part(1)
    viewers.part(2)
    viewers.greet(3, BERT, "b")
    viewers.greet(4, ANNA, "a")
    assert (controls(viewers, 3), controls(viewers, 4)) == (False, True)

    viewers.part(4)
    viewers.take(3)
    viewers.greet(5, ANNA, "a")
    assert (controls(viewers, 3), controls(viewers, 5)) == (True, False)


def test_connections_of_one_name_are_one_viewer_which_is_there_until_the_last_is_closed(viewers: Viewers) -> None:
    viewers.greet(1, ANNA, "a")
    viewers.greet(2, ANNA, "a")
    viewers.greet(3, BERT, "b")
    assert [viewer.who for viewer in viewers.viewing(3).viewers] == [ANNA, BERT]
    assert controls(viewers, 2)
    viewers.part(1)
    assert viewers.viewing(3).controller == ANNA
    viewers.part(2)
    assert [viewer.who for viewer in viewers.viewing(3).viewers] == [BERT]
    assert viewers.viewing(3).controller == ""


def test_read_only_is_for_good(viewers: Viewers) -> None:
    viewers.greet(1, ANNA, "a", read_only=True)
    viewers.greet(1, ANNA, "a", read_only=False)
    viewers.greet(2, ANNA, "a", read_only=False)
    for connection in (1, 2):
        with pytest.raises(ControlError, match="read-only"):
            viewers.admit_order(connection)
        with pytest.raises(ControlError, match="read-only"):
            viewers.take(connection)
    assert viewers.viewing(1).controller == ""


def test_a_viewer_that_says_read_only_later_lets_control_go(viewers: Viewers) -> None:
    viewers.greet(1, ANNA)
    viewers.greet(1, ANNA, read_only=True)
    assert viewers.viewing(1).controller == ""
    with pytest.raises(ControlError, match="read-only"):
        viewers.admit_order(1)


def test_whoever_said_no_hello_is_no_viewer_gives_orders_and_has_no_control(viewers: Viewers) -> None:
    viewers.greet(1, ANNA)
    viewers.admit_order(2)
    assert viewers.viewing(1).controller == ANNA
    with pytest.raises(ControlError, match="say hello first"):
        viewers.take(2)
    viewers.part(2)
    assert [viewer.who for viewer in viewers.viewing(2).viewers] == [ANNA]


def test_a_name_cannot_move_a_cursor_or_fill_a_screen(viewers: Viewers) -> None:
    viewers.greet(1, "eve\x1b[2J\n" + "x" * 500)
    (eve,) = viewers.viewing(1).viewers
    assert eve.who.isprintable()
    assert len(eve.who) == 80


def test_what_is_told_is_what_is_so_after_every_change(viewers: Viewers) -> None:
    def is_told() -> bool:
        return all(msgspec.json.decode(viewers.told(one), type=Viewing) == viewers.viewing(one) for one in range(5))

    assert is_told()
    changes: tuple[Callable[[], None], ...] = (
        lambda: viewers.greet(1, ANNA, "a"),
        lambda: viewers.greet(2, BERT, "b"),
        lambda: viewers.greet(3, CARL, "c", read_only=True),
        lambda: viewers.take(2),
        lambda: viewers.part(2),
        lambda: viewers.admit_order(1),
        lambda: viewers.greet(1, ANNA, read_only=True),
        lambda: viewers.part(3),
    )
    for change in changes:
        change()
        assert is_told()


# The same over the socket.


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def server(told: Told) -> AsyncIterator[ControlServer]:
    async with ControlServer(RUN, told) as server:
        yield server


def seen(client: ControlClient) -> Viewing:
    snapshot = msgspec.json.decode(client.ask(Request("snapshot")))
    assert snapshot["workers"] == 2
    return msgspec.convert(snapshot["viewing"], Viewing)


@pytest.mark.usefixtures("server")
async def test_each_snapshot_tells_a_viewer_who_watches_and_who_has_control(told: Told) -> None:
    def talk() -> None:
        with ControlClient(RUN) as anna, ControlClient(RUN) as bert:
            assert anna.hello(ANNA, "a").has_control
            assert not bert.hello(BERT, "b").has_control
            assert seen(anna).has_control
            with pytest.raises(RefusedError, match=f"{ANNA} has control since"):
                bert.ask(Request("pause"))
            anna.ask(Request("pause"))
            bert.ask(Request("take"))
            assert (seen(anna).has_control, seen(anna).controller, seen(bert).has_control) == (False, BERT, True)
            with pytest.raises(RefusedError, match=BERT):
                anna.ask(Request("resume"))
            bert.ask(Request("resume"))
            assert [(viewer.who, viewer.controls, viewer.you) for viewer in seen(anna).viewers] == [
                (ANNA, False, True),
                (BERT, True, False),
            ]

    await asyncio.to_thread(talk)
    assert told.orders == ["pause", "resume"]


@pytest.mark.usefixtures("server")
async def test_a_connection_that_closes_lets_control_go(told: Told) -> None:
    bert = await asyncio.to_thread(ControlClient, RUN)
    with bert:
        anna = await asyncio.to_thread(ControlClient, RUN)
        await asyncio.to_thread(anna.hello, ANNA, "a")
        await asyncio.to_thread(bert.hello, BERT, "b")
        anna.close()
        left = msgspec.json.decode(await asyncio.to_thread(bert.ask, Request("viewers")), type=Viewing)
        while left.controller:  # the engine learns of it when it gets to it
            left = msgspec.json.decode(await asyncio.to_thread(bert.ask, Request("viewers")), type=Viewing)
        assert [viewer.who for viewer in left.viewers] == [BERT]
        await asyncio.to_thread(bert.ask, Request("pause"))
        assert (await asyncio.to_thread(seen, bert)).has_control
    assert told.orders == ["pause"]


ORDERS: tuple[Request, ...] = (
    Request("pause"),
    Request("resume"),
    Request("workers", count=4),
    Request("workers", auto=True),
    Request("stop"),
    Request("stop", now=True),
    Request("take"),
)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order.ask}{order.count or ''}{order.auto}{order.now}")
async def test_the_engine_refuses_a_read_only_viewer_every_order(told: Told, order: Request) -> None:
    def talk() -> None:
        with ControlClient(RUN) as client:
            assert client.hello(ANNA, "a", read_only=True).read_only
            with pytest.raises(RefusedError, match="read-only"):
                client.ask(order)
            assert client.hello(ANNA, "a", read_only=False).read_only
            with pytest.raises(RefusedError, match="read-only"):
                client.ask(order)
            assert seen(client).controller == ""

    await asyncio.to_thread(talk)
    assert told.orders == []


@pytest.mark.usefixtures("server")
async def test_a_script_is_obeyed_whoever_has_control_and_sees_what_it_always_saw(told: Told) -> None:
    def talk() -> None:
        with ControlClient(RUN) as anna:
            anna.hello(ANNA, "a")
            ask(RUN, Request("pause"))
            ask(RUN, Request("workers", count=3))
            assert ask(RUN, Request("snapshot")) == b'{"workers":2}'
            assert msgspec.json.decode(ask(RUN, Request("viewers")), type=Viewing).controller == ANNA
            assert seen(anna).has_control

    await asyncio.to_thread(talk)
    assert told.orders == ["pause", "workers 3"]


def both(inner: str) -> tuple[bool, bool]:
    """Whether the viewer that has control of the first run has it of another, and whether a second one has."""
    with ControlClient(RUN) as window, ControlClient(inner) as step, ControlClient(inner) as other:
        window.hello(ANNA, "a")
        return step.hello(ANNA, "a").has_control, other.hello(BERT, "b").has_control


async def test_control_of_a_run_is_control_of_the_runs_within_it() -> None:
    """A window's steps are served inside the window, one after the other."""
    async with ControlServer(RUN, Told()):
        for step in ("step-1", "step-2"):
            async with ControlServer(step, Told()):
                assert await asyncio.to_thread(both, step) == (True, False)


async def test_runs_side_by_side_in_one_process_have_viewers_of_their_own() -> None:
    async with ControlServer(RUN, Told()):
        pass
    beside = ControlServer("beside", Told())
    async with ControlServer(RUN, Told()), beside:

        def talk() -> tuple[bool, bool]:
            with ControlClient(RUN) as one, ControlClient("beside") as other:
                return one.hello(ANNA, "a").has_control, other.hello(BERT, "b").has_control

        assert await asyncio.to_thread(talk) == (True, True)
