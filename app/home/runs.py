"""The runs of one state folder: the newest of them, and of each job that something else here rests on."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.home.files import ABSENT, stamp
from app.home.run_track import RunTrack
from app.home.values import RunLine
from app.home.window_track import WindowTrack
from app.window_look import JOB as WINDOW
from engine.convert.view import Level
from engine.errors import InputError, NoSuchRunError
from engine.run.folder import RunFolder

Track = RunTrack | WindowTrack

_NAME: Final = re.compile(r"(\d{8}T\d{6}Z)-([a-z]+)-\w+")
_NEWEST: Final = 30
"""Runs that are looked at: more than any screen shows of them."""
_OF_EACH: Final = 4
_ALWAYS: Final = ("convert", "inventory", "window")
"""Jobs of which the newest are looked at, however many runs of others there were since."""
_LOG_S: Final = 0.05
"""So long a look reads in long logs: a fifth of the time between two looks."""
_FRESH_NS: Final = 2 * 10**9
"""A folder's time is as coarse as its file system's: one that changed just now may change again within that."""


class Runs:
    """Looks at the runs under a state folder."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "runs"
        self._stamp = ABSENT
        self._is_listed = False
        self._tracks: dict[str, Track] = {}
        self._damaged: dict[str, RunLine] = {}
        self.in_all = 0
        """How many there are, those that are not looked at included."""
        self.problem = ""
        """Why the folder cannot be listed."""

    def look(self, now_s: float) -> None:
        """See what is new."""
        self._list()
        until_s = time.monotonic() + _LOG_S
        for track in self._tracks.values():
            track.look(now_s, until_s)

    @property
    def is_reading(self) -> bool:
        """Tell whether there is more to be read at once."""
        return any(track.line.is_folding for track in self._tracks.values())

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The runs that are looked at, the newest first."""
        return tuple(sorted(self._tracks.values(), key=lambda track: age(track.line), reverse=True))

    @property
    def window(self) -> WindowTrack | None:
        """The newest window."""
        return next((track for track in self.tracks if isinstance(track, WindowTrack)), None)

    def lines(self) -> tuple[RunLine, ...]:
        """Return the runs, those that live first, then the newest; steps know their window."""
        window_of = {
            step: track.folder.run_id for track in self.tracks if isinstance(track, WindowTrack) for step in track.steps
        }
        known = [replace(track.line, window=window_of.get(track.line.id, "")) for track in self._tracks.values()]
        lines = sorted([*known, *self._damaged.values()], key=age, reverse=True)
        return tuple(sorted(lines, key=lambda line: not line.is_alive))

    def _list(self) -> None:
        now = stamp(self._folder)
        if self._is_listed and now == self._stamp:
            return
        self._stamp, self.problem = now, ""
        self._is_listed = abs(time.time_ns() - now[3]) > _FRESH_NS
        try:
            names = sorted((path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name)), reverse=True)
        except FileNotFoundError:
            names = []
        except OSError as error:
            names, self.problem = [], f"{self._folder}: cannot be read: {error.strerror}"
        self.in_all = len(names)
        wanted = _wanted(names)
        for name in wanted:
            if name not in self._tracks and name not in self._damaged:
                self._open(name)
        self._tracks = {name: track for name, track in self._tracks.items() if name in wanted}
        self._damaged = {name: line for name, line in self._damaged.items() if name in wanted}

    def _open(self, name: str) -> None:
        try:
            folder = RunFolder.open(self._folder / name)
        except NoSuchRunError:
            return  # a folder of that name, but no run
        except (InputError, OSError) as error:
            self._damaged[name] = _unreadable(name, str(error))
            return
        self._tracks[name] = WindowTrack(folder) if folder.record.job == WINDOW else RunTrack(folder)


def age(line: RunLine) -> tuple[str, str]:
    """Return what sorts runs by time; an id alone does by the second."""
    return line.created, line.id


def _wanted(names: list[str]) -> set[str]:
    """Choose, from names with the newest first, those that are looked at."""
    wanted, of_each = set(names[:_NEWEST]), Counter[str]()
    for name in names:
        job = name.split("-")[1]
        if job in _ALWAYS and of_each[job] < _OF_EACH:
            of_each[job] += 1
            wanted.add(name)
    return wanted


def _unreadable(name: str, why: str) -> RunLine:
    """Tell of a run whose record is damaged, as far as its name does."""
    when, job = name.split("-")[:2]
    created = f"{when[:4]}-{when[4:6]}-{when[6:8]}T{when[9:11]}:{when[11:13]}:{when[13:15]}Z"
    return RunLine(id=name, job=job, created=created, is_alive=False, level=Level.UNKNOWN, why=f"cannot be read: {why}")
