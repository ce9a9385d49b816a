"""The money in words: rows for a table and for a summary, whoever shows them. Pure."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

from engine.watch.money.amounts import show_rate, show_usd
from engine.watch.money.plan import GP3_USD_PER_GB_MONTH, Plan, planned_buffer, storage_usd
from engine.watch.money.projection import Figures, WeekRow

WEEK_COLUMNS = ("week", "hours", "planned", "of budget", "spent", "against plan")


def figure_rows(now: Figures) -> tuple[tuple[str, str], ...]:
    """Return what there is to say about the money, as names and values."""
    plan = now.plan
    rows = [
        ("spent", f"{show_usd(now.spent_usd)} of {show_usd(plan.budget_usd)} ({_percent(now)})"),
        ("of it", _parts(now)),
        ("left", show_usd(now.left_usd)),
        ("rate", show_rate(now.usd_per_hour) + (f": {', '.join(now.running)}" if now.running else "")),
    ]
    if now.mean_usd_per_hour is not None:
        rows.append(("mean rate", f"{show_rate(now.mean_usd_per_hour)} since {plan.start.astimezone(UTC):%Y-%m-%d}"))
    end = f"{plan.end.astimezone(UTC):%Y-%m-%d}"
    rows.append((f"by {end}", f"{show_usd(now.at_rate_usd)} at the rate of now"))
    if now.at_mean_usd is not None:
        rows.append((f"by {end}", f"{show_usd(now.at_mean_usd)} at the mean rate"))
    rows.append(("budget ends", _ends(now)))
    return tuple(rows)


def week_cells(rows: tuple[WeekRow, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the weeks as cells under :data:`WEEK_COLUMNS`."""
    return tuple(
        (
            f"{row.week}" + (" (now)" if row.is_now else ""),
            f"{row.hours:,}",
            show_usd(row.planned_usd),
            f"{row.planned_percent:.0f} %",
            "" if row.spent_usd is None else show_usd(row.spent_usd),
            _against(row),
        )
        for row in rows
    )


def storage_sentence(plan: Plan, gb: Decimal, usd_per_gb_month: Decimal = GP3_USD_PER_GB_MONTH) -> str:
    """Say what a volume adds to a plan that counts machine hours alone."""
    adds, buffer = storage_usd(gb, usd_per_gb_month, plan.weeks), planned_buffer(plan)
    told = f"{gb:,f} GB of storage at ${usd_per_gb_month:f} per GB and month add {show_usd(adds)} in {plan.weeks} weeks"
    if adds <= buffer:
        return f"{told}; the plan leaves {show_usd(buffer)} for it, and {show_usd(buffer - adds)} for all the rest"
    return f"{told}; the plan leaves {show_usd(buffer)}, which is not enough"


def _parts(now: Figures) -> str:
    parts = (("machines", now.machines_usd), ("storage", now.storage_usd), ("transfers", now.transfers_usd))
    return ", ".join(f"{name} {show_usd(usd)}" for name, usd in parts)


def _percent(now: Figures) -> str:
    budget = now.plan.budget_usd
    return f"{100 * now.spent_usd / budget:.0f} %" if budget else "no budget"


def _ends(now: Figures) -> str:
    if now.budget_ends is None:
        return "nothing costs now" if not now.usd_per_hour else "not within a hundred years"
    when = f"{now.budget_ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"it ended {when}" if now.left_usd <= 0 else f"{when} at the rate of now"


def _against(row: WeekRow) -> str:
    """Say how much more or less was spent than planned until then."""
    if row.spent_usd is None or row.due_usd is None:
        return ""
    more = row.spent_usd - row.due_usd
    return ("+" if more > 0 else "") + show_usd(more)
