"""The one way to run a job: hold the corpus, make the run, pass the gate, serve its socket, take signals, sum up.

A job that is a step of another run (:mod:`engine.jobs.window`) goes the same way, but the corpus is held, and signals
are taken, by the run that it is a step of.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

from engine.errors import CorpusHeldError, GateClosedError, GonogoError, SafetyStopError
from engine.host.facts import host_facts, package_versions, usable_cpus
from engine.host.threads import worker_environment
from engine.jobs.attending import Attention, BySignals, ByWindow
from engine.jobs.ended import EndedEarly
from engine.jobs.gates import pass_gate
from engine.jobs.notifying import Notifier, notifying
from engine.jobs.registry import Order, job_kind
from engine.run.control import ControlServer
from engine.run.desk import Desk, Job
from engine.run.events import Summary, Version
from engine.run.folder import RunFolder
from engine.run.locks import LockHeldError, hold
from engine.run.log import EventLog, Listener
from engine.run.outcome import Outcome
from engine.run.places import state_dir_for
from engine.run.read_only import refuse_changes

Watcher = Callable[[Job], Coroutine[None, None, None]]
"""Looks at a job, again and again, until it is cancelled."""

_ARGUMENTS = tuple(one.name for one in fields(Order) if one.name not in ("job", "corpus", "settings"))
"""What ``run.json`` records beside the job, its corpus and its settings."""
_PACKAGES = ("gonogo", "numpy", "soundfile", "pyarrow", "msgspec", "xxhash")


def tool() -> str:
    """Return the name and version that records keep."""
    return f"gonogo {version('gonogo')}"


async def run_job(order: Order, state: Path, listener: Listener, watcher: Watcher | None = None) -> Summary:
    """Run a job to its end in this process.

    Args:
        order: what to do.
        state: STATE, where the run's folder is made.
        listener: called with every event as it happens; the first is a version, the last a summary.
        watcher: a coroutine that looks at the job while it works; cancelled when that is over.

    Returns:
        The summary.

    Raises:
        CorpusHeldError: when another run holds the corpus.
        GateClosedError: when a gate stays shut.
        SafetyStopError: when the run can no longer record what it does.
        UsageError: when there is nothing to work on.
    """
    refuse_changes(f"{order.job} of {order.corpus} would be a new run")
    kind = job_kind(order.job)
    try:
        with _corpus(order, changes=kind.changes_corpus(order)):
            return await _run(order, state, BySignals(), listener, watcher)
    except CorpusHeldError as error:
        log = EventLog(None, None)
        log.listeners.append(listener)
        log.append(_version(order))
        log.append(EndedEarly(job=order.job, outcome=Outcome.ERROR, seconds=0.0, detail=str(error)))
        raise


async def run_step(order: Order, state: Path, begun: Callable[[str, Job], object]) -> Summary:
    """Run a job to its end as a step of a run that holds the corpus and takes the signals.

    Args:
        order: what to do.
        state: STATE, where the step's own folder is made.
        begun: called with the id of the step's run, and its job, before anything is asked or done.

    Returns:
        The summary, which is in the step's own log as well.

    Raises:
        GateClosedError: when a gate stays shut.
        SafetyStopError: when the run can no longer record what it does.
        UsageError: when there is nothing to work on.
    """
    return await _run(order, state, nullcontext(ByWindow(begun)), None, None)


async def _run(
    order: Order,
    state: Path,
    attending: AbstractContextManager[Attention],
    listener: Listener | None,
    watcher: Watcher | None,
) -> Summary:
    from engine.audio.kernel import decimator  # noqa: PLC0415  # most commands call no compiled code

    folder = RunFolder.create(
        state,
        job=order.job,
        corpus=order.corpus,
        args={name: getattr(order, name) for name in _ARGUMENTS},
        config=order.settings,
        versions={**package_versions(_PACKAGES), "decimator": decimator()},
        host=host_facts(),
    )
    try:
        with (
            EventLog(folder.events_path, folder.run_id) as log,
            notifying(order, log) as notifier,
            attending as attention,
        ):
            if listener is not None:
                log.listeners.append(listener)
            log.append(_version(order))
            watchers = [watcher] if notifier is None else [watcher, notifier.watch]
            try:
                summary = await _conduct(order, Desk(folder.run_id, tool(), state, log, *_crew()), attention, watchers)
            except OSError as error:
                told = GonogoError(f"the system refuses: {error}; see to it, then run again: nothing is lost")
                early = EndedEarly(job=order.job, outcome=Outcome.ERROR, seconds=0.0, detail=str(told))
                await _end(log, notifier, attention, early)
                raise told from error
            except GonogoError as error:
                early = EndedEarly(job=order.job, outcome=outcome_of(error), seconds=0.0, detail=str(error))
                await _end(log, notifier, attention, early)
                raise
            await _end(log, notifier, attention, summary, durable=True)
            return summary
    finally:
        folder.close()


async def _end(
    log: EventLog, notifier: Notifier | None, attention: Attention, summary: Summary, durable: bool = False
) -> None:
    """Write the last line of a run; what could not be told to anybody stands before it."""
    try:
        if notifier is not None:
            attention.ending(notifier.hurry)
            await notifier.end(summary)
    finally:
        log.append(summary, durable=durable)


def _crew() -> tuple[Mapping[str, str], int]:
    """Return what the workers of a job may have: their environment, and how many processors."""
    return worker_environment(os.environ), usable_cpus()


async def _conduct(order: Order, desk: Desk, attention: Attention, watchers: Sequence[Watcher | None]) -> Summary:
    kind = job_kind(order.job)
    job = kind.make(order, desk)
    attention.begun(desk.run_id, job)
    async with ControlServer(desk.run_id, job):
        if kind.gate is not None:
            await pass_gate(kind.gate, order, desk.state, desk.worker_env, desk.log)
        async with contextlib.AsyncExitStack() as watching:
            for watcher in watchers:
                await watching.enter_async_context(_watched(job, watcher))
            summary = await job.run()
    return _as_stopped(summary, job, attention.stopped_as())


@contextlib.asynccontextmanager
async def _watched(job: Job, watcher: Watcher | None) -> AsyncIterator[None]:
    """Let somebody look at the job while it runs."""
    if watcher is None:
        yield
        return
    watching = asyncio.create_task(watcher(job))
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


def _as_stopped(summary: Summary, job: Job, stopped_as: Outcome | None) -> Summary:
    """Say of a run that was told to stop that it was; a stop for safety stays one."""
    if not job.stopped or summary.outcome is Outcome.SAFETY_STOP:
        return summary
    return summary.but(outcome=stopped_as or Outcome.INTERRUPTED)


@contextlib.contextmanager
def _corpus(order: Order, *, changes: bool) -> Iterator[None]:
    """Hold the corpus for a job that changes it, under one name whatever ``--state`` says."""
    if not changes:
        yield
        return
    lock = state_dir_for(order.corpus) / "corpus.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        held = hold(lock)
    except LockHeldError as error:
        told = f"another run holds this corpus: {error.holder or error}"
        raise CorpusHeldError(f"{order.corpus}: {told}; wait for it, or end it with gonogo stop") from error
    with held:
        yield


def _version(order: Order) -> Version:
    return Version(
        gonogo=version("gonogo"),
        job=order.job,
        corpus=os.fsencode(order.corpus).decode("utf-8", "backslashreplace"),
        python=platform.python_version(),
        host=socket.gethostname(),
    )


def outcome_of(error: GonogoError) -> Outcome:
    """Return what a run ends as that this error ended."""
    if isinstance(error, GateClosedError):
        return Outcome.GATE_CLOSED
    return Outcome.SAFETY_STOP if isinstance(error, SafetyStopError) else Outcome.ERROR
