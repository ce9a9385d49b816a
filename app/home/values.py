"""What the home screen knows at one moment: values alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from engine.config import Settings
from engine.convert.events import SourceTotals
from engine.convert.guard import Room
from engine.convert.view import Level
from engine.jobs.window.shape import Timetable
from engine.run.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Place:
    """What is looked at."""

    corpus: Path | None
    """None where gonogo was started on none."""
    state: Path
    settings: Settings
    problem: str = ""
    """Why the settings are the defaults: gonogo.toml cannot be read; "" for nothing."""


class Kind(Enum):
    """What a line is about: which screen opens it."""

    RUN = "run"
    WINDOW = "window"
    CHECKLIST = "checklist"
    TRAINING = "training"
    ALERTS = "alerts"
    LOG = "log"
    NOTHING = ""
    """No screen has more of it than this one."""


@dataclass(frozen=True, slots=True)
class Ref:
    """One thing that a line is about."""

    kind: Kind
    name: str = ""
    """A run's or a window's id, a checklist's, a rule's; "" for the whole."""


NOTHING = Ref(Kind.NOTHING)
NO_SUCH_LIST = "there is no such checklist"


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run."""

    id: str
    job: str
    created: str
    """RFC 3339, UTC, as all times here."""
    is_alive: bool
    level: Level
    why: str
    newest: str = ""
    """When it last said something; when it ended, where it did."""
    outcome: Outcome | None = None
    """How it ended; None while it goes on, and where nobody wrote it down."""
    dry_run: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    """Shards by state, as far as it told."""
    is_folding: bool = False
    """Its log is long, and not all of it was read yet."""
    settled: int = 0
    pieces: str = "shards"
    """What ``settled`` and ``to_do`` count."""
    to_do: int = 0
    share: float | None = None
    """How much of it is done, from 0 to 1; None where there is no measure."""
    eta_s: float | None = None
    stage: str = ""
    pauses: tuple[str, ...] = ()
    """Why nothing is handed out: the reasons, in words."""
    is_stopping: bool = False
    window: str = ""
    """The window that it is a step of; "" for none."""
    converted: int = 0
    """Shards that it changed, once it has ended."""
    about_shards: bool = False
    """All that is wrong with it is that shards are quarantined or failed."""

    @property
    def ref(self) -> Ref:
        """What opens it."""
        return Ref(Kind.WINDOW if self.job == "window" else Kind.RUN, self.id)


@dataclass(frozen=True, slots=True)
class CorpusSeen:
    """What the newest inventory and conversion say."""

    shards: int
    counts: dict[str, int]
    """Shards by state."""
    sources: tuple[SourceTotals, ...]
    clips: int
    size_bytes: int
    duration_s: float
    """Of all clips together."""
    is_exact: bool
    """False where large tars were sampled."""
    inventory_time: str
    """When the inventory was made; "" where there is none, and only a conversion tells of states."""
    states_from: str = ""
    """The run that told the states last."""
    states_time: str = ""


@dataclass(frozen=True, slots=True)
class VolumeSeen:
    """One volume of the corpus."""

    name: str
    room: Room
    level: Level
    told: str
    """Why a conversion may not start a shard there; "" where it may."""


@dataclass(frozen=True, slots=True)
class WindowSeen:
    """The newest window."""

    run: str
    is_alive: bool
    level: Level
    why: str
    table: Timetable | None
    step: str = ""
    """The one under way."""


@dataclass(frozen=True, slots=True)
class ListSeen:
    """One checklist."""

    id: str
    title: str
    gates: tuple[str, ...]
    """The gates that gonogo.toml binds to it."""
    is_own: bool
    is_go: bool
    is_red: bool
    """Something was answered, and is not as wanted; or the ledger cannot be believed."""
    why: str
    is_begun: bool = True
    """Something in it was answered."""
    to_answer: int = 0
    """Items that wait for a person's answer."""
    to_sign: int = 0
    overridden: int = 0
    """How often somebody opened its gate against it."""
    is_broken: bool = False
    """The ledger cannot be believed: nothing in any list counts."""
    problem: str = ""
    """Why it cannot be read."""

    @property
    def is_bound(self) -> bool:
        """Tell whether something does not start before it says GO."""
        return bool(self.gates)


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One run of training."""

    name: str
    level: Level
    step: int | None
    loss: float | None
    heard_s: float | None
    """Seconds since 1970; None where neither log nor file tells."""


@dataclass(frozen=True, slots=True)
class TrainingAlert:
    """One alert that stands."""

    rule: str
    source: str
    level: Level
    told: str
    acknowledged_by: str


@dataclass(frozen=True, slots=True)
class TrainingSeen:
    """The training logs that gonogo.toml names."""

    logs: int
    """Paths that its patterns name."""
    level: Level
    runs: tuple[TrainingRun, ...] = ()
    alerts: tuple[TrainingAlert, ...] = ()
    problem: str = ""
    is_reading: bool = False
    """There is more to read: what stands so far may be long over."""


@dataclass(frozen=True, slots=True)
class ArtifactSeen:
    """One artifact."""

    name: str
    made: float | None
    """Seconds since 1970; None where it is not there."""
    size_bytes: int = 0
    is_older: bool = False
    """The corpus was converted, or split anew, after it was made."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that is not as it should be, or that waits for a person."""

    level: Level | None
    """None where nothing is wrong, and somebody is waited for."""
    about: str
    told: str
    ref: Ref
    ours: bool = False
    """Nobody else tells of it: the alerts know runs, shards, lists and training, but no volumes and nobody's turn."""


@dataclass(frozen=True, slots=True)
class HomeSeen:
    """Everything at one moment."""

    place: Place
    level: Level
    headline: str
    now_s: float
    """Wall clock, seconds since 1970."""
    concerns: tuple[Concern, ...] = ()
    """The worst first; none that somebody has acknowledged."""
    acknowledged: int = 0
    """Alerts that stand, and that somebody has acknowledged."""
    runs: tuple[RunLine, ...] = ()
    """Those that live first, then the newest."""
    runs_in_all: int = 0
    window: WindowSeen | None = None
    corpus: CorpusSeen | None = None
    corpus_problem: str = ""
    volumes: tuple[VolumeSeen, ...] = ()
    lists: tuple[ListSeen, ...] | None = None
    """None before they were looked at for the first time."""
    lists_problem: str = ""
    training: TrainingSeen | None = None
    """None where gonogo.toml names no log, and before they were looked at."""
    artifacts: tuple[ArtifactSeen, ...] = ()
    is_settled: bool = False
    """Everything was looked at once."""

    @property
    def living(self) -> tuple[RunLine, ...]:
        """The runs that go on, without those that are steps of a window that does."""
        return tuple(run for run in self.runs if run.is_alive and not run.window)
