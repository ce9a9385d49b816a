"""The screen of training runs: whether all is right and why, every run, the curve of one, machines, alerts."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Footer, Static

from app.console.modals import Confirm, Page
from app.console.run_screen import LOOKS_PER_S, SMALLEST
from app.console.training.curves import Picture, range_of
from app.console.training.facts import Facts
from app.console.training.keys import KEYS, help_page
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
from engine.errors import GonogoError, printable
from engine.watch.records import EVAL_LOSS, LOSS

_TALL_ROWS: Final = 32
"""From here on there is room for more alerts."""
_LOW_ROWS: Final = 20
"""Below, the plot has the room of what can be read elsewhere."""
_ZOOM_MOST: Final = 12


class TrainingScreen(Screen[None]):
    """Watches training runs.

    Args:
        looks: looks at them.
        facts: what else is known.
    """

    BINDINGS: ClassVar[list[BindingType]] = KEYS

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
        self._told: dict[str, object] = {}
        self._drawn: tuple[RunSeen | None, RunSeen | None, str, bool, int, Size] = (None, None, "", False, 0, Size())
        self._enabled: tuple[bool | None, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay the screen out from the top."""
        yield Static(id="status", markup=False)
        yield Static(id="second", markup=False)
        yield RunTable(id="runs")
        yield Static(id="caption", markup=False)
        yield CurvePlot(id="curve")
        yield Static(id="beside", markup=False)
        yield Static(id="machine", markup=False)
        yield Static(id="alertcaption", markup=False)
        yield AlertTable(id="alerts")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin to look."""
        self._table.focus()
        self._keep_looking()

    def on_resize(self) -> None:
        """Share the room out anew; where there is none for anything, say so and take no keys."""
        self.set_class(self._too_small, "small")
        self.set_class(self.size.height >= _TALL_ROWS, "tall")
        self.set_class(self.size.height < _LOW_ROWS, "low")
        self._show()

    @property
    def _table(self) -> AlertTable:
        return self.query_one(AlertTable)

    @property
    def _too_small(self) -> bool:
        return self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]

    # Looking and showing.

    @work(group="look")
    async def _keep_looking(self) -> None:
        """Look, show, wait: one look at a time, away from the loop that draws."""
        while True:
            try:
                seen, more = await self._looks.look()
            except GonogoError as error:
                if self._seen is None:  # what was named cannot be watched at all
                    self._looks.refused = error
                    self.app.exit()
                    return
                self._problem = str(error)
                self._show()
                await asyncio.sleep(1 / LOOKS_PER_S)
                continue
            self._tell_of(seen)
            self._seen, self._problem = seen, ""
            self._show()
            await asyncio.sleep(0 if more else 1 / LOOKS_PER_S)

    def _tell_of(self, seen: Seen) -> None:
        """Say in a corner what was done on red, and ring when red is new."""
        before = self._seen
        if before is None:
            return
        for deed in seen.deeds[len(before.deeds) :]:
            self._tell(deed, "error")
        if seen.level > before.level and before.reading_bytes is None and seen.level.name in {"YELLOW", "RED"}:
            self.app.bell()

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

    def _show(self) -> None:
        """Show what is known, and draw only what is another than before."""
        seen = self._seen
        if self._too_small:
            self._put("status", Text(f"too small: wanted {SMALLEST[0]}x{SMALLEST[1]}; keys rest, q leaves"))
            self._put("second", status(seen, self._problem))
            return
        self._put("status", status(seen, self._problem), layout=True)
        self._put("second", second(seen), layout=True)
        if seen is None:
            return
        run = self._run
        at = seen.runs.index(run) if run is not None else 0
        self.query_one(RunTable).show(seen.runs, at, seen.now_s)
        self._show_curve(run)
        self._put("machine", machine(seen, self._facts, tall=self.size.height >= _TALL_ROWS), layout=True)
        self._put("alertcaption", alert_caption(seen))
        self._table.show(seen.alerts, with_run=len(seen.runs) > 1)
        self._enable()

    def _show_curve(self, run: RunSeen | None) -> None:
        plot = self.query_one(CurvePlot)
        if run is None or not run.curves:
            plot.show(None)
            self._put("caption", caption(run, "", None, ""))
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
        self._put("caption", caption(run, metric, other if picture.other is not None else None, told))
        self._put("beside", beside(run, metric, self.size.width - 2))

    def _put(self, name: str, content: str | Text, *, layout: bool = False) -> None:
        if self._told.get(name) != content:
            self._told[name] = content
            self.query_one(f"#{name}", Static).update(content, layout=layout)

    def on_alert_table_moved(self) -> None:
        """Grey out what this alert does not take."""
        self._enable()

    # Keys.

    def _enable(self) -> None:
        enabled = tuple(self._state_of(each.action) for each in KEYS if isinstance(each, Binding))
        if enabled != self._enabled:  # it draws the whole footer anew
            self._enabled = enabled
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what can do nothing now; a window that is too small does nothing but end."""
        return self._state_of(action)

    def _state_of(self, action: str) -> bool | None:
        name = action.partition("(")[0]
        if self._too_small:
            return name == "leave"
        runs = len(self._seen.runs) if self._seen is not None else 0
        chosen = self._table.chosen if self.is_mounted else None
        match name:
            case "run" | "compare":
                return True if runs > 1 else None
            case "acknowledge":
                return True if chosen is not None and not chosen.over else None
            case "alert":
                return True if chosen is not None else None
            case _:
                return True

    def action_run(self, by: int) -> None:
        """Show another run."""
        if self._seen is not None and self._run is not None:
            runs = self._seen.runs
            run = runs[(runs.index(self._run) + by) % len(runs)]
            self._chosen = (run.source, run.run)
            self._show()

    def action_compare(self) -> None:
        """Draw another run beside this one: one after the other, then none."""
        run, other = self._run, self._find(self._against)
        if self._seen is None or run is None:
            return
        others = [each for each in self._seen.runs if each is not run]
        at = others.index(other) + 1 if other in others else 0
        self._against = (others[at].source, others[at].run) if at < len(others) else None
        self._show()

    def action_log(self) -> None:
        """Draw on the other scale."""
        self._is_log = not self._is_log
        self._show()

    def action_zoom(self, by: int) -> None:
        """Show the newest half, or twice as much."""
        self._zoom = max(0, min(_ZOOM_MOST, self._zoom + by))
        self._show()

    def action_metric(self, by: int = 1) -> None:
        """Draw another metric."""
        run = self._run
        if run is not None and run.curves:
            names = run.shown
            at = names.index(self._metric) if self._metric in names else 0
            self._metric = names[(at + by) % len(names)]
            self._show()

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
            self._tell(f"not acknowledged: {error}", "error")
            return
        self._tell(f"{rule} was seen by {self._facts.who}")

    def action_sources(self) -> None:
        """Show the sources."""
        if self._seen is not None:
            self.app.push_screen(Page(sources_page(self._seen)))

    def action_rules(self) -> None:
        """Explain the rules."""
        self.app.push_screen(Page(rules_page(self._facts.rules)))

    def action_keys(self) -> None:
        """Show what every key does."""
        self.app.push_screen(Page(help_page()))

    def action_leave(self) -> None:
        """Leave; ask first where leaving disarms what is done on red."""
        if self._facts.armed and not self._looks.has_acted:
            question = f"Leave?\n\nNobody will see red then, and this is not done any more: {self._facts.armed}."
            self.app.push_screen(Confirm(printable(question)), self._leave_if)
        else:
            self.app.exit(0)

    def _leave_if(self, yes: bool | None) -> None:
        if yes:
            self.app.exit(0)

    def _tell(self, text: str, severity: SeverityLevel = "information") -> None:
        self.app.clear_notifications()
        self.notify(printable(text), severity=severity, markup=False)
