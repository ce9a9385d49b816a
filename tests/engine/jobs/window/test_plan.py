"""A plan is read whole or not at all, and each fault of it is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import Settings
from engine.errors import ConfigError, UsageError
from engine.jobs.registry import JOBS, Order
from engine.jobs.window.course import Fate, course
from engine.jobs.window.events import StepState
from engine.jobs.window.plan import Plan
from engine.jobs.window.reading import STANDARD, find_plan, open_plan, order_of, read_plan
from engine.jobs.window.verifying import items_of
from engine.jobs.window.view import WindowView

PLAN = """\
[window]
id = "window-own"
title = "Own"
window = "2h"

[[step]]
name = "look"
title = "Look"
job = "inventory"
budget = "10m"
give = { full = true }
drop = "no table"

[[step]]
name = "sweep"
title = "Sweep"
job = "sweep"
budget = "20m"
give = { dry_run = 5, counts = [1, 2] }
verify = [{ type = "report", file = "sweep.json", figure = "recommended_workers", min = 1 }]
drop = "no advice"
hurry = "fewer counts"
hurry_to = "5m"

[[step]]
name = "convert"
title = "Convert"
job = "convert"
gate = "convert.start"
budget = "60m"
"""


def write(folder: Path, text: str = PLAN, name: str = "window-own") -> Path:
    path = folder / "checklists" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return read_plan(write(tmp_path))


def test_a_plan_is_what_its_file_says(plan: Plan) -> None:
    assert [(step.name, step.job, step.budget_s) for step in plan.steps] == [
        ("look", "inventory", 600),
        ("sweep", "sweep", 1200),
        ("convert", "convert", 3600),
    ]
    assert (plan.id, plan.head.window_s) == ("window-own", 7200)
    assert plan.told("2026-01-31T09:00:00.000Z").steps[1].hurry_to_s == 300


def test_a_job_is_given_what_its_step_says_and_the_windows_settings(plan: Plan, tmp_path: Path) -> None:
    window = Order("window", tmp_path, Settings(), plan="own", anew=True)
    order = order_of(plan.step("sweep"), window)
    assert order == Order("sweep", tmp_path, window.settings, dry_run=5, counts=(1, 2))
    assert order_of(plan.step("look"), window).full


def test_verifications_say_in_words_what_they_want(plan: Plan) -> None:
    (item,) = items_of(plan.step("sweep"))
    assert item.want == "report: file = sweep.json, figure = recommended_workers, min = 1"
    assert item.id == "sweep-1"


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('window = "2h"', 'window = "2 hours"', r":4:1: window: '2 hours' is not a duration"),
        ('window = "2h"', 'window = "80m"', r":4:1: window: read '80m', but the budgets of the steps come to 1:30 h"),
        ('job = "sweep"', 'job = "sweeep"', r":17:1: job: this gonogo has no job 'sweeep' \(step 'sweep'\)"),
        ('job = "sweep"', 'job = "window"', r":17:1: job: a window is no step of a window"),
        ("budget = \"20m\"", "budget = 20", r":18:1: budget: read 20: expected `str`, got `int`"),
        ("budget = \"20m\"", "buget = \"20m\"", r":18:1: 'buget' is not known here; did you mean 'budget'\?"),
        ('title = "Sweep"\n', "", r"title is missing; wanted a value"),
        ("dry_run = 5", "dryrun = 5", r"'dryrun' is not known here; did you mean 'dry_run'\?"),
        ("dry_run = 5", 'dry_run = "5"', r"dry_run: read '5': expected `int \| null`, got `str`"),
        ("full = true", "anew = true", r"'anew' is not known here"),
        ("min = 1 ", "mni = 1 ", r":20:\d+: 'mni' is not known here"),
        ('type = "report"', 'type = "rapport"', r"wanted one of clock"),
        ('gate = "convert.start"', 'gate = "convert.begin"', r"gate = 'convert.begin': wanted one of convert.start"),
        ('gate = "convert.start"', 'gate = "clean.start"', r":29:1: gate: read 'clean.start', but convert has its own"),
        ('name = "convert"', 'name = "sweep"', r":26:1: name: 'sweep' comes twice; wanted each name once"),
        ('hurry = "fewer counts"\n', "", r"hurry_to without hurry"),
        ('hurry_to = "5m"', 'hurry_to = "25m"', r"hurry_to = '25m': wanted less than the budget of 20m"),
        ('id = "window-own"', 'id = "window-won"', r":2:1: id: read 'window-won', wanted 'window-own'"),
        ("[window]", "[windwo]", r"'windwo' is not known here; did you mean 'window'\?"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    assert was in PLAN
    path = write(tmp_path, PLAN.replace(was, becomes))
    with pytest.raises(ConfigError, match=told) as caught:
        read_plan(path)
    assert str(caught.value).startswith(f"{path}:")


def test_one_fault_does_not_hide_the_next(tmp_path: Path) -> None:
    text = PLAN.replace('budget = "10m"', 'budget = "ten"').replace('job = "convert"', 'job = "covert"')
    with pytest.raises(ConfigError) as caught:
        read_plan(write(tmp_path, text))
    assert len(str(caught.value).splitlines()) == 2


def test_a_corpuss_own_plan_goes_before_the_shipped_one(tmp_path: Path) -> None:
    own = write(tmp_path, PLAN.replace("window-own", STANDARD), STANDARD)
    assert find_plan("8h", tmp_path) == own
    shipped = find_plan(STANDARD, None)
    assert shipped != own
    assert shipped.is_file()
    with pytest.raises(UsageError, match=r"there is no plan of a window '9h'; there are window-8h"):
        find_plan("9h", tmp_path)


def test_the_shipped_plan_is_the_runbooks_timetable() -> None:
    """Or says of each job that this gonogo has not got."""
    path = find_plan(STANDARD, None)
    missing = {"manifest", "split", "benchmark", "buckets", "report", "clean"} - set(JOBS)
    if missing:
        with pytest.raises(ConfigError) as caught:
            open_plan(STANDARD, None)
        assert all(f"no job {job!r}" in str(caught.value) for job in missing)
        return
    shipped = read_plan(path)
    starts = [sum(step.budget_s for step in shipped.steps[:at]) / 60 for at in range(len(shipped.steps))]
    assert starts[:9] == [0, 15, 30, 270, 300, 330, 360, 390, 420]
    assert shipped.head.window_s == 8 * 3600
    assert [step.gate for step in shipped.steps if step.gate] == ["convert.start", "clean.start"]
    assert all(step.verify for step in shipped.steps)


def earlier(plan: Plan, **states: StepState) -> WindowView:
    view = WindowView()
    view.apply("", plan.told("2026-01-31T09:00:00.000Z"))
    for name, state in states.items():
        view.tracks[name].state, view.tracks[name].run = state, f"run-of-{name}"
    return view


def fates(plan: Plan, view: WindowView | None = None, drop: tuple[str, ...] = (), from_step: str = "") -> list[Fate]:
    return [lot.fate for lot in course(plan, view, drop, from_step)]


def test_a_window_goes_on_after_what_was_done_and_does_the_rest(plan: Plan) -> None:
    view = earlier(plan, look=StepState.DONE, sweep=StepState.FAILED)
    assert fates(plan) == [Fate.RUN, Fate.RUN, Fate.RUN]
    assert fates(plan, view) == [Fate.KEEP, Fate.RUN, Fate.RUN]
    (kept, *_) = course(plan, view)
    assert kept.before is not None
    assert kept.before.run == "run-of-look"


def test_what_was_cut_off_is_done_again(plan: Plan) -> None:
    view = earlier(plan, look=StepState.DONE, sweep=StepState.VERIFYING)
    assert fates(plan, view)[1] is Fate.RUN


def test_from_a_step_on_everything_is_done_again_and_nothing_before_it(plan: Plan) -> None:
    view = earlier(plan, look=StepState.DONE, sweep=StepState.DONE)
    assert fates(plan, view, from_step="sweep") == [Fate.KEEP, Fate.RUN, Fate.RUN]
    assert fates(plan, None, from_step="convert") == [Fate.SKIP, Fate.SKIP, Fate.RUN]


def test_a_window_that_began_behind_a_step_goes_on_without_it(plan: Plan) -> None:
    view = earlier(plan, look=StepState.SKIPPED, sweep=StepState.DONE, convert=StepState.FAILED)
    assert fates(plan, view) == [Fate.SKIP, Fate.KEEP, Fate.RUN]
    assert fates(plan, view, from_step="look") == [Fate.RUN, Fate.RUN, Fate.RUN]


def test_only_what_may_be_dropped_is(plan: Plan) -> None:
    assert fates(plan, drop=("sweep",)) == [Fate.RUN, Fate.DROP, Fate.RUN]
    with pytest.raises(UsageError, match="'convert' may not be dropped; those that may: look, sweep"):
        course(plan, drop=("convert",))
    with pytest.raises(UsageError, match="'swep' is no step; there are look, sweep, convert"):
        course(plan, from_step="swep")
