"""The one way to run a job: hold the corpus, make the run, pass the gate, serve its socket, take signals, sum up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from importlib.metadata import version
from pathlib import Path

from engine.errors import CorpusHeldError, GateClosedError, GonogoError, SafetyStopError
from engine.host.facts import host_facts, package_versions, usable_cpus
from engine.host.threads import worker_environment
from engine.jobs.gates import pass_gate
from engine.jobs.registry import Order, job_kind
from engine.run.control import ControlServer
from engine.run.desk import Desk, Job
from engine.run.events import Summary, Version
from engine.run.folder import RunFolder
from engine.run.locks import LockHeldError, hold
from engine.run.log import EventLog, Listener
from engine.run.outcome import Outcome
from engine.run.places import state_dir_for
from engine.run.signals import StopSignals

Watcher = Callable[[Job], Coroutine[None, None, None]]
"""Looks at a job, again and again, until it is cancelled."""

_PACKAGES = ("gonogo", "numpy", "soundfile", "pyarrow", "msgspec", "xxhash")


class EndedEarly(Summary, frozen=True, kw_only=True, tag="summary"):
    """The summary of a run that an error ended, or that never began."""

    detail: str


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
    kind = job_kind(order.job)
    try:
        with _corpus(order, changes=kind.changes_corpus(order)):
            return await _run(order, state, listener, watcher)
    except CorpusHeldError as error:
        log = EventLog(None, None)
        log.listeners.append(listener)
        log.append(_version(order))
        log.append(EndedEarly(job=order.job, outcome=Outcome.ERROR, seconds=0.0, detail=str(error)))
        raise


async def _run(order: Order, state: Path, listener: Listener, watcher: Watcher | None) -> Summary:
    from engine.audio.kernel import decimator  # noqa: PLC0415  # most commands call no compiled code

    folder = RunFolder.create(
        state,
        job=order.job,
        corpus=order.corpus,
        args={"dry_run": order.dry_run, "act": order.act, "full": order.full, "counts": order.counts},
        config=order.settings,
        versions={**package_versions(_PACKAGES), "decimator": decimator()},
        host=host_facts(),
    )
    try:
        with EventLog(folder.events_path, folder.run_id) as log:
            log.listeners.append(listener)
            log.append(_version(order))
            try:
                summary = await _conduct(order, state, folder, log, watcher)
            except OSError as error:
                told = GonogoError(f"the system refuses: {error}; see to it, then run again: nothing is lost")
                log.append(EndedEarly(job=order.job, outcome=Outcome.ERROR, seconds=0.0, detail=str(told)))
                raise told from error
            except GonogoError as error:
                log.append(EndedEarly(job=order.job, outcome=_outcome_of(error), seconds=0.0, detail=str(error)))
                raise
            log.append(summary, durable=True)
            return summary
    finally:
        folder.close()


async def _conduct(order: Order, state: Path, folder: RunFolder, log: EventLog, watcher: Watcher | None) -> Summary:
    kind = job_kind(order.job)
    env = worker_environment(os.environ)
    job = kind.make(order, Desk(folder.run_id, tool(), state, log, env, usable_cpus()))
    signals = StopSignals(graceful=lambda _: job.stop(now=False), now=lambda _: job.stop(now=True))
    with signals:
        async with ControlServer(folder.run_id, job):
            if kind.gate is not None:
                await pass_gate(kind.gate, order, state, env, log)
            async with _watched(job, watcher):
                summary = await job.run()
    return _as_stopped(summary, job, signals)


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


def _as_stopped(summary: Summary, job: Job, signals: StopSignals) -> Summary:
    """Say of a run that was told to stop that it was; a stop for safety stays one."""
    if not job.stopped or summary.outcome is Outcome.SAFETY_STOP:
        return summary
    return summary.but(outcome=signals.outcome or Outcome.INTERRUPTED)


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


def _outcome_of(error: GonogoError) -> Outcome:
    if isinstance(error, GateClosedError):
        return Outcome.GATE_CLOSED
    return Outcome.SAFETY_STOP if isinstance(error, SafetyStopError) else Outcome.ERROR
