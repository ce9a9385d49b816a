"""Rules G1 and K1: is the GPU at work, and would a crash now lose much? Pure but for what G1 remembers."""

from __future__ import annotations

from typing import Final

from engine.errors import printable
from engine.units import counted, show_bytes, show_seconds
from engine.watch.alerts import Level, Verdict
from engine.watch.machine.checkpoints import CheckpointsLook
from engine.watch.machine.gpu import Busy

GREEN_PERCENT: Final = 80.0
RED_PERCENT: Final = 50.0
"""The checklist's bands: 80 to 100 is well (always busy is no error), below 50 a mistake in the set-up."""
HYSTERESIS_PERCENT: Final = 5.0
"""A mean that swings around a band's edge must rise so far beyond it before the level falls."""
GRACE_S: Final = 600.0
"""Below the red edge is yellow for so long: loading data or compiling takes minutes."""
_ROOM: Final = 2
"""Checkpoints that must still fit: trainers write the new one before they remove the old one."""
_LATE: Final = 2
"""A checkpoint older than so many intervals was missed."""
_GPU_ADVICE: Final = "look at the data loader (workers, decoding, a slow disk) and at what else runs on the machine"


class GpuRule:
    """G1. One for each run: it remembers the level that its hysteresis starts from."""

    def __init__(self) -> None:
        self._level = Level.GREEN
        self._low_since_s: float | None = None

    def judge(self, busy: Busy, trained_s: float) -> Verdict:
        """Say what the five-minute mean means.

        Args:
            busy: the mean of the least busy GPU.
            trained_s: how long was looked at, eval and saving left out; the grace counts by it.
        """
        if busy.percent is None:
            return _unknown_gpu(busy)
        level = self._band(busy.percent)
        if level is not Level.RED:
            self._low_since_s = None
        elif self._low_since_s is None:
            # The first full window was low from its beginning; later ones became low just now.
            self._low_since_s = trained_s - (busy.covered_s if trained_s - busy.covered_s <= 0 else 0.0)
        in_grace = self._low_since_s is not None and trained_s - self._low_since_s < GRACE_S
        self._level = level
        shown = Level.YELLOW if level is Level.RED and in_grace else level
        told = f"GPU {busy.index} was busy {busy.percent:.0f} % of the last 5 minutes"
        if shown is Level.GREEN:
            return Verdict("G1", shown, None, busy.percent, GREEN_PERCENT, "5 min", told, "")
        edge = RED_PERCENT if level is Level.RED else GREEN_PERCENT
        told += f", wanted {edge:.0f} % or more" + (f"; red after {show_seconds(GRACE_S)} of it" if in_grace else "")
        return Verdict("G1", shown, None, busy.percent, edge, "5 min", told, _GPU_ADVICE)

    def _band(self, percent: float) -> Level:
        to_yellow = RED_PERCENT + (HYSTERESIS_PERCENT if self._level is Level.RED else 0)
        to_green = GREEN_PERCENT + (HYSTERESIS_PERCENT if self._level is not Level.GREEN else 0)
        if percent < to_yellow:
            return Level.RED
        return Level.YELLOW if percent < to_green else Level.GREEN


def _unknown_gpu(busy: Busy) -> Verdict:
    if busy.problem:
        told = f"how busy the GPU is cannot be told: {busy.problem}"
        advice = "install the NVIDIA driver, or leave the GPU out of what is watched"
    else:
        told = f"how busy the GPU is will be known after 5 minutes of samples; there are {show_seconds(busy.covered_s)}"
        advice = "wait"
    return Verdict("G1", Level.UNKNOWN, None, None, GREEN_PERCENT, "5 min", told, advice)


def judge_checkpoints(look: CheckpointsLook, run_s: float | None = None, save_failed: str = "") -> Verdict:
    """K1: say whether a crash now would lose much.

    Args:
        look: what lies there.
        run_s: how long the run has been going, where that is known: without any checkpoint, that long is at stake.
        save_failed: the log's line that tells of a save that failed; "" for none since the newest checkpoint.
    """
    if save_failed:
        told = f"a checkpoint was not saved: {printable(save_failed)}"
        return _k1(Level.RED, look, told, "see whether the volume is full and may be written to")
    if look.unreadable:
        rest = f"the one before it is {printable(look.fallback.name)}" if look.fallback else "there is no other"
        told = f"the newest checkpoint cannot be read: {look.unreadable}; {rest}"
        return _k1(Level.RED, look, told, "save another now, and remove none before that one can be read")
    if look.problem:
        return _k1(Level.UNKNOWN, look, look.problem, "name the folder that checkpoints go to")
    size = look.newest.size_bytes if look.newest is not None else 0
    if look.free_bytes is not None and look.free_bytes < max(1, _ROOM * size):
        told = f"{show_bytes(look.free_bytes)} are free, wanted room for {_ROOM} checkpoints of {show_bytes(size)}"
        advice = "make room on the volume: the next save may break off"
        return _k1(Level.RED, look, told, advice, value=float(look.free_bytes), threshold=float(_ROOM * size))
    return _age(look, run_s)


def _age(look: CheckpointsLook, run_s: float | None) -> Verdict:
    age_s = look.age_s if look.newest is not None else run_s
    what = f"the newest checkpoint, {printable(look.newest.path.name)}," if look.newest is not None else "no checkpoint"
    if look.interval_s is None:
        told = f"{what} is there; how often one is saved is not known"
        return _k1(Level.UNKNOWN, look, told, "say how often the run saves")
    late_s = _LATE * look.interval_s
    if age_s is None:
        return _k1(Level.UNKNOWN, look, "there is no checkpoint yet", "wait for the first", threshold=late_s)
    wanted = f"one each {show_seconds(look.interval_s)}"
    since = f"is {show_seconds(age_s)} old" if look.newest is not None else f"was saved in {show_seconds(age_s)}"
    if age_s > late_s:
        advice = "see whether the run still goes on and still saves"
        return _k1(Level.YELLOW, look, f"{what} {since}, wanted {wanted}", advice, value=age_s, threshold=late_s)
    if look.newest is None:
        return _k1(Level.UNKNOWN, look, f"{what} {since} yet, wanted {wanted}", "wait", value=age_s, threshold=late_s)
    saving = "; another is being saved" if look.saving else ""
    return _k1(Level.GREEN, look, f"{what} {since}{saving}", "", value=age_s, threshold=late_s)


def _k1(
    level: Level,
    look: CheckpointsLook,
    told: str,
    advice: str,
    *,
    value: float | None = None,
    threshold: float | None = None,
) -> Verdict:
    if look.leftovers and level in (Level.YELLOW, Level.RED):
        told += f"; {counted(len(look.leftovers), 'file')} of saves that broke off lie there"
    window = "" if look.interval_s is None else f"{_LATE} x {show_seconds(look.interval_s)}"
    return Verdict("K1", level, None, value, threshold, window, told, advice)
