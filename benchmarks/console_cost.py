"""What the console costs while 32 workers convert 3,551 shards: its share of a core, in a real tmux, at 4 Hz.

``python -m benchmarks.console_cost``. The engine is simulated (a real event log, a real socket), the console is not.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

GOAL = 0.05
SIZES = ((80, 24), (120, 36))
SETTLE_S = 4.0
"""The first paint and the imports are no running cost."""
SPAN_S = 5.0
SPANS = 4


def measure(columns: int, rows: int) -> tuple[float, float]:
    """Return the console's median share of a core and its memory in bytes."""
    with tempfile.TemporaryDirectory(prefix="gg-", dir="/tmp") as home:  # a socket's path must be short
        env = {**os.environ, "TERM": "xterm-256color"}
        for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
            env[variable] = f"{home}/{variable.lower()}"
            Path(env[variable]).mkdir(mode=0o700)
        seconds = str(SETTLE_S + SPAN_S * SPANS + 10)
        argv = [sys.executable, "-m", "benchmarks.simulated_engine", f"{home}/state", seconds]
        with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as engine:
            assert engine.stdout is not None
            run = engine.stdout.readline().strip()
            socket = f"gonogo-bench-{secrets.token_hex(3)}"
            tmux = ["tmux", "-L", socket, "-f", "/dev/null"]
            size = ["-x", str(columns), "-y", str(rows)]
            console = [sys.executable, "-m", "app", "attach", run]
            subprocess.run([*tmux, "new-session", "-d", *size, *console], env=env, check=True)
            try:
                time.sleep(SETTLE_S)
                return _watch(run)
            finally:
                subprocess.run(["tmux", "-L", socket, "kill-server"], check=False)
                engine.terminate()


def _watch(run: str) -> tuple[float, float]:
    guard = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if (process.info["cmdline"] or [])[1:] == ["-m", "app", "attach", run] and process.children()
    )
    console = guard.children()[0]
    shares = []
    for _ in range(SPANS):
        before, began = console.cpu_times(), time.monotonic()
        time.sleep(SPAN_S)
        after, passed = console.cpu_times(), time.monotonic() - began
        shares.append((after.user + after.system - before.user - before.system) / passed)
    return median(shares), console.memory_info().rss


def main() -> None:
    """Print one line a size."""
    for columns, rows in SIZES:
        share, memory = measure(columns, rows)
        sys.stdout.write(
            f"console, 3,551 shards, 32 workers, {columns}x{rows}, 4 Hz: {share:.1%} of a core "
            f"(goal at most {GOAL:.0%}), {memory / 1e6:.0f} MB\n"
        )


if __name__ == "__main__":
    main()
