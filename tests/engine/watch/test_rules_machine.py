import math

import pytest

from engine.watch.alerts import Level
from engine.watch.records import GRAD_NORM, LEARNING_RATE, LOSS, LOSS_SCALE, STEPS_PER_S, Mishap, MishapKind, Record
from engine.watch.rules.detector import Detector
from engine.watch.scale import Setting
from tests.engine.watch.watching import Watched, records, watch


def norms(values: list[float]) -> list[Record]:
    return [Record("log", "", 0, i, {LOSS: 3 + 0.01 * (i % 3), GRAD_NORM: value}) for i, value in enumerate(values)]


def test_ten_overflows_in_a_row_are_yellow_and_nine_are_not() -> None:
    assert watch(norms([1.0] * 20 + [math.nan] * 9 + [1.0] * 20)).rules() == set()
    watched = watch(norms([1.0] * 20 + [math.inf] * 10))
    assert (watched.rules(), watched.worst) == ({"R9"}, Level.YELLOW)


def test_more_than_a_fifth_of_overflows_is_yellow() -> None:
    assert watch(norms([math.nan if i % 5 == 0 else 1.0 for i in range(300)])).rules() == set()
    assert watch(norms([math.nan if i % 4 == 0 else 1.0 for i in range(300)])).rules() == {"R9"}


def test_overflows_that_are_told_in_words_count() -> None:
    detector = Detector()
    overflow = Mishap("log", "", MishapKind.OVERFLOW, "gradient overflow", 5)
    assert [v.level for _ in range(10) for v in detector.take(overflow)][-1] is Level.YELLOW


def test_a_loss_scale_that_fell_to_1_is_yellow_and_one_that_was_never_more_is_nothing() -> None:
    def scaled(values: list[float]) -> list[Record]:
        return [Record("log", "", 0, i, {LOSS: 3.0, LOSS_SCALE: value}) for i, value in enumerate(values)]

    assert watch(scaled([65536, 2, 1])).rules() == {"R9"}
    assert watch(scaled([1, 1, 1])).rules() == set()


def timed(step_s: list[float]) -> list[Record]:
    clock, rows = 1_000.0, []
    for step, took in enumerate(step_s):
        clock += took
        rows.append(Record("log", "", 0, step, {LOSS: 3.0}, time_s=float(round(clock))))
    return rows


@pytest.mark.parametrize(("factor", "level"), [(1.2, Level.GREEN), (1.8, Level.YELLOW), (4.0, Level.RED)])
def test_a_run_that_becomes_slower_is_told_by_how_much(factor: float, level: Level) -> None:
    watched = watch(timed([0.7] * 600 + [0.7 * factor] * 200))
    assert watched.desk.said("log", "", "R11") is level


def test_an_evaluation_now_and_then_is_no_slow_down() -> None:
    assert watch(timed([90.0 if i % 100 == 99 else 0.7 for i in range(1500)])).rules() == set()


def test_the_pause_before_a_resume_is_no_slow_down() -> None:
    first = timed([1.0] * 300)
    second = [Record("log", "", 1, r.step + 290, r.values, (r.time_s or 0) + 50_000.0) for r in timed([1.0] * 100)]
    assert "R11" not in watch([*first, *second]).rules()


def test_a_logged_rate_is_judged_without_times() -> None:
    rows = [Record("log", "", 0, i, {LOSS: 3.0, STEPS_PER_S: 2.0 if i < 300 else 0.7}) for i in range(400)]
    assert watch(rows).desk.said("log", "", "R11") is Level.RED


def test_silence_is_yellow_after_five_minutes_and_red_after_fifteen() -> None:
    detector = Detector()
    for row in timed([1.0] * 50):
        detector.feed(row)
    at = 1_050.0
    levels = [detector.tick(at + passed_s)[0].level for passed_s in (1, 299, 301, 899, 901)]
    assert levels == [Level.GREEN, Level.GREEN, Level.YELLOW, Level.YELLOW, Level.RED]


def test_a_run_that_logs_every_hour_may_be_silent_for_ten() -> None:
    detector = Detector()
    for row in timed([3600.0] * 20):
        detector.feed(row)
    at = 1_000 + 20 * 3600
    assert detector.tick(at + 9.5 * 3600)[0].level is Level.GREEN
    assert detector.tick(at + 10.5 * 3600)[0].level is Level.YELLOW


def test_a_log_without_times_is_judged_by_when_it_grew() -> None:
    detector = Detector()
    for row in records([3.0] * 5):
        detector.feed(row)
    assert detector.tick(10_000, newest_s=9_900)[0].level is Level.GREEN
    assert detector.tick(10_201, newest_s=9_900)[0].level is Level.YELLOW


def test_a_clock_of_another_machine_cannot_make_a_run_that_writes_silent() -> None:
    detector = Detector()
    for i, row in enumerate(timed([1.0] * 400)):
        detector.feed(row)
        verdicts = detector.tick(1_000_000.0 + i)
    assert verdicts[0].level is Level.GREEN


def test_a_dead_process_is_red_and_a_finished_plan_is_not() -> None:
    detector, done = Detector(), Detector(setting=Setting(planned_steps=5))
    for row in records([3.0] * 5):
        detector.feed(row)
        done.feed(row)
    assert detector.tick(1_000, alive=False)[0].level is Level.RED
    assert done.tick(1_000_000, alive=False)[0].level is Level.GREEN


def test_a_plan_that_ends_between_two_lines_of_the_log_is_finished() -> None:
    done, early = Detector(setting=Setting(planned_steps=1005)), Detector(setting=Setting(planned_steps=1011))
    for row in records([3.0] * 100, start=10, interval=10):
        done.feed(row)
        early.feed(row)
    assert done.tick(1_000_000)[0].level is Level.GREEN
    early.tick(1_000_000)
    assert early.tick(1_001_000)[0].level is Level.RED


def test_silence_where_the_learning_rate_has_run_out_is_yellow_and_says_that_the_run_may_be_finished() -> None:
    detector = Detector()
    for i in range(1, 101):
        detector.feed(Record("log", "", 0, i, {LOSS: 3.0, LEARNING_RATE: 3e-4 * (1 - i / 100)}, time_s=1_000.0 + i))
    verdict = detector.tick(1_000_000)[0]
    assert verdict.level is Level.YELLOW
    assert "run out" in verdict.told
    assert "finished" in verdict.advice
    assert detector.tick(1_000_000, alive=False)[0].level is Level.YELLOW


def test_before_the_first_record_nothing_is_said_about_silence() -> None:
    assert Detector().tick(1_000_000) == []


@pytest.mark.parametrize(
    ("kind", "level", "remedy"),
    [
        (MishapKind.OUT_OF_MEMORY, Level.RED, "8 → 4"),
        (MishapKind.TRACEBACK, Level.RED, "traceback"),
        (MishapKind.SAVE_FAILED, Level.RED, "room"),
        (MishapKind.INTERRUPTED, Level.YELLOW, "checkpoint"),
    ],
)
def test_a_mishap_names_its_remedy(kind: MishapKind, level: Level, remedy: str) -> None:
    (verdict,) = Detector().take(Mishap("log", "", kind, "CUDA out of memory\x1b[31m", 7))
    assert (verdict.rule, verdict.level, verdict.step) == ("R12", level, 7)
    assert remedy in verdict.advice
    assert "\x1b" not in verdict.told


def test_a_mishap_is_over_once_the_run_went_on() -> None:
    watched = Watched(Detector())
    watched.feed(records([3.0] * 5))
    watched.desk.take("log", "", watched.detector.take(Mishap("log", "", MishapKind.TRACEBACK, "Traceback", 5)))
    assert watched.desk.level() is Level.RED
    watched.feed(records([3.0] * 60, start=6))
    assert watched.desk.level() is Level.GREEN
