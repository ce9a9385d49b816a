"""Builds the stand-in for NVIDIA's management library, which pynvml loads as it would load the driver's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def build_nvml(folder: Path) -> Path:
    """Build ``libnvidia-ml.so.1`` in a folder, for LD_LIBRARY_PATH; NVML_FILE names its answers (see nvml.c)."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler to build the library with")
    target, source = folder / "libnvidia-ml.so.1", Path(__file__).with_name("nvml.c")
    argv = [compiler, "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(target), str(source)]
    subprocess.run(argv, check=True)
    return folder
