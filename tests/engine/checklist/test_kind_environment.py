from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import State
from tests.engine.checklist.asking import around, item, look

ENV = {"OMP_NUM_THREADS": "8", "EMPTY": "", "HF_TOKEN": "hf_hush", "HTTP_PROXY": "http://me:hush@proxy:80"}
SET = 'type = "environment"\nset = '


@pytest.mark.parametrize(
    ("keys", "state", "read"),
    [
        ('set = { OMP_NUM_THREADS = "8" }', State.PASS, "OMP_NUM_THREADS=8"),
        ('set = { OMP_NUM_THREADS = "1" }', State.FAIL, "OMP_NUM_THREADS=8, wanted 1"),
        ('set = { MISSING = "1" }', State.FAIL, "MISSING is not set, wanted 1"),
        ('set = { EMPTY = "" }', State.PASS, 'EMPTY=""'),
        ('set = { MISSING = "" }', State.FAIL, 'MISSING is not set, wanted ""'),
        ('present = ["OMP_NUM_THREADS"]', State.PASS, "OMP_NUM_THREADS=8"),
        ('present = ["EMPTY", "MISSING"]', State.FAIL, "EMPTY is empty, MISSING is not set"),
        ('absent = ["MISSING"]', State.PASS, "MISSING is not set"),
        ('absent = ["EMPTY"]', State.FAIL, 'EMPTY="", wanted it not set'),
    ],
)
async def test_variables_are_held_against_what_is_wanted(tmp_path: Path, keys: str, state: State, read: str) -> None:
    answer = await look(around(tmp_path, env=ENV), f'type = "environment"\n{keys}')
    assert (answer.state, answer.read) == (state, read)


@pytest.mark.parametrize(
    ("keys", "state", "read"),
    [
        ('set = { HF_TOKEN = "hf_hush" }', State.PASS, "HF_TOKEN is as wanted"),
        ('set = { HF_TOKEN = "hf_other_hush" }', State.FAIL, "HF_TOKEN is not the value that is wanted"),
        ('present = ["HF_TOKEN"]', State.PASS, "HF_TOKEN is set"),
        ('absent = ["HF_TOKEN"]', State.FAIL, "HF_TOKEN is set, wanted it not set"),
        ('present = ["HTTP_PROXY"]', State.PASS, "HTTP_PROXY=http://***@proxy:80"),
    ],
)
async def test_secrets_are_never_shown(tmp_path: Path, keys: str, state: State, read: str) -> None:
    answer = await look(around(tmp_path, env=ENV), f'type = "environment"\n{keys}')
    assert (answer.state, answer.read) == (state, read)
    assert "hush" not in str(answer)


async def test_a_workers_environment_is_not_gonogos(tmp_path: Path) -> None:
    both = around(tmp_path, env=ENV, worker_env={"OMP_NUM_THREADS": "1"})
    assert (await look(both, SET + '{ OMP_NUM_THREADS = "1" }\nof = "workers"')).state is State.PASS
    assert (await look(both, SET + '{ OMP_NUM_THREADS = "1" }')).state is State.FAIL


async def test_a_value_cannot_draw_on_the_terminal(tmp_path: Path) -> None:
    answer = await look(around(tmp_path, env={"A": "\x1b[31m" + "x" * 500}), 'type = "environment"\npresent = ["A"]')
    assert answer.read.startswith("A=\\x1b[31mxxx")
    assert len(answer.read) < 120


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("", "at least one variable"),
        ('present = ["A"]\nabsent = ["A"]', "A is named twice"),
        ('present = ["A B"]', "matching regex"),
        ("set = { A = 1 }", "Expected `str`"),
        ('present = ["A"]\nof = "everybody"', "Invalid enum value"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "environment"\n{keys}')
