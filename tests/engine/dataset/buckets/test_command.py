from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from engine.dataset.buckets.calibration import CalibrationError, Outcome, Trial, calibrate
from engine.dataset.buckets.command import CommandStep
from engine.errors import UsageError

MIB = 1 << 20
# 16 kHz float32 and some: a quarter of a MiB for each second, in a process that may have 256 MiB beyond what it has.
ALLOCATES = f"""
import resource, sys
batch, seconds, fraction = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
own = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
limit = own + int(fraction * 256 * {MIB})
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
held = bytearray(int(batch * seconds * {MIB} // 4))
print("loss 3.2 after", len(held), "bytes")
"""
TRIAL = Trial(batch=8, seconds=2.5, memory_fraction=0.9)


def step(code: str, tmp_path: Path, **given: object) -> CommandStep:
    argv = [sys.executable, "-c", code, "{batch}", "{seconds}", "{memory_fraction}"]
    return CommandStep(argv, tmp_path, **given)  # type: ignore[arg-type]  # by name, each test its own


def test_a_program_that_really_runs_out_of_memory_is_calibrated(tmp_path: Path) -> None:
    found = calibrate([20.0, 40.0], step(ALLOCATES, tmp_path), first_batch=16)
    room_s = 0.9 * 256 * 4
    assert found.batches[1] == pytest.approx(room_s / 40.0, rel=0.1)
    assert found.batches[0] == pytest.approx(room_s / 20.0, rel=0.1)
    assert all(seconds * batch <= room_s for seconds, batch in zip([20.0, 40.0], found.batches, strict=True))
    assert {each.said for each in found.tried if not each.fits} == {"MemoryError"}
    assert all(each.said.startswith("loss 3.2") for each in found.tried if each.fits)


async def test_an_event_loop_lets_a_step_be_taken_on_a_thread_of_its_own(tmp_path: Path) -> None:
    assert await asyncio.to_thread(step("print('loss 3.2')", tmp_path), TRIAL) == Outcome(True, "loss 3.2")


def test_numbers_reach_the_program_as_they_are(tmp_path: Path) -> None:
    said = step("import sys; print(sys.argv[1:])", tmp_path)(Trial(batch=7, seconds=1234.5678, memory_fraction=0.75))
    assert said == Outcome(True, "['7', '1234.5678', '0.75']")


@pytest.mark.parametrize(
    "words",
    [
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
        "RuntimeError: cuFFT error: CUFFT_INTERNAL_ERROR",
        "RuntimeError: [enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried",
        "XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating 1073741824 bytes",
        "terminate called after throwing an instance of 'std::bad_alloc'",
    ],
)
def test_what_programs_say_of_no_memory_means_that_a_batch_does_not_fit(tmp_path: Path, words: str) -> None:
    code = f"import sys; print('step 1'); sys.stderr.write({words + chr(10) + 'exiting'!r}); sys.exit(1)"
    assert step(code, tmp_path)(TRIAL) == Outcome(False, words)


def test_stated_exit_codes_mean_that_a_batch_does_not_fit_and_a_signal_counts_as_in_a_shell(tmp_path: Path) -> None:
    codes = frozenset({3, 128 + signal.SIGKILL})
    killed = "import os; os.kill(os.getpid(), 9)"
    assert step("raise SystemExit(3)", tmp_path, does_not_fit=codes)(TRIAL) == Outcome(False, "")
    assert step(killed, tmp_path, does_not_fit=codes)(TRIAL) == Outcome(False, "")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise SystemExit('no such model')", r"ended with code 1 .* it said: no such model"),
        ("import os; os.kill(os.getpid(), 9)", r"ended by SIGKILL"),
        ("import os; os.kill(os.getpid(), 11)", r"ended by SIGSEGV .* it said: nothing"),
    ],
)
def test_any_other_end_stops_the_search(tmp_path: Path, code: str, told: str) -> None:
    with pytest.raises(CalibrationError, match=told):
        step(code, tmp_path)(TRIAL)


def test_a_program_that_is_not_there_stops_the_search(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="no-such-program cannot be started"):
        CommandStep(["no-such-program", "{batch}", "{seconds}", "{memory_fraction}"], tmp_path)(TRIAL)


def test_a_step_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('pids', 'w').write(f'{os.getpid()} {child.pid}')\n"
        "time.sleep(600)"
    )
    with pytest.raises(CalibrationError, match=r"no end after 2 s; .* raise the timeout"):
        step(code, tmp_path, timeout_s=2)(TRIAL)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    assert all(is_gone(pid) for pid in pids)


def is_gone(pid: int) -> bool:
    """Wait for the kernel to end a process that was killed; one that waits to be reaped has ended."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_program_that_never_stops_talking_costs_no_memory(tmp_path: Path) -> None:
    code = "import sys\nfor _ in range(2000): sys.stdout.write('x' * 9999 + chr(10))"
    before = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    said = step(code, tmp_path)(TRIAL)
    after = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert len(said.said) <= 200
    assert after - before < 16 * MIB


@pytest.mark.parametrize(("argv", "missing"), [(["a"], "{batch} and no {seconds}"), (["a", "{batch}"], "{seconds}")])
def test_a_command_without_a_place_for_its_numbers_is_refused(tmp_path: Path, argv: list[str], missing: str) -> None:
    with pytest.raises(UsageError, match=f"has no {missing}: wanted such as"):
        CommandStep(argv, tmp_path)


def test_a_command_that_cannot_keep_to_a_share_of_the_memory_is_refused(tmp_path: Path) -> None:
    command = CommandStep(["true", "{batch}", "{seconds}"], tmp_path)
    with pytest.raises(UsageError, match=r"keep to 0\.9 of the memory; or set memory_fraction = 1"):
        command(TRIAL)
    assert command(Trial(batch=8, seconds=2.5, memory_fraction=1.0)) == Outcome(True)


def test_zero_cannot_mean_that_a_batch_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exit code 0 for a batch that does not fit"):
        step("", tmp_path, does_not_fit=frozenset({0}))
