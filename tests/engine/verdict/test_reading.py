from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.verdict.criteria import load_criteria
from engine.verdict.judging import Figure, Outcome, judge
from engine.verdict.quantities import Quantity, Unit
from engine.verdict.reading import Places, parse_hand, read_figures
from engine.watch.money.ledger import CostLedger
from engine.watch.money.plan import Plan

START = datetime(2026, 1, 5, tzinfo=UTC)
NOW = START + timedelta(days=35)
WEEK_FIVE = load_criteria()
AUTHENTICITY = parse_hand("authenticity=41%", "Anna", NOW)
SUMMARY: dict[str, object] = {
    "type": "summary",
    "level": "green",
    "worst": "yellow",
    "steps": 12_000,
    "last_step": 12_000,
    "last": {"loss": 3.3, "eval_loss": 3.41},
    "alerts": [],
}


def places(tmp_path: Path, summary: Mapping[str, object] | None = None, days: int = 35) -> Places:
    """A run of five weeks on one machine, and what the watch said of it."""
    at = [START]
    book = CostLedger(tmp_path, now=lambda: at[0], clock_ms=lambda: round(at[0].timestamp() * 1000))
    interval = book.start("i-1", "g4dn.xlarge spot", Decimal("0.39"), beats_s=86400)
    for _ in range(days):
        at[0] += timedelta(days=1)
        book.beat(interval)
    watch = tmp_path / "watch.json"
    watch.write_text(json.dumps(SUMMARY | dict(summary or {})))
    os.utime(watch, (NOW.timestamp(), NOW.timestamp()))
    return Places(tmp_path, Plan(START), watch)


def look(where: Places) -> dict[str, Figure]:
    return dict(read_figures(WEEK_FIVE, where, [AUTHENTICITY], NOW))


def test_week_five_as_planned_is_go_from_real_files(tmp_path: Path) -> None:
    where = places(tmp_path)
    found = look(where)
    assert {name: str(figure.value) for name, figure in found.items()} == {
        "authenticity": "41 %",
        "cost": "$327.60",
        "validation-loss": "3.41",
        "stable": "yellow",
    }
    assert judge(WEEK_FIVE, found, NOW).outcome is Outcome.GO
    assert found["authenticity"].by == "Anna"
    assert where.watch is not None
    assert found["stable"].sha256 == hashlib.sha256(where.watch.read_bytes()).hexdigest()
    assert found["cost"].details[0] == "$524.16 will be spent by 2026-03-02"


def test_authenticity_that_nobody_measured_is_hold_whatever_the_loss(tmp_path: Path) -> None:
    found = read_figures(WEEK_FIVE, places(tmp_path, days=1), [], NOW)
    assert found["authenticity"].value is None
    assert found["authenticity"].missing == (
        "nobody measured it: people do, and give it as in --figure authenticity=35%"
    )


def test_a_run_that_was_red_once_is_no_go_and_says_why(tmp_path: Path) -> None:
    red = {"rule": "R1", "level": "green", "worst": "red", "told": "loss is NaN at step 900"}
    where = places(tmp_path, {"worst": "red", "alerts": [red]})
    found = look(where)
    assert found["stable"].details == ("R1: loss is NaN at step 900",)
    assert judge(WEEK_FIVE, found, NOW).outcome is Outcome.NO_GO


def test_the_last_summary_among_the_watchs_lines_counts(tmp_path: Path) -> None:
    where = places(tmp_path)
    assert where.watch is not None
    lines = [{"type": "alert", "level": "red", "rule": "R2"}, SUMMARY | {"worst": "green"}, SUMMARY, {"type": "end"}]
    where.watch.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert str(look(where)["stable"].value) == "yellow"


@pytest.mark.parametrize(
    ("changes", "criterion", "missing"),
    [
        ({"steps": 0}, "stable", "the watch has read no step of the run"),
        ({"last": {"loss": 3.3}}, "validation-loss", "there is no last.eval_loss"),
        ({"last": {"eval_loss": float("inf")}}, "validation-loss", "wanted a number"),
        ({"last": {"eval_loss": True}}, "validation-loss", "wanted a number"),
        ({"worst": 2}, "stable", "wanted a level"),
        ({"worst": "\x1b[31mred"}, "stable", "wanted a number"),
    ],
)
def test_a_summary_that_does_not_tell_is_hold(
    tmp_path: Path, changes: dict[str, object], criterion: str, missing: str
) -> None:
    found = look(places(tmp_path, changes))
    assert missing in found[criterion].missing
    assert "\x1b" not in found[criterion].missing
    assert judge(WEEK_FIVE, found, NOW).outcome is Outcome.HOLD


def test_a_loss_that_became_nan_is_no_go(tmp_path: Path) -> None:
    found = look(places(tmp_path, {"last": {"eval_loss": float("nan")}}))
    assert judge(WEEK_FIVE, found, NOW).outcome is Outcome.NO_GO


def test_a_summary_of_last_month_is_hold(tmp_path: Path) -> None:
    where = places(tmp_path)
    assert where.watch is not None
    os.utime(where.watch, (START.timestamp(), START.timestamp()))
    assert judge(WEEK_FIVE, look(where), NOW).outcome is Outcome.HOLD
    where.watch.write_text(json.dumps(SUMMARY | {"time": NOW.isoformat()}))
    os.utime(where.watch, (START.timestamp(), START.timestamp()))
    assert judge(WEEK_FIVE, look(where), NOW).outcome is Outcome.GO


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b'{"steps": 5}', b"[" * 100_000])
def test_what_is_no_summary_is_hold(tmp_path: Path, content: bytes) -> None:
    where = places(tmp_path, days=1)
    assert where.watch is not None
    where.watch.write_bytes(content)
    assert "is not a summary of the watch" in look(where)["stable"].missing


def test_without_a_ledger_or_a_watch_it_is_hold(tmp_path: Path) -> None:
    found = look(Places())
    assert (found["cost"].missing, found["stable"].missing) == (
        "there is no cost ledger",
        "no summary of the watch was given",
    )
    assert "holds nothing" in look(Places(state=tmp_path))["cost"].missing
    assert "No such file" in look(Places(watch=tmp_path / "none.json"))["stable"].missing


def test_a_ledger_with_lost_lines_gives_no_figure(tmp_path: Path) -> None:
    where = places(tmp_path, days=1)
    with (tmp_path / "cost.jsonl").open("ab") as file:
        file.write(b"?\n")
    assert "cannot be read, so more was spent" in look(where)["cost"].missing


def test_a_machine_that_went_quiet_days_ago_makes_the_cost_stale_until_it_is_settled(tmp_path: Path) -> None:
    where = places(tmp_path, days=30)
    assert judge(WEEK_FIVE, look(where), NOW).outcome is Outcome.HOLD
    book = CostLedger(tmp_path, now=lambda: NOW)
    (one,) = book.account().intervals
    book.end(one.id)
    assert judge(WEEK_FIVE, look(where), NOW).outcome is Outcome.GO


def test_a_figure_by_hand_never_talks_over_a_measured_one_but_fills_its_place(tmp_path: Path) -> None:
    where = places(tmp_path)
    loss = parse_hand("validation-loss=2.0", "Bob", NOW)
    figure = read_figures(WEEK_FIVE, where, [loss], NOW)["validation-loss"]
    assert (str(figure.value), figure.details) == ("3.41", ("2 by Bob does not count: it is measured",))
    figure = read_figures(WEEK_FIVE, Places(), [loss], NOW)["validation-loss"]
    assert (figure.value, figure.by) == (Quantity(Decimal(2), Unit.PLAIN), "Bob")


@pytest.mark.parametrize(
    ("text", "by", "told"),
    [
        ("authenticity", "Anna", "wanted CRITERION=VALUE"),
        ("=3", "Anna", "wanted CRITERION=VALUE"),
        ("authenticity=", "Anna", "wanted CRITERION=VALUE"),
        ("authenticity=37%", " ", "who measured authenticity"),
    ],
)
def test_a_figure_by_hand_wants_a_name_a_value_and_somebody(text: str, by: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_hand(text, by, NOW)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("authentic=37%", "no criterion of week-five; there are authenticity, cost"),
        ("authenticity=37", "wanted a share between 0 and 1, or per cent"),
        ("authenticity=0.37", "wanted per cent, such as 37%"),
        ("stable=3", "wanted a level"),
    ],
)
def test_a_figure_by_hand_that_cannot_be_meant_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_figures(WEEK_FIVE, Places(), [parse_hand(text, "Anna", NOW)], NOW)


def test_the_same_figure_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="given twice"):
        read_figures(WEEK_FIVE, Places(), [AUTHENTICITY, AUTHENTICITY], NOW)


def test_any_json_file_can_give_a_figure(tmp_path: Path) -> None:
    (tmp_path / "eval.json").write_text('{"fad": [{"score": 2.125}], "share": 0.4}')
    path = tmp_path / "own.toml"
    path.write_text(
        '[verdict]\nid = "own"\ntitle = "Own"\n'
        '[[criterion]]\nid = "fad"\nask = "?"\nfigure = { from = "json", file = "eval.json", path = "fad.0.score" }\n'
        "at_most = 2.125\n"
        '[[criterion]]\nid = "share"\nask = "?"\nfigure = { from = "json", file = "eval.json", path = "share" }\n'
        'at_least = "40%"\n'
    )
    criteria = load_criteria(path)
    assert judge(criteria, read_figures(criteria, Places(), [], NOW), NOW).outcome is Outcome.GO
