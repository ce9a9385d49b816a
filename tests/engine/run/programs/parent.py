"""An engine with one worker, for tests that kill it: prints the worker's pid and waits."""

import asyncio
import os
import sys

from engine.run.limits import WorkerLimits
from engine.run.supervise import WorkerProcess


async def main() -> None:
    worker = await WorkerProcess.start(sys.argv[1:], limits=WorkerLimits(), env=dict(os.environ))
    await worker.next_line(30.0)
    sys.stdout.write(f"{worker.pid}\n")
    sys.stdout.flush()
    await asyncio.sleep(60)


asyncio.run(main())
