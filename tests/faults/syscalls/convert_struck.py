"""Converts one shard at a time; on demand under strace, which strikes one system call of it.

Run as ``python -m tests.faults.syscalls.convert_struck CLIP``: an :class:`Order` a line on standard input, an
:class:`Ended` a line on standard output. It imports once and forks for each order. The fork stops itself, strace takes
hold of it, and only then it goes on: so that a strike costs a strace, and no start of an interpreter.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.audio.clip import convert_clip
from engine.convert.answer import answer
from engine.convert.tasks import Convert, Recover, Result
from engine.crew.pulse import Pulse
from engine.crew.wire import ShardRef, to_wire
from engine.shards.files import RealFiles
from engine.shards.names import ShardFiles
from tests.faults.fault_files import Harm, Strike
from tests.faults.pieces import in_small_pieces
from tests.faults.syscalls.broken import BREAK, BrokenFiles
from tests.faults.syscalls.short import Short, shorten


class Order(msgspec.Struct, frozen=True):
    """One attempt at one shard."""

    folder: str
    links: bool = True
    convert: bool = True
    """False recovers and no more."""
    trace: tuple[str, ...] = ()
    """Arguments for strace, which looks only at calls that touch the shard; none, and there is no strace."""
    short: Short | None = None
    kill_at: int = 0
    """SIGKILL before this call to ``Files``, counted from 1."""
    neighbour: str = ""
    """A file elsewhere on its disk, written and brought to the disk before each call to ``Files``."""
    broken: str = ""
    """The mutant that takes the protocol's place."""


class Ended(msgspec.Struct, frozen=True):
    """How an attempt ended."""

    signal: int = 0
    """That killed it; 0 when it came to its end."""
    result: Result | None = None
    calls: tuple[str, ...] = ()
    """What it asked of ``Files``."""
    shortened: bool = False
    """Whether it came to the call that was to move fewer bytes."""
    trace: tuple[str, ...] = ()
    """What strace wrote, a line a call."""
    errors: str = ""
    """The traceback of an attempt that gave no answer."""


def shard_paths(folder: Path) -> tuple[Path, ...]:
    """Everything that a conversion touches: the folder, and each name in it."""
    names = ShardFiles.of_folder(folder)
    status = names.status
    return (folder, names.audio, names.backup, names.temporary, status, status.with_name(status.name + ".tmp"))


class StruckFiles(BrokenFiles):
    """The real file system, which kills, lacks a step, or is shared with somebody who syncs: as ordered."""

    def __init__(self, order: Order) -> None:
        strike = Strike(order.kill_at, Harm.KILL) if order.kill_at else None
        super().__init__(RealFiles(), strike, order.broken or os.environ.get(BREAK, ""))
        self._neighbour = order.neighbour

    @contextlib.contextmanager
    def _call(self, what: str, path: Path) -> Iterator[None]:
        if self._neighbour:
            with Path(self._neighbour).open("ab") as out:
                out.write(what.encode())
                out.flush()
                os.fsync(out.fileno())
        with super()._call(what, path):
            yield


def attempt(order: Order) -> Ended:
    """Do what an engine's worker does with a shard."""
    files = StruckFiles(order)
    shard = ShardRef(folder=to_wire(Path(order.folder)), audio_name="audio.tar", lone=False, sidecar=None, lock=None)
    task: Convert | Recover = (
        Convert(shard=shard, task="t", run="run", tool="test", spot_checks=2, links=order.links)
        if order.convert
        else Recover(shard=shard, task="t", run="run", tool="test")
    )
    came_to_it = shorten(order.short) if order.short is not None else lambda: False
    result = answer(files, task, Pulse("t", lambda _: None, lambda: False))
    return Ended(result=result, calls=tuple(files.calls), shortened=came_to_it())


def _begin(order: Order, answers: int) -> None:
    """Be the fork: never return into the loop of the parent."""
    try:
        if order.trace:
            os.kill(os.getpid(), signal.SIGSTOP)
        ended = attempt(order)
    except BaseException:  # noqa: BLE001  # whatever it was, it is told
        ended = Ended(errors=traceback.format_exc())
    with os.fdopen(answers, "wb") as out:
        out.write(msgspec.json.encode(ended))
    os._exit(0)


def _strace(order: Order, child: int) -> subprocess.Popen[str]:
    """Let strace take hold of a fork that has stopped itself, and let both go on."""
    os.waitpid(child, os.WUNTRACED)
    paths = [f"-P{path}" for path in shard_paths(Path(order.folder))]
    command = ["strace", "-s", "0", *order.trace, *paths, "-p", str(child)]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert strace.stderr is not None
    for line in strace.stderr:
        if "attached" in line:
            break
    else:
        raise SystemExit(f"strace has not taken hold of {child}")
    os.kill(child, signal.SIGCONT)
    return strace


def _in_a_child(order: Order) -> Ended:
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_fd)
        _begin(order, write_fd)
    os.close(write_fd)
    strace = _strace(order, child) if order.trace else None
    traced = strace.communicate()[1].splitlines() if strace else []
    with os.fdopen(read_fd, "rb") as answered:
        line = answered.read()
    _, status = os.waitpid(child, 0)
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    ended = msgspec.json.decode(line, type=Ended) if line else Ended(errors="" if killed else "no answer")
    return msgspec.structs.replace(ended, signal=killed, trace=tuple(traced))


def main() -> None:
    """Serve orders until there are no more."""
    convert_clip(Path(sys.argv[1]).read_bytes())  # what is computed once, is computed before the first fork
    in_small_pieces()
    gc.freeze()
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        apart = order.trace or order.kill_at or order.short is not None
        ended = _in_a_child(order) if apart else attempt(order)
        sys.stdout.buffer.write(msgspec.json.encode(ended) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
