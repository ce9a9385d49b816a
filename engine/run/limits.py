"""What a worker may use and how long it may be silent: told to the child through one environment variable."""

from __future__ import annotations

import os

import msgspec

WORKER_VARIABLE = "GONOGO_WORKER"
"""Holds the JSON of a :class:`WorkerOrders` for each worker child."""

HEARTBEAT_S = 2.0
"""A worker says something at least this often; :attr:`WorkerLimits.silence_s` leaves room for many of these."""


class WorkerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of one worker process."""

    silence_s: float = 60.0
    """A worker with a task that says nothing for so long is taken for hung and killed: thirty heartbeats."""
    start_s: float = 120.0
    """From its start to its first word; importing numpy from a cold network volume takes tens of seconds."""
    leave_s: float = 10.0
    """From the end of its input to its exit; after that it is killed. It has nothing in its hands then."""
    memory_bytes: int | None = None
    """RLIMIT_AS: address space, so libraries' reservations count too; None leaves it alone."""
    nice: int = 5
    """Added to the engine's own niceness: the console stays responsive on a full machine."""
    oom_score_adj: int = 500
    """The kernel, out of memory, takes a worker before it takes the engine."""


class WorkerOrders(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker child is told at birth."""

    parent_pid: int
    limits: WorkerLimits


def with_orders(env: dict[str, str], limits: WorkerLimits) -> dict[str, str]:
    """Return the environment with the orders for a child of this process."""
    orders = WorkerOrders(parent_pid=os.getpid(), limits=limits)
    return {**env, WORKER_VARIABLE: msgspec.json.encode(orders).decode()}


def read_orders(env: dict[str, str]) -> WorkerOrders | None:
    """Return the orders in an environment; None where a person started the worker by hand."""
    told = env.get(WORKER_VARIABLE)
    return None if told is None else msgspec.json.decode(told.encode(), type=WorkerOrders)
