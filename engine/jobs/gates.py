"""Gates: the point that a job may not pass until its checklist says GO, asked anew at the moment of every start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engine.checklist.around import Around
from engine.checklist.asking import ask_machine
from engine.checklist.reading import load_checklist
from engine.checklist.shipped import shipped
from engine.errors import GateClosedError
from engine.jobs.registry import Order
from engine.run.log import EventLog

MACHINE_LIST = "convert-machine"
"""What is asked before every conversion, bound or not."""


async def pass_gate(gate: str, order: Order, state: Path, worker_env: Mapping[str, str], log: EventLog) -> None:
    """Ask everything that stands before a gate; the log gets each answer.

    Raises:
        GateClosedError: when an answer is red or missing, or the gate is bound to a checklist that is not signed.
    """
    bound = order.settings.gates.get(gate)
    if bound is not None:
        raise GateClosedError(
            f"the gate {gate} is bound to the checklist {bound!r}, which nobody has signed; "
            f"this gonogo cannot take signatures yet: take the binding out of [gates] to go on without"
        )
    around = Around(order.corpus, state, order.settings, os.environ, worker_env, dry_run=order.dry_run is not None)
    checks = await ask_machine(load_checklist(shipped(MACHINE_LIST)), around)
    for check in checks:
        log.append(check)
    red = [check for check in checks if check.state != "pass"]
    if red:
        told = "; ".join(f"{check.id}: read {check.read}, wanted {check.wanted}; {check.way_out}" for check in red)
        raise GateClosedError(f"the gate {gate} is closed: {told}")
