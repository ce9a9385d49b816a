"""How a list stands, as a function of the ledger, the moment, and who is trusted: no file, no key, no clock."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.checklist.answers import State
from engine.checklist.item_standing import ItemState
from engine.checklist.ledger.entries import (
    Answered,
    AnyEntry,
    Checked,
    Covered,
    Evidence,
    Opened,
    Overridden,
    Signed,
    Waived,
)
from engine.checklist.ledger.lines import Line
from engine.checklist.lists import Checklist, Item, Mode
from engine.checklist.signing.sshkeygen import Trust
from engine.checklist.standing import Standing, stand
from engine.run.log import rfc3339

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
SHA: Final = "a" * 64
PERSON = "kind = 'person'"
MACHINE = "kind = 'machine'\ncheck = { type = 'file', path = 'x' }"
BOTH = "kind = 'both'\ncheck = { type = 'file', path = 'x' }"


def item(table: str, name: str = "x") -> Item:
    asked = {"id": name, "ask": "?", "want": "600", "fix": "mend", "source": "test"}
    return msgspec.convert({**asked, **tomllib.loads(table)}, Item)


class Ledger:
    """Lines, written one after the other an instant apart, and who they are trusted to be by."""

    def __init__(self, *items: Item, sha256: str = SHA) -> None:
        self.checklist = Checklist("flight", "Flight", "convert.start", Mode.DO_CONFIRM, "", items, Path("x"), sha256)
        self.lines: list[Line] = []
        self.keys: dict[int, str] = {}
        self.forged: set[int] = set()

    def add(self, entry: AnyEntry, ago: timedelta = timedelta()) -> int:
        number = len(self.lines) + 1
        placed = entry.but(n=number, time=entry.time or rfc3339(NOW - ago))
        assert isinstance(placed, type(entry))
        self.lines.append(Line(number, b"", placed))
        return number

    def checked(
        self,
        state: State = State.PASS,
        name: str = "x",
        ago: timedelta = timedelta(),
        rests_on: dict[str, str] | None = None,
    ) -> int:
        evidence = Evidence(started="", seconds=0)
        return self.add(
            Checked(
                list="flight",
                list_sha256=SHA,
                item=name,
                state=state,
                read="599" if state is State.FAIL else "600",
                wanted="600",
                evidence=evidence,
                rests_on=rests_on or {},
            ),
            ago,
        )

    def answered(
        self,
        by: str = "anna",
        state: State = State.PASS,
        name: str = "x",
        ago: timedelta = timedelta(),
        time: str = "",
    ) -> int:
        value = "600" if state is State.PASS else "599"
        return self.add(
            Answered(
                list="flight", list_sha256=SHA, item=name, state=state, value=value, wanted="600", by=by, time=time
            ),
            ago,
        )

    def signed(self, by: str = "anna", key: str = "", role: str = "operator", lines: tuple[int, ...] = ()) -> int:
        """Sign all that was answered so far, as the commands do."""
        covers = lines or tuple(line.number for line in self.lines if isinstance(line.entry, Checked | Answered))
        covered = Covered(item="x", lines=covers, read="600")
        number = self.add(Signed(list="flight", list_sha256=SHA, by=by, role=role, covers=(covered,)))
        self.keys[number] = key or f"key of {by}"
        return number

    def waived(
        self,
        lasts: timedelta,
        *,
        ago: timedelta = timedelta(),
        role: str = "operator",
        reason: str = "we know why",
        until: str | None = None,
    ) -> int:
        ends = rfc3339(NOW - ago + lasts) if until is None else until
        number = self.add(
            Waived(list="flight", list_sha256=SHA, item="x", by="anna", role=role, reason=reason, until=ends),
            ago,
        )
        self.keys[number] = "key of anna"
        return number

    def overridden(self, gate: str = "convert.start", role: str = "override", sha256: str = SHA) -> int:
        number = self.add(
            Overridden(list="flight", list_sha256=sha256, gate=gate, by="anna", role=role, reason="now", missing=("x",))
        )
        self.keys[number] = "key of anna"
        return number

    def trust(self, line: Line) -> Trust:
        if line.number in self.forged:
            return Trust(False, told="incorrect signature")
        return Trust(True, self.keys[line.number])

    def stand(self, at: datetime = NOW, now: dict[str, str] | None = None) -> Standing:
        return stand(self.checklist, self.lines, self.trust, at, now or {})

    def state(self, at: datetime = NOW) -> ItemState:
        return self.stand(at).of("x").state


def day(count: float) -> timedelta:
    return timedelta(days=count)


# Answers.


@pytest.mark.parametrize(
    ("kind", "checked", "answered", "wanted"),
    [
        (MACHINE, None, None, ItemState.OPEN),
        (MACHINE, State.PASS, None, ItemState.PASS),
        (MACHINE, State.FAIL, None, ItemState.FAIL),
        (MACHINE, State.ERROR, None, ItemState.ERROR),
        (PERSON, None, State.PASS, ItemState.PASS),
        (PERSON, None, State.FAIL, ItemState.FAIL),
        (PERSON, State.PASS, None, ItemState.OPEN),
        (BOTH, State.PASS, None, ItemState.OPEN),
        (BOTH, None, State.PASS, ItemState.OPEN),
        (BOTH, State.PASS, State.PASS, ItemState.PASS),
        (BOTH, State.FAIL, State.PASS, ItemState.FAIL),
        (BOTH, State.PASS, State.FAIL, ItemState.FAIL),
        (BOTH, State.ERROR, State.PASS, ItemState.ERROR),
    ],
)
def test_an_item_passes_when_everyone_who_is_asked_says_so(
    kind: str, checked: State | None, answered: State | None, wanted: ItemState
) -> None:
    ledger = Ledger(item(kind))
    if checked is not None:
        ledger.checked(checked)
    if answered is not None:
        ledger.answered(state=answered)
    assert ledger.state() is wanted
    assert ledger.stand().is_go is (wanted is ItemState.PASS)


def test_the_newest_answer_counts() -> None:
    ledger = Ledger(item(MACHINE))
    for state in (State.PASS, State.FAIL, State.PASS, State.ERROR):
        ledger.checked(state)
        assert ledger.state() == ItemState(state)


def test_a_list_whose_bytes_changed_begins_anew() -> None:
    """One byte in a comment is enough: a sign-off is for the list that was read."""
    ledger = Ledger(item(f"{PERSON}\nsign = {{}}"))
    ledger.answered()
    ledger.signed()
    ledger.overridden()
    assert ledger.stand().is_go
    changed = Ledger(item(f"{PERSON}\nsign = {{}}"), sha256="b" * 64)
    changed.lines, changed.keys = ledger.lines, ledger.keys
    standing = changed.stand()
    assert standing.of("x").state is ItemState.OPEN
    assert standing.override_of("convert.start") is None
    assert len(standing.overrides) == 1, "an override is never forgotten"


def test_the_entries_of_another_list_do_not_count() -> None:
    ledger = Ledger(item(MACHINE))
    ledger.checked()
    entry = ledger.lines[0].entry
    assert entry is not None
    ledger.lines = [Line(1, b"", msgspec.structs.replace(entry, list="another"))]
    assert ledger.state() is ItemState.OPEN


# Age and change.


@given(valid_s=st.integers(1, 10**6), age_s=st.integers(0, 10**7))
def test_an_answer_counts_as_long_as_the_item_says(valid_s: int, age_s: int) -> None:
    for kind in (MACHINE, PERSON):
        ledger = Ledger(item(f"{kind}\nvalid_for = '{valid_s}s'"))
        ledger.checked(ago=timedelta(seconds=age_s))
        ledger.answered(ago=timedelta(seconds=age_s))
        assert ledger.state() is (ItemState.PASS if age_s <= valid_s else ItemState.STALE)


def test_without_valid_for_an_answer_counts_for_ever() -> None:
    ledger = Ledger(item(MACHINE))
    ledger.checked(ago=day(5000))
    assert ledger.state() is ItemState.PASS


def test_a_red_answer_stays_red_however_old_it_is() -> None:
    ledger = Ledger(item(f"{MACHINE}\nvalid_for = '1s'"))
    ledger.checked(State.FAIL, ago=day(1))
    assert ledger.state() is ItemState.FAIL


@pytest.mark.parametrize("valid_for", ["", "valid_for = '9d'"])
def test_an_answer_from_the_future_counts_for_nothing(valid_for: str) -> None:
    """The clock was set back: nobody can say how old it is."""
    ledger = Ledger(item(f"{MACHINE}\n{valid_for}"))
    ledger.checked(ago=-day(1))
    standing = ledger.stand().of("x")
    assert standing.state is ItemState.STALE
    assert "which is still to come: a clock was wrong" in standing.why
    assert ledger.state(at=NOW + day(1)) is ItemState.PASS


def test_clocks_a_little_apart_do_not_matter() -> None:
    ledger = Ledger(item(f"{MACHINE}\nvalid_for = '1h'"))
    ledger.checked(ago=-timedelta(minutes=4))
    assert ledger.state() is ItemState.PASS


@given(
    then=st.dictionaries(st.sampled_from(["env:A", "env:B"]), st.sampled_from("12")),
    now=st.fixed_dictionaries({"env:A": st.sampled_from("12"), "env:B": st.sampled_from("12")}),
)
def test_an_answer_is_stale_exactly_when_something_that_it_rests_on_changed(
    then: dict[str, str], now: dict[str, str]
) -> None:
    ledger = Ledger(item(f"{MACHINE}\nrerun_on = ['env:A', 'env:B']"))
    ledger.checked(rests_on=then)
    same = all(then.get(name) == now[name] for name in ("env:A", "env:B"))
    standing = ledger.stand(now=now).of("x")
    assert standing.state is (ItemState.PASS if same else ItemState.STALE)
    for name in ("env:A", "env:B"):
        assert (name in standing.why) is (then.get(name) != now[name])


# Levels and needs.


def test_advice_never_closes_a_gate() -> None:
    for state in (None, *State):
        ledger = Ledger(item(f"{MACHINE}\nlevel = 'advice'"))
        if state is not None:
            ledger.checked(state)
        assert ledger.stand().is_go
        assert ledger.stand().missing == ()


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ("level = 'killer'", None),
        ("", None),
        ("level = 'normal'", ("operator", 7)),
        ("level = 'normal'\nsign = { role = 'reviewer' }", ("reviewer", 7)),
        ("level = 'normal'\nwaive = 'never'", None),
        ("level = 'killer'\nwaive = { by = 'reviewer', max_days = 2 }", ("reviewer", 2)),
        ("level = 'advice'", None),
    ],
)
def test_who_may_waive_and_for_how_long(table: str, wanted: tuple[str, int] | None) -> None:
    waiver = item(f"{MACHINE}\n{table}").waiver
    assert (None if waiver is None else (waiver.by, waiver.max_days)) == wanted


def test_an_item_waits_for_what_it_needs() -> None:
    ledger = Ledger(
        item(MACHINE), item(f"{PERSON}\nneeds = ['x', 'z']", "y"), item(f"{MACHINE}\nlevel = 'advice'", "z")
    )
    assert ledger.stand().of("y").waits_for == ("x",), "advice keeps nobody waiting"
    ledger.checked()
    assert ledger.stand().of("y").waits_for == ()


# Waivers.


@given(lasts=st.floats(0.1, 4000), age=st.floats(0, 4000), max_days=st.integers(1, 365))
def test_no_waiver_lasts_longer_than_the_item_allows_whatever_it_says(lasts: float, age: float, max_days: int) -> None:
    ledger = Ledger(item(f"{MACHINE}\nwaive = {{ by = 'operator', max_days = {max_days} }}"))
    ledger.checked(State.FAIL)
    ledger.waived(day(lasts), ago=day(age))
    if abs(age - min(lasts, max_days)) > 0.001:
        assert ledger.state() is (ItemState.WAIVED if age < min(lasts, max_days) else ItemState.FAIL)


def test_a_waiver_that_was_written_with_a_clock_ahead_does_not_last_longer() -> None:
    ledger = Ledger(item(f"{MACHINE}\nlevel = 'normal'"))
    ledger.checked(State.FAIL)
    ledger.waived(day(365), ago=-day(300))
    assert ledger.state() is ItemState.FAIL


@pytest.mark.parametrize(
    ("role", "reason", "until"),
    [
        ("reviewer", "we know why", None),
        ("operator", "  ", None),
        ("operator", "we know why", ""),
        ("operator", "we know why", "soon"),
        ("operator", "we know why", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_a_waiver_wants_role_reason_and_end(role: str, reason: str, until: str | None) -> None:
    ledger = Ledger(item(f"{MACHINE}\nlevel = 'normal'"))
    ledger.checked(State.FAIL)
    ledger.waived(day(1), role=role, reason=reason, until=until)
    assert ledger.state() is ItemState.FAIL


def test_a_forged_waiver_counts_for_nothing_and_is_told() -> None:
    ledger = Ledger(item(f"{MACHINE}\nlevel = 'normal'"))
    ledger.checked(State.FAIL)
    ledger.forged.add(ledger.waived(day(1)))
    assert ledger.state() is ItemState.FAIL
    assert ledger.stand().refused == ("line 2: waiver of x by anna does not count: incorrect signature",)


def test_what_cannot_be_waived_is_not() -> None:
    ledger = Ledger(item(MACHINE))
    ledger.checked(State.FAIL)
    ledger.waived(day(1))
    assert ledger.state() is ItemState.FAIL


def test_a_right_answer_needs_no_waiver() -> None:
    ledger = Ledger(item(f"{MACHINE}\nlevel = 'normal'"))
    ledger.waived(day(1))
    assert ledger.state() is ItemState.WAIVED
    ledger.checked()
    assert ledger.state() is ItemState.PASS


# Signatures.

TWO = "sign = { role = 'reviewer', count = 2, distinct = true }"
OTHER = "sign = { role = 'reviewer', distinct = true }"


def signed_by(table: str, *signers: tuple[str, str], answered_by: str = "anna") -> ItemState:
    ledger = Ledger(item(f"{PERSON}\n{table}"))
    ledger.answered(answered_by)
    for by, key in signers:
        ledger.signed(by, key, "reviewer")
    return ledger.state()


@given(signers=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12")), max_size=4))
def test_two_people_are_two_names_with_two_keys(signers: list[tuple[str, str]]) -> None:
    """The same name with two keys is one person, and the same key under two names is one too."""
    others = [each for each in signers[1:] if each[0] != signers[0][0] and each[1] != signers[0][1]]
    assert signed_by(TWO, *signers) is (ItemState.PASS if others else ItemState.UNSIGNED)


@pytest.mark.parametrize(
    ("signers", "wanted"),
    [
        ([], ItemState.UNSIGNED),
        ([("anna", "1")], ItemState.UNSIGNED),
        ([("anna", "1"), ("anna", "1")], ItemState.UNSIGNED),
        ([("anna", "1"), ("anna", "2")], ItemState.UNSIGNED),
        ([("anna", "1"), ("bob", "1")], ItemState.UNSIGNED),
        ([("anna", "1"), ("bob", "2")], ItemState.PASS),
        ([("anna", "1"), ("bob", "1"), ("cleo", "3")], ItemState.PASS),
    ],
)
def test_a_second_person_has_another_name_and_another_key(signers: list[tuple[str, str]], wanted: ItemState) -> None:
    assert signed_by(TWO, *signers) is wanted


def test_where_one_other_signs_it_is_not_who_answered() -> None:
    assert signed_by(OTHER, ("anna", "1"), answered_by="anna") is ItemState.UNSIGNED
    assert signed_by(OTHER, ("bob", "2"), answered_by="anna") is ItemState.PASS
    assert signed_by("sign = { role = 'reviewer' }", ("anna", "1"), answered_by="anna") is ItemState.PASS


def test_a_signature_counts_in_the_role_that_is_wanted_alone() -> None:
    ledger = Ledger(item(f"{PERSON}\nsign = {{ role = 'reviewer' }}"))
    ledger.answered()
    ledger.signed(role="operator")
    assert ledger.state() is ItemState.UNSIGNED
    ledger.signed(role="reviewer")
    assert ledger.state() is ItemState.PASS


def test_a_bad_signature_counts_for_nothing_and_is_told() -> None:
    ledger = Ledger(item(f"{PERSON}\nsign = {{}}"))
    ledger.answered()
    ledger.forged.add(ledger.signed())
    assert ledger.state() is ItemState.UNSIGNED
    assert ledger.stand().refused == ("line 2: sign-off of x by anna does not count: incorrect signature",)


def test_a_new_answer_is_to_be_signed_anew() -> None:
    ledger = Ledger(item(f"{PERSON}\nsign = {{}}"))
    ledger.answered()
    ledger.signed()
    assert ledger.state() is ItemState.PASS
    ledger.answered("bob")
    assert ledger.state() is ItemState.UNSIGNED
    ledger.signed()
    assert ledger.state() is ItemState.PASS


def test_nobody_signs_an_answer_that_they_were_not_shown() -> None:
    """Between the look and the signature somebody else gave another value."""
    ledger = Ledger(item(f"{PERSON}\nsign = {{}}"))
    shown = ledger.answered()
    ledger.answered("bob")
    ledger.signed(lines=(shown,))
    assert ledger.state() is ItemState.UNSIGNED


def test_nobody_signs_before_there_is_an_answer() -> None:
    ledger = Ledger(item(f"{PERSON}\nsign = {{}}"))
    ledger.signed(lines=(2,))
    ledger.answered()
    assert ledger.state() is ItemState.UNSIGNED


@pytest.mark.parametrize("kind", [MACHINE, BOTH])
def test_a_check_that_passes_again_keeps_its_signatures_and_one_that_was_red_does_not(kind: str) -> None:
    ledger = Ledger(item(f"{kind}\nsign = {{}}"))
    ledger.checked()
    ledger.answered()
    ledger.signed()
    for _ in range(3):
        ledger.checked()
    assert ledger.state() is ItemState.PASS
    for red in (State.FAIL, State.ERROR):
        ledger.checked(red)
        assert ledger.state() == ItemState(red)
        ledger.checked()
        assert ledger.state() is ItemState.UNSIGNED
        ledger.signed()
        assert ledger.state() is ItemState.PASS


def test_what_is_missing_is_said_in_words() -> None:
    ledger = Ledger(item(f"{PERSON}\n{TWO}"))
    ledger.answered()
    assert ledger.stand().of("x").why == "wants 2 signatures as reviewer, of different people"
    ledger.signed("anna", role="reviewer")
    assert ledger.stand().of("x").why == "wants 1 signature as reviewer, of different people; signed by anna"


def test_foreign_text_moves_no_cursor() -> None:
    ledger = Ledger(item(f"{PERSON}\nlevel = 'normal'"))
    number = ledger.answered(state=State.FAIL)
    entry = ledger.lines[number - 1].entry
    assert entry is not None
    ledger.lines[number - 1] = Line(number, b"", msgspec.structs.replace(entry, value="\x1b[2J"))
    assert ledger.stand().of("x").why == "read \\x1b[2J, wanted 600"
    ledger.waived(day(1), reason="\x1b[2J")
    assert ledger.stand().of("x").why.isprintable()


# Overrides.


def test_an_override_is_used_once() -> None:
    ledger = Ledger(item(MACHINE))
    number = ledger.overridden()
    standing = ledger.stand()
    taken = standing.override_of("convert.start")
    assert taken is not None
    assert taken.n == number
    assert not standing.is_go, "an override makes no list say GO"
    opened = Opened(list="flight", list_sha256=SHA, gate="convert.start", run="r", override=number)
    ledger.add(opened)
    assert ledger.stand().override_of("convert.start") is None
    assert len(ledger.stand().overrides) == 1
    again = ledger.overridden()
    found = ledger.stand().override_of("convert.start")
    assert found is not None
    assert found.n == again


def test_a_start_without_an_override_uses_none() -> None:
    ledger = Ledger(item(MACHINE))
    ledger.overridden()
    ledger.add(Opened(list="flight", list_sha256=SHA, gate="convert.start", run="r"))
    assert ledger.stand().override_of("convert.start") is not None


@pytest.mark.parametrize("role", ["operator", "reviewer", ""])
def test_an_override_in_another_role_is_none(role: str) -> None:
    ledger = Ledger(item(MACHINE))
    ledger.overridden(role=role)
    assert ledger.stand().override_of("convert.start") is None
    assert ledger.stand().overrides == ()


def test_a_forged_override_is_none() -> None:
    ledger = Ledger(item(MACHINE))
    ledger.forged.add(ledger.overridden())
    assert ledger.stand().override_of("convert.start") is None
    assert ledger.stand().refused == ("line 1: override of convert.start by anna does not count: incorrect signature",)


# In words.


def test_the_verdict_counts_what_is_missing_worst_first() -> None:
    names = ["red", "unanswered", "stale", "open", "unsigned", "fine"]
    items = [item(MACHINE, name) for name in names]
    items[2] = item(f"{MACHINE}\nvalid_for = '1s'", "stale")
    items[4] = item(f"{MACHINE}\nsign = {{}}", "unsigned")
    ledger = Ledger(*items)
    for name, state in (
        ("red", State.FAIL),
        ("unanswered", State.ERROR),
        ("unsigned", State.PASS),
        ("fine", State.PASS),
    ):
        ledger.checked(state, name)
    ledger.checked(State.PASS, "stale", ago=day(1))
    standing = ledger.stand()
    assert standing.why == "1 red, 1 could not be answered, 1 stale, 1 open, 1 not signed of 6 items"
    assert [each.item.id for each in standing.missing] == names[:-1]
    assert standing.is_red


@given(states=st.lists(st.sampled_from([*State, None]), min_size=1, max_size=6))
def test_go_means_that_nothing_is_missing(states: list[State | None]) -> None:
    ledger = Ledger(*(item(MACHINE, f"i{n}") for n in range(len(states))))
    for n, state in enumerate(states):
        if state is not None:
            ledger.checked(state, f"i{n}")
    standing = ledger.stand()
    assert standing.is_go == (not standing.missing) == all(state is State.PASS for state in states)
    assert sum(standing.counts.values()) == len(states)
