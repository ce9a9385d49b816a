"""Opening what is to be watched: sources by content, rules and patterns as the settings have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.config import Settings
from engine.errors import ConfigError
from engine.watch.detect import open_sources
from engine.watch.machine.host import HostGauge
from engine.watch.scale import Mode, Setting
from engine.watch.sources.patterns import PATTERNS, user_patterns
from engine.watch.thresholds import Rules, override
from engine.watch.watching import Gauge, Watching


def rules_of(settings: Settings) -> Rules:
    """Return the rules in force.

    Raises:
        ConfigError: when ``[watch.rules]`` names what there is not, or a number that cannot be.
    """
    top = settings.rules.get("", {})
    for key in top:
        if key != "off":
            raise ConfigError(f"[watch.rules] {key} is unknown: wanted off = [...], or a table [watch.rules.FAMILY]")
    off = top.get("off", ())
    if not isinstance(off, tuple):
        raise ConfigError(f'[watch.rules] off = {off!r}: wanted a list of rules, such as ["R3"]')
    tables = {family: dict(table) for family, table in settings.rules.items() if family}
    return override(Rules(), tables, off)


def setting_of(settings: Settings) -> Setting:
    """Return what is known of a run beforehand."""
    watch = settings.watch
    return Setting(
        scale=watch.scale,
        card=watch.card or None,
        mode=Mode(watch.mode) if watch.mode else None,
        planned_steps=watch.planned_steps or None,
    )


def open_watching(
    paths: Sequence[Path],
    settings: Settings,
    gauges: Sequence[Gauge] = (),
    state: Path | None = None,
    host: HostGauge | None = None,
) -> Watching:
    """Open sources and judge them by the rules in force.

    Args:
        paths: files, folders, or ``-`` for standard input.
        settings: as resolved.
        gauges: what is looked at beside the logs.
        state: STATE, where acknowledgements are kept; None keeps none.
        host: the machine that this runs on; None leaves it out.

    Raises:
        ConfigError: when patterns or rules are wrong.
        UsageError: when a file is there that is no log.
    """
    rules = rules_of(settings)
    patterns = (*user_patterns(settings.patterns), *PATTERNS)
    sources = open_sources(*paths, patterns=patterns, logging_steps=settings.watch.logging_steps)
    return Watching(sources, rules, setting_of(settings), gauges, state=state, host=host)
