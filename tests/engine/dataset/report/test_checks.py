"""The checks between validation, manifest and tars, held against plain comparison of what was planted."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dataset.report.checks import cautions_of, check_all, reasons_of
from engine.dataset.report.facts import Facts
from engine.dataset.report.read import AboutSeen, Found, ShardSeen, TotalSeen, ValidationSeen
from engine.dataset.report.shape import Check, Standing
from engine.dataset.report.tally import ShardTally
from engine.dataset.report.tars import TarSeen, moved
from engine.shards.files import Identity

STATES = ("done", "skipped", "quarantined", "failed")
TAR = Identity(device=1, inode=2, size_bytes=3, mtime_ns=4, ctime_ns=100)
SHARDS = st.dictionaries(
    st.sampled_from(["a/0", "a/1", "b/0", "b/1/x"]),
    st.tuples(st.sampled_from(STATES), st.integers(0, 3), st.integers(0, 4)),
    max_size=4,
)


def facts(validation: ValidationSeen | None, manifest: tuple[ShardTally, ...] | None) -> Facts:
    return Facts(
        validation=Found(validation),
        manifest=Found(manifest),
        manifest_report=Found(),
        histogram=None,
        everything=None,
        split=None,
        buckets=Found(),
        missed=None,
        benchmark=Found(),
        sweep=Found(),
        inventory=Found(),
        exports=(),
        artifacts=(),
    )


def validated(
    shards: dict[str, tuple[str, int, int]], verdict: str = "GO", reasons: tuple[str, ...] = ()
) -> ValidationSeen:
    seen = tuple(ShardSeen(name, state, clips, float(seconds)) for name, (state, clips, seconds) in shards.items())
    total = TotalSeen(sum(one.clips for one in seen), sum(one.seconds_after for one in seen))
    return ValidationSeen(verdict, reasons, ("a file is left over",), AboutSeen(), total, (), seen)


def listed(shards: dict[str, tuple[str, int, int]]) -> tuple[ShardTally, ...]:
    """Return what a manifest of these shards counts: a shard without a clip has no row."""
    return tuple(
        ShardTally(source, shard, tar=f"{name}.tar", state=state, clips=clips, us=seconds * 1_000_000)
        for name, (state, clips, seconds) in shards.items()
        for source, _, shard in [name.partition("/")]
        if clips
    )


def asked(before: dict[str, tuple[str, int, int]], now: dict[str, tuple[str, int, int]]) -> dict[str, Check]:
    return {check.id: check for check in check_all(facts(validated(before), listed(now)))}


@settings(max_examples=200)
@given(SHARDS, SHARDS)
def test_rows_hours_and_states_are_met_exactly_where_they_are_the_same(
    before: dict[str, tuple[str, int, int]], now: dict[str, tuple[str, int, int]]
) -> None:
    found = asked(before, now)
    rows = {name: clips for name, (_, clips, _) in now.items() if clips}
    more = {
        name
        for name, (state, clips, _) in before.items()
        if state in {"quarantined", "failed"} and rows.get(name, 0) > clips
    }
    wrong = {
        name for name, (_, clips, _) in before.items() if rows.get(name, 0) != clips
    } - more | rows.keys() - before.keys()
    both = {name for name, (_, clips, _) in before.items() if name in rows and clips == rows[name]}
    assert (found["rows"].standing is Standing.MET) == (not wrong)
    assert {example.partition(":")[0] for example in found["rows"].examples} == wrong
    hours = {name for name in both if before[name][2] != now[name][2]}
    assert {example.partition(":")[0] for example in found["hours"].examples} == hours
    states = {name for name in rows.keys() & before.keys() if before[name][0] != now[name][0]}
    assert {example.partition(":")[0] for example in found["states"].examples} == states


def test_rounding_to_microseconds_is_no_other_hour_and_a_lost_sample_is() -> None:
    exact = validated({"a/0": ("done", 3, 0)})
    third = ShardSeen("a/0", "done", 3, 3 * 16_001 / 48_000)
    seen = ValidationSeen("GO", (), (), exact.about, exact.total, (), (third,))
    for us, wanted in ((3 * 333_354, Standing.MET), (3 * 333_354 - 62, Standing.BROKEN)):
        rows = (ShardTally("a", "0", tar="a/0.tar", state="done", clips=3, us=us),)
        checks = {check.id: check for check in check_all(facts(seen, rows))}
        assert checks["hours"].standing is wanted


def test_what_the_validation_says_is_passed_on() -> None:
    seen = facts(validated({}, "NO-GO", ("1 shard failed",)), ())
    checks = check_all(seen)
    assert reasons_of(checks) == (
        "validation: NO-GO, wanted GO (1 shard failed); see to its reasons, then gonogo validate",
    )
    assert cautions_of(checks, seen) == ("the validation says: a file is left over",)


def test_without_anything_nothing_is_met_but_what_is_open() -> None:
    counts = Counter(check.standing for check in check_all(facts(None, None)))
    assert set(counts) == {Standing.OPEN}


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (TAR, ((), ())),
        (Identity(1, 9, 3, 4, 100), (("a/0",), ())),
        (Identity(1, 2, 3, 4, 201), (("a/0",), ("a/0",))),
        (None, (("a/0",), ("a/0",))),
    ],
)
def test_a_tar_is_the_same_while_all_that_the_kernel_says_is(
    now: Identity | None, wanted: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    found = moved([TarSeen("a/0", now)], {"a/0": TAR}, 200)
    assert (found.since_validation, found.since_manifest) == wanted
