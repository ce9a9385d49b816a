from __future__ import annotations

import contextlib

from engine.run.work_clock import WorkClock


def test_time_counts_once_however_many_work_and_not_at_all_where_nobody_does() -> None:
    at = 0.0
    clock = WorkClock(lambda: at)
    at = 100.0
    assert clock.seconds == 0
    with clock.working():
        at = 103.0
        assert clock.seconds == 3
        with clock.working():
            at = 105.0
        at = 106.0
    at = 1_000.0
    assert clock.seconds == 6
    with contextlib.suppress(ValueError), clock.working():
        at = 1_004.0
        raise ValueError("its worker died")
    at = 2_000.0
    assert clock.seconds == 10
