"""How soon the console is there: ``--help``, the first paint, and a run with a million events in its log.

Each round starts everything once, in random order: what Python itself takes, and Textual's import, are taken off within
the round.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

import psutil

from benchmarks import long_log
from benchmarks.console_figures import Figure
from benchmarks.console_rig import Terminal, cpu_s, engine, home, terminal
from benchmarks.measuring import Spread, turns

_NOTHING: Final = "python"
_TEXTUAL: Final = "python and textual"
_HELP: Final = "help"
_ATTACH: Final = "attach"
_HOME: Final = "home"
_MILLION: Final = "attach to a million events"
_MANY: Final = "attach to a hundred thousand shards"
_LEFT: Final = 100
"""The simulated engine has some shards left to do, and does none of them."""
_LASTS_S: Final = 1_200.0


class Took(NamedTuple):
    """What one start took; processor time does not see how busy the machine is with others."""

    wall_s: float
    cpu_s: float


def measure(rounds: int) -> dict[str, list[Took]]:
    """Return what each start took, by round."""
    with home() as env, terminal(env) as screens:
        small, many, long = engine(env, _LASTS_S), _long(env, 100_000), _long(env, long_log.SHARDS)
        with small as (run, _), many as (many_run, _), long as (long_run, _):
            starts: dict[str, Callable[[], Took]] = {
                _NOTHING: lambda: _ends(env, "-c", "pass"),
                _TEXTUAL: lambda: _ends(env, "-c", "import textual.app, textual.screen, textual.widgets"),
                _HELP: lambda: _ends(env, "-m", "app", "--help"),
                _HOME: lambda: _shows(screens, r"Home", []),
                _ATTACH: lambda: _shows(screens, rf"{run}", ["attach", run]),
                _MANY: lambda: _shows(screens, rf"{100_000 - _LEFT:,} done", ["attach", many_run]),
                _MILLION: lambda: _shows(screens, rf"{long_log.SHARDS - _LEFT:,} done", ["attach", long_run]),
            }
            took: dict[str, list[Took]] = {name: [] for name in starts}
            for order in turns(list(starts), rounds):
                for name in order:
                    took[name].append(starts[name]())
            return took


def _long(env: Mapping[str, str], shards: int) -> AbstractContextManager[tuple[str, psutil.Process]]:
    return engine(env, _LASTS_S, "--shards", str(shards), "--settled", str(shards - _LEFT), "--shard-s", "1e6")


def _ends(env: Mapping[str, str], *arguments: str) -> Took:
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, *arguments], env=dict(env), stdout=subprocess.DEVNULL) as started:
        _, status, used = os.wait4(started.pid, 0)
        took = Took(time.perf_counter() - began, used.ru_utime + used.ru_stime)
        started.returncode = os.waitstatus_to_exitcode(status)
    assert started.returncode == 0
    return took


def _shows(screens: Terminal, pattern: str, arguments: list[str]) -> Took:
    """Start the console in a terminal; return what it took until something was to be seen."""
    began = time.perf_counter()
    screens.start("starts", [sys.executable, "-m", "app", *arguments])
    wall_s = screens.shows("starts", pattern) - began
    console = screens.process("starts")
    guard = console.parent()
    took = Took(wall_s, cpu_s(console) + (cpu_s(guard) if guard is not None else 0.0))
    screens.end("starts")
    return took


def figures(took: Mapping[str, list[Took]]) -> list[Figure]:
    """Return what is told of it."""

    def beyond(name: str, other: str) -> tuple[Spread, Spread]:
        pairs = list(zip(took[name], took[other], strict=True))
        walls = Spread.of(each.wall_s - base.wall_s for each, base in pairs)
        return walls, Spread.of(each.cpu_s - base.cpu_s for each, base in pairs)

    told: list[Figure] = []
    for name, other, what, unit, factor, goal in (
        (_HELP, _NOTHING, "`gonogo --help`, beyond Python's own start", "ms", 1_000, 120),
        (_HOME, _TEXTUAL, "first paint after `gonogo`, beyond Python's start and Textual's import", "s", 1, 0.4),
        (_ATTACH, _TEXTUAL, "first paint after `gonogo attach`, likewise", "s", 1, 0.4),
    ):
        wall, cpu = beyond(name, other)
        told.append(Figure(what, wall.times(factor), unit, goal))
        told.append(Figure(f"{what}: processor time", cpu.times(factor), unit))
    return [
        *told,
        _whole(took, _MILLION, "attach to a run with 1,000,000 events, all in all", 1.5),
        Figure("the same: processor time", Spread.of(each.cpu_s for each in took[_MILLION]), "s"),
        _whole(took, _MANY, "attach to a run of 100,000 shards with 333,000 events, all in all"),
        _whole(took, _NOTHING, "Python's own start"),
        _whole(took, _TEXTUAL, "Python's start and Textual's import"),
    ]


def _whole(took: Mapping[str, list[Took]], name: str, what: str, goal: float | None = None) -> Figure:
    return Figure(what, Spread.of(each.wall_s for each in took[name]), "s", goal)
