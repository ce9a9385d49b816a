"""The training logs that gonogo.toml names: watched on a thread, by the same rules as ``gonogo watch``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.home.slowly import Slowly
from app.home.values import Place, TrainingSeen
from engine.convert.view import Level
from engine.errors import GonogoError

if TYPE_CHECKING:
    from engine.watch.watching import Watching

_LEAST_S: Final = 0.5
"""While there is more to read: a look takes a fifth of a second of it."""
_MOST_S: Final = 2.0


class Training:
    """Watches them.

    Args:
        place: whose settings name the logs.
        clock: seconds, of a clock that never goes back.
    """

    def __init__(self, place: Place, clock: Callable[[], float]) -> None:
        self._place = place
        self._paths: tuple[Path, ...] = ()
        self._watching: Watching | None = None
        self._is_reading = False
        self._is_named = bool(place.settings.watch.logs) and place.corpus is not None
        self._seen = Slowly("training", self._look, clock, least_s=_LEAST_S, most_s=_MOST_S)

    def newest(self) -> TrainingSeen | None:
        """Return what was seen last; None where no log is named, and before anything was seen."""
        return self._seen.newest(is_changed=self._is_reading) if self._is_named else None

    @property
    def is_named(self) -> bool:
        """Tell whether there is something to be seen."""
        return self._is_named

    def settle(self, timeout_s: float) -> bool:
        """Wait until they are not being looked at."""
        return self._seen.settle(timeout_s)

    def close(self) -> None:
        """Let go of the thread."""
        self._seen.close()

    def _look(self) -> TrainingSeen:
        from app.home.training_look import open_logs, seen_of  # noqa: PLC0415  # 80 ms of rules: not before first paint
        from engine.watch.logs import configured_logs  # noqa: PLC0415

        paths: tuple[Path, ...] = ()
        try:
            paths = configured_logs(self._place.settings, self._place.corpus or Path())
            if self._watching is None or paths != self._paths:
                before, self._watching = self._watching, None
                if before is not None:
                    before.close()
                self._watching, self._paths = open_logs(self._place, paths), paths
            self._is_reading = self._watching.look().more
        except (GonogoError, OSError) as error:
            self._is_reading = False
            return TrainingSeen(len(paths), Level.UNKNOWN, problem=str(error))
        return seen_of(self._watching, len(paths), more=self._is_reading)
