"""How busy the GPUs were over the last minutes: samples go in, five-minute means come out, eval and saving left out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.host.gpu import Gpu, Gpus, GpusUnknownError

SAMPLE_S: Final = 5.0
"""How often to ask: the driver's own sample period is at most a second, and a question costs about a millisecond."""
MEAN_S: Final = 300.0
"""The window of the checklist's bands."""
_GAP_S: Final = 30.0
"""A longer time without a sample is one in which nobody looked: it counts for nothing."""


@dataclass(frozen=True, slots=True)
class GpuLook:
    """What the driver said at one moment."""

    time_s: float
    """By a clock that only goes forward."""
    gpus: tuple[Gpu, ...] = ()
    problem: str = ""
    """Why nothing is known; "" where the driver answered."""


class GpuReader:
    """Asks the driver again and again; one that does not answer, or lost a GPU, is asked anew the next time."""

    def __init__(self) -> None:
        self._gpus: Gpus | None = None

    def look(self, time_s: float) -> GpuLook:
        """Ask now. Never raises: what cannot be asked is told as a problem."""
        try:
            if self._gpus is None:
                self._gpus = Gpus()
            gpus = self._gpus.read()
        except GpusUnknownError as error:
            self.close()
            return GpuLook(time_s, problem=str(error))
        return GpuLook(time_s, gpus, "" if gpus else "the NVIDIA driver knows of no GPU")

    def close(self) -> None:
        """Let go of the driver; a second call does nothing."""
        if self._gpus is not None:
            self._gpus.close()
            self._gpus = None


def chosen(
    gpus: Sequence[Gpu], indexes: frozenset[int] = frozenset(), pids: frozenset[int] = frozenset()
) -> tuple[Gpu, ...]:
    """Return the GPUs that a run uses: those named, those that its processes compute on, those that any computes on.

    Where nothing of this is known they all are, so that an idle one is seen.
    """
    if indexes:
        return tuple(gpu for gpu in gpus if gpu.index in indexes)
    ours = tuple(gpu for gpu in gpus if any(one.pid in pids for one in gpu.processes or ()))
    return ours or tuple(gpu for gpu in gpus if gpu.processes) or tuple(gpus)


@dataclass(frozen=True, slots=True)
class Busy:
    """How busy the least busy of the run's GPUs was."""

    percent: float | None
    """The mean over the window; None where that is not known yet, or not told."""
    index: int | None
    """Which GPU."""
    covered_s: float
    """How much of the window has samples, up to :data:`MEAN_S`."""
    problem: str = ""


class BusyWindow:
    """The last five minutes of training, for each GPU.

    Time in which the run evaluates or saves is cut out, and the window reaches back beyond it.
    """

    def __init__(self, mean_s: float = MEAN_S) -> None:
        self._mean_s = mean_s
        self._samples: deque[tuple[float, dict[int, int]]] = deque()
        self._trained_s = 0.0
        self._newest_s: float | None = None
        self._problem = "nobody has looked yet"
        self._silent: tuple[int, ...] = ()

    @property
    def trained_s(self) -> float:
        """How long was looked at, eval and saving left out."""
        return self._trained_s

    def add(self, look: GpuLook, gpus: Sequence[Gpu], *, paused: bool = False) -> None:
        """Take in one look.

        Args:
            look: when it was, and whether there was an answer.
            gpus: those of its GPUs that count.
            paused: the run evaluates or saves, so an idle GPU means nothing.
        """
        since, self._newest_s = self._newest_s, look.time_s
        self._problem = look.problem
        if look.problem:
            return
        lasted = 0.0 if since is None else look.time_s - since
        if lasted > _GAP_S or lasted < 0:
            self._samples.clear()
            lasted = 0.0
        if paused:
            return
        self._trained_s += lasted
        self._silent = tuple(gpu.index for gpu in gpus if gpu.utilisation_percent is None)
        told = {gpu.index: gpu.utilisation_percent for gpu in gpus if gpu.utilisation_percent is not None}
        self._samples.append((self._trained_s, told))
        while self._samples and self._samples[0][0] < self._trained_s - self._mean_s:
            self._samples.popleft()

    def busy(self) -> Busy:
        """Return the mean of the least busy GPU, once the window is full."""
        covered_s = self._trained_s - self._samples[0][0] if self._samples else 0.0
        if self._problem:
            return Busy(None, None, covered_s, self._problem)
        if self._silent:
            return Busy(None, self._silent[0], covered_s, f"GPU {self._silent[0]} does not tell how busy it is")
        if covered_s < self._mean_s - 2 * SAMPLE_S:
            return Busy(None, None, covered_s)
        means = {index: self._mean(index) for index in self._samples[-1][1]}
        if not means:
            return Busy(None, None, covered_s, "none of the GPUs that count is there")
        least = min(means, key=lambda index: means[index])
        return Busy(means[least], least, covered_s)

    def _mean(self, index: int) -> float:
        values = [told[index] for _, told in self._samples if index in told]
        return sum(values) / len(values)
