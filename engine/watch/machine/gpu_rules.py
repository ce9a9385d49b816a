"""Rules G2 to G4: memory that errs, clocks that are held back, memory that is full. Pure but for what G3 remembers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from engine.host.gpu import THROTTLES, Gpu
from engine.units import counted, show_bytes
from engine.watch.alerts import Level, Verdict
from engine.watch.machine.gpu import SAMPLE_S, GpuLook

SLOWED_S: Final = 120.0
"""Heat comes and goes within seconds where fans follow it; what lasts for two minutes is the machine's state."""
SLOWED_SHARE: Final = 0.5
"""Of the samples of that time: hardware that protects itself switches its clocks back and forth."""
FULL_PERCENT: Final = 97.0
"""Above it the next longer batch does not fit: what a step allocates varies by a few per cent with its lengths."""
SLOWDOWNS: Final = frozenset(told for bit, told in THROTTLES.items() if bit != 0x04)
"""What is no working order (nvmlClocksEventReason*): slowdowns by hardware, heat, the power brake. A power cap that is
reached is how a GPU at full load works: shown, and no alert."""
_WINDOW: Final = "2 min"


def judge_memory_errors(look: GpuLook, gpus: Sequence[Gpu]) -> Verdict:
    """G2: errors that could not be mended are red for as long as the driver counts them."""
    if look.problem or not gpus:
        return _unknown("G2", look, 1.0, "now")
    bad = max(gpus, key=lambda gpu: gpu.ecc_uncorrected or 0)
    if bad.ecc_uncorrected:
        count = counted(bad.ecc_uncorrected, "memory error")
        told = f"GPU {bad.index} had {count} that could not be mended since its driver was loaded, wanted none"
        advice = "results since then may be wrong: go on from a checkpoint before it, on another GPU or after a reset"
        return Verdict("G2", Level.RED, None, float(bad.ecc_uncorrected), 1.0, "now", told, advice)
    silent = _indexes(gpu for gpu in gpus if gpu.ecc_uncorrected is None)
    if silent:
        told = f"{silent} does not tell of memory errors: it has no ECC, or it is switched off"
        return Verdict("G2", Level.UNKNOWN, None, None, 1.0, "now", told, "nothing, where its kind has none")
    return Verdict("G2", Level.GREEN, None, 0.0, 1.0, "now", f"{_indexes(gpus)} had no memory error", "")


def judge_memory_room(look: GpuLook, gpus: Sequence[Gpu]) -> Verdict:
    """G4: memory that is all but full."""
    if look.problem or not gpus:
        return _unknown("G4", look, FULL_PERCENT, "now")
    full = max(gpus, key=lambda gpu: memory_percent(gpu) or 0.0)
    percent = memory_percent(full)
    used, total = full.memory_used_bytes, full.memory_total_bytes
    if percent is not None and percent > FULL_PERCENT and used is not None and total is not None:
        told = (
            f"the memory of GPU {full.index} is {percent:.1f} % full, {show_bytes(used)} of {show_bytes(total)}, "
            f"wanted {FULL_PERCENT:.0f} % or less"
        )
        advice = "halve the batch size or the longest length before a larger batch runs out of memory"
        return Verdict("G4", Level.YELLOW, None, percent, FULL_PERCENT, "now", told, advice)
    silent = _indexes(gpu for gpu in gpus if memory_percent(gpu) is None)
    if silent or percent is None:
        told = f"{silent} does not tell how full its memory is"
        return Verdict("G4", Level.UNKNOWN, None, None, FULL_PERCENT, "now", told, "ask on the host of this machine")
    told = f"the memory of GPU {full.index} is {percent:.1f} % full"
    return Verdict("G4", Level.GREEN, None, percent, FULL_PERCENT, "now", told, "")


def memory_percent(gpu: Gpu) -> float | None:
    """Return how full a GPU's memory is; None where it does not tell."""
    if gpu.memory_used_bytes is None or not gpu.memory_total_bytes:
        return None
    return 100.0 * gpu.memory_used_bytes / gpu.memory_total_bytes


class SlowedRule:
    """G3: clocks that are held back by heat or by the hardware for minutes."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, dict[int, frozenset[str]]]] = deque()

    def judge(self, look: GpuLook, gpus: Sequence[Gpu]) -> Verdict:
        """Take in one look at the GPUs that count, and say what the last minutes mean."""
        if look.problem or not gpus:
            self._samples.clear()
            return _unknown("G3", look, 100 * SLOWED_SHARE, _WINDOW)
        told = {gpu.index: frozenset(gpu.throttles) & SLOWDOWNS for gpu in gpus if gpu.throttles is not None}
        if self._samples and look.time_s - self._samples[-1][0] > SLOWED_S / 2:
            self._samples.clear()  # nobody looked for long: what was before says nothing of the time between
        self._samples.append((look.time_s, told))
        while self._samples[0][0] <= look.time_s - SLOWED_S:
            self._samples.popleft()
        return self._of_window(gpus, told, look.time_s - self._samples[0][0])

    def _of_window(self, gpus: Sequence[Gpu], now: dict[int, frozenset[str]], covered_s: float) -> Verdict:
        silent = _indexes(gpu for gpu in gpus if gpu.throttles is None)
        worst = max(now, key=self._percent, default=None)
        percent = 0.0 if worst is None else self._percent(worst)
        if worst is not None and percent >= 100 * SLOWED_SHARE:
            what = ", ".join(sorted(frozenset[str]().union(*self._of(worst)))) or "an unknown reason"
            if covered_s >= SLOWED_S - 2 * SAMPLE_S:
                told = f"GPU {worst} was held back {percent:.0f} % of the last {_WINDOW}: {what}"
                return self._says(Level.YELLOW, percent, told, _advice(what))
            told = f"GPU {worst} is held back: {what}; yellow where that lasts for {_WINDOW}"
            return self._says(Level.UNKNOWN, percent, told, "wait")
        if silent:
            return self._says(Level.UNKNOWN, None, f"{silent} does not tell why its clocks are held back", "")
        return self._says(Level.GREEN, percent, f"{_indexes(gpus)} ran at the clocks that are asked for", "")

    def _of(self, index: int) -> list[frozenset[str]]:
        return [told[index] for _, told in self._samples if index in told]

    def _percent(self, index: int) -> float:
        told = self._of(index)
        return 100.0 * sum(map(bool, told)) / len(told)

    @staticmethod
    def _says(level: Level, percent: float | None, told: str, advice: str) -> Verdict:
        return Verdict("G3", level, None, percent, 100 * SLOWED_SHARE, _WINDOW, told, advice)


class GpuHealth:
    """G2 to G4, asked together."""

    def __init__(self, chosen: Callable[[Sequence[Gpu]], Sequence[Gpu]]) -> None:
        self._chosen = chosen
        self._slowed = SlowedRule()

    def judge(self, look: GpuLook) -> tuple[Verdict, ...]:
        """Say what one look means, of the GPUs that count."""
        gpus = self._chosen(look.gpus)
        return judge_memory_errors(look, gpus), self._slowed.judge(look, gpus), judge_memory_room(look, gpus)


def _advice(what: str) -> str:
    if "heat" in what:
        return (
            "look at fans, dust and the room's air, or lower the power limit: nvidia-smi -q -d TEMPERATURE,PERFORMANCE"
        )
    return "look at the power supply and its cables: nvidia-smi -q -d POWER,PERFORMANCE"


def _unknown(rule: str, look: GpuLook, threshold: float, window: str) -> Verdict:
    told = f"the GPU's state cannot be told: {look.problem or 'there is none'}"
    advice = "install the NVIDIA driver, or leave the GPU out of what is watched"
    return Verdict(rule, Level.UNKNOWN, None, None, threshold, window, told, advice)


def _indexes(gpus: Sequence[Gpu] | Iterator[Gpu]) -> str:
    """Name GPUs: ``GPU 0``, ``GPU 0 and 1``; "" for none."""
    names = [str(gpu.index) for gpu in gpus]
    return f"GPU {', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]}" if names else ""
