"""A check that parses files which others wrote, in a process of its own: a file made to harm takes only that along.

``python -m engine.checklist.apart`` reads a check and what it looks at on standard input (pickled: it comes from us)
and writes the answer as JSON (it does not). The process dies with the engine and may take as much memory as a worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from typing import Final

import msgspec

from engine.checklist.answers import Answer, no_answer
from engine.checklist.around import Around
from engine.checklist.kinds import Check
from engine.errors import GonogoError, printable
from engine.run.child import obey
from engine.run.limits import WorkerLimits, read_orders, with_orders

_PROGRAM: Final = (sys.executable, "-P", "-m", "engine.checklist.apart")
_CLEANING_UP_S: Final = 5.0
"""A look that nobody waits for any more takes its temporary files away; then it is killed."""
_LAST_WORDS: Final = 300


async def look_apart(check: Check, around: Around) -> Answer:
    """Let a check look in a process of its own.

    Raises:
        OSError: when no process can be started.
    """
    limits = WorkerLimits(memory_bytes=around.settings.convert.worker_memory_bytes)
    child = await asyncio.create_subprocess_exec(
        *_PROGRAM,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=with_orders(dict(os.environ), limits),
        start_new_session=True,
    )
    asked = pickle.dumps((check, replace(around, env=dict(around.env), worker_env=dict(around.worker_env))))
    try:
        said, complaints = await child.communicate(asked)
    except asyncio.CancelledError:
        await _end(child)
        raise
    try:
        return msgspec.json.decode(said, type=Answer)
    except msgspec.DecodeError:
        return no_answer(_how_it_ended(child.returncode, complaints))


async def _end(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(_CLEANING_UP_S):
            await child.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _how_it_ended(code: int | None, complaints: bytes) -> str:
    how = f"by {signal.Signals(-code).name}" if code is not None and code < 0 else f"with code {code}"
    words = printable(complaints.decode("utf-8", "replace").strip()[-_LAST_WORDS:])
    return f"the process that read the file ended {how} and gave no answer" + (f"; it said: {words}" if words else "")


async def _look(check: Check, around: Around) -> Answer:
    """Look, until done or told to stop."""
    task = asyncio.ensure_future(check.look(around))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except MemoryError:
        limit = "raise worker_memory under [convert] in gonogo.toml, or look at the file"
        return no_answer(f"the memory that a check may take is not enough; {limit}")
    except (OSError, subprocess.SubprocessError, GonogoError) as error:
        return no_answer(str(error))


def main() -> None:
    """Answer one check."""
    obey(read_orders(dict(os.environ)))
    check, around = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # our parent's
    with contextlib.suppress(asyncio.CancelledError):
        answer = asyncio.run(_look(check, around))
        sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
