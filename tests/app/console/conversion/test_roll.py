from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.console.conversion.followed import Followed
from app.console.conversion.roll import Roll
from app.console.conversion.states import Shown
from engine.convert.events import FoundShard, ShardDone, ShardFailed, ShardsFound, ShardStarted
from engine.convert.view import AnySummary
from engine.crew.answers import State
from engine.errors import Fault
from engine.run.events import Event, Resumed
from engine.run.outcome import Outcome

NAMES = st.sampled_from([f"a/{letter}" for letter in "abcdef"])
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        ShardsFound,
        shards=st.lists(st.builds(FoundShard, NAMES, st.sampled_from(list(State)), st.just(1)), max_size=4).map(tuple),
    ),
    st.builds(ShardStarted, shard=NAMES, worker=st.integers(1, 3), bytes_in=st.just(1)),
    st.builds(ShardDone, shard=NAMES, source=st.just("a"), seconds=st.just(1.0)),
    st.builds(ShardFailed, shard=NAMES, source=st.just("a"), fault=st.just(Fault("x")), final=st.booleans()),
    st.just(Resumed(why="disk")),
    st.just(AnySummary(job="convert", outcome=Outcome.OK, seconds=1.0)),
)


@given(told=st.lists(events, max_size=30), cuts=st.sets(st.integers(0, 30)))
def test_a_roll_is_the_same_whether_a_run_was_followed_or_is_opened_late(told: list[Event], cuts: set[int]) -> None:
    view = Followed()
    followed, late = Roll(view), Roll(view)
    for number, event in enumerate(told):
        view.fold((event,))
        if number in cuts:
            followed.follow()
    followed.follow()
    changes = late.follow()
    assert late.names == followed.names
    assert late.place_of == followed.place_of
    assert late.tally == followed.tally
    places = range(len(late))
    assert [(late.shown(at), late.newest(at)) for at in places] == [
        (followed.shown(at), followed.newest(at)) for at in places
    ]
    assert [(change.place, change.before, change.after) for change in changes] == [
        (at, None, late.shown(at)) for at in places
    ]
    assert sum(late.count(places, kind) for kind in Shown) == len(late)
