"""Many command lines for the price of one start: each runs in a fork of a process that has imported gonogo once.

Run as a program: command lines on standard input, a JSON array of arrays; what became of each on standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.app.program import Ended, Gonogo


def run_all(gonogo: Gonogo, lines: Sequence[Sequence[str | Path]], env: dict[str, str]) -> list[Ended]:
    """Run command lines one after the other, in this environment, from the program's home."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.app.many_commands"],
        input=json.dumps([[str(argument) for argument in line] for line in lines]),
        env={**gonogo.env, **env, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=gonogo.home,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Ended(**each) for each in json.loads(done.stdout)]


def _main() -> None:
    from app.cli import gonogo
    from app.cli.listing import LISTED

    del gonogo
    for module, _ in LISTED.values():
        __import__(f"app.cli.{module}")
    sys.stdout.write(json.dumps([_run(line) for line in json.load(sys.stdin)]))


def _run(line: list[str]) -> dict[str, object]:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if not child:
            _become(line, out.fileno(), err.fileno())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return {"code": code, "stdout": out.read(), "stderr": err.read()}


def _become(line: list[str], out: int, err: int) -> None:
    from app.cli import main

    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(old, new)
    code: object = 1
    try:
        main(line)
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    _main()
