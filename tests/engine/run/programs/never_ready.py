"""A worker that dies before it says that it is ready; given a file to count in, every second time only."""

import runpy
import sys
from pathlib import Path

if len(sys.argv) > 1:
    with Path(sys.argv[1]).open("ab") as tries:
        tries.write(b"x")
    if Path(sys.argv[1]).stat().st_size % 2 == 0:
        runpy.run_path(str(Path(__file__).with_name("worker.py")), run_name="__main__")
        sys.exit(0)

sys.exit("ModuleNotFoundError: no module named 'numpy'")
