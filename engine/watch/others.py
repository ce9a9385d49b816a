"""The rules about machines and money in words, beside those about the log."""

from __future__ import annotations

from engine.config import Budget
from engine.watch.explain import Explained
from engine.watch.machine.gpu import MEAN_S
from engine.watch.machine.gpu_rules import FULL_PERCENT, SLOWED_S, SLOWED_SHARE
from engine.watch.machine.rules import GRACE_S, GREEN_PERCENT, HYSTERESIS_PERCENT, RED_PERCENT
from engine.watch.spot.interruptions import RED_FROM, YELLOW_FROM


def explain_others(budget: Budget) -> tuple[Explained, ...]:
    """Say what G1 to G4, C1 to C3, S1 and K1 do; each counts only where its source is named."""
    return (
        Explained(
            "G1",
            "GPU utilisation (--gpu)",
            f"under {GREEN_PERCENT:.0f}% yellow; under {RED_PERCENT:.0f}% for {GRACE_S / 60:.0f} min red; "
            f"falls back {HYSTERESIS_PERCENT:.0f} points beyond; unknown without the driver",
            f"{MEAN_S / 60:.0f} min",
            "yellow, red",
            "Look at the data loader and at what else runs.",
        ),
        Explained(
            "G2",
            "memory errors of the GPU (--gpu)",
            "any that ECC could not mend, since the driver was loaded; unknown where the GPU does not count them",
            "now",
            "red",
            "Go back to a checkpoint before it, on another GPU.",
        ),
        Explained(
            "G3",
            "clocks of the GPU that are held back (--gpu)",
            f"heat, hardware slowdown or power brake in {SLOWED_SHARE:.0%} of the samples; a power cap is none",
            f"{SLOWED_S / 60:.0f} min",
            "yellow",
            "Look at cooling and at the power supply.",
        ),
        Explained(
            "G4",
            "memory of the GPU (--gpu)",
            f"more than {FULL_PERCENT:.0f}% used",
            "now",
            "yellow",
            "Halve the batch size before a larger batch runs out.",
        ),
        Explained(
            "K1",
            "the newest checkpoint (--checkpoints)",
            "older than 2 intervals yellow; unreadable, not saved, or no room for 2 more red",
            "since the newest checkpoint",
            "yellow, red",
            "See whether the run still saves.",
        ),
        Explained(
            "C1",
            "money spent early (--cost)",
            f"${budget.early_usd} before day {budget.early_day}",
            "since the plan began",
            "yellow",
            "Look at what costs: gonogo cost.",
        ),
        Explained(
            "C2",
            "money at the plan's end (--cost)",
            f"more than ${budget.usd} in {budget.weeks} weeks",
            "the plan",
            "yellow",
            "Spend less, or have the budget changed.",
        ),
        Explained(
            "C3",
            "money spent (--cost)",
            f"${budget.usd}, or an hour of the rate left",
            "since the plan began",
            "red, latched",
            "Save a checkpoint and stop the machine.",
        ),
        Explained(
            "S1",
            "Spot interruptions (--spot)",
            f"{YELLOW_FROM} yellow, {RED_FROM} red; a rebalance recommendation yellow; a notice red",
            "24 h",
            "yellow, red",
            "On a notice: save a checkpoint now.",
        ),
    )
