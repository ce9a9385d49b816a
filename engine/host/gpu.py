"""NVIDIA GPUs by the driver's own library (NVML, driver 510 or newer), without starting nvidia-smi.

What a GPU does not tell (a MIG slice has no utilisation, a desktop card no ECC) is None, never zero.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, TypeVar

from engine.errors import GonogoError, printable

_T = TypeVar("_T")

THROTTLES: Final = {
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x20: "heat (software)",
    0x40: "heat (hardware)",
    0x80: "power brake",
}
"""Bits of nvmlClocksEventReasons (nvml.h) that slow a GPU down against its owner's wish; being idle and clocks that
somebody set are none."""


class GpusUnknownError(GonogoError):
    """Raised when the driver is not there or does not tell; what its GPUs do is unknown then, not nothing."""


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A program that computes on a GPU."""

    pid: int
    """As the driver's own namespace counts: in a container it may name nobody that we see."""
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class Gpu:
    """What one GPU said of itself at one moment."""

    index: int
    name: str
    uuid: str
    utilisation_percent: int | None
    """The share of the driver's last sample period in which anything ran at all; it says nothing about how well."""
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    temperature_c: int | None
    power_w: float | None
    power_limit_w: float | None
    throttles: tuple[str, ...] | None
    """Why it runs slower than it could, of :data:`THROTTLES`; () for nothing."""
    ecc_uncorrected: int | None
    """Errors of its memory since the driver was loaded that could not be mended: results may be wrong."""
    processes: tuple[GpuProcess, ...] | None


class Gpus:
    """A talk with the driver; open it once and read often: opening costs tens of milliseconds.

    Raises:
        GpusUnknownError: when the driver does not answer.
    """

    def __init__(self) -> None:
        import pynvml  # noqa: PLC0415  # 5,000 lines of bindings that few commands need

        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError as error:
            told = f"the NVIDIA driver does not answer: {error}; is it installed and loaded?"
            raise GpusUnknownError(told) from error
        self._is_open = True

    def driver(self) -> str:
        """Return the driver's version.

        Raises:
            GpusUnknownError: when it does not tell.
        """
        import pynvml  # noqa: PLC0415  # as above

        return _asked(lambda: str(pynvml.nvmlSystemGetDriverVersion()))

    def read(self) -> tuple[Gpu, ...]:
        """Ask all GPUs.

        Raises:
            GpusUnknownError: when the driver does not tell, or one of them fell off the bus.
        """
        import pynvml  # noqa: PLC0415  # as above

        return _asked(lambda: tuple(_read(index) for index in range(pynvml.nvmlDeviceGetCount())))

    def close(self) -> None:
        """End the talk; a second call does nothing."""
        import pynvml  # noqa: PLC0415  # as above

        if self._is_open:
            self._is_open = False
            with contextlib.suppress(pynvml.NVMLError):
                pynvml.nvmlShutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _asked(question: Callable[[], _T]) -> _T:
    import pynvml  # noqa: PLC0415  # as above

    try:
        return question()
    except pynvml.NVMLError as error:
        raise GpusUnknownError(f"the NVIDIA driver does not tell: {error}") from error


def _read(index: int) -> Gpu:
    import pynvml  # noqa: PLC0415  # as above

    device = pynvml.nvmlDeviceGetHandleByIndex(index)
    # The second version of this call does not count what the driver keeps for itself as used.
    memory = _told(lambda: pynvml.nvmlDeviceGetMemoryInfo(device, version=pynvml.nvmlMemory_v2))
    utilisation = _told(lambda: pynvml.nvmlDeviceGetUtilizationRates(device))
    # The older names of these calls: they are in every driver, the newer ones only in those of late.
    sensor, uncorrected = pynvml.NVML_TEMPERATURE_GPU, pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED
    temperature = _told(lambda: int(pynvml.nvmlDeviceGetTemperature(device, sensor)))
    reasons = _told(lambda: int(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(device)))
    ecc = _told(lambda: int(pynvml.nvmlDeviceGetTotalEccErrors(device, uncorrected, pynvml.NVML_VOLATILE_ECC)))
    power = _told(lambda: int(pynvml.nvmlDeviceGetPowerUsage(device)))
    limit = _told(lambda: int(pynvml.nvmlDeviceGetEnforcedPowerLimit(device)))
    processes = _told(lambda: list(pynvml.nvmlDeviceGetComputeRunningProcesses_v3(device)))
    return Gpu(
        index=index,
        name=printable(str(pynvml.nvmlDeviceGetName(device))),
        uuid=printable(_told(lambda: str(pynvml.nvmlDeviceGetUUID(device))) or ""),
        utilisation_percent=None if utilisation is None else int(utilisation.gpu),
        memory_used_bytes=None if memory is None else int(memory.used),
        memory_total_bytes=None if memory is None else int(memory.total),
        temperature_c=temperature,
        power_w=None if power is None else power / 1000,
        power_limit_w=None if limit is None else limit / 1000,
        throttles=None if reasons is None else tuple(told for bit, told in THROTTLES.items() if reasons & bit),
        ecc_uncorrected=ecc,
        processes=None if processes is None else tuple(GpuProcess(one.pid, one.usedGpuMemory) for one in processes),
    )


def _told(question: Callable[[], _T]) -> _T | None:
    """Return the answer; None where this GPU, driver or user has none."""
    import pynvml  # noqa: PLC0415  # as above

    try:
        return question()
    except (pynvml.NVMLError_NotSupported, pynvml.NVMLError_FunctionNotFound, pynvml.NVMLError_NoPermission):
        return None
