import os
import subprocess

import pytest

from engine.host.threads import THREAD_VARIABLES, measure_threads, thread_limits_in, worker_environment


def test_a_workers_environment_sets_every_thread_variable_to_one_and_keeps_the_rest() -> None:
    env = worker_environment({"PATH": "/bin", "OMP_NUM_THREADS": "64"})
    assert env["PATH"] == "/bin"
    assert set(thread_limits_in(env).values()) == {"1"}


def test_variables_that_are_not_set_are_told() -> None:
    assert thread_limits_in({"OMP_NUM_THREADS": "4"})["OMP_NUM_THREADS"] == "4"
    assert thread_limits_in({})["MKL_NUM_THREADS"] is None


def test_a_child_with_a_workers_environment_really_computes_on_one_thread() -> None:
    report = measure_threads(worker_environment(os.environ))
    assert report.os_threads == 1
    assert report.limited


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor has one thread anyway")
def test_a_child_without_the_limits_is_caught() -> None:
    free = {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}
    report = measure_threads(free)
    assert not report.limited
    assert report.os_threads is not None
    assert report.os_threads > 1


def test_a_child_that_cannot_compute_is_an_error() -> None:
    with pytest.raises(subprocess.SubprocessError):
        measure_threads({"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere"})
