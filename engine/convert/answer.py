"""One task, done and answered: every way in which a shard can fail becomes a result that says why."""

from __future__ import annotations

import time

import msgspec

from engine.convert.inspection import inspect_shard
from engine.convert.measuring import measure_shard
from engine.convert.shard import convert_shard, recover_shard
from engine.convert.shown import shown_result
from engine.convert.tasks import Convert, Inspect, Measure, Recover, Result, Task, Validate
from engine.convert.validation import validate_shard
from engine.crew.answers import State
from engine.crew.pulse import Pulse, StopRequestedError
from engine.crew.trouble import fault_of, trouble_of
from engine.errors import Fault, InputError
from engine.shards.files import Files


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
            task=task.task,
            state=State.FAILED,
            seconds=0,
            fault=fault_of(error, task.shard.files.audio_name),
            trouble=trouble_of(error),
        )
    except MemoryError:
        problem, way_out = "a worker's memory is not enough", "raise worker_memory under [convert] in gonogo.toml"
        fault = Fault(problem, file=task.shard.files.audio_name, way_out=way_out)
        return Result(task=task.task, state=State.FAILED, seconds=0, fault=fault)
