from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look

ROOT = Path(__file__).parents[3]
TWO = "NVIDIA L4/24000000000/400000000/0;Tesla T4/15800000000/9000000000/97"
ASK = (
    "import asyncio, pathlib, sys\nfrom tests.engine.checklist.asking import around, look\n"
    "answer = asyncio.run(look(around(pathlib.Path(sys.argv[1])), sys.argv[2]))\nprint(answer.state, answer.read)"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a libnvidia-ml.so.1 of ours, which pynvml loads as it would load the driver's."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler to build the library with")
    folder = tmp_path_factory.mktemp("nvml")
    source = Path(__file__).with_name("nvml.c")
    argv = [
        compiler,
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        str(folder / "libnvidia-ml.so.1"),
        str(source),
    ]
    subprocess.run(argv, check=True)
    return folder


def ask(library: Path, corpus: Path, keys: str, **nvml: str) -> tuple[State, str]:
    env = {**os.environ, "LD_LIBRARY_PATH": str(library), "NVML_DRIVER": "550.54.15", "NVML_GPUS": TWO, **nvml}
    argv = [sys.executable, "-c", ASK, str(corpus), f'type = "gpu"\n{keys}']
    said = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    state, _, read = said.strip().partition(" ")
    return State(state), read


@pytest.mark.parametrize(
    ("keys", "state", "read"),
    [
        ("min_count = 2", State.PASS, "2 of 2 GPUs as wanted (0: NVIDIA L4; 1: Tesla T4), driver 550.54.15"),
        ("min_count = 3", State.FAIL, "2 of 2 GPUs as wanted (0: NVIDIA L4; 1: Tesla T4), wanted 3, driver 550.54.15"),
        ('name = "L4|H100"', State.PASS, "1 of 2 GPUs as wanted (0: NVIDIA L4; 1: Tesla T4), driver 550.54.15"),
        (
            'min_memory = "16GB"\nmin_count = 2',
            State.FAIL,
            (
                "1 of 2 GPUs as wanted (0: NVIDIA L4, 400 MB of 24.0 GB used; 1: Tesla T4, 9.00 GB of 15.8 GB used), "
                "wanted 2, driver 550.54.15"
            ),
        ),
        (
            'name = "T4"\nmax_utilisation = 5',
            State.FAIL,
            "0 of 2 GPUs as wanted (0: NVIDIA L4, 0 % busy; 1: Tesla T4, 97 % busy), wanted 1, driver 550.54.15",
        ),
        (
            'min_driver = "550.54.16"',
            State.FAIL,
            "2 of 2 GPUs as wanted (0: NVIDIA L4; 1: Tesla T4), driver 550.54.15, wanted 550.54.16 or newer",
        ),
    ],
)
def test_gpus_are_held_against_what_is_wanted(
    library: Path, tmp_path: Path, keys: str, state: State, read: str
) -> None:
    assert ask(library, tmp_path, keys) == (state, read)


def test_a_gpu_whose_memory_somebody_uses_is_not_free(library: Path, tmp_path: Path) -> None:
    assert ask(library, tmp_path, 'name = "L4"\nmax_memory_used = "500MB"')[0] is State.PASS
    assert ask(library, tmp_path, 'name = "T4"\nmax_memory_used = "500MB"')[0] is State.FAIL


def test_driver_versions_are_compared_as_numbers(library: Path, tmp_path: Path) -> None:
    assert ask(library, tmp_path, 'min_driver = "99.9"')[0] is State.PASS


def test_a_machine_without_gpus_under_its_driver_fails(library: Path, tmp_path: Path) -> None:
    assert ask(library, tmp_path, "", NVML_GPUS="") == (
        State.FAIL,
        "0 of 0 GPUs as wanted, wanted 1, driver 550.54.15",
    )


def test_a_driver_that_is_not_loaded_cannot_be_asked(library: Path, tmp_path: Path) -> None:
    state, read = ask(library, tmp_path, "", NVML_INIT="9")
    assert (state, read) == (
        State.ERROR,
        "the NVIDIA driver does not answer: Driver Not Loaded; is it installed and loaded?",
    )


def test_a_gpu_that_does_not_tell_how_busy_it_is_cannot_be_judged_by_that(library: Path, tmp_path: Path) -> None:
    shy = "NVIDIA H100 MIG 1g.10gb/10000000000/0/-"
    assert ask(library, tmp_path, "max_utilisation = 5", NVML_GPUS=shy)[0] is State.ERROR
    assert ask(library, tmp_path, 'min_memory = "10GB"', NVML_GPUS=shy)[0] is State.PASS


@pytest.mark.skipif(ctypes.util.find_library("nvidia-ml") is not None, reason="this machine has an NVIDIA driver")
async def test_a_machine_without_the_drivers_library_cannot_be_asked(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), 'type = "gpu"')
    assert answer.state is State.ERROR
    assert "NVML Shared Library Not Found" in answer.read


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ('name = "("', "no regular expression"),
        ("min_count = 0", ">= 1"),
        ('min_memory = "lots"', "not a size"),
        ('min_driver = "new"', "wanted a version such as"),
        ("max_utilisation = 101", "<= 100"),
        ('max_memory_used = "-1"', "not a size"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "gpu"\n{keys}')
