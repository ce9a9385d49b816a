"""One task, done and answered: every way in which a shard can fail becomes a result that says why."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import msgspec

from engine.convert.inspection import inspect_shard
from engine.convert.measuring import measure_shard
from engine.convert.pulse import Pulse, StopRequestedError
from engine.convert.shard import convert_shard, recover_shard
from engine.convert.shown import shown_result
from engine.convert.tasks import Convert, Inspect, Measure, Recover, Result, State, Task, Trouble, Validate
from engine.convert.validation import validate_shard
from engine.errors import Fault, InputError
from engine.shards.files import Files, ReadFailedError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSING = {errno.EROFS, errno.EIO}
"""A disk that has become read-only or failed a write will do so for the next shard as well."""


def answer(files: Files, task: Task, pulse: Pulse) -> Result:
    """Do a task and return its result."""
    began = time.monotonic()
    result = shown_result(_attempt(files, task, pulse))
    return msgspec.structs.replace(result, seconds=round(time.monotonic() - began, 3))


def _attempt(files: Files, task: Task, pulse: Pulse) -> Result:
    try:
        match task:
            case Convert():
                return convert_shard(files, task, pulse)
            case Recover():
                return recover_shard(files, task, pulse)
            case Inspect():
                return inspect_shard(files, task, pulse)
            case Validate():
                return validate_shard(files, task, pulse)
            case Measure():
                return measure_shard(files, task, pulse)
    except InputError as error:
        fault = error.within(file=task.shard.files.audio_name).fault
        return Result(task=task.task, state=State.QUARANTINED, seconds=0, fault=fault)
    except StopRequestedError:
        return Result(task=task.task, state=State.PENDING, seconds=0, interrupted=True)
    except OSError as error:
        return Result(
            task=task.task, state=State.FAILED, seconds=0, fault=_fault_of(error, task), trouble=trouble_of(error)
        )
    except MemoryError:
        problem, way_out = "a worker's memory is not enough", "raise worker_memory under [convert] in gonogo.toml"
        fault = Fault(problem, file=task.shard.files.audio_name, way_out=way_out)
        return Result(task=task.task, state=State.FAILED, seconds=0, fault=fault)


def trouble_of(error: OSError) -> Trouble:
    """Tell what an error of the system means for the other shards."""
    if error.errno in _FULL:
        return Trouble.SPACE
    if error.errno in _REFUSING and not isinstance(error, ReadFailedError):
        return Trouble.DISK
    return Trouble.SHARD


def _fault_of(error: OSError, task: Task) -> Fault:
    name = Path(str(error.filename)).name if error.filename is not None else task.shard.files.audio_name
    read = f"{error.strerror} ({errno.errorcode.get(error.errno or 0, error.errno)})"
    way_out = {
        Trouble.SPACE: "make room; a run that waits for it goes on by itself",
        Trouble.DISK: "look at the disk (dmesg) before running again",
        Trouble.SHARD: "see to it, then run again: the shard is as it was",
    }[trouble_of(error)]
    return Fault("the system refuses", file=name, read=read, way_out=way_out)
