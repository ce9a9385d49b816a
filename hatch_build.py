"""Compiles the C of each room when gonogo is installed; where that cannot be, gonogo runs without, only slower.

The C of a room lies in its folder ``native``; all of it becomes one shared library, ``_native.so``, in the room itself.
It is plain C without Python's headers. A source whose name ends in an instruction set is compiled for that one, and is
called only where the processor has it.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# No contraction: a fused multiply-add rounds once where others round twice, and results must be the same everywhere.
FLAGS = ["-std=c11", "-O3", "-fPIC", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden", "-Wall", "-Wextra"]
OF_INSTRUCTION_SET = {
    "avx2": ["-mavx2"],
    "avx512": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"],
}


class NativeBuildHook(BuildHookInterface[BuilderConfig]):
    """Runs before a wheel is made, and before an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile what can be compiled, and have it packed."""
        if self.target_name != "wheel":
            return
        compiler = shlex.split(os.environ.get("CC") or "cc")
        rooms = sorted(Path(self.root, "engine").glob("*/native"))
        if shutil.which(compiler[0]) is None:
            self.app.display_warning(f"{compiler[0]}: no such compiler; gonogo will run without its compiled parts")
            return
        for folder in rooms:
            library = folder.parent / "_native.so"
            try:
                compile_room(compiler, folder, library)
            except subprocess.CalledProcessError as error:
                self.app.display_warning(f"{library} was not made, gonogo runs without it:\n{error.stderr}")
                library.unlink(missing_ok=True)
                continue
            build_data["artifacts"].append(str(library.relative_to(self.root)))
            build_data["pure_python"] = False
            build_data["tag"] = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")


def compile_room(compiler: list[str], folder: Path, library: Path, flags: tuple[str, ...] = ()) -> None:
    """Compile the C of one room into one library.

    Raises:
        CalledProcessError: when the compiler refuses; its ``stderr`` says why.
    """
    is_x86 = platform.machine().lower() in {"x86_64", "amd64"}
    with tempfile.TemporaryDirectory() as scratch:
        objects = []
        for source in sorted(folder.glob("*.c")):
            special = OF_INSTRUCTION_SET.get(source.stem.rpartition("_")[2])
            if special is not None and not is_x86:
                continue
            objects.append(str(Path(scratch, f"{source.stem}.o")))
            _run([*compiler, *FLAGS, *(special or []), *flags, "-c", str(source), "-o", objects[-1]])
        made = Path(scratch, library.name)
        _run([*compiler, "-shared", *flags, *objects, "-o", str(made), "-lm"])
        shutil.copy(made, library.with_suffix(".new"))
    library.with_suffix(".new").replace(library)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
