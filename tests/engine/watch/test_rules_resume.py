import math

from msgspec import structs

from engine.watch.alerts import Level
from engine.watch.records import EVAL_LOSS, LOSS, Record
from engine.watch.rules.detector import Detector
from engine.watch.thresholds import Rules
from tests.engine.watch.curves import broken, scratch
from tests.engine.watch.watching import records, watch


def test_a_run_that_is_taken_back_before_its_divergence_is_judged_by_what_it_does_then() -> None:
    sick, well = broken("diverge", 900, 2500), scratch(900, 4000)
    assert sick.onset is not None
    begun = [row for row in sick.records if row.step <= sick.onset + 400]
    back = sick.onset - 100
    level = sick.records[back].values[LOSS] / well.records[back].values[LOSS]
    again = [
        structs.replace(row, segment=1, values={LOSS: row.values[LOSS] * level})
        for row in well.records
        if row.step > back
    ]
    watched = watch([*begun, *again])
    for rule in ("R6b", "R1", "R8"):
        if any(alert.rule == rule for alert in watched.desk.alerts()):
            watched.desk.acknowledge(rule, "anna")
    assert watched.worst is Level.RED
    assert watched.desk.level() is Level.GREEN


def test_a_resume_from_far_back_goes_to_the_nearest_state_kept() -> None:
    rows = scratch(902, 9000).records
    watched = watch([*rows, *[structs.replace(row, segment=1) for row in rows[1000:]]])
    assert watched.detector.curve.step == 9000
    assert watched.desk.level() is Level.GREEN


def test_a_new_run_in_the_same_log_begins_anew() -> None:
    first = records([1.5 + 5 * 0.99**i for i in range(900)])
    second = [structs.replace(row, segment=1) for row in records([8 * 0.999**i + 2 for i in range(300)])]
    watched = watch([*first, *second])
    assert watched.worst is Level.GREEN
    assert watched.detector.curve.count == 300


def test_lines_of_other_ranks_change_nothing_but_their_nan_counts() -> None:
    rows = scratch(902, 400).records
    doubled = [each for row in rows for each in (row, structs.replace(row, values={LOSS: row.values[LOSS] * 1.5}))]
    watched = watch(doubled)
    assert watched.detector.curve.count == 400
    assert watched.worst is Level.GREEN
    watched.feed([structs.replace(rows[-1], values={LOSS: math.nan})])
    assert watched.desk.level() is Level.RED


def test_a_validation_loss_at_an_older_step_is_no_resume() -> None:
    detector = Detector()
    for row in records([3.0] * 30):
        detector.feed(row)
    detector.feed(Record("log", "", 0, 12, {EVAL_LOSS: 3.1}))
    assert detector.curve.count == 30


def test_a_step_that_jumps_back_without_a_new_segment_is_a_resume_all_the_same() -> None:
    rows = records([5 - 0.01 * i for i in range(200)])
    detector = Detector()
    for row in [*rows, *rows[100:150]]:
        detector.feed(row)
    assert detector.curve.count == 150


def test_a_rule_that_is_off_says_nothing() -> None:
    losses = [3.0] * 40 + [9.0, 9.0, 9.0, 9.0]
    assert watch(records(losses), rules=Rules(off=("R6b",))).rules() == {"R6a"}
    assert watch(records(losses), rules=Rules(off=("R6a", "R6b"))).rules() == set()
