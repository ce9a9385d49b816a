"""Thread limits: each worker computes on one thread, or N workers start N times as many threads as there are cores."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import msgspec

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "TORCH_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "ARROW_NUM_THREADS",
)
"""What the numeric libraries read when they are loaded; setting it later has no effect."""

_MEASURE_TIMEOUT_S = 60.0
_PROGRAM = """
import json, os, sys
import numpy
square = numpy.ones((512, 512))
square @ square
names = json.loads(sys.argv[1])
threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else None
print(json.dumps({"variables": {name: os.environ.get(name) for name in names}, "os_threads": threads}))
"""


class ThreadReport(msgspec.Struct, frozen=True):
    """What a child with a worker's environment was found to run on."""

    variables: dict[str, str | None]
    os_threads: int | None
    """Threads of the process after a matrix product; None where the system does not tell."""

    @property
    def limited(self) -> bool:
        """True when every variable is 1 and the product ran on no further thread."""
        return all(value == "1" for value in self.variables.values()) and self.os_threads in {None, 1}


def worker_environment(base_env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with every thread variable at 1."""
    return {**base_env, **dict.fromkeys(THREAD_VARIABLES, "1")}


def thread_limits_in(env: Mapping[str, str]) -> dict[str, str | None]:
    """Return the thread variables as an environment has them; None for one that is not set."""
    return {name: env.get(name) for name in THREAD_VARIABLES}


def measure_threads(env: Mapping[str, str]) -> ThreadReport:
    """Start a child Python in this environment and count its threads after a matrix product (half a second).

    Raises:
        OSError: when the child cannot be started.
        subprocess.SubprocessError: when it fails or takes more than a minute.
    """
    names = msgspec.json.encode(THREAD_VARIABLES).decode()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, names],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=_MEASURE_TIMEOUT_S,
    )
    return msgspec.json.decode(done.stdout, type=ThreadReport)
