"""What is shown of the training logs that are watched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.home.values import Place, TrainingAlert, TrainingRun, TrainingSeen
from engine.convert.view import Level
from engine.watch.alerts import Level as WatchLevel
from engine.watch.opening import open_watching
from engine.watch.records import LOSS
from engine.watch.watching import Watching

_LEVELS: Final = {
    WatchLevel.GREEN: Level.GREEN,
    WatchLevel.YELLOW: Level.YELLOW,
    WatchLevel.RED: Level.RED,
    WatchLevel.UNKNOWN: Level.UNKNOWN,
}


def open_logs(place: Place, paths: Sequence[Path]) -> Watching:
    """Open logs with the rules of a corpus.

    Raises:
        GonogoError: when a path is there and no log, or the rules are wrong.
    """
    return open_watching(paths, place.settings, state=place.state)


def seen_of(watching: Watching, logs: int, *, more: bool) -> TrainingSeen:
    """Copy what is shown of what is watched."""
    newest = {status.name: status.newest_s for status in watching.statuses()}
    runs = [
        TrainingRun(
            name="/".join(filter(None, key)),
            level=_LEVELS[watching.desk.level(*key)],
            step=board.newest.step if board.newest is not None else None,
            loss=board.metrics[LOSS].last if LOSS in board.metrics else None,
            heard_s=newest.get(key[0]),
        )
        for key, board in watching.boards.items()
    ]
    alerts = [
        TrainingAlert(alert.rule, alert.source, _LEVELS[alert.level], alert.told, alert.acknowledged_by)
        for alert in watching.desk.alerts()
        if alert.level > WatchLevel.UNKNOWN
    ]
    problems = [f"{status.name}: {status.problem}" for status in watching.statuses() if status.problem]
    return TrainingSeen(
        logs=logs,
        level=_LEVELS[watching.level],
        runs=tuple(sorted(runs, key=lambda run: -(run.heard_s or 0.0))),
        alerts=tuple(alerts),
        problem="; ".join(problems),
        is_reading=more,
    )
