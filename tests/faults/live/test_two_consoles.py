"""A second run at a corpus that is being converted: refused each time, and told who holds it."""

from __future__ import annotations

import getpass
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.app.corpora import leftovers
from tests.app.program import Ended, Gonogo, until_event
from tests.faults.tally import Tallies
from tests.recordings import make_corpus

TIMES = 100
AT_ONCE = 4
COMMANDS = (("convert",), ("recover",), ("convert", "--workers", "1"), ("sweep",))


@pytest.mark.full
def test_a_second_run_is_refused_every_time_and_names_host_pid_and_user(
    gonogo: Gonogo, tmp_path: Path, tally: Tallies
) -> None:
    line = tally("a second run at one corpus", wanted=TIMES)
    corpus = make_corpus(tmp_path / "corpus", shards=8)
    holder = gonogo.start_convert(corpus)
    until_event(holder, "shard_done", 1)
    holder.send_signal(signal.SIGSTOP)
    try:

        def refused(number: int) -> Ended:
            command, *options = COMMANDS[number % len(COMMANDS)]
            state = tmp_path / f"state{number}" if number % 3 == 0 else corpus / ".gonogo"
            return gonogo("--no-ui", "--json", "--state", state, command, corpus, *options)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for ended in pool.map(refused, range(TIMES)):
                told = all(
                    word in ended.stderr for word in (f"pid {holder.pid}", getpass.getuser(), socket.gethostname())
                )
                line.faults += 1
                line.states.add(f"exit code {ended.code}")
                line.lost += not (ended.code == 5 and told)
                line.notes += [] if told else [ended.stderr]
    finally:
        holder.send_signal(signal.SIGCONT)
    ended = gonogo.finish(holder)
    assert (ended.code, ended.stderr.count("NO-GO")) == (0, 0)
    assert leftovers(corpus) == []
    assert line.holds, line
