"""The desk: verdicts become alerts, which rise at once, fall slowly, and latch where a person must have seen them.

One desk holds several sources and runs. Verdicts of every origin (losses, GPU, money, Spot, checkpoints) come in by
the same door, :meth:`Desk.take`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from engine.errors import UsageError
from engine.watch.alerts import Alert, Level, Verdict
from engine.watch.thresholds import Standing

LOSS_RULE: Final = "R1"
"""The rule that knows whether losses were seen: while it says unknown, its run is unknown."""


@dataclass(frozen=True, slots=True)
class Key:
    """Whose alert it is."""

    source: str
    run: str
    rule: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has seen an alert."""

    key: Key
    by: str
    note: str
    at_s: float | None
    """When, seconds since 1970; the desk's clock where the caller names no time."""


@dataclass(slots=True)
class _Post:
    """One rule of one run, as it stands at the desk."""

    newest: Verdict
    """What the rule said last."""
    alert: Alert | None = None
    """Standing; None where the rule is content."""
    ended: Alert | None = None
    """The newest one that is over: it opens again where a resume replays its steps."""
    below: int = 0
    """Verdicts in a row below the alert's level …"""
    below_since_s: float | None = None
    """… and since when."""
    below_worst: Level = Level.GREEN
    """The worst of them: the level to fall to."""


class Desk:
    """Holds what stands now and what was worst."""

    def __init__(self, standing: Standing | None = None, now: Callable[[], float] = time.time) -> None:
        self._standing = standing or Standing()
        self._now = now
        self._runs: dict[tuple[str, str], dict[str, _Post]] = {}
        self._worst: dict[tuple[str, str], Level] = {}
        self._ended: list[Alert] = []
        self.acknowledged: list[Acknowledgement] = []

    def take(
        self, source: str, run: str, verdicts: Iterable[Verdict], *, at_s: float | None = None, clock: bool = False
    ) -> list[Alert]:
        """Take what rules say and return the alerts that are new or rose.

        Args:
            source: The source's name.
            run: Which run of it.
            verdicts: What its rules say now; a rule that is missing keeps what it said.
            at_s: Wall clock of the record or the look.
            clock: The verdicts look at a clock or a machine: they fall by time, not by their number.
        """
        posts = self._runs.setdefault((source, run), {})
        risen: list[Alert] = []
        for verdict in verdicts:
            post = posts.get(verdict.rule)
            if post is None:
                post = posts[verdict.rule] = _Post(verdict)
            post.newest = verdict
            if verdict.level <= Level.UNKNOWN:
                if post.alert is not None:
                    self._lower(post, verdict, at_s, clock=clock)
            elif self._raise(source, run, post, verdict, at_s, clock=clock):
                assert post.alert is not None
                risen.append(post.alert)
                self._worst[source, run] = max(self._worst.get((source, run), Level.GREEN), verdict.level)
        return risen

    def _raise(self, source: str, run: str, post: _Post, verdict: Verdict, at_s: float | None, *, clock: bool) -> bool:
        """Enter a yellow or red verdict; tell whether its alert is new or rose."""
        alert = post.alert
        if alert is None:
            post.below, post.below_since_s, post.below_worst = 0, None, Level.GREEN
            again = _replayed(post.ended, verdict)
            if again is not None:
                self._ended.remove(again)
            post.alert = self._opened(source, run, again, verdict, at_s)
            post.ended = None
            return again is None or verdict.level > again.worst
        if verdict.level < alert.level:
            self._lower(post, verdict, at_s, clock=clock)
            return False
        post.below, post.below_since_s, post.below_worst = 0, None, Level.GREEN
        rose = verdict.level > alert.level
        post.alert = replace(
            alert,
            level=verdict.level,
            worst=max(alert.worst, verdict.level),
            last_step=verdict.step,
            last_s=at_s,
            value=verdict.value,
            threshold=verdict.threshold,
            window=verdict.window,
            told=verdict.told,
            advice=verdict.advice,
            latched=alert.latched or self._latches(verdict),
            acknowledged_by="" if rose else alert.acknowledged_by,
        )
        return rose

    def _opened(self, source: str, run: str, again: Alert | None, verdict: Verdict, at_s: float | None) -> Alert:
        return Alert(
            rule=verdict.rule,
            source=source,
            run=run,
            level=verdict.level,
            worst=max(verdict.level, again.worst if again is not None else verdict.level),
            first_step=again.first_step if again is not None else verdict.step,
            last_step=verdict.step,
            first_s=again.first_s if again is not None else at_s,
            last_s=at_s,
            value=verdict.value,
            threshold=verdict.threshold,
            window=verdict.window,
            told=verdict.told,
            advice=verdict.advice,
            latched=self._latches(verdict),
            acknowledged_by=again.acknowledged_by if again is not None else "",
        )

    def _latches(self, verdict: Verdict) -> bool:
        return verdict.level is Level.RED and verdict.rule in self._standing.latched

    def _lower(self, post: _Post, verdict: Verdict, at_s: float | None, *, clock: bool) -> None:
        """Count a verdict below the alert's level; let it fall when enough came in a row."""
        alert = post.alert
        assert alert is not None
        if verdict.level is Level.UNKNOWN:
            return  # not knowing is no reason to lower anything
        post.below += 1
        post.below_worst = max(post.below_worst, verdict.level)
        if post.below_since_s is None:
            post.below_since_s = at_s
        if alert.latched and not alert.acknowledged_by:
            return
        if clock:
            since_s = post.below_since_s
            over = at_s is not None and since_s is not None and at_s - since_s >= self._standing.clear_s
        else:
            over = post.below >= self._standing.clear_records
        if over:
            self._fall(post, alert)

    def _fall(self, post: _Post, alert: Alert) -> None:
        level = post.below_worst
        post.below, post.below_since_s, post.below_worst = 0, None, Level.GREEN
        if level > Level.UNKNOWN:
            post.alert = replace(alert, level=level, latched=False)
            return
        post.alert, post.ended = None, replace(alert, level=Level.GREEN, latched=False)
        self._ended.append(post.ended)

    def acknowledge(
        self,
        rule: str,
        by: str,
        note: str = "",
        *,
        source: str | None = None,
        run: str | None = None,
        at_s: float | None = None,
    ) -> list[Alert]:
        """Note that a person has seen an alert; a latched one may then fall once its condition is over.

        Raises:
            UsageError: when nobody is named, or no such alert stands.
        """
        if not by.strip():
            raise UsageError(f"{rule} cannot be acknowledged by nobody: name who has seen it")
        seen: list[Alert] = []
        for (its_source, its_run), posts in self._runs.items():
            post = posts.get(rule)
            if post is None or post.alert is None or source not in (None, its_source) or run not in (None, its_run):
                continue
            post.alert = replace(post.alert, acknowledged_by=by)
            seen.append(post.alert)
            self.acknowledged.append(
                Acknowledgement(Key(its_source, its_run, rule), by, note, self._now() if at_s is None else at_s)
            )
            if post.below >= self._standing.clear_records:
                self._fall(post, post.alert)
        if not seen:
            stand = ", ".join(sorted({alert.rule for alert in self.alerts()})) or "none"
            raise UsageError(f"no alert of {rule!r} stands: wanted one of those that do ({stand})")
        return seen

    def alerts(self, source: str | None = None, run: str | None = None) -> list[Alert]:
        """Return the alerts that stand, the worst first."""
        found = [
            post.alert
            for (its_source, its_run), posts in self._runs.items()
            for post in posts.values()
            if post.alert is not None and source in (None, its_source) and run in (None, its_run)
        ]
        return sorted(found, key=lambda alert: -alert.level)

    def ended(self) -> list[Alert]:
        """Return the alerts that are over, in the order in which they ended."""
        return list(self._ended)

    def said(self, source: str, run: str, rule: str) -> Level:
        """Return what stands for one rule; unknown where it never spoke."""
        post = self._runs.get((source, run), {}).get(rule)
        if post is None:
            return Level.UNKNOWN
        return post.newest.level if post.alert is None else post.alert.level

    def heard(self) -> dict[tuple[str, str], tuple[Verdict, ...]]:
        """Return what every rule stands at, source by source and run by run: what was found good among it.

        Where an alert stands that its rule no longer says, the alert is what stands.
        """
        return {
            whose: tuple(_standing(post) for _, post in sorted(posts.items(), key=lambda each: _number(each[0])))
            for whose, posts in self._runs.items()
        }

    def level(self, source: str | None = None, run: str | None = None) -> Level:
        """Return the worst that stands, over one run, one source or all.

        Unknown while nothing green was heard, or where a run has shown too few losses. A rule that cannot tell does
        not count beside others that can.
        """
        kept = [
            posts
            for (its_source, its_run), posts in self._runs.items()
            if source in (None, its_source) and run in (None, its_run)
        ]
        standing = [post.alert.level for posts in kept for post in posts.values() if post.alert is not None]
        if standing:
            return max(standing)
        if any(posts[LOSS_RULE].newest.level is Level.UNKNOWN for posts in kept if LOSS_RULE in posts):
            return Level.UNKNOWN
        heard = any(post.newest.level is Level.GREEN for posts in kept for post in posts.values())
        return Level.GREEN if heard else Level.UNKNOWN

    def worst(self, source: str | None = None, run: str | None = None) -> Level:
        """Return the highest level since the start, over one run, one source or all."""
        past = [
            level
            for (its_source, its_run), level in self._worst.items()
            if source in (None, its_source) and run in (None, its_run)
        ]
        return max([*past, self.level(source, run)])


def _standing(post: _Post) -> Verdict:
    alert, newest = post.alert, post.newest
    if alert is None or alert.level == newest.level:
        return newest
    return Verdict(
        newest.rule, alert.level, alert.last_step, alert.value, alert.threshold, alert.window, alert.told, alert.advice
    )


def _number(rule: str) -> tuple[str, int, str]:
    """Order R2 before R10, and R6a before R6b."""
    digits = "".join(filter(str.isdigit, rule))
    return rule[:1], int(digits or 0), rule


def _replayed(ended: Alert | None, verdict: Verdict) -> Alert | None:
    """Return the ended alert where the verdict is about steps that it covers already."""
    if ended is None or verdict.step is None or ended.last_step is None:
        return None
    return ended if verdict.step <= ended.last_step else None
