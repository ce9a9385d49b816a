"""Takes locks, or makes a run, and keeps them until its input ends or it is killed."""

import sys
from pathlib import Path

from engine.run.folder import RunFolder
from engine.run.locks import HeldLock, hold, hold_folder

kept: list[HeldLock | RunFolder] = []
path = Path(sys.argv[2])
match sys.argv[1]:
    case "file":
        kept.append(hold(path, "20260131T093000Z-convert-9f3c"))
    case "folder":
        kept.append(hold_folder(path))
    case "run":
        kept.append(RunFolder.create(path, job="convert", corpus=None, args={}, config={}, versions={}, host={}))
sys.stdout.write("held\n")
sys.stdout.flush()
sys.stdin.read()
