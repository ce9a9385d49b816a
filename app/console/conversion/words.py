"""What the screen says of a run: pure, from what is known to lines; a state is a word and a sign first, then an ink."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from rich.cells import cell_len

from app.console.conversion.fitting import Phrase, bar, cut, fit, plain, short_name, wide
from app.console.conversion.forecast import Deadline, clock_time, ends_at, slack
from app.console.conversion.noting import in_a_line
from app.console.conversion.order import ASCENDS, By, Order
from app.console.conversion.states import SIGNS, Shown, in_hand
from app.console.conversion.work import came, counts_all, only_looks
from app.console.look import inks
from app.console.pane import Part
from app.wording import verdict
from engine.convert.view import Level, RunView, health
from engine.crew.answers import State
from engine.crew.crew import Snapshot
from engine.errors import printable
from engine.units import show_bytes, show_seconds

_BAR_LEAST: Final = 8
_NAME_LEAST, _REST_LEAST = 12, 6
"""Columns in which most shards can be told by their numbers; and in which more of one says anything."""
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
        outcome = view.summary.outcome
        told = view.summary.detail.partition("\n")[0] or (why if level is Level.RED else "")
        why = ": ".join(part for part in (verdict(outcome), told.removeprefix(f"{outcome}: ")) if part)
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
    if now is None:
        share, so_far = came(view)
        return _bar(share, [[(so_far, "")]] if so_far else [], width) if share is not None else [(so_far, inks.QUIET)]
    share = now.bytes_done / now.bytes_to_do if now.bytes_to_do else 1.0
    pace = (now.pace or 0.0) if math.isnan(pace) else pace
    return _bar(share, [[(f"{now.settled:,}/{now.to_do:,} {now.pieces}", "")], [(f"{show_bytes(pace)}/s", "")]], width)


def _bar(share: float, phrases: list[Phrase], width: int) -> list[Part]:
    """Draw a share, and what there is to say of it beside."""
    share = max(0.0, min(1.0, share))
    told = fit([[(f"{share:4.0%}", inks.STRONG)], *phrases], width - _BAR_LEAST - 2)
    drawn = bar(share, max(_BAR_LEAST, width - wide(told) - 2))
    done = drawn.rstrip("░")
    return [(done, inks.GOOD), (drawn[len(done) :], inks.QUIET), ("  ", ""), *told]


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
    """Say how many shards are in which state, as ``gonogo status`` counts; what is nought gives way first.

    The states that a run only found are told as such: their numbers say nothing of how far it is.
    """
    label: Part = ("found  " if only_looks(view) else "", inks.QUIET)
    if not view.states:
        return [label, ("nothing yet", inks.QUIET)] if label[0] else []
    width -= wide([label])
    tally = {kind: view.tally[state] for state, kind in _COUNTED.items()}
    recovering = view.tally[State.RECOVERING]
    if recovering:
        tally[Shown.RECOVERING] = recovering
    held: list[Phrase] = [_count(in_hand(view), len(view.in_hand))] if view.in_hand else []
    all_of = [_count(kind, number) for kind, number in tally.items()]
    if not counts_all(view) or wide(fit(all_of, 10_000)) > width:
        all_of = [_count(kind, number) for kind, number in tally.items() if number]
    return [*([label] if label[0] else []), *fit([*all_of, *held], width)]


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
    map_phrase: Phrase = [(map_told, inks.QUIET)] if map_told else []
    head: list[Part] = [*fit([shown, map_phrase], width // 2), ("  ", ""), (f"{sign.glyph} {sign.word} ", sign.ink)]
    name = short_name(printable(shard), max(_NAME_LEAST, width - wide(head)))
    rest = printable(in_a_line(roll.view, shard))
    room = width - wide(head) - cell_len(name) - 2
    return [*head, (name, ""), *([(f"  {cut(rest, room)}", "")] if room >= _REST_LEAST else [])]


def counts_line(view: RunView) -> str:
    """Return the counts in one plain line."""
    return plain(counts(view, 10_000))
