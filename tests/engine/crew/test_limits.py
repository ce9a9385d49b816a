"""What limits a run: what is held on purpose, then what is used up, then what is left; and it does not flicker."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from engine.crew.limits import Limit, Moment, Work, limit_of
from engine.crew.usage import EACH_S, Usage
from engine.host.load import Counters, Load
from engine.host.processes import ProcessUse

COMPUTES = Work(Load(idle=0.02, iowait=0.0, io_stalled=0.0), computing=1.0, in_disk_wait=0.0)
WAITS = Work(Load(idle=0.3, iowait=0.4, io_stalled=0.3, io_waiting=0.7), computing=0.3, in_disk_wait=0.6)
SPARE = Work(Load(idle=0.8, iowait=0.0, io_stalled=0.0), computing=0.95, in_disk_wait=0.0)
STANDS = Work(Load(idle=0.8, iowait=0.0, io_stalled=0.0), computing=0.2, in_disk_wait=0.0)


def moment(
    *,
    pauses: Mapping[str, str] | None = None,
    stopping: bool = False,
    busy: int = 8,
    wanted: int = 8,
    left: int = 1000,
    cpus: int = 8,
    moves_bytes: bool = True,
    work: Work | None = COMPUTES,
) -> Moment:
    return Moment(pauses or {}, stopping, busy, wanted, left, cpus, moves_bytes, work)


@pytest.mark.parametrize(
    ("now", "limit", "why"),
    [
        (moment(pauses={"operator": "asked for"}), "operator", "asked for"),
        (moment(pauses={"disk": "3 GB free, floor 5 GB"}), "guard", "3 GB free, floor 5 GB"),
        (moment(pauses={"operator": "asked for", "fault": "workers fail"}), "fault", "workers fail"),
        (moment(pauses={"disk": "no room", "operator": "asked for"}), "operator", "asked for"),
        (moment(stopping=True), "operator", "told to stop"),
        (moment(busy=0), "", ""),
        (moment(), "cpu", "100 % of 8 processors busy"),
        (moment(busy=4), "cpu", "100 % of 8 processors busy, 50 % with other programs"),
        (moment(work=WAITS), "disk", "waits for the disk 70 % of the time, processors 30 % busy"),
        (moment(work=WAITS, left=3), "disk", "waits for the disk 70 % of the time, processors 30 % busy"),
        (moment(work=STANDS), "disk", "workers compute 20 % of the time, and wait for files else"),
        (moment(work=STANDS, moves_bytes=False), "", ""),
        (moment(busy=3, left=3, work=SPARE), "end", "3 left for 8 workers"),
        (moment(busy=3, left=3, work=None), "end", "3 left for 8 workers"),
        (moment(busy=2, wanted=2, work=SPARE), "workers", "2 busy on 8 processors, and the disk keeps up"),
        (moment(busy=2, wanted=2, work=None), "", ""),
        (moment(work=SPARE), "", ""),
    ],
)
def test_one_answer_with_its_reason(now: Moment, limit: Limit, why: str) -> None:
    assert limit_of(now) == (limit, why)


def test_every_answer_comes_with_a_reason_and_only_an_answer_does() -> None:
    for busy in (0, 1, 8):
        for left in (1, 1000):
            for work in (None, COMPUTES, WAITS, SPARE):
                limit, why = limit_of(moment(busy=busy, left=left, work=work))
                assert bool(limit) == bool(why)


class Machine:
    """A machine of which a test says what it does, second by second."""

    def __init__(self, cpus: int = 8) -> None:
        self.cpus = cpus
        self.at_s = 100.0
        self.idle_s = 5000.0
        self.waiting_s = 0.0
        self.cpu_s = dict.fromkeys(range(1, cpus + 1), 10.0)
        self.asked = 0
        self.usage = Usage(cpus, clock=lambda: self.at_s, counters=self.counters, use=self.use)

    def counters(self) -> Counters:
        self.asked += 1
        return Counters(self.at_s, self.idle_s, 0.0, 0.0, self.waiting_s)

    def use(self, pid: int) -> ProcessUse | None:
        spent = self.cpu_s.get(pid)
        return None if spent is None else ProcessUse(spent, pid * 1_000_000, in_disk_wait=False)

    def pass_by(self, seconds: float, *, computing: float, waiting: float = 0.0) -> None:
        self.at_s += seconds
        self.idle_s += seconds * self.cpus * (1 - computing)
        self.waiting_s += seconds * waiting
        self.cpu_s = {pid: spent + seconds * computing for pid, spent in self.cpu_s.items()}

    def told(self, pauses: Mapping[str, str] | None = None) -> Limit:
        """Look as a screen does, and return what is said to limit the run."""
        self.usage.look(dict.fromkeys(range(1, self.cpus + 1), True))
        return self.usage.limit(moment(pauses=pauses, work=self.usage.work()))[0]


def looks(machine: Machine, seconds: float, *, computing: float, waiting: float = 0.0) -> list[Limit]:
    told = []
    for _ in range(int(seconds * 4)):
        machine.pass_by(0.25, computing=computing, waiting=waiting)
        told.append(machine.told())
    return told


def test_what_is_measured_is_told_within_seconds_and_the_kernel_is_asked_once_in_one() -> None:
    machine = Machine()
    told = looks(machine, 8, computing=1.0)
    assert told[-1] == "cpu"
    assert told.index("cpu") * 0.25 <= 3 * EACH_S
    assert machine.asked <= 9


def test_a_burst_does_not_change_the_answer_and_a_lasting_change_does() -> None:
    machine = Machine()
    looks(machine, 10, computing=1.0)
    assert set(looks(machine, 1, computing=0.3, waiting=0.9)) == {"cpu"}
    assert set(looks(machine, 8, computing=1.0)) == {"cpu"}
    told = looks(machine, 12, computing=0.3, waiting=0.9)
    assert told[-1] == "disk"
    changes = sum(one != other for one, other in pairwise(told))
    assert changes == 1, "it changed once and stayed"


def test_a_machine_on_the_edge_does_not_flicker() -> None:
    machine = Machine()
    looks(machine, 10, computing=1.0)
    told = [
        one
        for turn in range(60)
        for one in looks(machine, 0.5, computing=0.85 + 0.1 * (turn % 2), waiting=0.5 * (turn % 2))
    ]
    changes = sum(one != other for one, other in pairwise(told))
    assert changes <= 1


def test_a_pause_is_told_at_once_and_gone_at_once() -> None:
    machine = Machine()
    looks(machine, 10, computing=1.0)
    assert machine.told({"operator": "asked for"}) == "operator"
    machine.pass_by(0.25, computing=1.0)
    assert machine.told() == "cpu"


def test_what_was_long_ago_says_nothing_of_now() -> None:
    machine = Machine()
    looks(machine, 10, computing=1.0)
    machine.pass_by(3600, computing=1.0)
    machine.told()
    assert machine.usage.work() is None


def test_a_worker_that_ended_or_began_is_no_trouble() -> None:
    machine = Machine()
    looks(machine, 5, computing=1.0)
    del machine.cpu_s[1]
    machine.cpu_s[99] = 0.0
    assert looks(machine, 5, computing=1.0)[-1] == "cpu"
    assert machine.usage.resident_bytes(1) == 0
    assert machine.usage.resident_bytes(2) == 2_000_000
    assert machine.usage.resident_bytes(None) == 0


def test_workers_that_have_only_just_begun_are_not_said_to_leave_the_machine_to_others() -> None:
    machine = Machine()
    machine.usage.look(dict.fromkeys(range(1, 9), False))
    machine.pass_by(1.0, computing=1.0)
    machine.usage.look(dict.fromkeys(range(1, 9), True))
    assert machine.usage.work() is None
    machine.pass_by(1.0, computing=1.0)
    machine.usage.look(dict.fromkeys(range(1, 9), True))
    work = machine.usage.work()
    assert work is not None
    assert work.computing == 1.0


def test_a_system_that_tells_nothing_has_no_answer() -> None:
    at_s = [0.0]
    silent = Usage(8, clock=lambda: at_s[0], counters=lambda: Counters(at_s[0], 0, 0, 0), use=lambda _: None)
    for _ in range(20):
        at_s[0] += 1
        silent.look({1: True})
        assert silent.limit(moment(work=silent.work())) == ("", "")


def test_looking_four_times_a_second_costs_less_than_a_millisecond_of_32_workers() -> None:
    usage = Usage(8)
    busy = {int(path.name): True for path in Path("/proc").iterdir() if path.name.isdigit()}
    busy = dict(list(busy.items())[:32])
    began = time.process_time()
    for _ in range(50):
        usage._asked_at = float("-inf")  # each asks the kernel, as one in four does
        usage.look(busy)
        usage.limit(moment(work=usage.work()))
    each_s = (time.process_time() - began) / 50 / 4 * 32 / len(busy)
    assert each_s < 1e-3
