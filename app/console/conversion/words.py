"""What the screen says of a run: pure, from what is known to lines; a state is a word and a sign first, then an ink."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from app.console.conversion.fitting import Phrase, bar, cut, fit, plain, wide
from app.console.conversion.forecast import Deadline, clock_time, ends_at, slack
from app.console.conversion.noting import in_a_line
from app.console.conversion.order import ASCENDS, By, Order
from app.console.conversion.states import SIGNS, Shown
from app.console.look import inks
from app.console.pane import Part
from app.wording import verdict
from engine.convert.view import Level, RunView, health
from engine.crew.answers import State
from engine.crew.crew import Snapshot
from engine.units import show_bytes, show_seconds

_BAR_LEAST: Final = 8
_COUNTED: Final = {
    State.DONE: Shown.DONE,
    State.SKIPPED: Shown.SKIPPED,
    State.QUARANTINED: Shown.QUARANTINED,
    State.FAILED: Shown.FAILED,
    State.PENDING: Shown.PENDING,
}


def status(view: RunView, *, alive: bool, problem: str = "") -> tuple[Level, str]:
    """Say how the run is doing: the first line, at a glance."""
    if problem:
        return Level.UNKNOWN, problem
    level, why = health(view, alive=alive)
    if view.summary is not None:
        why = f"{verdict(view.summary.outcome)} {view.summary.detail}".strip()
    elif view.stopping:
        why = "stopping: shards in hand come to a safe point"
    return level, why


def progress(view: RunView, now: Snapshot | None, pace: float, width: int) -> list[Part]:
    """Draw the bar and say how far and how fast; of what has no measure, say what it is at.

    Args:
        view: the run's fold.
        now: this moment; None where there is no engine.
        pace: bytes a second at this moment; NaN where it is not known.
        width: columns.
    """
    if now is not None and now.stage:
        return [(f"at {now.stage}", inks.ACTIVE)]
    total, so_far = (now.bytes_to_do, now.bytes_done) if now is not None else _settled(view)
    share = max(0.0, min(1.0, so_far / total)) if total else 1.0
    phrases: list[Phrase] = [[(f"{share:4.0%}", inks.STRONG)]]
    if now is not None:
        phrases.append([(f"{now.settled:,}/{now.to_do:,} shards", "")])
        if math.isnan(pace):
            pace = now.pace or 0.0
        phrases.append([(f"{show_bytes(pace)}/s", "")])
    told = fit(phrases, width - _BAR_LEAST - 2)
    drawn = bar(share, max(_BAR_LEAST, width - wide(told) - 2))
    done = drawn.rstrip("░")
    return [(done, inks.GOOD), (drawn[len(done) :], inks.QUIET), ("  ", ""), *told]


def _settled(view: RunView) -> tuple[int, int]:
    """Return how many shards a run that is over knew, and how many are neither pending nor cut off."""
    if not view.states:
        return 1, int(view.summary is not None)
    left = view.tally[State.PENDING] + view.tally[State.RECOVERING]
    return len(view.states), len(view.states) - left


def ahead(view: RunView, now: Snapshot | None, deadline: Deadline | None, clock: datetime, width: int) -> list[Part]:
    """Say how long it still takes and when it ends, against when it should; of a run that is over, what it came to.

    Args:
        view: the run's fold.
        now: this moment; None where there is no engine.
        deadline: when it should have ended.
        clock: the operator's time.
        width: columns.
    """
    if now is None:
        return fit(_over(view, clock), width)
    phrases: list[Phrase] = []
    if now.eta_s is not None and not now.stage:
        of = f" of {show_seconds(deadline.whole_s)}" if deadline is not None and deadline.whole_s else ""
        phrases.append([(f"{show_seconds(now.eta_s)}{' of work' if now.pauses else ''} left{of}", "")])
        end = ends_at(now, clock)
        if end is not None:
            phrases.append(_end(end, deadline, clock))
    elif not now.stage:
        phrases.append([("no pace yet", inks.QUIET)])
    if deadline is not None and ends_at(now, clock) is None:
        phrases.append([(f"{deadline.name} is at {clock_time(deadline.at, clock)} {clock:%Z}", "")])
    phrases.append([(f"{show_seconds(now.elapsed_s)} under way", inks.QUIET)])
    if now.free_bytes is not None and now.floor_bytes is not None:
        phrases.append([(f"{show_bytes(now.free_bytes)} free, floor {show_bytes(now.floor_bytes)}", inks.QUIET)])
    return fit(phrases, width)


def _end(end: datetime, deadline: Deadline | None, clock: datetime) -> Phrase:
    told = f"done at {clock_time(end, clock)} {clock:%Z}"
    if deadline is None:
        return [(told, inks.STRONG)]
    left, late = slack(end, deadline)
    return [(f"{told}, ", inks.STRONG), (("▲ " if late else "") + left, inks.BAD if late else inks.GOOD)]


def _over(view: RunView, clock: datetime) -> list[Phrase]:
    phrases: list[Phrase] = []
    if view.bytes_in:
        phrases.append([(f"{show_bytes(view.bytes_in)} -> {show_bytes(view.bytes_out)} by this run", "")])
    if view.began:
        began, ended = datetime.fromisoformat(view.began), datetime.fromisoformat(view.newest)
        took = show_seconds((ended - began).total_seconds())
        span = f"{clock_time(began, clock)} to {clock_time(ended, clock)} {clock:%Z}"
        phrases.append([(f"took {took}: {span}", inks.QUIET)])
    return phrases


def counts(view: RunView, width: int) -> list[Part]:
    """Say how many shards are in which state, as ``gonogo status`` counts; what is nought gives way first."""
    tally = {kind: view.tally[state] for state, kind in _COUNTED.items()}
    recovering = view.tally[State.RECOVERING]
    if recovering:
        tally[Shown.RECOVERING] = recovering
    in_hand: list[Phrase] = [_count(Shown.IN_HAND, len(view.in_hand))] if view.in_hand else []
    all_of = [_count(kind, number) for kind, number in tally.items()]
    if wide(fit(all_of, 10_000)) > width:
        all_of = [_count(kind, number) for kind, number in tally.items() if number]
    return fit([*all_of, *in_hand], width)


def _count(kind: Shown, number: int) -> Phrase:
    sign = SIGNS[kind]
    ink = sign.ink if number else inks.QUIET
    return [(f"{sign.glyph} {number:,} {sign.word}", ink)]


def caption(order: Order, chosen: int | None, map_told: str, width: int) -> list[Part]:
    """Say which shards the table shows, and, of the map, on which the cursor is.

    Args:
        order: the table's rows.
        chosen: the shard under the map's cursor; None where no map is shown.
        map_told: what the map says of itself.
        width: columns.
    """
    text = f", with {cut(order.text, 20)!r}" if order.text else ""
    by = f" by {order.by} {'▲' if ASCENDS[order.by] else '▼'}" if order.by is not By.PLACE else ""
    shown: Phrase = [(f"shards: {order.only} ({len(order):,}){text}{by}", inks.STRONG)]
    if chosen is None:
        return fit([shown], width)
    roll = order.roll
    shard, sign = roll.names[chosen], SIGNS[roll.shown(chosen)]
    pointed: Phrase = [(f"{sign.glyph} {sign.word} ", sign.ink), (shard, ""), (f"  {in_a_line(roll.view, shard)}", "")]
    map_phrase: Phrase = [(map_told, inks.QUIET)] if map_told else []
    line = fit([shown, map_phrase], width // 2)
    return [*line, ("  ", ""), *pointed]


def counts_line(view: RunView) -> str:
    """Return the counts in one plain line."""
    return plain(counts(view, 10_000))
