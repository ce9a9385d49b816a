from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from engine.host.gpu import Gpu, GpuProcess
from engine.watch.alerts import Level
from engine.watch.machine.gpu import BusyWindow, GpuLook, GpuReader, chosen
from engine.watch.machine.gpu_rules import GpuHealth, judge_memory_errors
from engine.watch.machine.rules import GpuRule
from tests.engine.watch.nvml import build_nvml

ROOT = Path(__file__).parents[3]
WELL = "Tesla T4|97|9000000000|15800000000|71|68500|70000|0x4|0|4242,77"
IDLE = "NVIDIA L4|3|0|24000000000|40|12000|72000|0x1|2|"
SLICE = "NVIDIA H100 MIG 1g.10gb|-|-|-|-|-|-|-|-|-"
READS = (
    "import sys, msgspec\nfrom engine.watch.machine.gpu import GpuReader\nreader = GpuReader()\n"
    "for _ in sys.stdin:\n    print(msgspec.json.encode(reader.look(1.0)).decode(), flush=True)\n"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a libnvidia-ml.so.1 of ours."""
    return build_nvml(tmp_path_factory.mktemp("nvml"))


class Driver:
    """A program that looks at the GPUs each time it is told to, under a driver whose answers the test writes."""

    def __init__(self, library: Path, answers: Path) -> None:
        self.answers = answers
        env = {**os.environ, "LD_LIBRARY_PATH": str(library), "NVML_FILE": str(answers)}
        pipe = subprocess.PIPE
        self.child = subprocess.Popen([sys.executable, "-c", READS], env=env, cwd=ROOT, stdin=pipe, stdout=pipe)

    def look(self, *gpus: str) -> GpuLook:
        self.answers.write_text("".join(f"{gpu}\n" for gpu in gpus))
        return self.look_again()

    def look_again(self) -> GpuLook:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(b"\n")
        self.child.stdin.flush()
        return msgspec.json.decode(self.child.stdout.readline(), type=GpuLook)


@pytest.fixture
def driver(library: Path, tmp_path: Path) -> Iterator[Driver]:
    driver = Driver(library, tmp_path / "gpus")
    with driver.child:
        yield driver


def test_a_gpu_tells_all_that_is_watched(driver: Driver) -> None:
    look = driver.look(WELL, IDLE)
    assert look.problem == ""
    assert look.gpus == (
        Gpu(
            index=0,
            name="Tesla T4",
            uuid="GPU-0000",
            utilisation_percent=97,
            memory_used_bytes=9_000_000_000,
            memory_total_bytes=15_800_000_000,
            temperature_c=71,
            power_w=68.5,
            power_limit_w=70.0,
            throttles=("power cap",),
            ecc_uncorrected=0,
            processes=(GpuProcess(4242, 1_000_000), GpuProcess(77, 1_000_000)),
        ),
        Gpu(1, "NVIDIA L4", "GPU-0000", 3, 0, 24_000_000_000, 40, 12.0, 72.0, (), 2, ()),
    )
    assert judge_memory_errors(look, look.gpus).level is Level.RED


def test_heat_full_memory_and_errors_are_judged_by_what_the_driver_says(driver: Driver) -> None:
    bad = "NVIDIA A100|99|15500000000|15800000000|93|400000|400000|0x44|1|4242"
    health, levels = GpuHealth(chosen), dict[str, Level]()
    for at in range(30):
        levels = {each.rule: each.level for each in health.judge(replace(driver.look(bad), time_s=5.0 * at))}
    assert levels == {"G2": Level.RED, "G3": Level.YELLOW, "G4": Level.YELLOW}
    driver.answers.unlink()
    assert {each.level for each in health.judge(driver.look_again())} == {Level.UNKNOWN}


def test_what_a_slice_does_not_tell_is_nothing_known_and_never_zero(driver: Driver) -> None:
    (gpu,) = driver.look(SLICE).gpus
    assert gpu == Gpu(0, "NVIDIA H100 MIG 1g.10gb", "GPU-0000", None, None, None, None, None, None, None, None, None)


def test_a_gpu_that_fell_off_the_bus_is_told_and_asked_again_later(driver: Driver) -> None:
    assert driver.look(WELL).problem == ""
    assert "GPU is lost" in driver.look(WELL.replace("97", "lost", 1)).problem
    assert driver.look(WELL).gpus[0].utilisation_percent == 97


def test_a_driver_that_is_loaded_later_is_found_then(driver: Driver) -> None:
    assert "Driver Not Loaded" in driver.look_again().problem
    assert len(driver.look(WELL).gpus) == 1
    assert driver.look().problem == "the NVIDIA driver knows of no GPU"


@pytest.mark.skipif(ctypes.util.find_library("nvidia-ml") is not None, reason="this machine has an NVIDIA driver")
def test_a_machine_without_the_drivers_library_is_unknown_and_never_green() -> None:
    look = GpuReader().look(0.0)
    window = BusyWindow()
    window.add(look, look.gpus)
    verdict = GpuRule().judge(window.busy(), window.trained_s)
    assert (look.gpus, verdict.level) == ((), Level.UNKNOWN)
    assert "NVML Shared Library Not Found" in verdict.told


def gpu(percent: int | None, index: int = 0, *pids: int) -> Gpu:
    processes = tuple(GpuProcess(pid, None) for pid in pids)
    return Gpu(index, "T4", "", percent, None, None, None, None, None, None, None, processes)


class Watched:
    """A run whose GPUs are looked at each 5 seconds."""

    def __init__(self) -> None:
        self.window, self.rule, self.at_s = BusyWindow(), GpuRule(), 0.0
        self.level = Level.UNKNOWN

    def busy(self, percent: int | None, minutes: float, *, paused: bool = False) -> Level:
        for _ in range(round(minutes * 12)):
            look = GpuLook(self.at_s, (gpu(percent),))
            self.window.add(look, look.gpus, paused=paused)
            self.level = self.rule.judge(self.window.busy(), self.window.trained_s).level
            self.at_s += 5
        return self.level


def test_nothing_is_said_before_five_minutes_of_samples() -> None:
    watched = Watched()
    assert watched.busy(95, 4.5) is Level.UNKNOWN
    assert watched.busy(95, 1) is Level.GREEN


@pytest.mark.parametrize(
    ("percent", "level"),
    [(100, Level.GREEN), (80, Level.GREEN), (79, Level.YELLOW), (50, Level.YELLOW), (49, Level.RED), (0, Level.RED)],
)
def test_the_bands_of_the_checklist_hold(percent: int, level: Level) -> None:
    assert Watched().busy(percent, 20) is level


def test_a_gpu_below_half_is_yellow_for_its_first_ten_minutes_and_red_then() -> None:
    watched = Watched()
    assert watched.busy(30, 9.9) is Level.YELLOW
    assert watched.busy(30, 0.5) is Level.RED


def test_a_gpu_that_goes_idle_in_the_middle_turns_yellow_then_red_and_recovers_with_a_margin() -> None:
    watched = Watched()
    assert watched.busy(95, 30) is Level.GREEN
    assert watched.busy(0, 1.5) is Level.YELLOW
    assert watched.busy(0, 10) is Level.YELLOW
    assert watched.busy(0, 4) is Level.RED
    assert watched.busy(53, 10) is Level.RED
    assert watched.busy(56, 10) is Level.YELLOW
    assert watched.busy(83, 10) is Level.YELLOW
    assert watched.busy(86, 10) is Level.GREEN


def test_a_mean_that_swings_around_the_edge_does_not_flicker() -> None:
    watched = Watched()
    watched.busy(95, 10)
    levels = [watched.busy(percent, 5.5) for percent in (78, 82, 78, 82, 78)]
    assert levels == [Level.YELLOW] * 5


def test_evaluation_and_saving_count_for_nothing() -> None:
    watched = Watched()
    watched.busy(95, 10)
    assert watched.busy(0, 60, paused=True) is Level.GREEN
    assert watched.busy(95, 1) is Level.GREEN


def test_time_in_which_nobody_looked_counts_for_nothing() -> None:
    watched = Watched()
    watched.busy(95, 10)
    watched.at_s += 3600
    assert watched.busy(10, 1) is Level.UNKNOWN
    assert watched.window.trained_s < 11 * 60
    assert watched.busy(10, 5) is Level.YELLOW


def test_a_gpu_that_does_not_tell_is_unknown() -> None:
    watched = Watched()
    assert watched.busy(None, 20) is Level.UNKNOWN
    watched = Watched()
    watched.busy(95, 10)
    look = GpuLook(watched.at_s, problem="GPU is lost")
    watched.window.add(look, ())
    verdict = watched.rule.judge(watched.window.busy(), watched.window.trained_s)
    assert (verdict.level, verdict.told) == (Level.UNKNOWN, "how busy the GPU is cannot be told: GPU is lost")


def test_of_several_gpus_the_least_busy_is_told() -> None:
    window = BusyWindow()
    for at in range(100):
        look = GpuLook(at * 5.0, (gpu(95, 0), gpu(60, 1)))
        window.add(look, look.gpus)
    verdict = GpuRule().judge(window.busy(), window.trained_s)
    assert verdict.level is Level.YELLOW
    assert verdict.told == "GPU 1 was busy 60 % of the last 5 minutes, wanted 80 % or more"
    assert (verdict.value, verdict.threshold, verdict.window) == (60.0, 80.0, "5 min")


def test_the_gpus_of_the_run_are_those_named_then_those_of_its_processes_then_those_in_use() -> None:
    ours, theirs, idle = gpu(90, 0, 11), gpu(20, 1, 22), gpu(0, 2)
    every = (ours, theirs, idle)
    assert chosen(every, indexes=frozenset({2})) == (idle,)
    assert chosen(every, pids=frozenset({11})) == (ours,)
    assert chosen(every) == (ours, theirs)
    assert chosen((idle,)) == (idle,)
