"""How alerts read: a line in the list, a few below it, a page. Pure; all foreign text is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rich.cells import set_cell_size
from rich.text import Text

from app.alerts import Concern, waiting
from app.alerts_reading import AlertsSeen
from app.console.conversion.fitting import cut, wide
from app.console.keymap import key_for
from app.console.look import inks
from app.console.pane import Part
from app.console.words import LEVEL_GLYPHS
from app.log_words import clock
from engine.convert.view import Level
from engine.errors import printable
from engine.units import counted

INKS: Final = {Level.GREEN: inks.GOOD, Level.YELLOW: inks.WARN, Level.RED: inks.BAD, Level.UNKNOWN: inks.UNKNOWN}
_STATE_WIDTH: Final = 10
_WHERE_WIDTH: Final = 34
"""A run's id, and what it is: shown from where there is room on."""
WIDE: Final = 110
_NO_TIME: Final = "no time"
"""Of a log that tells none: it stands below everything that has one."""


def line_of(concern: Concern, now: datetime, width: int) -> list[Part]:
    """Draw one alert in a list."""
    what = printable(concern.what)
    when = _when(concern.newest, now)
    where = [(f"{set_cell_size(printable(concern.where), _WHERE_WIDTH)}  ", inks.QUIET)] if width >= WIDE else []
    if concern.by:
        told = printable(f"({concern.by}{': ' if concern.note else ''}{concern.note})")
        state = f"✓ {concern.level.name.lower()}"
        before: list[Part] = [(f"{state:<{_STATE_WIDTH}}{when}  ", inks.QUIET), *where]
        return [*before, (cut(f"{told} {what}", width - wide(before)), inks.QUIET)]
    ink = INKS[concern.level]
    state = f"{LEVEL_GLYPHS[concern.level]} {concern.level.name}"
    before = [(f"{state:<{_STATE_WIDTH}}", ink), (f"{when}  ", inks.QUIET), *where]
    return [*before, (cut(what, width - wide(before)), ink)]


def head(width: int) -> list[Part]:
    """Name the columns."""
    where = f"{'where':<{_WHERE_WIDTH}}  " if width >= WIDE else ""
    return [(f"{'level':<{_STATE_WIDTH}}{'newest':<14}  {where}what", inks.QUIET)]


def below(concern: Concern | None, now: datetime) -> Text:
    """Say what the line has no room for: where, since when, what to do, what to type."""
    if concern is None:
        return Text("")
    text = Text(printable(concern.what), style=inks.STRONG)
    text.append(f"\n{printable(concern.where)}", style="")
    if concern.since:
        text.append(f", since {_when(concern.since, now).strip()}", inks.QUIET)
    elif not concern.newest:
        text.append(", no time is told", inks.QUIET)
    text.append(f"\n→ {printable(concern.advice)}")
    if concern.command:
        text.append("\n$ ", inks.QUIET).append(printable(concern.command), inks.ACTIVE)
    if concern.by:
        text.append(f"\n✓ {_seen(concern, now)}", inks.GOOD)
    return text


def _seen(concern: Concern, now: datetime) -> str:
    when = f" {_when(concern.seen_at, now).strip()}" if concern.seen_at else ""
    note = f": {concern.note}" if concern.note else ""
    return printable(f"seen by {concern.by}{when}{note}")


def page_of(concern: Concern, now: datetime) -> Text:
    """Tell everything that is known of an alert."""
    text = Text()
    text.append(f"{LEVEL_GLYPHS[concern.level]} {concern.level.name}  ", INKS[concern.level])
    text.append_text(below(concern, now))
    text.append("\n")
    for line in _rest(concern, now):
        text.append(f"\n{line}")
    return text


def _rest(concern: Concern, now: datetime) -> Iterator[str]:
    if concern.newest and concern.newest != concern.since:
        yield f"newest: {_when(concern.newest, now).strip()}"
    if concern.kind:
        go, see = key_for("alerts.go", "o"), key_for("alerts.acknowledge", "a")
        yield f"{go} on its line goes to the {concern.kind}; {see} says that you have seen it"
    if concern.details:
        yield ""
        yield from map(printable, concern.details)


def status_of(seen: AlertsSeen, worst: Level) -> tuple[Level, str]:
    """Say how much waits."""
    wait = len(waiting(seen.concerns))
    known = len(seen.concerns) - wait
    rest = f"; reading {counted(seen.unread, 'log')} still" if seen.unread else ""
    if not wait:
        told = "nothing wants a person" + (f"; {known:,} seen by somebody" if known else "")
        return (Level.UNKNOWN if seen.unread else Level.GREEN), told + rest
    return worst, f"{counted(wait, 'alert')} that nobody has seen" + (f", {known:,} seen" if known else "") + rest


def _when(moment: str, now: datetime) -> str:
    try:
        time = datetime.fromisoformat(moment)
    except ValueError:
        time = None
    told = clock(time, now, with_day=True)
    return told if told.strip() else f"{_NO_TIME:<{len(told)}}"
