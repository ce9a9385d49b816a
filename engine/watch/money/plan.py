"""What was planned: how long, how much, and the table of weeks that the plan comes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from engine.watch.money.amounts import HOURS_PER_MONTH, to_usd

WEEK: Final = timedelta(weeks=1)
HOURS_PER_WEEK: Final = 168
GP3_USD_PER_GB_MONTH: Final = Decimal("0.08")
"""Amazon's general purpose SSD volumes in us-east-1; 500 GB of it for eight weeks are $73.64."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A budget and the time that it is for."""

    start: datetime
    budget_usd: Decimal = Decimal(600)
    weeks: int = 8
    usd_per_hour: Decimal = Decimal("0.39")
    """What the plan counts with: g4dn.xlarge as a Spot instance."""
    early_usd: Decimal = Decimal(400)
    """So much before :attr:`early_day` is too fast."""
    early_day: int = 35
    """Week five, at whose end is decided whether it goes on."""

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.start + self.weeks * WEEK


@dataclass(frozen=True, slots=True)
class PlannedWeek:
    """What was planned to be spent by the end of a week."""

    week: int
    hours: int
    usd: Decimal
    percent: Decimal
    """Of the budget."""


def planned_weeks(plan: Plan) -> tuple[PlannedWeek, ...]:
    """Return the plan's table: one machine, all day, at the planned price."""
    rows = []
    for week in range(1, plan.weeks + 1):
        hours = week * HOURS_PER_WEEK
        usd = hours * plan.usd_per_hour
        share = 100 * Fraction(usd) / Fraction(plan.budget_usd) if plan.budget_usd else Fraction()
        rows.append(PlannedWeek(week, hours, usd, to_usd(share)))
    return tuple(rows)


def planned_buffer(plan: Plan) -> Decimal:
    """Return what the plan leaves of the budget."""
    return plan.budget_usd - plan.weeks * HOURS_PER_WEEK * plan.usd_per_hour


def storage_usd(gb: Decimal, usd_per_gb_month: Decimal, weeks: int) -> Decimal:
    """Return what a volume costs over some weeks: it is paid for whether anything runs or not."""
    return to_usd(Fraction(gb) * Fraction(usd_per_gb_month) * weeks * HOURS_PER_WEEK / HOURS_PER_MONTH)
