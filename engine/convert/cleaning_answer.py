"""One shard's clean, done and answered: every way in which it can be refused becomes an answer that says why."""

from __future__ import annotations

import time

import msgspec

from engine.convert.cleaning_shard import clean_shard
from engine.convert.cleaning_tasks import Clean, Cleaned
from engine.convert.shown import shown
from engine.crew.answers import State
from engine.crew.pulse import Pulse, StopRequestedError
from engine.crew.trouble import fault_of, trouble_of
from engine.errors import Fault, InputError
from engine.shards.files import Files


def answer(files: Files, task: Clean, pulse: Pulse) -> Cleaned:
    """Do an order and return its answer."""
    began = time.monotonic()
    cleaned = _attempt(files, task, pulse)
    fault = shown(cleaned.fault) if cleaned.fault else None
    return msgspec.structs.replace(cleaned, fault=fault, seconds=round(time.monotonic() - began, 3))


def _attempt(files: Files, task: Clean, pulse: Pulse) -> Cleaned:
    audio = task.shard.files.audio_name
    try:
        return clean_shard(files, task, pulse)
    except InputError as error:
        fault = error.within(file=audio).fault
        return Cleaned(task=task.task, state=State.QUARANTINED, seconds=0, fault=fault)
    except StopRequestedError:
        return Cleaned(task=task.task, state=State.PENDING, seconds=0, interrupted=True)
    except OSError as error:
        fault, trouble = fault_of(error, audio), trouble_of(error)
        return Cleaned(task=task.task, state=State.FAILED, seconds=0, fault=fault, trouble=trouble)
    except MemoryError:
        fault = Fault("a worker's memory is not enough", file=audio, way_out="raise worker_memory under [convert]")
        return Cleaned(task=task.task, state=State.FAILED, seconds=0, fault=fault)
