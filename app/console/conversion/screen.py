"""The screen of one run: how it is, how far, what limits it, who works on what, and every shard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input, Static

from app.console.actions import Action, bindings
from app.console.conversion.ending import fit_ending
from app.console.conversion.facts import keeps_originals
from app.console.conversion.fitting import text_of
from app.console.conversion.followed import Followed, followed
from app.console.conversion.forecast import Deadline, deadline_of, run_clock
from app.console.conversion.full import ShardScreen
from app.console.conversion.history import Paces
from app.console.conversion.limits import limit
from app.console.conversion.order import By, Only
from app.console.conversion.pictures import free_picture, pace_picture
from app.console.conversion.plot import Plot
from app.console.conversion.reasons import reasons
from app.console.conversion.roll import Roll
from app.console.conversion.search import Search
from app.console.conversion.shardmap import ShardMap
from app.console.conversion.table import ShardTable
from app.console.conversion.words import ahead, caption, counts, progress, status
from app.console.conversion.workers import WorkerList
from app.console.keymap import key_for
from app.console.look import inks
from app.console.modals import Page
from app.console.steering import Steered, orders
from app.console.watch import Watch
from app.wording import gate_line
from engine.convert.view import Level
from engine.run.off_loop import off_loop

_NO_SHARDS: Final = "this run has told of no shard yet"
_NO_PLOTS: Final = "the plots are of a run that lives, and this one has ended"
_BOTH: Final = 110
"""From this width on both plots are in sight, and the map beside the table: Textual's class ``-wide``."""
_TABLE_LEAST: Final = 78
"""Columns in which a row of the table has all its figures."""
_MAP_LEAST, _MAP_FRAME = 24, 4
_ENDING_LEAST, _ENDING_MOST, _PADDING = 3, 0.6, 2
"""Rows of a run's end beside its shards on a low screen, its share of any other, and what of that is padding: as in
``conversion.tcss``."""
_MANY: Final = 50_000
"""So many changes take a tenth of a second to put into order: what they come to is shown before."""
_AROUND: Final = 6
"""Rows beside the end of a run without shards: those of the frame, its bar, its times."""
_OF_SHARDS: Final = frozenset({"filter", "sort", "search", "trouble", "map"})

ACTIONS: Final = (
    *orders("run", crowded=True),
    Action("run.filter", "f", "filter", "Filter", "Show all, in hand, trouble, pending or done shards"),
    Action("run.sort", "o", "sort", "Order", "Sort by place, state, size, time, newest change", footer=False),
    Action("run.search", "slash", "search", "Find", "Show only shards with this text", shown_as="/"),
    Action("run.next", "n", "trouble(1)", "Next failure", "The next shard in trouble", shown_as="n", footer=False),
    Action("run.before", "N", "trouble(-1)", "Failure before", "The one in trouble before", shown_as="N", footer=False),
    Action("run.map", "m", "map", "Map", "The map of all shards, or their table"),
    Action("run.plot", "t", "plot", "Plot", "Throughput, or free space over time", footer=False),
    Action("run.reasons", "r", "reasons", "Reasons", "Why shards failed or wait, and what limits, in full"),
)


class RunScreen(Steered):
    """Watches one run and passes on what its operator asks.

    Args:
        watch: the run.
        budget_s: how long it may take, where somebody said so.
        is_step: it is a step of a window, whose timeline is behind this screen.
        deadline: when it should have ended, where that is known better than by its budget.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    TAB: ClassVar[str] = "run"
    CSS_PATH = "conversion.tcss"

    def __init__(
        self, watch: Watch, budget_s: float | None = None, *, is_step: bool = False, deadline: Deadline | None = None
    ) -> None:
        super().__init__()
        self.watch_run = watch
        self.is_step = is_step
        self._budget_s, self._deadline = budget_s, deadline
        self._view: Followed = followed(watch)
        self._roll = Roll(self._view)
        self._paces = Paces(keeps_originals=keeps_originals(watch.folder))
        self._map_width: int | None = None

    def compose_body(self) -> ComposeResult:
        """Lay the screen out from the top."""
        for name in ("progress", "ahead", "limit", "counts"):
            yield Static(id=name, classes="one", markup=False)
        yield Static(id="ending", markup=False)
        with Container(id="upper"):
            yield WorkerList(id="crew")
            yield Plot(id="pace")
            yield Plot(id="free")
        yield Static(id="caption", classes="one", markup=False)
        yield Search(id="search")
        with Container(id="lower"):
            yield ShardTable(id="shards")
            yield ShardMap(id="map")

    @property
    def table(self) -> ShardTable:
        """The table of shards."""
        return self.query_one(ShardTable)

    @property
    def map(self) -> ShardMap:
        """The map of shards."""
        return self.query_one(ShardMap)

    def home(self) -> None:
        """Begin in the table."""
        self.table.focus()

    async def look(self) -> bool:
        """Read what is new."""
        await off_loop(self.watch_run.look)
        seen = self.watch_run
        if not seen.alive and seen.read_share is None:
            self._view.cut_off()
        self._paces.take(seen.snapshot, alive=seen.alive)
        self.query_one(WorkerList).take(seen.snapshot)
        return seen.read_share is not None

    def heading(self) -> str | Text:
        """Name the run; one whose gate was opened against its checklist says so for as long as it is shown."""
        seen = self.watch_run
        record = seen.folder.record
        title = "  ".join(each for each in (f"gonogo {record.job}", record.corpus, seen.folder.run_id) if each)
        opened = seen.view.opened
        if opened is None or not opened.overridden_by:
            return title
        return Text(f"{gate_line(opened)}  {title}", style=inks.BAD)

    def status(self) -> tuple[Level, str]:
        """Say how the run is doing."""
        seen = self.watch_run
        if seen.read_share is not None:  # what a half of the log says may be wrong by its end
            return Level.UNKNOWN, f"reading the log of this run: {seen.read_share:.0%}"
        return status(seen.view, alive=seen.alive, problem=seen.problem)

    def show(self) -> None:
        """Draw what was seen."""
        seen, view, now = self.watch_run, self._view, self.watch_run.snapshot
        width = max(20, self.size.width - 2)
        clock = run_clock(view, now)
        deadline = self._deadline or deadline_of(view, self._budget_s)
        self.put("progress", text_of(progress(view, now, self._paces.now, width)))
        self.put("ahead", text_of(ahead(view, now, deadline, clock, width)))
        self.put("limit", text_of(limit(view, now, width)))
        self.put("counts", text_of(counts(view, width)))
        self.set_class(not view.states and (now is None or bool(now.stage)), "whole")
        if seen.ending and seen.read_share is None:
            self.add_class("ended")
            told = fit_ending(seen.ending, width, self._ending_rows(), key_for("run.reasons", "r"))
            self.put("ending", Text("\n".join(told)), layout=True)
        self.query_one(WorkerList).show()
        self._show_plots()
        if seen.read_share is None:
            if self._roll.behind > _MANY:
                self.call_after_refresh(self._show_shards)
            else:
                self._show_shards()

    def _ending_rows(self) -> int:
        """Return how many rows the end of a run may have: of one that told of no shard, all that there are."""
        is_low = self.has_class("-low")
        if self.has_class("whole"):
            return max(_ENDING_LEAST, self.size.height - _AROUND - (0 if is_low else _PADDING))
        return _ENDING_LEAST if is_low else int(self.size.height * _ENDING_MOST) - _PADDING

    def _show_plots(self) -> None:
        view, now = self._view, self.watch_run.snapshot
        pace, free = self.query_one("#pace", Plot), self.query_one("#free", Plot)
        if pace.display:
            pace.show(pace_picture(view, now, self._paces))
        if free.display:
            free.show(free_picture(view, now, self._paces))

    def _show_shards(self) -> None:
        changes = self._roll.follow()
        self._share_room()
        self.table.show(self._roll, changes)
        self.map.show(self._roll, changes)
        self._show_caption()

    def _share_room(self) -> None:
        """Give the map as many columns as its shards want beside the table, and the table the rest."""
        wide = self.size.width >= _BOTH
        height = max(1, self.query_one("#lower").size.height)
        wanted = max(_MAP_LEAST, min(math.ceil(len(self._roll) / height) + _MAP_FRAME, self.size.width - _TABLE_LEAST))
        width = wanted if wide else None
        if width != self._map_width:
            self._map_width = width
            self.map.styles.width = width or "1fr"

    def _show_caption(self) -> None:
        order = self.table.order
        if order is not None:
            chosen = self.map.place if self.map.display else None
            told = caption(order, chosen, self.map.told(), max(20, self.size.width - 2))
            self.put("caption", text_of(told))

    # What keys do.

    def why_not(self, action: str) -> str:
        """Say what can do nothing now."""
        seen = self.watch_run
        if action in _OF_SHARDS and not seen.view.states:
            return _NO_SHARDS
        if action == "plot" and (self.has_class("ended") or self.size.width >= _BOTH):
            return _NO_PLOTS if self.has_class("ended") else "both plots are in sight"
        chooses = action == "auto" and seen.snapshot is not None and seen.snapshot.auto
        return super().why_not(action) or ("the run chooses the number of workers itself already" if chooses else "")

    def notes(self) -> tuple[str, ...]:
        """Say what closing does."""
        return (
            "Tab goes from the workers to the table or the map, and on",
            "Closing the console never ends a run: gonogo attach",
        )

    def action_filter(self) -> None:
        """Show another kind of shards."""
        kinds, order = list(Only), self.table.order
        if order is not None:
            self.table.choose(only=kinds[(kinds.index(order.only) + 1) % len(kinds)])
            self._show_caption()

    def action_sort(self) -> None:
        """Sort by something else."""
        ways, order = list(By), self.table.order
        if order is not None:
            self.table.choose(by=ways[(ways.index(order.by) + 1) % len(ways)])
            self._show_caption()

    def action_search(self) -> None:
        """Ask for a text."""
        self._show_table()
        self.query_one(Search).open(self.table.order.text if self.table.order is not None else "")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the text so far."""
        self.table.choose(text=event.value)
        self._show_caption()

    def on_search_closed(self) -> None:
        """Go on in the table."""
        self.table.focus()

    def action_trouble(self, step: int) -> None:
        """Go to the next shard in trouble, or the one before."""
        if not self.table.next_trouble(step):
            self.tell("no shard of those shown is in trouble")
        elif self.table.place is not None:
            self.map.point(self.table.place)
            self._show_caption()

    def action_map(self) -> None:
        """Show the map, or the table; where there is room for both, go to the other."""
        if self.table.display and self.map.display:
            (self.table if self.map.has_focus else self.map).focus()
        elif self.map.display:
            self._show_table()
        else:
            self.add_class("mapped")
            if self.table.place is not None:
                self.map.point(self.table.place)
            self.map.focus()
        self._show_caption()

    def _show_table(self) -> None:
        self.remove_class("mapped")
        self.table.focus()

    def action_plot(self) -> None:
        """Show the other plot."""
        self.toggle_class("freed")
        self._show_plots()

    def on_shard_map_pointed(self, event: ShardMap.Pointed) -> None:
        """Bring the table to the same shard."""
        self.table.point(event.place)
        self._show_caption()

    def on_lines_moved(self) -> None:
        """Bring the map to the shard of the table."""
        if self.table.has_focus and self.table.place is not None:
            self.map.point(self.table.place)
            self._show_caption()

    def on_shard_table_opened(self, event: ShardTable.Opened) -> None:
        """Show a shard in full."""
        self.app.push_screen(ShardScreen(self.watch_run, event.shard))

    def on_shard_map_opened(self, event: ShardMap.Opened) -> None:
        """Show a shard in full."""
        self.app.push_screen(ShardScreen(self.watch_run, event.shard))

    def action_reasons(self) -> None:
        """Show in full what a line of the table has no room for."""
        seen = self.watch_run
        end = () if seen.alive else seen.ending or (self.status()[1],)
        self.app.push_screen(Page("\n\n".join(reasons(self._view, seen.snapshot, end))))

    @property
    def steered(self) -> Watch:
        """What its orders go to."""
        return self.watch_run

    def stop_question(self) -> str:
        """Name the run."""
        run = self.watch_run.folder.run_id
        return f"Stop {run}?\n\nShards in hand come to a safe point; the same command goes on later."

    def on_unmount(self) -> None:
        """Watch no more: control that we had is free for others."""
        self.watch_run.close()

    # The same again.

    def memory(self) -> dict[str, str]:
        """Return what is shown, and which shard the cursor is on."""
        order, place = self.table.order, self.table.place
        if order is None:
            return {}
        shard = self._roll.names[place] if place is not None else ""
        view = "map" if self.has_class("mapped") else "table"
        return {"only": order.only, "by": order.by, "text": order.text, "shard": shard, "view": view}

    def recall(self, memory: Mapping[str, str]) -> None:
        """Show the same again."""
        self._show_shards()
        self.table.choose(
            only=next((each for each in Only if each == memory.get("only")), None),
            by=next((each for each in By if each == memory.get("by")), None),
            text=memory.get("text", ""),
        )
        place = self._roll.place_of.get(memory.get("shard", ""))
        if place is not None:
            self.table.point(place)
            self.map.point(place)
        if memory.get("view") == "map":
            self.action_map()


class StepScreen(RunScreen):
    """A run that is a step of a window: it belongs to the window's screen, and Escape comes back to the timeline.

    Args:
        watch: the run.
        deadline: when the step should have ended, where that is known.
    """

    TAB: ClassVar[str] = "window"

    def __init__(self, watch: Watch, deadline: Deadline | None = None) -> None:
        super().__init__(watch, is_step=True, deadline=deadline)
