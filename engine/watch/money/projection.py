"""Where the money stands and where it leads: spent, rate, the plan's end, the day on which the budget ends. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from engine.watch.money.amounts import to_usd
from engine.watch.money.cost import (
    Account,
    gone_quiet,
    rate,
    spent,
    spent_on,
    spent_on_transfers,
)
from engine.watch.money.plan import WEEK, Plan, planned_weeks

_HOUR: Final = timedelta(hours=1)
_TICK: Final = timedelta(microseconds=1)
_LONG: Final = 100 * 365 * 24
"""Hours after which nobody asks when a budget ends."""
_MEAN_FROM: Final = timedelta(hours=1)
"""A mean over less of the plan says nothing about weeks."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is known about the money at one moment; dollars to a millionth."""

    now: datetime
    plan: Plan
    spent_usd: Decimal
    machines_usd: Decimal
    storage_usd: Decimal
    transfers_usd: Decimal
    usd_per_hour: Decimal
    """What an hour costs now, storage included."""
    storage_usd_per_hour: Decimal
    mean_usd_per_hour: Decimal | None
    """What an hour cost in the mean since the plan began, waiting and interruptions included, transfers left out; None
    in its first hour."""
    at_rate_usd: Decimal
    """What will be spent at the plan's end, if it goes on as it goes now."""
    at_mean_usd: Decimal | None
    """The same, if it goes on as it went in the mean."""
    budget_ends: datetime | None
    """When the budget is used up at the rate of now, or was; None where nothing costs."""
    running: tuple[str, ...]
    """What costs now: ``i-0abc (g4dn.xlarge spot)``."""
    machines_running: bool
    unreadable: int
    """Lines of the ledger that are lost: more was spent than is told."""
    notes: tuple[str, ...]
    """Sentences about what the sum does not know."""

    @property
    def left_usd(self) -> Decimal:
        """What is left of the budget; less than nothing where it is overdrawn."""
        return self.plan.budget_usd - self.spent_usd

    @property
    def expected_usd(self) -> Decimal:
        """What will probably be spent at the plan's end: as now, or as in the mean where no machine runs just now."""
        if self.machines_running or self.at_mean_usd is None:
            return self.at_rate_usd
        return self.at_mean_usd


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week of the plan, against what was really spent by its end."""

    week: int
    hours: int
    planned_usd: Decimal
    planned_percent: Decimal
    spent_usd: Decimal | None
    """By the end of the week, or by now in the one that runs; None for those to come."""
    due_usd: Decimal | None = None
    """What was planned by the week's end, or by now in the one that runs; None for those to come."""
    is_now: bool = False


def figures(account: Account, plan: Plan, now: datetime) -> Figures:
    """Look at the money at one moment."""
    total, per_hour = spent(account, now), rate(account, now)
    transfers = spent_on_transfers(account)
    left_hours = _hours(max(plan.end - now, timedelta()))
    mean = _mean(total - transfers, plan, now)
    running = [one for one in account.intervals if one.is_running(now)]
    return Figures(
        now=now,
        plan=plan,
        spent_usd=to_usd(total),
        machines_usd=to_usd(spent_on(account, now, is_storage=False)),
        storage_usd=to_usd(spent_on(account, now, is_storage=True)),
        transfers_usd=to_usd(transfers),
        usd_per_hour=to_usd(per_hour),
        storage_usd_per_hour=to_usd(sum((one.usd_per_hour for one in running if one.is_storage), Fraction())),
        mean_usd_per_hour=None if mean is None else to_usd(mean),
        at_rate_usd=to_usd(total + per_hour * left_hours),
        at_mean_usd=None if mean is None else to_usd(total + mean * left_hours),
        budget_ends=_budget_ends(account, plan, now, total, per_hour),
        running=tuple(one.label for one in running),
        machines_running=any(not one.is_storage for one in running),
        unreadable=account.unreadable,
        notes=(*account.notes, *gone_quiet(account, now)),
    )


def week_rows(account: Account, plan: Plan, now: datetime) -> tuple[WeekRow, ...]:
    """Return the plan's table with what was spent by the end of each week; what came before the plan counts too."""
    rows = []
    for one in planned_weeks(plan):
        begins, ends = plan.start + (one.week - 1) * WEEK, plan.start + one.week * WEEK
        is_now = begins <= now < ends
        real = None if now < begins else to_usd(spent(account, now, None if is_now else ends))
        due = None if real is None else to_usd(_hours(min(now, ends) - plan.start) * Fraction(plan.usd_per_hour))
        rows.append(WeekRow(one.week, one.hours, one.usd, one.percent, real, due, is_now))
    return tuple(rows)


def _hours(lasted: timedelta) -> Fraction:
    return Fraction(lasted // _TICK, _HOUR // _TICK)


def _mean(recurring: Fraction, plan: Plan, now: datetime) -> Fraction | None:
    if now - plan.start < _MEAN_FROM:
        return None
    return recurring / _hours(now - plan.start)


def _budget_ends(account: Account, plan: Plan, now: datetime, total: Fraction, per_hour: Fraction) -> datetime | None:
    left = Fraction(plan.budget_usd) - total
    if left <= 0:
        return _when_spent(account, plan, now)
    if not per_hour or left / per_hour > _LONG:
        return None
    return now + timedelta(seconds=math.floor(left / per_hour * 3600))


def _when_spent(account: Account, plan: Plan, now: datetime) -> datetime:
    """Find the second in the past in which the budget was used up, by halving."""
    early, late = account.begun or now, now
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if spent(account, now, middle) >= plan.budget_usd:
            late = middle
        else:
            early = middle
    return late
