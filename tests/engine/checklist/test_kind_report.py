from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import Answer, State
from engine.convert.sweep_events import SweepSummary
from engine.convert.validation_report import build_report
from engine.convert.validation_shape import About
from engine.run.outcome import Outcome
from tests.engine.checklist.asking import around, item, look

REPORT = {
    "verdict": "GO",
    "recommended_workers": 12,
    "estimate_s": None,
    "whole": True,
    "codecs": [{"codec": "flac", "mb_per_s": 41.5}, {"codec": "mp3", "mb_per_s": 9.0}],
    "counts": {"done": 3_551, "failed": 0},
}


async def ask(folder: Path, keys: str, report: object = REPORT, file: str = "validation.json") -> Answer:
    looks = around(folder)
    (looks.state / "artifacts").mkdir(exist_ok=True)
    content = report if isinstance(report, bytes) else msgspec.json.encode(report)
    (looks.state / "artifacts" / file).write_bytes(content)
    return await look(looks, f'type = "report"\nfile = "{file}"\n{keys}')


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('figure = "verdict"\nequals = "GO"', "verdict = GO"),
        ('figure = "whole"\nequals = true', "whole = true"),
        ('figure = "counts.failed"\nequals = 0', "counts.failed = 0"),
        ('figure = "counts.failed"\nmax = 0', "counts.failed = 0"),
        ('figure = "codecs.1.mb_per_s"\nmin = 5\nmax = 10.5', "codecs.1.mb_per_s = 9.0"),
        ('figure = "codecs.0.codec"\nmatch = "^fl"', "codecs.0.codec = flac"),
        ('figure = "verdict"\nequals = "GO"\nmax_age = "1h"', "the report is 0."),
    ],
)
async def test_a_figure_that_is_as_wanted_passes(tmp_path: Path, keys: str, told: str) -> None:
    answer = await ask(tmp_path, keys)

    assert answer.state is State.PASS, answer
    assert told in answer.read
    assert len(next(iter(answer.files.values()))) == 64


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('figure = "verdict"\nequals = "NO-GO"', "verdict = GO, wanted NO-GO"),
        ('figure = "whole"\nequals = 1', "whole = true, wanted 1"),
        ('figure = "counts.failed"\nequals = false', "counts.failed = 0, wanted false"),
        ('figure = "counts.done"\nmin = 4000', "counts.done = 3551, wanted at least 4,000"),
        ('figure = "estimate_s"\nmax = 10', "estimate_s = null, wanted a number, at most 10"),
        ('figure = "verdict"\nmatch = "^NO"', "wanted what matches '^NO'"),
        ('figure = "codecs"\nmin = 1', "codecs is a list, wanted a figure"),
        ('figure = "counts.dome"\nmin = 1', "no 'dome' in counts; the nearest is 'done'"),
        ('figure = "codecs.2.codec"\nequals = "x"', "no '2' in codecs; there are 0, 1"),
        ('figure = "verdict.x"\nequals = "x"', "no 'x' in verdict, where nothing is"),
        ('figure = "recommended_worker"\nmin = 1', "the nearest is 'recommended_workers'"),
    ],
)
async def test_a_figure_that_is_not_as_wanted_fails_with_both_values(tmp_path: Path, keys: str, told: str) -> None:
    answer = await ask(tmp_path, keys)

    assert answer.state is State.FAIL, answer
    assert told in answer.read


@pytest.mark.parametrize(("file", "job"), [("sweep.json", "sweep"), ("validation.json", "validate")])
async def test_a_report_that_is_not_there_fails_with_the_way_out(tmp_path: Path, file: str, job: str) -> None:
    answer = await look(around(tmp_path), f'type = "report"\nfile = "{file}"\nfigure = "x"\nmin = 1')

    assert answer.state is State.FAIL
    assert answer.read == f"there is no {file} yet; run `gonogo {job}` first"


async def test_a_report_that_is_torn_fails(tmp_path: Path) -> None:
    answer = await ask(tmp_path, 'figure = "x"\nmin = 1', b'{"x": ')

    assert answer.state is State.FAIL
    assert "is no JSON" in answer.read


async def test_a_report_that_is_too_old_fails(tmp_path: Path) -> None:
    await ask(tmp_path, 'figure = "verdict"\nequals = "GO"')
    path = around(tmp_path).state / "artifacts/validation.json"
    os.utime(path, (time.time() - 7_300, time.time() - 7_300))

    keys = 'type = "report"\nfile = "validation.json"\nfigure = "verdict"\nequals = "GO"\nmax_age = "2h"'
    answer = await look(around(tmp_path), keys)

    assert answer.state is State.FAIL
    assert answer.read.startswith("the report is 2:01 h old, wanted at most 2h; run it again")


@pytest.mark.parametrize("figure", ["verdict", "total.mismatches", "about.corpus"])
async def test_the_figures_of_a_validation_are_found(tmp_path: Path, figure: str) -> None:
    about = About(corpus="/c", run="r", tool="gonogo 0.1.0", time="2026-01-31T09:30:00Z", spot_checks=4, full=True)

    answer = await ask(tmp_path, f'figure = "{figure}"\nmatch = ""', build_report([], about))

    assert answer.state is State.PASS, answer


async def test_the_figures_of_a_sweep_are_found(tmp_path: Path) -> None:
    summary = SweepSummary(
        job="sweep",
        outcome=Outcome.OK,
        seconds=1.5,
        counts={"pending": 3},
        tried=3,
        usable_cpus=2,
        recommended_workers=2,
    )

    answer = await ask(tmp_path, 'figure = "recommended_workers"\nmin = 1', summary, "sweep.json")

    assert answer.state is State.PASS, answer


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('figure = "x"', "wanted one of equals, match"),
        ('figure = "x"\nequals = 1\nmax = 2', "wanted one of equals, match"),
        ('figure = "x"\nmin = 2\nmax = 1', "min 2 is more than max 1"),
        ('figure = "x"\nmatch = "("', "is no regular expression"),
        ('figure = "x..y"\nmin = 1', "matching regex"),
        ('figure = "x"\nmin = 1\nmax_age = "soon"', "is not a duration"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_the_list(keys: str, told: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        item(f'type = "report"\nfile = "sweep.json"\n{keys}')

    assert told in str(refused.value)


@pytest.mark.parametrize("file", ["../run.json", "/etc/passwd", "validation.html"])
def test_what_is_no_report_of_ours_is_a_fault_of_the_list(file: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="wanted a JSON report"):
        item(f'type = "report"\nfile = "{file}"\nfigure = "x"\nmin = 1')
