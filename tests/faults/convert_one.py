"""Converts one shard at a time on a file system that fails on purpose.

Run as ``python -m tests.faults.convert_one CLIP``: an :class:`Order` a line on standard input, an :class:`Ended` a line
on standard output. It imports once and forks for an order that kills, so that hundreds of real kills take seconds.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from pathlib import Path

import msgspec

from engine.audio.clip import convert_clip
from engine.convert.answer import answer
from engine.convert.tasks import Convert, Recover, Result
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, to_wire
from engine.shards.files import RealFiles
from tests.faults.fault_files import FaultFiles, Harm, Strike
from tests.faults.pieces import in_small_pieces


class Order(msgspec.Struct, frozen=True):
    """One attempt at one shard."""

    folder: str
    strike: Strike | None = None
    keep_backup: bool = False
    convert: bool = True
    """False recovers and no more."""
    let_go: bool = False
    """Of a kept original, where it only recovers."""


class Ended(msgspec.Struct, frozen=True):
    """How an attempt ended."""

    signal: int
    """That killed it; 0 when it came to its end."""
    result: Result | None = None
    calls: tuple[str, ...] = ()


def attempt(order: Order) -> Ended:
    """Do what an engine's worker does with a shard."""
    files = FaultFiles(RealFiles(), order.strike)
    shard = ShardRef(folder=to_wire(Path(order.folder)), audio_name="audio.tar", lone=False, sidecar=None, lock=None)
    task: Convert | Recover = (
        Convert(shard=shard, task="t", run="run", tool="test", spot_checks=2, keep_backup=order.keep_backup)
        if order.convert
        else Recover(shard=shard, task="t", run="run", tool="test", let_go=order.let_go)
    )
    result = answer(files, task, Pulse("t", lambda _: None, lambda: False))
    return Ended(0, result, tuple(files.calls))


def _in_a_child(order: Order) -> Ended:
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(write_fd, "wb") as out:
                out.write(msgspec.json.encode(attempt(order)))
            os._exit(0)
        except BaseException:  # noqa: BLE001  # a fork must never return into its parent's loop
            traceback.print_exc()
            os._exit(1)
    os.close(write_fd)
    with os.fdopen(read_fd, "rb") as answered:
        line = answered.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Ended(os.WTERMSIG(status))
    if not line:
        raise SystemExit("an attempt ended in an exception; it stands above")
    return msgspec.json.decode(line, type=Ended)


def main() -> None:
    """Serve orders until there are no more."""
    warm = Path(sys.argv[1]).read_bytes()
    convert_clip(warm)  # what is computed once, is computed before the first fork
    in_small_pieces()
    gc.freeze()
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        kills = order.strike is not None and order.strike.harm is Harm.KILL
        ended = _in_a_child(order) if kills else attempt(order)
        sys.stdout.buffer.write(msgspec.json.encode(ended) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
