"""Rules C1 to C3: is the money spent too fast, will it last, is it gone? Pure.

From the operational alerts of the checklist that the plan comes from: yellow when spending nears $400 before week
five, red beyond $600.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from engine.units import counted
from engine.watch.alerts import Level, Verdict
from engine.watch.money.amounts import show_rate, show_usd
from engine.watch.money.projection import Figures

_LAST_HOURS: Final = 1
"""With so little left of the budget, a checkpoint and a shutdown are all that still fits."""


def judge_money(now: Figures | None) -> tuple[Verdict, Verdict, Verdict]:
    """Return what C1, C2 and C3 say; unknown where there is no ledger, or one that holds nothing yet."""
    if now is None:
        told = "no cost is counted: the ledger holds nothing"
        advice = "enter the machine and its price, so that its cost is counted"
        nothing = [Verdict(rule, Level.UNKNOWN, None, None, None, "", told, advice) for rule in ("C1", "C2", "C3")]
        return nothing[0], nothing[1], nothing[2]
    return _early(now), _at_the_end(now), _gone(now)


def _early(now: Figures) -> Verdict:
    plan = now.plan
    day = (now.now - plan.start) / timedelta(days=1)
    before = f"before day {plan.early_day}"
    spent = f"{show_usd(now.spent_usd)} spent on day {max(day, 0):.1f}"
    if day < plan.early_day and now.spent_usd >= plan.early_usd:
        told = f"{spent}, wanted less than {show_usd(plan.early_usd)} {before}"
        advice = "look at what costs (gonogo cost): a machine that idles, a price that rose, a second one"
        return _verdict("C1", Level.YELLOW, now.spent_usd, plan.early_usd, window=before, told=told, advice=advice)
    return _verdict("C1", _calm(now), now.spent_usd, plan.early_usd, window=before, told=spent + _but_lost(now))


def _at_the_end(now: Figures) -> Verdict:
    plan, expected = now.plan, now.expected_usd
    window = f"to {plan.end.astimezone(UTC):%Y-%m-%d}"
    told = f"{show_usd(expected)} will be spent by the plan's end at {show_rate(_pace(now))}"
    if expected > plan.budget_usd:
        told += f", wanted at most {show_usd(plan.budget_usd)}; the budget ends {_day(now.budget_ends)}"
        advice = "end the run earlier, find a cheaper machine, or ask for more before the budget is gone"
        return _verdict("C2", Level.YELLOW, expected, plan.budget_usd, window=window, told=told, advice=advice)
    return _verdict("C2", _calm(now), expected, plan.budget_usd, window=window, told=told + _but_lost(now))


def _gone(now: Figures) -> Verdict:
    plan = now.plan
    advice = "save a checkpoint and stop the machine; go on only with a new budget"
    told = f"{show_usd(now.spent_usd)} of {show_usd(plan.budget_usd)} spent"
    if now.spent_usd >= plan.budget_usd:
        return _verdict(
            "C3", Level.RED, now.spent_usd, plan.budget_usd, window="in all", told=f"{told}: it is gone", advice=advice
        )
    if now.usd_per_hour and now.left_usd <= _LAST_HOURS * now.usd_per_hour:
        told += f": at {show_rate(now.usd_per_hour)} the rest lasts less than an hour"
        return _verdict("C3", Level.RED, now.spent_usd, plan.budget_usd, window="1 h ahead", told=told, advice=advice)
    return _verdict("C3", _calm(now), now.spent_usd, plan.budget_usd, window="in all", told=told + _but_lost(now))


def _calm(now: Figures) -> Level:
    """Return what no alarm means: nothing, where a part of the ledger is lost."""
    return Level.UNKNOWN if now.unreadable else Level.GREEN


def _but_lost(now: Figures) -> str:
    return f", and what {counted(now.unreadable, 'lost line')} of the ledger told of" if now.unreadable else ""


def _pace(now: Figures) -> Decimal:
    if now.machines_running or now.mean_usd_per_hour is None:
        return now.usd_per_hour
    return now.mean_usd_per_hour


def _day(moment: datetime | None) -> str:
    return "later" if moment is None else f"on {moment.astimezone(UTC):%Y-%m-%d}"


def _verdict(
    rule: str, level: Level, value: Decimal, threshold: Decimal, *, window: str, told: str, advice: str = ""
) -> Verdict:
    return Verdict(rule, level, None, float(value), float(threshold), window, told, advice)
