"""The recovery table, held against everything that can be seen of a shard: what it may never decide."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from engine.shards.record import SwapState
from engine.shards.states import Action, Decision, Ends, Observation, Thing, decide

ORIGINAL, RESULT, DAMAGED, ABSENT, OTHER, REFUSED = (
    Thing.ORIGINAL,
    Thing.RESULT,
    Thing.DAMAGED,
    Thing.ABSENT,
    Thing.OTHER,
    Thing.REFUSED,
)
SWAPPING, SWAPPED = SwapState.SWAPPING, SwapState.SWAPPED
MAYBE = (None, False, True)


def every_observation() -> Iterator[Observation]:
    """All combinations, sensible or not, but for A and B being one file and yet two things."""
    things = itertools.product(Thing, Thing, Thing)
    flags = list(itertools.product((None, *SwapState), (False, True), (False, True), MAYBE, MAYBE, MAYBE))
    for (a, b, t), (record, there, same, audio_ok, backup_ok, pair) in itertools.product(things, flags):
        if not (same and a is not b) and not (record and not there):
            yield Observation(a, b, t, record, there, same, audio_ok, backup_ok, pair)


EVERY = [(seen, decide(seen)) for seen in every_observation()]


@dataclass(frozen=True)
class Names:
    """Which tar each name stands for; two names of one file stand for the same."""

    a: str
    b: str
    t: str

    @classmethod
    def of(cls, seen: Observation) -> Names:
        return cls(
            a="" if seen.audio is ABSENT else "A's",
            b="" if seen.backup is ABSENT else "A's" if seen.same_file else "B's",
            t="" if seen.temporary is ABSENT else "T's",
        )

    def after(self, action: Action) -> Names:
        match action:
            case Action.DROP_TEMPORARY:
                return replace(self, t="")
            case Action.DROP_SECOND_NAME | Action.FINISH:
                return replace(self, b="")
            case Action.RESTORE_BACKUP | Action.RETURN_BACKUP:
                return replace(self, a=self.b, b="")
            case Action.ADOPT:
                return self


def originals(seen: Observation) -> set[str]:
    names = Names.of(seen)
    things = ((seen.audio, names.a), (seen.backup, names.b), (seen.temporary, names.t))
    return {tar for thing, tar in things if thing is ORIGINAL}


def proven(seen: Observation) -> bool:
    """Whether A is known to be the conversion of B by its bytes."""
    by_record = seen.record is not None and seen.audio_as_recorded is True and seen.backup_as_recorded is True
    by_comparison = seen.record is None and seen.pair_matches is True
    return seen.audio is RESULT and (by_record or by_comparison)


def test_there_is_a_decision_for_everything_that_can_be_seen() -> None:
    assert len(EVERY) > 20_000
    assert {decision.ends for _, decision in EVERY} == set(Ends)
    assert {decision.row for _, decision in EVERY} == set(range(21))
    assert {action for _, decision in EVERY for action in decision.actions} == set(Action)


def test_what_is_red_or_untouched_is_not_acted_on_and_red_says_why() -> None:
    for seen, decision in EVERY:
        if decision.ends in (Ends.RED, Ends.UNTOUCHED):
            assert not decision.actions, seen
        assert bool(decision.why) is (decision.ends is Ends.RED), seen


def test_no_action_takes_an_originals_last_name_unless_its_conversion_is_proven() -> None:
    """At every moment between two actions, so that a kill there loses nothing either."""
    for seen, decision in EVERY:
        names, whole = Names.of(seen), originals(seen)
        for action in decision.actions:
            names = names.after(action)
            lost = whole - {names.a, names.b, names.t}
            assert not lost or (action is Action.FINISH and proven(seen)), (seen, decision)


def test_audio_is_never_without_its_name_after_any_action() -> None:
    for seen, decision in EVERY:
        names = Names.of(seen)
        for action in decision.actions:
            names = names.after(action)
            assert names.a, (seen, decision)


def test_a_temporary_tar_is_dropped_only_where_it_is_no_original_and_a_whole_tar_stands_at_a() -> None:
    for seen, decision in EVERY:
        if Action.DROP_TEMPORARY not in decision.actions:
            continue
        assert seen.temporary in (RESULT, DAMAGED), seen
        before = decision.actions[: decision.actions.index(Action.DROP_TEMPORARY)]
        restored = {Action.RESTORE_BACKUP, Action.RETURN_BACKUP} & {*before}
        assert seen.audio in (ORIGINAL, RESULT) or restored, seen


def test_a_second_name_is_taken_away_only_from_one_and_the_same_file() -> None:
    """Where they are two files, the name is an original's only one."""
    for seen, decision in EVERY:
        if Action.DROP_SECOND_NAME in decision.actions:
            assert seen.same_file, seen
            assert seen.audio is seen.backup is ORIGINAL, seen


def test_a_backup_is_put_back_only_over_what_is_no_whole_tar_of_its_own() -> None:
    """And never where A and B are one file: that rename says yes and does nothing."""
    for seen, decision in EVERY:
        if Action.RESTORE_BACKUP in decision.actions:
            assert seen.backup is ORIGINAL, seen
            assert not seen.same_file, seen
            unlike_its_record = seen.audio is RESULT and seen.record is not None and seen.audio_as_recorded is not True
            assert seen.audio is DAMAGED or (unlike_its_record and seen.backup_as_recorded), seen
        if Action.RETURN_BACKUP in decision.actions:
            assert (seen.audio, seen.backup) == (ABSENT, ORIGINAL), seen


def test_a_backup_that_is_not_what_the_record_names_is_neither_used_nor_deleted() -> None:
    for seen, decision in EVERY:
        told = seen.record is not None or seen.audio is DAMAGED
        if seen.audio in (RESULT, DAMAGED) and seen.backup is ORIGINAL and seen.backup_as_recorded is False and told:
            assert decision.ends is Ends.RED, seen


def test_what_is_no_plain_file_is_always_red() -> None:
    for seen, decision in EVERY:
        if REFUSED in (seen.audio, seen.backup, seen.temporary):
            assert (decision.row, decision.ends) == (20, Ends.RED), seen


def test_a_temporary_tar_that_is_whole_and_no_result_is_always_red() -> None:
    for seen, decision in EVERY:
        if seen.temporary in (ORIGINAL, OTHER):
            assert decision.ends is Ends.RED, seen


def test_pending_ends_with_the_original_alone_and_done_with_the_result_alone() -> None:
    for seen, decision in EVERY:
        if decision.ends not in (Ends.PENDING, Ends.DONE):
            continue
        names = Names.of(seen)
        for action in decision.actions:
            names = names.after(action)
        assert names == Names(names.a, "", ""), (seen, decision)
        there = {"A's": seen.audio, "B's": seen.backup}[names.a]
        assert there is (ORIGINAL if decision.ends is Ends.PENDING else RESULT), (seen, decision)


def test_recovery_that_is_cut_off_between_two_actions_comes_to_the_same_end() -> None:
    for seen, decision in EVERY:
        left = seen
        for action in decision.actions[:-1]:
            left = seen_after(left, action)
            again = decide(left)
            wanted = {decision.ends} | ({Ends.UNTOUCHED} if decision.ends is Ends.DONE else set())
            assert again.ends in wanted, (seen, decision, left)


def seen_after(seen: Observation, action: Action) -> Observation:
    fresh = replace(seen, same_file=False, audio_as_recorded=None, backup_as_recorded=None, pair_matches=None)
    match action:
        case Action.DROP_TEMPORARY:
            return replace(fresh, temporary=ABSENT, same_file=seen.same_file)
        case Action.DROP_SECOND_NAME | Action.FINISH:
            return replace(fresh, backup=ABSENT)
        case Action.RESTORE_BACKUP | Action.RETURN_BACKUP:
            return replace(fresh, audio=seen.backup, backup=ABSENT)
        case Action.ADOPT:
            return replace(fresh, record=SWAPPED, record_there=True)


def at(a: Thing, b: Thing, t: Thing, record: SwapState | None = None, *, same_file: bool = False) -> Observation:
    return Observation(a, b, t, record, record_there=record is not None, same_file=same_file)


def unreadable(seen: Observation) -> Observation:
    return replace(seen, record=None, record_there=True)


def matching(seen: Observation, *, audio: bool, backup: bool) -> Observation:
    return replace(seen, audio_as_recorded=audio, backup_as_recorded=backup)


def compared(seen: Observation, *, equal: bool) -> Observation:
    return replace(seen, pair_matches=equal)


DROP, FORGET, RESTORE, RETURN = (
    Action.DROP_TEMPORARY,
    Action.DROP_SECOND_NAME,
    Action.RESTORE_BACKUP,
    Action.RETURN_BACKUP,
)

ROWS = {
    "1 nothing was begun": (at(ORIGINAL, ABSENT, ABSENT), 1, Ends.PENDING, ()),
    "2 died while the conversion was written": (at(ORIGINAL, ABSENT, DAMAGED), 2, Ends.PENDING, (DROP,)),
    "2 the same, beside a record": (at(ORIGINAL, ABSENT, DAMAGED, SWAPPING), 2, Ends.PENDING, (DROP,)),
    "3 died before the names changed": (at(ORIGINAL, ABSENT, RESULT, SWAPPING), 3, Ends.PENDING, (DROP,)),
    "4 the conversion was lost in a power cut": (at(ORIGINAL, ABSENT, ABSENT, SWAPPING), 4, Ends.PENDING, ()),
    "4 and the record with it": (unreadable(at(ORIGINAL, ABSENT, ABSENT)), 4, Ends.PENDING, ()),
    "5 died when the original had two names": (
        at(ORIGINAL, ORIGINAL, RESULT, SWAPPING, same_file=True),
        5,
        Ends.PENDING,
        (FORGET, DROP),
    ),
    "6 died after the conversion took its place": (
        matching(at(RESULT, ORIGINAL, ABSENT, SWAPPING), audio=True, backup=True),
        6,
        Ends.DONE,
        (Action.FINISH,),
    ),
    "6 and without a record, by comparison": (
        compared(at(RESULT, ORIGINAL, ABSENT), equal=True),
        6,
        Ends.DONE,
        (Action.FINISH,),
    ),
    "7 died before the original was let go": (
        matching(at(RESULT, ORIGINAL, ABSENT, SWAPPED), audio=True, backup=True),
        7,
        Ends.DONE,
        (Action.FINISH,),
    ),
    "8 finished": (at(RESULT, ABSENT, ABSENT, SWAPPED), 8, Ends.DONE, ()),
    "9 the disk lied": (at(DAMAGED, ORIGINAL, ABSENT, SWAPPING), 9, Ends.PENDING, (RESTORE,)),
    "9 the disk lied where no header tells": (
        matching(at(RESULT, ORIGINAL, ABSENT, SWAPPING), audio=False, backup=True),
        9,
        Ends.PENDING,
        (RESTORE,),
    ),
    "9 beside a conversion": (at(DAMAGED, ORIGINAL, RESULT), 9, Ends.PENDING, (RESTORE, DROP)),
    "10 another tool died between two renames": (at(ABSENT, ORIGINAL, RESULT), 10, Ends.PENDING, (RETURN, DROP)),
    "11 another tool converted it": (at(RESULT, ABSENT, RESULT), 11, Ends.DONE, (DROP, Action.ADOPT)),
    "11 the record is unreadable": (unreadable(at(RESULT, ABSENT, ABSENT)), 11, Ends.DONE, (Action.ADOPT,)),
    "12 the backup is another original": (
        matching(at(RESULT, ORIGINAL, ABSENT, SWAPPED), audio=True, backup=False),
        12,
        Ends.RED,
        (),
    ),
    "12 and without a record": (compared(at(RESULT, ORIGINAL, ABSENT), equal=False), 12, Ends.RED, ()),
    "13 two originals": (at(ORIGINAL, ORIGINAL, ABSENT), 13, Ends.RED, ()),
    "14 swapped by hand": (at(ORIGINAL, RESULT, ABSENT), 14, Ends.RED, ()),
    "15 another tool ran twice": (at(RESULT, RESULT, ABSENT), 15, Ends.RED, ()),
    "16 damaged, and nothing to put in its place": (at(DAMAGED, ABSENT, RESULT), 16, Ends.RED, ()),
    "16 one damaged file with two names": (at(DAMAGED, DAMAGED, ABSENT, same_file=True), 16, Ends.RED, ()),
    "17 gone": (at(ABSENT, RESULT, ABSENT, SWAPPED), 17, Ends.RED, ()),
    "18 the temporary tar is an original": (at(RESULT, ABSENT, ORIGINAL), 18, Ends.RED, ()),
    "19 mixed rates beside traces of a swap": (at(OTHER, ORIGINAL, ABSENT), 19, Ends.RED, ()),
    "19 mixed rates and nothing else": (at(OTHER, ABSENT, ABSENT), 19, Ends.UNTOUCHED, ()),
    "20 a link, or a file with further names": (at(REFUSED, ABSENT, ABSENT), 20, Ends.RED, ()),
}


@pytest.mark.parametrize("name", ROWS)
def test_each_row_of_the_table(name: str) -> None:
    seen, row, ends, actions = ROWS[name]
    decision = decide(seen)
    assert (decision.row, decision.ends, decision.actions) == (row, ends, actions)
    assert isinstance(decision, Decision)


def test_every_row_is_told() -> None:
    assert {row for _, row, _, _ in ROWS.values()} == set(range(1, 21))
