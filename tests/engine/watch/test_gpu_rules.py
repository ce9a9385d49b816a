from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.host.gpu import Gpu, GpuProcess
from engine.units import parse_bytes
from engine.watch.alerts import Level, Verdict
from engine.watch.machine.gpu import GpuLook, chosen
from engine.watch.machine.gpu_rules import GpuHealth
from engine.watch.machine.gpu_wording import gpu_line, program_of

GB = parse_bytes("1GB")


def gpu(
    index: int = 0, *, used_gb: float | None = 9, throttles: tuple[str, ...] | None = (), ecc: int | None = 0
) -> Gpu:
    used = None if used_gb is None else round(used_gb * GB)
    return Gpu(index, "T4", "", 90, used, 16 * GB, 71, 68.5, 70.0, throttles, ecc, (GpuProcess(4242, 8 * GB),))


class Health:
    """GPUs that are looked at each 5 seconds."""

    def __init__(self) -> None:
        self._health, self._at_s = GpuHealth(chosen), 0.0

    def after(self, seconds: float, *gpus: Gpu, problem: str = "") -> dict[str, Verdict]:
        verdicts: tuple[Verdict, ...] = ()
        for _ in range(max(1, round(seconds / 5))):
            self._at_s += 5
            verdicts = self._health.judge(GpuLook(self._at_s, gpus, problem))
        return {verdict.rule: verdict for verdict in verdicts}

    def rest(self, seconds: float) -> None:
        self._at_s += seconds


def test_a_gpu_in_order_is_green_by_every_rule() -> None:
    said = Health().after(5, gpu(0), gpu(1))
    assert {rule: verdict.level for rule, verdict in said.items()} == dict.fromkeys(("G2", "G3", "G4"), Level.GREEN)
    assert said["G2"].told == "GPU 0 and 1 had no memory error"
    assert said["G4"].told == "the memory of GPU 0 is 56.2 % full"


def test_one_memory_error_that_could_not_be_mended_is_red_and_says_what_to_do() -> None:
    said = Health().after(5, gpu(0), gpu(1, ecc=1))["G2"]
    assert (said.level, said.value) == (Level.RED, 1.0)
    assert said.told.startswith("GPU 1 had 1 memory error that could not be mended")
    assert "checkpoint before it" in said.advice


@pytest.mark.parametrize("reason", ["heat (hardware)", "heat (software)", "hardware slowdown", "power brake"])
def test_a_slowdown_is_yellow_once_it_lasts_and_falls_when_it_is_over(reason: str) -> None:
    health = Health()
    assert health.after(300, gpu())["G3"].level is Level.GREEN
    early = health.after(40, gpu(throttles=(reason,)))["G3"]
    assert early.level is Level.GREEN, "a peak is none"
    late = health.after(80, gpu(throttles=(reason,)))["G3"]
    assert (late.level, late.window) == (Level.YELLOW, "2 min")
    assert reason in late.told
    assert health.after(120, gpu())["G3"].level is Level.GREEN


def test_a_slowdown_that_flickers_is_one_and_one_that_is_rare_is_none() -> None:
    health, held = Health(), ("heat (hardware)",)
    for _ in range(30):
        health.after(5, gpu(throttles=held))
        said = health.after(5, gpu())
    assert said["G3"].level is Level.YELLOW
    health = Health()
    for _ in range(30):
        said = health.after(15, gpu())
        health.after(5, gpu(throttles=held))
    assert said["G3"].level is Level.GREEN


def test_a_slowdown_from_the_first_look_is_unknown_until_it_has_lasted() -> None:
    health = Health()
    assert health.after(30, gpu(throttles=("heat (hardware)",)))["G3"].level is Level.UNKNOWN
    assert health.after(120, gpu(throttles=("heat (hardware)",)))["G3"].level is Level.YELLOW


def test_time_in_which_nobody_looked_is_no_slowdown() -> None:
    health = Health()
    health.after(300, gpu(throttles=("heat (hardware)",)))
    health.rest(3600)
    assert health.after(5, gpu(throttles=("heat (hardware)",)))["G3"].level is Level.UNKNOWN


def test_a_power_cap_is_how_a_gpu_at_full_load_works() -> None:
    assert Health().after(600, gpu(throttles=("power cap",)))["G3"].level is Level.GREEN


@pytest.mark.parametrize(("used_gb", "level"), [(15.5, Level.GREEN), (15.52, Level.GREEN), (15.6, Level.YELLOW)])
def test_memory_above_97_per_cent_is_yellow(used_gb: float, level: Level) -> None:
    said = Health().after(5, gpu(0), gpu(1, used_gb=used_gb))["G4"]
    assert said.level is level
    assert said.told.startswith("the memory of GPU 1 is ")


def test_what_is_not_told_is_unknown_and_never_green() -> None:
    silent = gpu(1, used_gb=None, throttles=None, ecc=None)
    for said in (Health().after(5, gpu(0), silent), Health().after(5, problem="NVML Shared Library Not Found")):
        assert {verdict.level for verdict in said.values()} == {Level.UNKNOWN}
    assert "Library Not Found" in said["G2"].told
    assert Health().after(5, gpu(0, ecc=3), silent)["G2"].level is Level.RED, "what is known counts all the same"


def test_a_line_tells_all_of_a_gpu_and_who_holds_it() -> None:
    told = gpu_line(gpu(throttles=("power cap", "heat (hardware)"), ecc=2), lambda pid: "python" if pid == 4242 else "")
    assert told == (
        "GPU 0: 90 % busy, 71 °C, 68 W of 70 W, memory 9.00 GB of 16.0 GB, at its power cap, "
        "held back by heat (hardware), 2 memory errors, held by process 4242 (python) with 8.00 GB, T4"
    )
    nothing = Gpu(3, "MIG", "", None, None, None, None, None, None, None, None, None)
    assert gpu_line(nothing, str) == "GPU 3: utilisation not told, memory not told, processes not told, MIG"
    crowd = tuple(GpuProcess(pid, None) for pid in range(6))
    told = gpu_line(Gpu(0, "T4", "", 1, 0, GB, None, None, None, None, None, crowd), lambda pid: "")
    assert "held by process 0 and process 1 and process 2 and process 3 and 2 more" in told


def test_a_process_is_named_only_where_the_drivers_numbers_are_ours(tmp_path: Path) -> None:
    ours = Path("/proc/self/ns/pid").stat().st_ino == 0xEFFFFFFC
    assert bool(program_of(os.getpid())) is ours
    (tmp_path / "self" / "ns").mkdir(parents=True)
    (tmp_path / "self" / "ns" / "pid").touch()
    assert program_of(1, tmp_path) == ""
