from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.verdict.criteria import Criteria, load_criteria
from engine.verdict.judging import Figure, Outcome, Standing, judge
from engine.verdict.quantities import Quantity, Unit, measured_in, parse_quantity

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WEEK_FIVE = load_criteria()
GOOD = {"authenticity": "41%", "cost": "$327.60", "validation-loss": "3.41", "stable": "yellow"}


def figures(**changes: str) -> dict[str, Figure]:
    """Figures of week five, measured just now; "" for one that nobody measured."""
    told = GOOD | {name.replace("_", "-"): text for name, text in changes.items()}
    units = {one.id: one.bound.unit for one in WEEK_FIVE.criteria}
    return {name: Figure(measured_in(units[name], text), "a file", NOW) for name, text in told.items() if text}


def outcome(**changes: str) -> Outcome:
    return judge(WEEK_FIVE, figures(**changes), NOW).outcome


def test_all_measured_and_met_is_go() -> None:
    judgement = judge(WEEK_FIVE, figures(), NOW)
    assert judgement.outcome is Outcome.GO
    assert [one.told for one in judgement.judged] == [
        "41 %, wanted at least 35 %",
        "$327.60, wanted at most $600.00",
        "3.41, wanted at most 3.5",
        "yellow, wanted at most yellow",
    ]


@pytest.mark.parametrize(
    "missed", [{"authenticity": "34.9%"}, {"cost": "600.01"}, {"validation_loss": "3.51"}, {"stable": "red"}]
)
def test_one_figure_that_misses_its_bound_is_no_go(missed: dict[str, str]) -> None:
    assert outcome(**missed) is Outcome.NO_GO


@pytest.mark.parametrize("name", list(GOOD))
def test_a_figure_that_nobody_measured_is_hold_and_never_a_pass(name: str) -> None:
    judgement = judge(WEEK_FIVE, figures(**{name: ""}), NOW)
    assert judgement.outcome is Outcome.HOLD
    assert judgement.lead == f"no verdict before this is measured: {name}"


def test_what_is_missed_counts_more_than_what_is_missing() -> None:
    assert outcome(authenticity="", cost="$700") is Outcome.NO_GO
    assert outcome(authenticity="", cost="$599") is Outcome.HOLD


def test_nothing_measured_at_all_is_hold() -> None:
    assert judge(WEEK_FIVE, {}, NOW).outcome is Outcome.HOLD


@pytest.mark.parametrize(
    "near", [{"authenticity": "35%"}, {"authenticity": "35.9%"}, {"cost": "600"}, {"validation_loss": "3.5"}]
)
def test_met_within_its_margin_is_conditional(near: dict[str, str]) -> None:
    assert outcome(**near) is Outcome.CONDITIONAL


@pytest.mark.parametrize("far", [{"authenticity": "36%"}, {"authenticity": "37%"}, {"cost": "590"}])
def test_met_beyond_its_margin_is_go(far: dict[str, str]) -> None:
    assert outcome(**far) is Outcome.GO


def test_a_level_that_is_unknown_is_not_measured() -> None:
    assert outcome(stable="unknown") is Outcome.HOLD
    assert outcome(stable="green") is Outcome.GO


def test_a_loss_that_is_no_number_is_missed() -> None:
    assert outcome(validation_loss="NaN") is Outcome.NO_GO


def test_an_old_figure_is_hold_also_where_it_misses() -> None:
    for text in ("41%", "20%"):
        old = figures() | {
            "authenticity": Figure(Quantity(Decimal(text[:2]) / 100, Unit.SHARE), "by hand", NOW - timedelta(days=15))
        }
        judgement = judge(WEEK_FIVE, old, NOW)
        assert judgement.outcome is Outcome.HOLD
        assert judgement.judged[0].standing is Standing.STALE
        assert "measured 360:00 h ago, wanted within 336h" in judgement.judged[0].told


def test_a_figure_of_unknown_age_or_from_the_future_is_stale_where_its_age_matters() -> None:
    for as_of in (None, NOW + timedelta(hours=1)):
        some = figures() | {"cost": Figure(Quantity(Decimal(300), Unit.DOLLARS), "a ledger", as_of)}
        assert judge(WEEK_FIVE, some, NOW).judged[1].standing is Standing.STALE


def single(tmp_path: Path, bound: str) -> Criteria:
    path = tmp_path / "one.toml"
    head = '[verdict]\nid = "one"\ntitle = "One"\n'
    path.write_text(f'{head}[[criterion]]\nid = "x"\nask = "?"\nfigure = {{ from = "hand" }}\n{bound}\n')
    return load_criteria(path)


@given(st.decimals(-1000, 1000, places=4), st.decimals(-1000, 1000, places=4), st.decimals(0, 10, places=3))
def test_a_bound_is_exact_and_a_margin_never_makes_a_miss_a_pass(
    tmp_path_factory: pytest.TempPathFactory, value: Decimal, bound: Decimal, margin: Decimal
) -> None:
    criteria = single(tmp_path_factory.mktemp("one"), f"at_most = '{bound}'\nmargin = '{margin}'")
    found = judge(criteria, {"x": Figure(Quantity(value, Unit.PLAIN), "")}, NOW).outcome
    assert (found is Outcome.NO_GO) == (value > bound)
    assert (found is Outcome.CONDITIONAL) == (value <= bound and bound - value < margin)


@pytest.mark.parametrize(
    ("text", "value", "unit", "shown"),
    [
        ("35 %", "0.35", Unit.SHARE, "35 %"),
        ("37.5%", "0.375", Unit.SHARE, "37.5 %"),
        ("$1200", "1200", Unit.DOLLARS, "$1,200.00"),
        (3.5, "3.5", Unit.PLAIN, "3.5"),
        (600, "600", Unit.PLAIN, "600"),
        ("1e-3", "0.001", Unit.PLAIN, "0.001"),
        ("Yellow", "2", Unit.LEVEL, "yellow"),
    ],
)
def test_quantities_are_read_and_written_as_people_do(text: str | float, value: str, unit: Unit, shown: str) -> None:
    found = parse_quantity(text)
    assert found == Quantity(Decimal(value), unit)
    assert str(found) == shown


@pytest.mark.parametrize("text", ["", "%", "many", "inf", "Infinity", "1,5", "$", "0x10", "1e9999"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("unit", "raw"),
    [
        (Unit.SHARE, 37),
        (Unit.SHARE, "$37"),
        (Unit.DOLLARS, "37%"),
        (Unit.PLAIN, "37%"),
        (Unit.LEVEL, 2),
        (Unit.PLAIN, True),
        (Unit.PLAIN, None),
        (Unit.PLAIN, "Infinity"),
    ],
)
def test_a_figure_in_another_unit_is_refused_rather_than_guessed_at(unit: Unit, raw: object) -> None:
    with pytest.raises(UsageError):
        measured_in(unit, raw)
