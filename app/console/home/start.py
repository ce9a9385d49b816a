"""Starting a job: the list of them, and the engine that is started for one."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from app.console.home.jobs import JOBS, next_job, told_next, why_not
from app.console.look import inks
from app.console.pane import Lines, Part
from app.home.values import HomeSeen

_NAME = 11


class JobList(Lines):
    """The jobs, one line each."""

    DEFAULT_CSS = "JobList { height: auto; max-height: 60vh; overflow-x: hidden; scrollbar-size-vertical: 1; }"

    def __init__(self, seen: HomeSeen) -> None:
        super().__init__(id="jobs")
        self._seen = seen
        self._next = next_job(seen)
        self._marks = bool(told_next(seen, ""))
        self.count = len(JOBS)
        self.at = next(at for at, job in enumerate(JOBS) if job.name == self._next)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Take a row for each job."""
        del container, viewport, width
        return len(JOBS)

    def parts(self, at: int, width: int) -> list[Part]:
        """See :class:`Lines`."""
        del width
        job = JOBS[at]
        refused = why_not(job, self._seen)
        ink = inks.QUIET if refused else inks.STRONG
        mark: Part = ("next ", inks.GOOD) if job.name == self._next and self._marks else ("     ", "")
        asks: Part = ("asks first  " if job.asks else "            ", inks.QUIET if refused else inks.WARN)
        return [mark, (f"{job.name:<{_NAME}}", ink), asks, (job.does, inks.QUIET if refused else inks.PLAIN)]


class StartJob(ModalScreen[str]):
    """Which job shall be started? Answers its name; "" for none."""

    DEFAULT_CSS = """
    StartJob #asked { text-style: bold; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    StartJob #sheet {
        width: 76; max-width: 95%; height: auto; max-height: 100%;
        border: round $primary; padding: 0 2; background: $surface;
    }
    StartJob #what { text-style: bold; }
    StartJob #why, StartJob #what { height: 1; text-wrap: nowrap; text-overflow: ellipsis; margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", id="jobs.start"),
        Binding("escape,q", "leave", "Back", id="jobs.back"),
    ]

    def __init__(self, seen: HomeSeen) -> None:
        super().__init__()
        self._seen = seen

    def compose(self) -> ComposeResult:
        """List them."""
        with Vertical(id="sheet"):
            yield Static(f"Start a job on {self._seen.place.corpus}", id="asked", markup=False)
            yield JobList(self._seen)
            yield Static(id="why", markup=False)
            yield Static("enter  start        j/k  choose        escape  back", id="what", markup=False)

    def on_mount(self) -> None:
        """Begin at the next one."""
        self.query_one(JobList).focus()
        self._tell()

    def on_lines_moved(self) -> None:
        """Say why the one under the cursor cannot be started, if so."""
        self._tell()

    def _tell(self) -> None:
        job = JOBS[self.query_one(JobList).at]
        self.query_one("#why", Static).update(why_not(job, self._seen) or f"gonogo {' '.join(job.command)} CORPUS")

    def action_start(self) -> None:
        """Answer the one under the cursor."""
        job = JOBS[self.query_one(JobList).at]
        if not why_not(job, self._seen):
            self.dismiss(job.name)

    def action_leave(self) -> None:
        """Answer none."""
        self.dismiss("")
