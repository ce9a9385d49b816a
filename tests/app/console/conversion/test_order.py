from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.console.conversion.cells import Cells
from app.console.conversion.followed import Followed, followed
from app.console.conversion.order import By, Only, Order
from app.console.conversion.roll import Roll
from app.console.conversion.states import Shown, shown
from app.console.watch import Watch
from engine.convert.events import ShardFailed, ShardStarted
from engine.convert.view import RunView
from engine.run.events import Event
from engine.run.folder import RunFolder, RunRecord
from tests.app.console.conversion.values import FAULT, NAMES, add, done, fold, found, quarantined, shard_events


def rows(order: Order) -> list[str]:
    return [order.roll.names[order.place(row)] for row in range(len(order))]


def followed_by(
    view: Followed, batches: list[list[Event]], only: Only, by: By, text: str
) -> tuple[Order, Cells, Cells]:
    """A table and two maps that were there from the beginning and saw every change."""
    roll = Roll(view)
    order, each, whole = Order(roll), Cells(roll), Cells(roll)
    order.choose(only=only, by=by, text=text)
    whole.each = 3
    for batch in batches:
        add(view, *batch)
        changes = roll.follow()
        order.take(changes)
        for cells in (each, whole):
            cells.width = 2
            cells.take(changes)
    return order, each, whole


@given(
    batches=st.lists(st.lists(shard_events, max_size=6), max_size=12),
    only=st.sampled_from(Only),
    by=st.sampled_from(By),
    text=st.sampled_from(["", "a/b", "damaged", "done"]),
)
def test_rows_that_are_kept_up_to_date_are_those_of_a_table_built_anew(
    batches: list[list[Event]], only: Only, by: By, text: str
) -> None:
    view = Followed()
    order, each, whole = followed_by(view, [[found(*NAMES[:6])], *batches], only, by, text)
    afresh = Roll(view)
    assert [change.before for change in afresh.follow()] == [None] * len(afresh)
    built = Order(afresh)
    built.choose(only=only, by=by, text=text)
    assert rows(order) == rows(built)
    assert order.roll.tally == afresh.tally
    for row in range(len(order)):
        assert order.row(order.place(row)) == row
    for place, name in enumerate(order.roll.names):
        assert order.roll.shown(place) is shown(view, name)
        assert each.worst(place) is shown(view, name)
    for cell in range(len(whole)):
        assert whole.worst(cell) is min(whole.roll.shown(place) for place in whole.places(cell))


@given(batches=st.lists(st.lists(shard_events, max_size=6), max_size=12))
def test_a_look_takes_each_changed_shard_once_and_no_other(batches: list[list[Event]]) -> None:
    view = fold(found(*NAMES))
    roll = Roll(view)
    assert len(roll.follow()) == len(NAMES)
    for batch in batches:
        before = len(view.touched)
        add(view, *batch)
        places = [change.place for change in roll.follow()]
        assert sorted(places) == sorted({roll.place_of[shard] for shard in view.touched[before:]})
    assert roll.follow() == []


def test_the_worst_states_come_first_and_the_newest_change_on_top() -> None:
    view = fold(found(*NAMES[:4]), done(NAMES[0]), quarantined(NAMES[2]))
    roll = Roll(view)
    order = Order(roll)
    order.take(roll.follow())
    order.choose(by=By.STATE)
    assert rows(order) == [NAMES[2], NAMES[1], NAMES[3], NAMES[0]]
    order.choose(by=By.NEWEST)
    assert rows(order) == [NAMES[2], NAMES[0], NAMES[3], NAMES[1]]
    add(view, done(NAMES[3], seconds=90.0))
    assert order.take(roll.follow()) is None, "a row has moved"
    assert rows(order)[0] == NAMES[3]
    order.choose(by=By.TIME)
    assert rows(order)[:2] == [NAMES[3], NAMES[0]]


def test_the_next_failure_is_found_on_and_back_and_round_the_end() -> None:
    view = fold(found(*NAMES), quarantined(NAMES[2]), quarantined(NAMES[8]))
    roll = Roll(view)
    order = Order(roll)
    order.take(roll.follow())
    assert [order.next_trouble(row, 1) for row in (0, 2, 8)] == [2, 8, 2]
    assert [order.next_trouble(row, -1) for row in (0, 2, 9)] == [8, 8, 8]
    order.choose(only=Only.DONE)
    assert order.next_trouble(0, 1) is None


def test_an_attempt_that_failed_is_told_apart_from_a_shard_that_waits_for_its_first() -> None:
    tried = ShardFailed(shard=NAMES[0], source="a", fault=FAULT, final=False)
    view = fold(found(*NAMES[:2]), tried)
    assert shown(view, NAMES[0]) is Shown.AGAIN
    assert shown(view, NAMES[1]) is Shown.PENDING
    assert shown(add(view, ShardStarted(shard=NAMES[0], worker=3, bytes_in=1)), NAMES[0]) is Shown.IN_HAND


def test_a_view_that_was_folded_before_anybody_followed_it_is_shown_whole() -> None:
    record = RunRecord(run="r", job="convert", corpus=None, created="", pid=0, args={}, config={}, versions={}, host={})
    watch = Watch(RunFolder(Path("/nonexistent"), record), view=RunView())
    known = fold(found(*NAMES[:3]), done(NAMES[1]))
    watch.view.states, watch.view.last = known.states, known.last
    view = followed(watch)
    assert watch.view is view
    assert followed(watch) is view
    roll = Roll(view)
    assert len(roll.follow()) == 3
    assert roll.shown(1) is Shown.DONE


def test_more_shards_than_cells_share_them_and_all_are_in_sight() -> None:
    view = fold(found(*(f"a/{number:06d}" for number in range(100_000))), quarantined("a/054321"))
    roll = Roll(view)
    roll.follow()
    cells = Cells(roll)
    assert cells.lay(78, 8, whole=True)
    assert cells.rows <= 8
    cell = cells.cell(roll.place_of["a/054321"])
    assert cells.worst(cell) is Shown.QUARANTINED
    assert cells.place_shown(cell) == roll.place_of["a/054321"]
    add(view, done("a/054321"))
    assert cells.take(roll.follow()) == {cell // 78}
    assert cells.worst(cell) is Shown.PENDING
    assert cells.lay(78, 8, whole=False)
    assert len(cells) == 100_000
