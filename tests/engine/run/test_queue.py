import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import GonogoError
from engine.run.queue import Fate, Policy, Task, TaskQueue
from engine.run.supervise import WorkerEnd

KILLED = WorkerEnd("killed", signal="SIGKILL")
POLICY = Policy(retries=2, poison=2, backoff_s=1.0)


def tasks(count: int) -> list[Task]:
    return [Task(str(number)) for number in range(count)]


def taken(queue: TaskQueue, now: float = 0.0) -> Task:
    task = queue.take(now)
    assert task is not None
    return task


def test_a_task_out_is_in_nobody_elses_hands() -> None:
    queue = TaskQueue(tasks(2), POLICY)
    assert {taken(queue).id, taken(queue).id} == {"0", "1"}
    assert queue.take(0.0) is None
    assert not queue.finished


def test_two_tasks_of_one_name_are_refused() -> None:
    with pytest.raises(GonogoError, match="'0'"):
        TaskQueue([*tasks(2), Task("0")], POLICY)


def test_a_retried_task_waits_twice_as_long_each_time_and_others_go_first() -> None:
    queue = TaskQueue(tasks(2), POLICY)
    first = taken(queue)
    assert queue.try_again(first, 10.0) is Fate.RETRIED
    assert queue.next_due() == 11.0
    assert taken(queue, 11.0).id == "1"
    assert taken(queue, 11.0) is first
    assert queue.try_again(first, 20.0) is Fate.RETRIED
    assert queue.take(21.9) is None
    assert queue.take(22.0) is first


def test_a_task_is_parked_when_it_had_its_tries() -> None:
    queue = TaskQueue(tasks(1), POLICY)
    fates = [queue.try_again(taken(queue, now), now) for now in (0.0, 10.0, 20.0)]
    assert fates == [Fate.RETRIED, Fate.RETRIED, Fate.PARKED]
    assert queue.finished


def test_a_task_that_killed_two_workers_is_poison() -> None:
    queue = TaskQueue(tasks(1), POLICY)
    task = taken(queue)
    assert queue.lost_worker(task, KILLED, 0.0) is Fate.RETRIED
    assert queue.lost_worker(taken(queue, 10.0), KILLED, 10.0) is Fate.PARKED
    assert queue.ends_of(task) == (KILLED, KILLED)


def test_a_task_given_back_goes_out_next_and_has_lost_no_try() -> None:
    queue = TaskQueue(tasks(2), Policy(retries=0, poison=1))
    first = taken(queue)
    queue.give_back(first)
    assert taken(queue) is first
    assert queue.try_again(first, 0.0) is Fate.PARKED


@given(st.lists(st.sampled_from(["take", "settle", "again", "lost", "back", "later"]), max_size=80))
def test_every_task_is_in_exactly_one_place(steps: list[str]) -> None:
    queue, everything, now = TaskQueue(tasks(4), POLICY), {task.id for task in tasks(4)}, 0.0
    out: list[Task] = []
    over: set[str] = set()
    for step in steps:
        if step == "take":
            if (task := queue.take(now)) is not None:
                assert task not in out
                out.append(task)
        elif step == "later":
            now += 1.5
        elif out:
            task = out.pop(0)
            if step == "settle":
                queue.settle(task)
                over.add(task.id)
            elif step == "back":
                queue.give_back(task)
            elif step == "again":
                if queue.try_again(task, now) is Fate.PARKED:
                    over.add(task.id)
            elif queue.lost_worker(task, KILLED, now) is Fate.PARKED:
                over.add(task.id)
        left = [task.id for task in queue.unfinished()]
        assert sorted([*left, *over]) == sorted(everything)
        assert queue.open_count == len(left)
        assert queue.finished is (not left)
