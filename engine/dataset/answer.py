"""One task, done and answered: every way in which an artifact can fail becomes an answer that says why."""

from __future__ import annotations

import time

import msgspec

from engine.checklist.kinds.table_stop import StoppedError
from engine.crew.answers import State
from engine.crew.pulse import Pulse, StopRequestedError
from engine.crew.trouble import fault_of, trouble_of
from engine.dataset.making_benchmark import measure_decoding
from engine.dataset.making_buckets import make_buckets_file
from engine.dataset.making_export import write_exports
from engine.dataset.making_manifest import list_one, merge_all
from engine.dataset.making_report import make_report
from engine.dataset.making_split import make_split_files
from engine.dataset.tasks import (
    ListShard,
    Made,
    MakeBuckets,
    MakeSplit,
    MeasureDecoding,
    MergeManifest,
    Task,
    WriteExports,
    WriteReport,
)
from engine.errors import Fault, GonogoError, InputError


def answer(task: Task, pulse: Pulse) -> Made:
    """Do a task and return its answer."""
    began = time.monotonic()
    made = _attempt(task, pulse)
    return msgspec.structs.replace(made, task=task.task, seconds=round(time.monotonic() - began, 3))


def refused(fault: Fault) -> Made:
    """Answer that nothing can be made of this, however often it is tried."""
    return Made(task="", state=State.QUARANTINED, seconds=0, well=False, fault=fault)


def _attempt(task: Task, pulse: Pulse) -> Made:
    try:
        return _made(task, pulse)
    except (StopRequestedError, StoppedError):
        return Made(task="", state=State.PENDING, seconds=0, interrupted=True)
    except InputError as error:
        return refused(error.fault)
    except OSError as error:
        fault = fault_of(error, str(error.filename or ""))
        return Made(task="", state=State.FAILED, seconds=0, well=False, fault=fault, trouble=trouble_of(error))
    except MemoryError:
        return refused(Fault("a worker's memory is not enough", way_out="raise worker_memory under [convert]"))
    except GonogoError as error:
        return refused(Fault(str(error)))


def _made(task: Task, pulse: Pulse) -> Made:
    match task:
        case ListShard():
            return list_one(task, pulse)
        case MergeManifest():
            return merge_all(task, pulse)
        case MakeSplit():
            return make_split_files(task, pulse)
        case MakeBuckets():
            return make_buckets_file(task, pulse)
        case MeasureDecoding():
            return measure_decoding(task, pulse)
        case WriteExports():
            return write_exports(task, pulse)
        case WriteReport():
            return make_report(task, pulse)
