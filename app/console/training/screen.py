"""The screen of training runs: whether all is right and why, every run, the curve of one, machines, alerts."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.widgets import Static

from app.console.actions import Action, bindings
from app.console.frame import Frame
from app.console.modals import Page
from app.console.training.curves import Picture, range_of
from app.console.training.facts import Facts
from app.console.training.keys import KEYS
from app.console.training.looks import Looks
from app.console.training.panels import AlertTable, RunTable
from app.console.training.plot import CurvePlot
from app.console.training.prompts import NotePrompt
from app.console.training.seen import RunSeen, Seen
from app.console.training.words import (
    alert_caption,
    alert_page,
    beside,
    caption,
    curve_told,
    machine,
    rules_page,
    second,
    sources_page,
    status,
)
from engine.errors import GonogoError
from engine.watch.records import EVAL_LOSS, LOSS

_TALL_ROWS: Final = 32
"""From here on there is room for more alerts."""
_LOW_ROWS: Final = 20
"""Below, the plot has the room of what can be read elsewhere."""
_ZOOM_MOST: Final = 12


class TrainingScreen(Frame):
    """Watches training runs, in front or not: somebody may count on what is done on red.

    Args:
        looks: looks at them.
        facts: what else is known.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = KEYS
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEYS)
    TAB: ClassVar[str] = "training"
    RESTS: ClassVar[bool] = False
    STATUS_GROWS: ClassVar[bool] = True

    def __init__(self, looks: Looks, facts: Facts) -> None:
        super().__init__()
        self._looks, self._facts = looks, facts
        self._seen: Seen | None = None
        self._chosen: tuple[str, str] | None = None
        self._against: tuple[str, str] | None = None
        self._problem = ""
        self._metric = ""
        self._is_log = False
        self._zoom = 0
        self._drawn: tuple[RunSeen | None, RunSeen | None, str, bool, int, Size] = (None, None, "", False, 0, Size())

    def compose_body(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Static(id="second", markup=False)
        yield RunTable(id="runs")
        yield Static(id="caption", markup=False)
        yield CurvePlot(id="curve")
        yield Static(id="beside", markup=False)
        yield Static(id="machine", markup=False)
        yield Static(id="alertcaption", markup=False)
        yield AlertTable(id="alerts")

    def home(self) -> None:
        """Begin at the alerts."""
        self._table.focus()

    def on_resize(self) -> None:
        """Share the room out anew."""
        self.set_class(self.size.height >= _TALL_ROWS, "tall")
        self.set_class(self.size.height < _LOW_ROWS, "low")

    @property
    def _table(self) -> AlertTable:
        return self.query_one(AlertTable)

    # Looking and showing.

    async def look(self) -> bool:
        """Look at the runs; what cannot be watched at all ends the console."""
        try:
            seen, more = await self._looks.look()
        except GonogoError as error:
            self._problem = str(error)
            if self._seen is None:
                self._looks.refused = error
                self.app.exit()
            return False
        self._tell_of(seen)
        self._seen, self._problem = seen, ""
        return more

    def _tell_of(self, seen: Seen) -> None:
        """Say in a corner what was done on red."""
        before = self._seen
        if before is None:
            return
        for deed in seen.deeds[len(before.deeds) :]:
            self.tell(deed, "error")

    def alarm(self) -> str:
        """Ring when a level rises to yellow or red, once the logs were read."""
        seen = self._seen
        if seen is None or seen.reading_bytes is not None:
            return ""
        return "" if seen.level.name not in {"YELLOW", "RED"} else seen.level.name

    @property
    def _run(self) -> RunSeen | None:
        """The run that was chosen; while none was, the first of those that are worst."""
        chosen = self._find(self._chosen)
        if chosen is None and self._seen is not None and self._seen.runs:
            return max(self._seen.runs, key=lambda run: run.level)
        return chosen

    def _find(self, key: tuple[str, str] | None) -> RunSeen | None:
        runs = self._seen.runs if self._seen is not None else ()
        return next((run for run in runs if (run.source, run.run) == key), None)

    def heading(self) -> str:
        """Say what is watched."""
        runs = self._seen.runs if self._seen is not None else ()
        names = ", ".join(run.name for run in runs[:3])
        more = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
        return f"gonogo watch  {names}{more}"

    def status(self) -> Text:
        """Say how all runs are."""
        return status(self._seen, self._problem)

    def show(self) -> None:
        """Show what is known, and draw only what is another than before."""
        seen = self._seen
        self.put("second", second(seen), layout=True)
        if seen is None:
            return
        run = self._run
        at = seen.runs.index(run) if run is not None else 0
        self.query_one(RunTable).show(seen.runs, at, seen.now_s)
        self._show_curve(run)
        self.put("machine", machine(seen, self._facts, tall=self.size.height >= _TALL_ROWS), layout=True)
        self.put("alertcaption", alert_caption(seen))
        self._table.show(seen.alerts, with_run=len(seen.runs) > 1)

    def _show_curve(self, run: RunSeen | None) -> None:
        plot = self.query_one(CurvePlot)
        if run is None or not run.curves:
            plot.show(None)
            self.put("caption", caption(run, "", None, ""))
            return
        metric = self._metric if self._metric in run.curves else run.shown[0]
        other = self._find(self._against)
        now = (run, other, metric, self._is_log, self._zoom, self.size)
        if now[0] is self._drawn[0] and now[1] is self._drawn[1] and now[2:] == self._drawn[2:]:
            return  # to find the range of thousands of points again would be most of what an idle screen costs
        self._drawn = now
        evals = run.curves.get(EVAL_LOSS) if metric == LOSS else None
        picture = Picture(
            curve=run.curves[metric],
            other=other.curves.get(metric) if other is not None and other is not run else None,
            evals=evals,
            resumes=run.resumes,
            log=self._is_log,
            zoom=self._zoom,
        )
        plot.show(picture)
        seen = range_of(picture)
        is_log = seen is not None and seen.is_log
        told = curve_told(
            picture.curve,
            is_log=is_log,
            zoom=self._zoom,
            evals=evals is not None,
            resumes=len(run.resumes),
            cut=seen.cut if seen is not None else 0,
        )
        if self._is_log and not is_log:
            told = f"not log: values of 0 or less  {told}"
        self.put("caption", caption(run, metric, other if picture.other is not None else None, told))
        self.put("beside", beside(run, metric, self.size.width - 2))

    def on_alert_table_moved(self) -> None:
        """Grey out what this alert does not take."""
        self.enable()

    # Keys.

    def why_not(self, action: str) -> str:
        """Say why a key can do nothing now."""
        runs = len(self._seen.runs) if self._seen is not None else 0
        chosen = self._table.chosen
        match action:
            case "run" | "compare" if runs < 2:
                return "there is one run here, or none yet"
            case "acknowledge" | "alert" if chosen is None:
                return "there is no alert"
            case "acknowledge" if chosen is not None and chosen.over:
                return "this alert is over: there is nothing to acknowledge"
            case _:
                return ""

    def action_run(self, by: int) -> None:
        """Show another run."""
        if self._seen is not None and self._run is not None:
            runs = self._seen.runs
            run = runs[(runs.index(self._run) + by) % len(runs)]
            self._chosen = (run.source, run.run)
            self.draw()

    def action_compare(self) -> None:
        """Draw another run beside this one: one after the other, then none."""
        run, other = self._run, self._find(self._against)
        if self._seen is None or run is None:
            return
        others = [each for each in self._seen.runs if each is not run]
        at = others.index(other) + 1 if other in others else 0
        self._against = (others[at].source, others[at].run) if at < len(others) else None
        self.draw()

    def action_log(self) -> None:
        """Draw on the other scale."""
        self._is_log = not self._is_log
        self.draw()

    def action_zoom(self, by: int) -> None:
        """Show the newest half, or twice as much."""
        self._zoom = max(0, min(_ZOOM_MOST, self._zoom + by))
        self.draw()

    def action_metric(self, by: int = 1) -> None:
        """Draw another metric."""
        run = self._run
        if run is not None and run.curves:
            names = run.shown
            at = names.index(self._metric) if self._metric in names else 0
            self._metric = names[(at + by) % len(names)]
            self.draw()

    def action_metric_before(self) -> None:
        """Draw the metric before."""
        self.action_metric(-1)

    def action_alert(self) -> None:
        """Show the alert in full."""
        if self._table.chosen is not None:
            self.app.push_screen(Page(alert_page(self._table.chosen)))

    async def action_acknowledge(self) -> None:
        """Ask for a note; the alert that is asked about is the one that is acknowledged, whatever came up meanwhile."""
        chosen = self._table.chosen
        if chosen is None or chosen.over:
            return
        alert = chosen.alert

        def answered(note: str | None) -> None:
            if note is not None:
                self.run_worker(self._acknowledge(alert.source, alert.run, alert.rule, note), group="act")

        await self.app.push_screen(NotePrompt(alert_page(chosen)), answered)

    async def _acknowledge(self, source: str, run: str, rule: str, note: str) -> None:
        try:
            await self._looks.acknowledge(source, run, rule, note)
        except GonogoError as error:
            self.tell(f"not acknowledged: {error}", "error")
            return
        self.tell(f"{rule} was seen by {self._facts.who}")

    def action_sources(self) -> None:
        """Show the sources."""
        if self._seen is not None:
            self.app.push_screen(Page(sources_page(self._seen)))

    def action_rules(self) -> None:
        """Explain the rules."""
        self.app.push_screen(Page(rules_page(self._facts.rules)))

    def parting(self) -> str:
        """Ask where leaving disarms what is done on red."""
        if self._facts.armed and not self._looks.has_acted:
            return f"Leave?\n\nNobody will see red then, and this is not done any more: {self._facts.armed}."
        return ""
