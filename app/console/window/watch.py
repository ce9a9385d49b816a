"""A window that an engine runs: its log folded and its snapshot asked for, a few times a second."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.console.attending import Attending
from app.console.watch import Watch
from app.endings import ending_lines
from app.following import Following
from app.window_look import SEEN, WindowLook
from engine.convert.view import Level
from engine.errors import NoSuchRunError
from engine.jobs.window.shape import Timetable
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.folder import RunFolder
from engine.run.log import utc_now


@dataclass(slots=True)
class WindowWatch(Attending):
    """One window, watched."""

    folded: WindowLook = field(default_factory=WindowLook)
    table: Timetable | None = None
    snapshot: WindowSnapshot | None = None
    alive: bool = True
    ending: tuple[str, ...] = ()
    problem: str = ""
    """Why the log cannot be read, if so."""
    _log: Following = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        Attending.__post_init__(self)
        self._log = Following(self.folder.events_path, SEEN)

    @property
    def title(self) -> str:
        """The first line."""
        return f"gonogo window  {self.folder.record.corpus or ''}  {self.run_id}"

    @property
    def run_id(self) -> str:
        """The window's run."""
        return self.folder.run_id

    @property
    def health(self) -> tuple[Level, str]:
        """How it is doing, and why."""
        if self.problem:
            return Level.UNKNOWN, self.problem
        return self.folded.health(self.table, self.snapshot, alive=self.alive)

    def look(self) -> None:
        """Read what is new."""
        self.alive = self.folder.is_alive()
        for logged in self._log.events():
            self.folded.apply(logged)
        self.problem = self._log.problem
        self.snapshot = self._ask(WindowSnapshot, alive=self.alive)
        self.table = self.folded.table(utc_now(), self.snapshot, alive=self.alive)
        if not self.alive and not self.ending:
            self.ending = tuple(ending_lines(self.folder))

    def step_watch(self, step: str) -> Watch | str:
        """Return a step's own run, to be watched; why there is none yet, else."""
        track = self.folded.view.tracks[step]
        if not track.run:
            return f"{step} has no run yet: it is {track.state}"
        try:
            return Watch(RunFolder.open(self.folder.path.parent / track.run), read_only=self.read_only)
        except NoSuchRunError as error:
            return str(error)
