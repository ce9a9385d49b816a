"""Where a verdict's figures come from: the cost ledger, the watch's summary, JSON files, and what people say."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from engine.errors import GonogoError, UsageError, printable
from engine.verdict.criteria import AnySource, Criteria, Criterion, FromCost, FromHand, FromJson, FromWatch
from engine.verdict.judging import Figure
from engine.verdict.quantities import Quantity, Unit, measured_in
from engine.watch.money.amounts import show_usd
from engine.watch.money.cost import Account
from engine.watch.money.ledger import CostLedger
from engine.watch.money.plan import Plan
from engine.watch.money.projection import figures

_MAX_BYTES: Final = 256 << 20
"""A watch of ten thousand alerts is a few megabytes; a larger file is no summary."""
_SHOWN_ALERTS: Final = 3


@dataclass(frozen=True, slots=True)
class HandFigure:
    """What a person measured."""

    criterion: str
    text: str
    """As it was given: ``37%``."""
    by: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look."""

    state: Path | None = None
    """STATE, whose cost ledger is read; None for none."""
    plan: Plan | None = None
    """What a projection leads to; None where nobody planned."""
    watch: Path | None = None
    """What ``gonogo watch --once --json`` printed; None for none."""


def parse_hand(text: str, by: str, time: datetime) -> HandFigure:
    """Read ``authenticity=37%``.

    Raises:
        UsageError: when it is not a name, ``=`` and a value, or nobody is named who measured it.
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise UsageError(f"{text!r} is not a figure: wanted CRITERION=VALUE, such as authenticity=37%")
    if not by.strip():
        raise UsageError(f"who measured {name.strip()}? A figure that is given by hand wants a name")
    return HandFigure(name.strip(), value.strip(), by.strip(), time)


def read_figures(criteria: Criteria, places: Places, hand: Sequence[HandFigure], now: datetime) -> Mapping[str, Figure]:
    """Look up the figure of each criterion. What cannot be read is missing, and says why.

    A figure by hand counts where the criterion asks for one, or where what should measure it has none: a measured
    figure is never talked over.

    Raises:
        UsageError: when a figure by hand is for no criterion, comes twice, or is in another unit than the bound.
    """
    given = _given(criteria, hand)
    found = {}
    for criterion in criteria.criteria:
        figure = _look_up(criterion, places, criteria.path.parent, now)
        by_hand = given.get(criterion.id)
        if figure.value is None and by_hand is not None:
            figure = by_hand
        elif by_hand is not None:
            told = f"{by_hand.value} by {printable(by_hand.by)} does not count: it is measured"
            figure = Figure(figure.value, figure.source, figure.as_of, sha256=figure.sha256, details=(told,))
        found[criterion.id] = figure
    return found


def _given(criteria: Criteria, hand: Sequence[HandFigure]) -> dict[str, Figure]:
    known = {one.id: one for one in criteria.criteria}
    given: dict[str, Figure] = {}
    for one in hand:
        if one.criterion not in known:
            raise UsageError(f"{one.criterion!r} is no criterion of {criteria.id}; there are {', '.join(known)}")
        if one.criterion in given:
            raise UsageError(f"{one.criterion!r} is given twice; wanted one figure")
        try:
            value = measured_in(known[one.criterion].bound.unit, one.text)
        except UsageError as error:
            raise UsageError(f"{one.criterion}: {error}") from error
        if known[one.criterion].bound.unit is Unit.SHARE and not one.text.rstrip().endswith("%"):
            raise UsageError(f"{one.criterion}: read {one.text!r}, wanted per cent, such as 37%")
        given[one.criterion] = Figure(value, "by hand", one.time, one.by)
    return given


def _look_up(criterion: Criterion, places: Places, folder: Path, now: datetime) -> Figure:
    source: AnySource = criterion.figure
    match source:
        case FromHand():
            example = f"--figure {criterion.id}={criterion.bound}".replace(" %", "%")
            return Figure(None, "by hand", missing=f"nobody measured it: people do, and give it as in {example}")
        case FromCost():
            return _cost(source, places, now)
        case FromWatch():
            if places.watch is None:
                return Figure(None, "the watch", missing="no summary of the watch was given")
            return _from_file(criterion.bound.unit, places.watch, source.path, is_watch=True)
        case FromJson():
            return _from_file(criterion.bound.unit, folder / source.file, source.path, is_watch=False)


def _cost(source: FromCost, places: Places, now: datetime) -> Figure:
    if places.state is None:
        return Figure(None, "the cost ledger", missing="there is no cost ledger")
    ledger = CostLedger(places.state, now=lambda: now)
    told = printable(str(ledger.path))
    try:
        account = ledger.account()
        content = ledger.path.read_bytes() if not account.is_empty else b""
    except (GonogoError, OSError) as error:
        return Figure(None, told, missing=f"the cost ledger cannot be read: {error}")
    if account.is_empty:
        return Figure(None, told, missing="the cost ledger holds nothing: enter the machine and its price")
    if account.unreadable:
        missing = f"{account.unreadable:,} lines of the cost ledger cannot be read, so more was spent than is told"
        return Figure(None, told, missing=missing)
    plan = places.plan or Plan(account.begun or now)
    money = figures(account, plan, now)
    usd = money.spent_usd if source.value == "spent" else money.expected_usd
    details = (f"{show_usd(money.expected_usd)} will be spent by {plan.end:%Y-%m-%d}", *money.notes)
    sha256 = hashlib.sha256(content).hexdigest()
    return Figure(Quantity(usd, Unit.DOLLARS), told, _as_of(account, now), sha256=sha256, details=details)


def _as_of(account: Account, now: datetime) -> datetime:
    """Return up to when all is counted: now, or the last heartbeat where the newest machine went quiet."""
    newest = max((one for one in account.intervals if not one.is_storage), key=lambda one: one.last, default=None)
    is_quiet = newest is not None and not newest.ended and not newest.is_running(now)
    return newest.last if newest is not None and is_quiet else now


def _from_file(unit: Unit, path: Path, dotted: str, *, is_watch: bool) -> Figure:
    told = f"{printable(str(path))}, {printable(dotted)}"
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        return Figure(None, told, missing=f"{printable(str(path))} cannot be read: {error.strerror}")
    report = _summary(content) if is_watch else _json(content)
    if len(content) > _MAX_BYTES or not isinstance(report, dict | list):
        what = "a summary of the watch" if is_watch else "JSON"
        return Figure(None, told, missing=f"{printable(str(path))} is not {what}")
    sha256, as_of = hashlib.sha256(content).hexdigest(), _time_of(report) or written
    if is_watch and isinstance(report, dict) and not report.get("steps"):
        return Figure(None, told, as_of, sha256=sha256, missing="the watch has read no step of the run")
    value = _at(report, dotted)
    if value is None:
        missing = f"there is no {printable(dotted)} in {printable(str(path))}"
        return Figure(None, told, as_of, sha256=sha256, missing=missing)
    try:
        quantity = measured_in(unit, value)
    except UsageError as error:
        return Figure(None, told, as_of, sha256=sha256, missing=printable(str(error)))
    return Figure(quantity, told, as_of, sha256=sha256, details=_reds(report) if is_watch else ())


def _json(content: bytes) -> object:
    """Read JSON as Python writes it, NaN and Infinity included; None where it is none."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _summary(content: bytes) -> object:
    """Find the summary in what the watch printed: one object, or the last line that is one with a level."""
    whole = _json(content)
    if isinstance(whole, dict):
        return whole if "level" in whole else None
    for row in reversed(content.splitlines()):
        line = _json(row)
        if isinstance(line, dict) and "level" in line and line.get("type", "summary") == "summary":
            return line
    return None


def _time_of(report: object) -> datetime | None:
    raw = report.get("time") if isinstance(report, dict) else None
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _at(report: object, dotted: str) -> object:
    """Walk down to a value; None where there is none."""
    at = report
    for step in dotted.split("."):
        if isinstance(at, dict):
            at = at.get(step)
        elif isinstance(at, list) and re.fullmatch(r"\d{1,9}", step) and int(step) < len(at):
            at = at[int(step)]
        else:
            return None
    return at


def _reds(report: object) -> tuple[str, ...]:
    """Return what the watch's red alerts say, the first few."""
    alerts = report.get("alerts") if isinstance(report, dict) else None
    red = [one for one in alerts or () if isinstance(one, dict) and "red" in (one.get("level"), one.get("worst"))]
    told = [f"{one.get('rule')}: {one.get('told')}" for one in red[:_SHOWN_ALERTS]]
    return tuple(printable(each)[:300] for each in told)
