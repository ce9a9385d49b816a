"""What the two plots show of a run: its throughput, and the free space with its floor and its forecast. Pure."""

from __future__ import annotations

from datetime import timedelta

from app.console.conversion.fitting import Phrase
from app.console.conversion.forecast import clock_time, free_at_end, run_clock
from app.console.conversion.history import Paces
from app.console.conversion.plot import Picture
from app.console.look import inks
from engine.convert.view import RunView
from engine.crew.crew import Snapshot
from engine.units import show_bytes


def pace_picture(view: RunView, now: Snapshot | None, paces: Paces) -> Picture:
    """Draw the throughput."""
    highest = max((bucket.high for bucket in paces.pace.values), default=0.0)
    told = f"throughput, peak {show_bytes(highest)}/s" if highest else "throughput"
    at_s = now.elapsed_s if now is not None else 0.0
    return Picture(paces.pace, ([(told, inks.STRONG)],), at_s, from_zero=True, times=_times(view, now, paces, None))


def free_picture(view: RunView, now: Snapshot | None, paces: Paces) -> Picture:
    """Draw the free space of the tightest volume."""
    if now is None or now.free_bytes is None:
        return Picture(paces.free, ([("free space: none is watched", inks.QUIET)],), 0.0)
    caption: list[Phrase] = [[(f"free {show_bytes(now.free_bytes)}", inks.STRONG)]]
    floor = now.floor_bytes
    end = free_at_end(view, now, paces.first_free)
    eta_s = now.eta_s if not now.pauses else None
    forecast = None
    if end is not None and eta_s is not None:
        forecast = (now.elapsed_s + eta_s, max(0.0, end))
        under = floor is not None and end < floor
        told = f"{'▲ end' if under else '┈ end'} {show_bytes(max(0.0, end))}"
        caption.append([(told, inks.BAD if under else "")])
    if floor is not None:
        caption.append([(f"─ floor {show_bytes(floor)}", inks.BAD)])
    times = _times(view, now, paces, eta_s if forecast is not None else None)
    return Picture(paces.free, tuple(caption), now.elapsed_s, floor=floor, forecast=forecast, times=times)


def _times(view: RunView, now: Snapshot | None, paces: Paces, eta_s: float | None) -> tuple[str, str]:
    """Name the ends of the time in sight."""
    if now is None or not view.began:
        return "", ""
    clock = run_clock(view, now)
    first_s = paces.pace.first * paces.pace.step_s
    left = clock_time(clock - timedelta(seconds=max(0.0, now.elapsed_s - first_s)), clock)
    if eta_s is None:
        return left, "now"
    return left, clock_time(clock + timedelta(seconds=min(eta_s, 1e9)), clock)
