"""The home screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

import msgspec
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message

from app.console.actions import Action, bindings
from app.console.frame import Frame
from app.console.home.board import Board
from app.console.home.jobs import Job, job, question, why_not
from app.console.home.layout import TWO_FROM, lay_out
from app.console.home.start import StartJob
from app.console.launch import EngineRefusedError, start_engine
from app.console.modals import Confirm, Page
from app.home.look import Home
from app.home.values import HomeSeen, Kind
from engine.convert.view import Level
from engine.errors import GonogoError, printable
from engine.run.off_loop import off_loop

_SCROLL_BAR: Final = 1
ACTIONS: Final = (
    Action("home.open", "enter", "open", "Open", "Open what the cursor is on: a run, a checklist, the window"),
    Action("home.start", "s", "start", "Start a job", "Choose a job and start it on this corpus", changes=True),
    Action("home.inventory", "i", "inventory", "Inventory", "Make an inventory: it only reads", changes=True),
    Action(
        "home.other",
        "left,right,h,l",
        "other",
        "Column",
        "Go to the other column, in a window of 110 columns and more",
        shown_as="h l",
        footer=False,
    ),
)


class HomeScreen(Frame):
    """The corpus at a glance.

    Args:
        home: looks at it.
        options: of the command line, for the engines that are started here: ``--config FILE`` and the like.
        now: the clock on the wall, with the time zone that times are written in.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = ACTIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    TAB: ClassVar[str] = "home"
    DEFAULT_CSS = """
    HomeScreen #boards { height: 1fr; }
    HomeScreen Board { height: 1fr; width: 1fr; padding: 0 1; overflow-x: hidden; scrollbar-size-vertical: 1; }
    HomeScreen #right { display: none; }
    HomeScreen.two #right { display: block; }
    """

    class Opened(Message):
        """Somebody wants to see one thing."""

        def __init__(self, kind: str, ref: str) -> None:
            super().__init__()
            self.kind = kind
            """``run``, ``window``, ``checklist``, ``training``, ``alerts`` or ``log``."""
            self.ref = ref
            """An id; "" for the whole."""

    def __init__(
        self, home: Home, options: Sequence[str] = (), now: Callable[[], datetime] = lambda: datetime.now().astimezone()
    ) -> None:
        super().__init__()
        self._home, self._options, self._now = home, tuple(options), now
        self.seen: HomeSeen | None = None
        self._starting = ""
        """The job whose engine is being started."""
        self._recalled = ""
        """What the cursor was on when the console was closed."""

    def compose_body(self) -> ComposeResult:
        """Lay out the two columns."""
        with Horizontal(id="boards"):
            yield Board(id="left")
            yield Board(id="right")

    def on_unmount(self) -> None:
        """Let go of the threads."""
        self._home.close()

    def memory(self) -> dict[str, str]:
        """Keep what the cursor is on."""
        return {"at": self.board.here.key} if self.is_mounted else {}

    def recall(self, memory: Mapping[str, str]) -> None:
        """Put the cursor there once that is seen."""
        self._recalled = memory.get("at", "")

    # Looking and drawing.

    async def look(self) -> bool:
        """Read what is new."""
        self.seen = await off_loop(self._home.look)
        return self._home.is_behind

    def heading(self) -> str:
        """Name the corpus, and say how late it is."""
        corpus = self._home.place.corpus
        return f"gonogo  {'no corpus' if corpus is None else corpus}  {self._now():%H:%M %Z}"

    def status(self) -> tuple[Level, str] | Text:
        """Say whether all is well, and what runs."""
        if self.seen is None or self.seen.place.corpus is None:
            return Text("gonogo converts a corpus in place, and loses nothing", style="dim")
        return self.seen.level, self.seen.headline

    def show(self) -> None:
        """Draw what was seen."""
        if self.seen is None:
            return
        two = self.size.width >= TWO_FROM and self.seen.place.corpus is not None
        self.set_class(two, "two")
        left, right = self.query_one("#left", Board), self.query_one("#right", Board)
        rows = self.query_one("#boards").size.height
        outer = self.size.width // 2 if two else self.size.width
        width = outer - 2 - _SCROLL_BAR
        laid = lay_out(self.seen, width, self.size.width - outer - 2 - _SCROLL_BAR if two else 0, max(1, rows))
        left.show(laid.left)
        right.show(laid.right)
        if right.has_focus and not two:
            left.focus()
        if self._recalled and self.seen.is_settled:
            self._go_back((left, right) if two else (left,))

    def _go_back(self, boards: Sequence[Board]) -> None:
        key, self._recalled = self._recalled, ""
        for board in boards:
            for at, line in enumerate(board.lines):
                if line.key == key:
                    board.focus()
                    board.go(at)
                    return

    # Keys.

    @property
    def board(self) -> Board:
        """The column that the cursor is in."""
        right = self.query_one("#right", Board)
        return right if right.has_focus else self.query_one("#left", Board)

    def why_not(self, action: str) -> str:
        """Say what can do nothing now."""
        if self.seen is None:
            return "nothing was looked at yet"
        if action == "open" and not self.board.here.key:
            return "there is nothing to open here"
        if action == "other" and not self.has_class("two"):
            return f"there is one column below {TWO_FROM} columns of window"
        if action in ("start", "inventory") and self._starting:
            return f"{self._starting} is being started"
        if action == "inventory" or (action == "start" and self.seen.place.corpus is None):
            return why_not(job("inventory"), self.seen)
        return ""

    def action_other(self) -> None:
        """Go to the other column."""
        right = self.query_one("#right", Board)
        (self.query_one("#left", Board) if right.has_focus else right).focus()

    def action_open(self) -> None:
        """Open what the cursor is on; say in full what no screen has more of."""
        line = self.board.here
        if line.ref.kind is not Kind.NOTHING:
            self.post_message(self.Opened(line.ref.kind.value, line.ref.name))
        elif line.page:
            self.app.push_screen(Page(line.page))

    def action_inventory(self) -> None:
        """Start an inventory."""
        self._begin(job("inventory"))

    def action_start(self) -> None:
        """Let a job be chosen."""
        if self.seen is not None:
            self.app.push_screen(StartJob(self.seen), self._chosen)

    def _chosen(self, name: str | None) -> None:
        if not name or self.seen is None:
            return
        what = job(name)
        if not what.asks:
            self._begin(what)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._begin(what)

        self.app.push_screen(Confirm(question(what, self.seen)), answered)

    def _begin(self, what: Job) -> None:
        if self._starting:
            self.tell(f"{self._starting} is being started", "warning")
            return
        self._starting = what.name
        self.enable()
        self.tell(f"starting {what.name}")
        self._start(what)

    @work(group="start")
    async def _start(self, what: Job) -> None:
        """Start an engine, away from the loop, and open its run; what it says where it does not start is a page."""
        place = self._home.place
        # The state goes with it: it may be another than the engine would choose. The corpus may begin with a dash.
        arguments = ["--state", str(place.state), *self._options, *what.command, "--", str(place.corpus)]
        try:
            run = await off_loop(lambda: start_engine(arguments, place.state))
        except (GonogoError, OSError, msgspec.MsgspecError) as error:
            code = f" (exit code {error.code})" if isinstance(error, EngineRefusedError) else ""
            self.app.push_screen(Page(f"{what.name} did not start{code}.\n\n{_said(error)}"))
        else:
            kind = Kind.WINDOW if what.name == "window" else Kind.RUN
            self.post_message(self.Opened(kind.value, run.run_id))
        self._starting = ""
        self.app.clear_notifications()
        self.look_again()


def _said(error: Exception) -> str:
    return "\n".join(map(printable, str(error).splitlines()))
