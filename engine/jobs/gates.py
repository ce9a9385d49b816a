"""Gates: the point that a job may not pass until its checklist says GO, asked anew at the moment of every start."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from engine.checklist.around import Around
from engine.checklist.asking import as_event, ask_machine
from engine.checklist.finding import open_list
from engine.checklist.item_standing import ItemStanding
from engine.checklist.lists import Level
from engine.checklist.reading import load_checklist
from engine.checklist.shipped import shipped
from engine.checklist.standing import Standing
from engine.checklist.walk import Walk
from engine.errors import GateClosedError
from engine.jobs.registry import Order
from engine.run.events import GateOpened
from engine.run.log import EventLog

MACHINE_LIST = "convert-machine"
"""What is asked before every conversion, bound or not; no override opens it. Before a clean it is not: a clean writes
nothing to a shard and computes nothing, and it is what makes room where the floor is undercut."""
SIGNED_ONLY = "clean.start"
"""This gate is shut where no list is bound to it: what goes behind it cannot be had back."""


async def pass_gate(gate: str, order: Order, state: Path, worker_env: Mapping[str, str], log: EventLog) -> None:
    """Ask everything that stands before a gate; the log gets each answer.

    A dry run changes nothing: a bound checklist, which may ask for its result, does not stand before it.

    Raises:
        GateClosedError: when an answer is red or missing, the gate is bound to a checklist that says NO-GO, or it is
            one that opens only with a signature and nothing there asks for one.
        GonogoError: when the checklist or the ledger cannot be read or written.
    """
    is_dry = order.dry_run is not None or not order.act
    around = Around(order.corpus, state, order.settings, os.environ, worker_env, dry_run=is_dry)
    if gate != SIGNED_ONLY:
        await _ask_machine(gate, around, log)
    if is_dry:
        return
    bound = order.settings.gates.get(gate)
    walk = None if bound is None else Walk(open_list(bound, order.corpus), around)
    if gate == SIGNED_ONLY:
        _demand_signatures(gate, walk, order.corpus)
    if walk is not None:
        await _pass_list(gate, walk, log)


async def pass_bound(gate: str, order: Order, state: Path, worker_env: Mapping[str, str], log: EventLog) -> None:
    """Ask the list that a gate is bound to, and no more; a gate that is bound to none is open.

    Raises:
        GateClosedError: when that list says NO-GO.
        GonogoError: when it or the ledger cannot be read or written.
    """
    bound = order.settings.gates.get(gate)
    if bound is not None:
        around = Around(order.corpus, state, order.settings, os.environ, worker_env)
        await _pass_list(gate, Walk(open_list(bound, order.corpus), around), log)


def _demand_signatures(gate: str, walk: Walk | None, corpus: Path) -> None:
    """Refuse a gate that would open without anybody's signature."""
    if walk is None:
        raise GateClosedError(
            f"the gate {gate} is closed: nothing is bound to it, and it never opens unsigned\n"
            f'bind it: "{gate}" = "clean" under [gates] in gonogo.toml, as gonogo init writes it\n'
            f"then walk it and sign: gonogo checklist run clean --corpus {corpus}"
        )
    if not any(item.sign is not None and item.level is not Level.ADVICE for item in walk.checklist.items):
        raise GateClosedError(
            f"the gate {gate} is closed: it never opens unsigned, and no item of {walk.checklist.id!r} that closes it "
            f"wants a signature\ngive one a sign, or bind the list 'clean' to it in gonogo.toml"
        )


async def _ask_machine(gate: str, around: Around, log: EventLog) -> None:
    checks = await ask_machine(load_checklist(shipped(MACHINE_LIST)), around)
    for check in checks:
        log.append(check)
    red = [check for check in checks if check.state != "pass"]
    if red:
        told = "; ".join(f"{check.id}: read {check.read}, wanted {check.wanted}; {check.way_out}" for check in red)
        raise GateClosedError(f"the gate {gate} is closed: {told}")


async def _pass_list(gate: str, walk: Walk, log: EventLog) -> None:
    """Have what is stale answered anew, and go by how the list stands then."""
    for asked in await walk.refresh():
        log.append(as_event(asked))
    standing = await asyncio.to_thread(walk.look)
    override = None
    if not standing.is_go:
        override = standing.override_of(gate)
        if override is None or standing.problems:
            raise GateClosedError(_closed(gate, walk, standing))
    line = await asyncio.to_thread(walk.opened, gate, log.run_id or "", override)
    opened = GateOpened(
        gate=gate,
        checklist=walk.checklist.id,
        ledger_count=line.number,
        ledger_sha256=line.sha256,
        overridden_by="" if override is None else override.by,
        reason="" if override is None else override.reason,
    )
    log.append(opened, durable=True)


def _closed(gate: str, walk: Walk, standing: Standing) -> str:
    """Say on the first line what is shut, and then what is missing, item by item, and the way out."""
    name = walk.checklist.id
    missing = [
        f"  {each.item.id}: {each.state}: {each.why or each.item.ask}{_signer(each)}" for each in standing.missing
    ]
    refused = [f"  {told}" for told in (*standing.problems, *standing.refused)]
    way_out = f"walk it: gonogo checklist run {name} --corpus {walk.around.corpus}"
    head = f"the gate {gate} is closed: the checklist {name!r} says NO-GO: {standing.why}"
    return "\n".join([head, *missing, *refused, way_out])


def _signer(each: ItemStanding) -> str:
    """Say who signs an item, where somebody does."""
    return "" if each.item.sign is None else f"; signed by {each.item.sign.role}"
