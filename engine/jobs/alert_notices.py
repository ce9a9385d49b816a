"""What a training watch has to tell somebody who is not looking: red alerts that have risen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from engine.errors import printable
from engine.jobs.notice import Kind, Notice, Weight
from engine.jobs.notice_words import SHOWN
from engine.units import counted
from engine.watch.alerts import Alert, Level

_TITLE: Final = 80
"""Characters of what was seen that a title takes: a locked telephone shows no more."""
_Key = tuple[str, str, str]


class AlertNotices:
    """The notices of one watch.

    Args:
        host: the machine that watches.
        quiet_s: the same alert is told again after that at the earliest, where it fell and rose meanwhile.
    """

    def __init__(self, host: str, quiet_s: float) -> None:
        self._host = host
        self._quiet_s = quiet_s
        self._standing: set[_Key] = set()
        """Those that have been told of, and are red still."""
        self._told_s: dict[_Key, float] = {}

    def look(self, alerts: Iterable[Alert], now_s: float) -> list[Notice]:
        """Take the alerts that stand; return one notice of those that are red, unseen by anybody and not told yet."""
        red = {
            (alert.source, alert.run, alert.rule): alert
            for alert in alerts
            if alert.level is Level.RED and not alert.acknowledged_by
        }
        self._standing &= red.keys()
        new = [key for key in red if key not in self._standing and self._is_due(key, now_s)]
        self._standing.update(new)
        self._told_s.update(dict.fromkeys(new, now_s))
        return [_notice([red[key] for key in new], self._host)] if new else []

    def _is_due(self, key: _Key, now_s: float) -> bool:
        return now_s - self._told_s.get(key, float("-inf")) >= self._quiet_s


def _notice(alerts: Sequence[Alert], host: str) -> Notice:
    first, more = alerts[0], len(alerts) - 1
    what = printable(first.told.rstrip("."))
    what = what if len(what) <= _TITLE else what[: _TITLE - 3] + "..."
    title = f"RED: {what} - {printable(first.source)}" + (f" (and {counted(more, 'alert')} more)" if more else "")
    lines = [_line(alert) for alert in alerts[:SHOWN]]
    if len(alerts) > SHOWN:
        lines.append(f"... and {len(alerts) - SHOWN:,} more.")
    lines.append(f"Look at it on {printable(host)}, where gonogo watches it; a acknowledges an alert.")
    return Notice(frozenset({Kind.RED}), title, "\n".join(lines), Weight.ALARM)


def _line(alert: Alert) -> str:
    where = "/".join(filter(None, (alert.source, alert.run)))
    step = "" if alert.last_step is None else f" at step {alert.last_step:,}"
    advice = f" {alert.advice}" if alert.advice else ""
    return printable(f"{alert.rule} in {where}{step}: {alert.told}{advice}")
