"""Looking: four times a second for next to nothing, since only what changed is read, and what is slow on a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.home import concerns
from app.home.alarms import AlarmLook, Alarms, Source
from app.home.artifacts import look_at_artifacts
from app.home.corpus import Corpus
from app.home.disk import folders_of, look_at_volumes, shard_bytes_of
from app.home.files import stamp
from app.home.lists import Lists
from app.home.runs import Runs
from app.home.slowly import Slowly
from app.home.training import Training
from app.home.values import ArtifactSeen, Concern, CorpusSeen, HomeSeen, Place, RunLine, VolumeSeen

ACKNOWLEDGED: Final = "acknowledged.jsonl"
LEDGER: Final = "ledger.jsonl"
"""Their owners' modules take longer to load than this screen has before its first paint."""
_ROOM_EVERY_S: Final = 1.0
_ARTIFACTS_EVERY_S: Final = 2.0


class Home:
    """Looks at one place again and again. Reading it touches files and sockets: not for an event loop's own thread.

    Args:
        place: where.
        clock: seconds, of a clock that never goes back.
        alerts: opens what the screen of alerts looks at, on a thread and once: its alerts, and who has acknowledged
            them, are told here too. None tells what can be seen without it.
    """

    def __init__(
        self, place: Place, clock: Callable[[], float] = time.monotonic, *, alerts: Callable[[], Source] | None = None
    ) -> None:
        self.place = place
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._runs = Runs(place.state)
        self._corpus = Corpus(place.state, clock)
        self._lists = Lists(place, clock)
        self._training = Training(place, clock)
        self._room = Slowly("room", self._volumes, clock, least_s=_ROOM_EVERY_S, most_s=_ROOM_EVERY_S)
        self._alarms = None if alerts is None else AlarmLook(alerts, clock)
        self._files = (place.state / ACKNOWLEDGED, place.state / LEDGER)
        self._counted: CorpusSeen | None = None
        self._artifacts: tuple[ArtifactSeen, ...] = ()
        self._artifacts_s: float | None = None

    def look(self) -> HomeSeen:
        """Look once; what is not known yet is left out, and comes with a later look."""
        with self._one_at_a_time:
            return self._look()

    def _look(self) -> HomeSeen:
        now_s = self._clock()
        self._runs.look(now_s)
        runs = self._runs.lines()
        self._counted, problem = self._corpus.look(self._runs.tracks)
        has_corpus = self.place.corpus is not None
        volumes = self._room.newest() if has_corpus else ()
        return self._put_together(now_s, runs, problem, volumes)

    @property
    def is_behind(self) -> bool:
        """Tell whether there is more to be read at once: a long log."""
        return self._runs.is_reading

    def settle(self, timeout_s: float = 60.0) -> HomeSeen:
        """Look until everything was looked at once."""
        until_s = time.monotonic() + timeout_s
        while True:
            seen = self.look()
            if (seen.is_settled and not self.is_behind) or time.monotonic() > until_s:
                return seen
            for each in self._slow:
                each.settle(max(0.0, until_s - time.monotonic()))

    def close(self) -> None:
        """Let go of the threads."""
        self._corpus.close()
        for each in self._slow:
            each.close()

    @property
    def _slow(self) -> tuple[Lists | Training | Slowly[tuple[VolumeSeen, ...]] | AlarmLook, ...]:
        alarms = () if self._alarms is None else (self._alarms,)
        return (self._lists, self._training, self._room, *alarms)

    def _put_together(
        self, now_s: float, runs: tuple[RunLine, ...], problem: str, volumes: tuple[VolumeSeen, ...] | None
    ) -> HomeSeen:
        lists, training, counted = self._lists.newest(), self._training.newest(), self._counted
        track = self._runs.window
        window = None if track is None else track.seen
        found: list[Concern] = [
            *concerns.of_place(self.place, self._runs.problem),
            *concerns.of_volumes(volumes or ()),
            *concerns.of_corpus(counted, problem, is_converting=_is_converting(runs)),
            *concerns.of_runs(runs, window),
            *concerns.of_window(window),
            *concerns.of_lists(lists or (), None if counted is None else counted.counts),
            *concerns.of_training(training),
        ]
        alarms = self._newest_alarms(runs)
        if alarms is not None:
            found = [*(each for each in found if each.ours), *alarms.waiting]
        in_order = concerns.in_order(found)
        acknowledged = 0 if alarms is None else alarms.acknowledged
        is_settled = None not in (lists, volumes) and (training is not None or not self._training.is_named)
        is_settled = is_settled and (alarms is not None or self._alarms is None)
        level, headline = concerns.headline(in_order, runs, is_settled=is_settled, acknowledged=acknowledged)
        return HomeSeen(
            place=self.place,
            level=level,
            headline=headline,
            now_s=time.time(),
            concerns=in_order,
            acknowledged=acknowledged,
            runs=runs,
            runs_in_all=self._runs.in_all,
            window=window,
            corpus=counted,
            corpus_problem=problem,
            volumes=volumes or (),
            lists=lists,
            training=training,
            artifacts=self._made(now_s, runs),
            is_settled=is_settled,
        )

    def _newest_alarms(self, runs: tuple[RunLine, ...]) -> Alarms | None:
        if self._alarms is None:
            return None
        told = tuple((run.id, run.newest, run.is_alive) for run in runs)
        return self._alarms.newest((self._runs.in_all, told, *map(stamp, self._files)))

    def _made(self, now_s: float, runs: tuple[RunLine, ...]) -> tuple[ArtifactSeen, ...]:
        if self._artifacts_s is None or now_s - self._artifacts_s >= _ARTIFACTS_EVERY_S:
            self._artifacts_s = now_s
            self._artifacts = look_at_artifacts(self.place.state, _converted_s(runs))
        return self._artifacts

    def _volumes(self) -> tuple[VolumeSeen, ...]:
        place, counted = self.place, self._counted
        assert place.corpus is not None
        folders = folders_of(place.corpus, place.state, counted)
        return look_at_volumes(folders, place.settings.convert.floor_bytes, shard_bytes_of(counted))


def _is_converting(runs: tuple[RunLine, ...]) -> bool:
    return any(run.is_alive and run.job in ("convert", "recover") for run in runs)


def _converted_s(runs: tuple[RunLine, ...]) -> float | None:
    """Return when a conversion last changed shards and ended; None for never, as far as is known."""
    ended = [run.newest for run in runs if run.job == "convert" and run.converted and not run.is_alive]
    return max((datetime.fromisoformat(time).timestamp() for time in ended), default=None)
