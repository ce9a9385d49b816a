"""A long bad night, shortened: engines and workers killed at random, memory and disk run out, again and again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.app.corpora import hashes, leftovers
from tests.app.program import Gonogo, events_of, until
from tests.faults.live.places import fill, kill_by_memory, memory_group, mounted, oom_kills
from tests.faults.tally import Tallies, Tally
from tests.recordings import make_corpus

SHARDS = 1_000
KILLS = 200
ENGINE_KILLS = 25
"""Of these; each costs a start of the program."""
OOM_KILLS = 20
FULL_DISKS = 10
NEXT_TO_NOTHING = 128 << 10
RUNS_AT_MOST = 200
PIPES_OF_A_WORKER = 3
RARER = {"memory": 4, "disk": 4}
"""What has fewer turns comes early, and has time to be tried again where its victim was gone before it was struck."""
ENOUGH_TO_COUNT = 12
"""Shards of one engine: a file that is open for a moment does not make the least of so many counts."""


@dataclass
class Night:
    """What was done to a corpus, and what its runs said."""

    gonogo: Gonogo
    corpus: Path
    group: Path
    line: Tally
    chance: random.Random
    harm: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    open_files: list[int] = field(default_factory=list)
    """By how many the least of an engine's second half is above the least of its first: a leak only ever grows."""

    def run(self) -> bool:
        """Run until the end or a kill; return whether all is done and nothing is left to be done to it."""
        process = self.gonogo.start(
            "--no-ui", "--json", "convert", self.corpus,
            "--workers", "2", "--floor", "0", "--state", self.gonogo.home / "elsewhere",
        )  # fmt: skip
        engine = psutil.Process(process.pid)
        workers: dict[int, int] = {}
        counts: list[int] = []
        for event in events_of(process):
            if event["type"] == "worker_started":
                workers[event["worker"]] = event["pid"]
            elif event["type"] == "worker_ended":
                workers.pop(event["worker"], None)
            elif event["type"] == "shard_done":
                self.done[event["shard"]] += 1
                counts.append(engine.num_fds() - PIPES_OF_A_WORKER * len(engine.children()))
                if self._strikes() and self._harm(process, list(workers.values())):
                    break
        ended = self.gonogo.finish(process)
        if len(counts) >= ENOUGH_TO_COUNT:
            half = len(counts) // 2
            self.open_files.append(min(counts[half:]) - min(counts[:half]))
        self.line.lost += sum(not whole(path) for path in self.corpus.glob("*/shard_*"))
        return ended.code == 0

    def _strikes(self) -> bool:
        """More often than not: there are few shards for so much harm."""
        return self.chance.random() < 0.85

    def _harm(self, process: subprocess.Popen[str], workers: list[int]) -> bool:
        """Do one thing to the run; return whether it was its end."""
        left = {
            "engine": ENGINE_KILLS - self.harm["engine"],
            "worker": KILLS - ENGINE_KILLS - self.harm["worker"],
            "memory": OOM_KILLS - oom_kills(self.group),
            "disk": FULL_DISKS - self.harm["disk"],
        }
        kinds = [kind for kind, count in left.items() if count > 0]
        if not kinds or not workers:
            return False
        kind = self.chance.choices(kinds, [left[kind] * RARER.get(kind, 1) for kind in kinds])[0]
        self.harm[kind] += 1
        self.line.faults += 1
        match kind:
            case "engine":
                children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
                process.send_signal(signal.SIGKILL)
                until(lambda: not any(psutil.pid_exists(child) for child in children), "the workers' end")
                return True
            case "worker":
                kill(self.chance.choice(workers))
            case "memory":
                kill_by_memory(self.group, self.chance.choice(workers))
            case "disk":
                ballast = fill(self.corpus.parent)
                self._until_it_pauses(process)
                ballast.unlink()
        return False

    def _until_it_pauses(self, process: subprocess.Popen[str]) -> None:
        """Take again what each shard gives back that was on its way through: a conversion makes room."""
        for event in events_of(process):
            if event["type"] in ("paused", "summary"):
                return
            if event["type"] == "shard_done":
                self.done[event["shard"]] += 1
                fill(self.corpus.parent)


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def whole(shard: Path) -> bool:
    """Audio.tar is there, and it or its backup is a whole file of at least one clip."""
    audio, backup = shard / "audio.tar", shard / "audio_48k.bak"
    return audio.exists() and (audio.stat().st_size > 0 or backup.exists())


@pytest.fixture
def night(gonogo: Gonogo, tmp_path: Path, tally: Tallies) -> Iterator[Night]:
    with ExitStack() as stack:
        disk = stack.enter_context(mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=256m", "gonogo-test"))
        group = stack.enter_context(memory_group(f"gonogo-soak-{os.getpid()}", NEXT_TO_NOTHING))
        corpus = make_corpus(disk / "corpus", shards=SHARDS, clips=2)
        wanted = KILLS + OOM_KILLS + FULL_DISKS
        yield Night(gonogo, corpus, group, tally("a long bad night", wanted=wanted), random.Random(11))


@pytest.mark.full
@pytest.mark.privileged
@pytest.mark.timeout(1_500)
@pytest.mark.skipif(os.geteuid() != 0, reason="file systems and groups of one's own need root")
def test_after_a_bad_night_every_shard_is_done_once_and_nothing_is_left_over(
    night: Night, gonogo: Gonogo, tmp_path: Path
) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    untouched = make_corpus(tmp_path / "untouched", shards=SHARDS, clips=2)
    assert gonogo.convert(untouched).code == 0
    wanted = hashes(untouched)

    runs = next(number for number in range(1, RUNS_AT_MOST) if night.run())

    line = night.line
    got = hashes(night.corpus)
    line.states.update(f"{kind} killed" for kind in night.harm)
    line.stuck += sum(got.get(name) != digest for name, digest in wanted.items())
    line.stuck += len(leftovers(night.corpus))
    line.notes.append(f"{runs} runs, {dict(night.harm)}, growth of open files {max(night.open_files)}")
    assert [shard for shard, times in night.done.items() if times > 1] == [], "done twice"
    assert oom_kills(night.group) >= OOM_KILLS
    assert night.harm["engine"] + night.harm["worker"] >= KILLS
    assert max(night.open_files) <= PIPES_OF_A_WORKER, "a worker that is just being started, and no leak"
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    assert left == [], "processes that nobody waited for"
    assert line.holds, line
