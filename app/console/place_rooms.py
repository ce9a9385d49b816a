"""The screens of one place: a corpus, its state, its settings; each made when somebody goes there.

Each is imported then as well: all of them take half a second, and the first is to be there at once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.console.frame import Frame
from app.console.keymap import key_for
from app.home.values import Place
from app.window_look import JOB as WINDOW
from engine.convert.view import Level
from engine.errors import GonogoError, NoSuchRunError
from engine.host.facts import user_name
from engine.run.folder import RunFolder, list_runs
from engine.watch.logs import configured_logs

if TYPE_CHECKING:
    from app.alerts_reading import AlertSource

_NO_LOGS: Final = 'no training log is named: gonogo.toml, [watch] logs = ["runs/*/train.log"]; or gonogo watch LOG'


@dataclass(slots=True)
class PlaceRooms:
    """Makes the screens of one place. What they hold goes with the process."""

    place: Place
    options: Sequence[str] = ()
    """Of the command line, for engines that are started from here."""
    who: str = ""
    """The name to answer and sign as; "" for the one that the key has."""
    key: Path | None = None
    """The key to sign with; None for the one that is set, or the user's own."""
    budget_s: float | None = None
    """What a conversion may take, where somebody said so."""
    run_id: str = ""
    """The run that was opened last; "" for the newest."""
    _source: AlertSource | None = None
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def attention(self) -> tuple[int, Level]:
        """See :class:`~app.console.rooms.Rooms`."""
        from app.alerts import waiting, worst  # noqa: PLC0415  # what a screen needs comes with it, not before

        seen, more = self._alert_source().look()
        while more:
            seen, more = self._alert_source().look()
        unseen = waiting(seen.concerns)
        return len(unseen), worst(unseen)

    def make(self, name: str) -> Frame | str:
        """See :class:`~app.console.rooms.Rooms`."""
        match name:
            case "home":
                return self._home()
            case "run":
                return self._newest(is_window=False)
            case "window":
                return self._newest(is_window=True)
            case "checklists":
                return self._lists()
            case "training":
                return self._training()
            case "alerts":
                return self._alerts()
            case _:
                return self._log("")

    def open(self, kind: str, ref: str) -> Frame | str:
        """See :class:`~app.console.rooms.Rooms`."""
        try:
            match kind:
                case "run" | "window":
                    return self.run(RunFolder.open(self.place.state / "runs" / ref))
                case "checklist":
                    return self._checklist(ref)
                case "log":
                    return self._log(ref)
                case _:
                    return self.make(kind)
        except (GonogoError, OSError) as error:
            return str(error)

    def run(self, folder: RunFolder) -> Frame:
        """Return the screen of a run, or of a window."""
        self.run_id = folder.run_id
        if folder.record.job == WINDOW:
            return self._window(folder)
        from app.console.conversion.screen import RunScreen  # noqa: PLC0415
        from app.console.watch import Watch  # noqa: PLC0415

        return RunScreen(Watch(folder), self.budget_s)

    def _window(self, folder: RunFolder) -> Frame:
        from app.console.window.screen import WindowScreen  # noqa: PLC0415
        from app.console.window.watch import WindowWatch  # noqa: PLC0415

        return WindowScreen(WindowWatch(folder))

    def _home(self) -> Frame:
        from app.console.home.screen import HomeScreen  # noqa: PLC0415
        from app.home.look import Home  # noqa: PLC0415

        return HomeScreen(Home(self.place, alerts=self._alert_source), self.options)

    def _lists(self) -> Frame:
        from app.console.lists.screen import ListsScreen  # noqa: PLC0415

        return ListsScreen(self.place)

    def _newest(self, *, is_window: bool) -> Frame | str:
        runs = [run for run in list_runs(self.place.state) if (run.record.job == WINDOW) is is_window]
        if not runs:
            what = "window" if is_window else "run"
            home, start = key_for("console.home", "1"), key_for("home.start", "s")
            return f"there is no {what} on this corpus yet: {home} goes Home, {start} starts a job there"
        alive = [run for run in runs if run.is_alive()]
        return self.run(max(alive or runs, key=lambda run: run.record.created))

    def _checklist(self, name: str) -> Frame:
        from app.console.checklist.hand import Hand  # noqa: PLC0415
        from app.console.checklist.screen import ChecklistScreen  # noqa: PLC0415
        from engine.checklist.around import Around  # noqa: PLC0415
        from engine.checklist.finding import open_list  # noqa: PLC0415
        from engine.checklist.walk import Walk  # noqa: PLC0415
        from engine.host.threads import worker_environment  # noqa: PLC0415

        corpus = self.place.corpus or Path.cwd()
        around = Around(corpus, self.place.state, self.place.settings, os.environ, worker_environment(os.environ))
        walk = Walk(open_list(name, corpus), around)
        return ChecklistScreen(walk, Hand(walk, self.who, self.key))

    def _alerts(self) -> Frame:
        from app.console.alerts.screen import AlertsScreen  # noqa: PLC0415

        return AlertsScreen(self._alert_source())

    def _alert_source(self) -> AlertSource:
        """Return the one that the screen of alerts, the mark at its name and Home have in common; from any thread."""
        from app.alerts_reading import AlertSource  # noqa: PLC0415

        with self._one_at_a_time:
            if self._source is None:
                place = self.place
                who = self.who or place.settings.signing.name or user_name()
                self._source = AlertSource(place.corpus, place.state, place.settings, who)
            return self._source

    def _log(self, run_id: str) -> Frame | str:
        from app.console.log.screen import LogScreen  # noqa: PLC0415
        from app.console.log.source import LogSource  # noqa: PLC0415
        from app.log_words import event_row  # noqa: PLC0415

        runs = list_runs(self.place.state)
        wanted = run_id or self.run_id or (runs[-1].run_id if runs else "")
        if not wanted:
            return "there is no run on this corpus yet, so there is no log"
        try:
            folder = RunFolder.open(self.place.state / "runs" / wanted)
        except NoSuchRunError as error:
            return str(error)
        return LogScreen(LogSource(folder.run_id, folder.events_path, event_row, folder.is_alive))

    def _training(self) -> Frame | str:
        """Watch the logs that the settings name, as ``gonogo watch`` does; here red is told, and nothing is done."""
        from app.console.training.facts import Facts  # noqa: PLC0415
        from app.console.training.looks import Looks  # noqa: PLC0415
        from app.console.training.screen import TrainingScreen  # noqa: PLC0415
        from engine.watch.actions import OnRed, Reactor  # noqa: PLC0415
        from engine.watch.explain import explain  # noqa: PLC0415
        from engine.watch.opening import open_watching, rules_of, setting_of  # noqa: PLC0415

        place = self.place
        try:
            paths = configured_logs(place.settings, place.corpus) if place.corpus is not None else ()
            if not paths:
                return _NO_LOGS
            watching = open_watching(paths, place.settings, state=place.state)
        except (GonogoError, OSError) as error:
            return str(error)
        rules = tuple(explain(rules_of(place.settings), setting_of(place.settings)))
        facts = Facts(place.settings.signing.name or user_name(), (), "", rules)
        return TrainingScreen(Looks(watching, Reactor(OnRed.parse("notify"), 0.0), facts), facts)
