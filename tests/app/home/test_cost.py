"""What looking costs: nothing where nothing changed, and never more than a moment."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.home.look import Home
from engine.convert.events import ShardSkipped
from engine.run.log import encode_event, utc_now
from tests.app.home.made import begin, convert_summary, found, inventory_summary, place, run

TOUCHES = {"open", "os.listdir", "os.scandir", "subprocess.Popen", "socket.connect"}
_heard: list[str] | None = None
_is_heard = False


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if _heard is not None and event in TOUCHES:
        _heard.append(f"{event} {arguments[0]}")


@contextmanager
def touched() -> Iterator[list[str]]:
    """Files that are opened, folders that are listed, programs that are started: an audit hook hears of each."""
    global _heard, _is_heard  # noqa: PLW0603  # a hook cannot be taken away again
    if not _is_heard:
        sys.addaudithook(_hear)
        _is_heard = True
    _heard = []
    try:
        yield _heard
    finally:
        _heard = None


def make(state: Path) -> None:
    """A corpus with more runs than are looked at, and nothing that lives."""
    for _ in range(35):
        run(state, "inventory", inventory_summary(pending=5))
    run(state, "convert", convert_summary(done=5, converted=5))
    past = time.time() - 60
    os.utime(state / "runs", (past, past))


def test_a_look_at_what_has_not_changed_opens_no_file(corpus: Path, state: Path) -> None:
    make(state)
    clock = [0.0]
    home = Home(place(corpus), lambda: clock[0])
    home.settle()
    with touched() as files:
        for _ in range(40):
            clock[0] += 0.25
            home.look()
        home._room.settle(10)
    assert files == []
    with touched() as files:
        run(state, "convert", convert_summary(done=5))
        clock[0] += 0.25
        newest = home.look()
    home.close()
    assert files, "the hook hears"
    assert len([line for line in newest.runs if line.job == "convert"]) == 2


def test_a_look_opens_no_file_of_a_run_that_was_read_before(corpus: Path, state: Path) -> None:
    make(state)
    home = Home(place(corpus))
    home.settle()
    new = run(state, "convert", convert_summary(done=5))
    with touched() as files:
        home.look()
    home.close()
    opened = {Path(each.partition(" ")[2]).parent.name for each in files if each.endswith(("run.json", ".jsonl"))}
    assert opened == {new}


def test_a_long_log_is_read_bit_by_bit_and_holds_up_nothing(corpus: Path, state: Path) -> None:
    shards = 200_000
    folder, log = begin(state, "convert", found(pending=1))
    log.close()
    with folder.events_path.open("ab") as events:
        for at in range(shards):
            event = ShardSkipped(shard=f"b/shard_{at:06d}", source="b", note="16 kHz")
            events.write(encode_event(event, moment=utc_now(), run_id=folder.run_id))
    home = Home(place(corpus))
    first = home.look()
    assert first.runs[0].is_folding
    assert first.corpus is None, "half a log tells no states"
    looks = 1
    while home.is_behind:
        home.look()
        looks += 1
    seen = home.look()
    home.close()
    folder.close()
    assert looks > 2
    assert seen.corpus is not None
    assert seen.corpus.counts == {"pending": 1, "skipped": shards}
