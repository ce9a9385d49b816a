"""Checks that parse files of others: in a process of their own, which may die without harm."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.checklist.answers import Answer, State
from engine.checklist.asking import ask
from engine.config import Convert, Settings
from tests.engine.checklist.asking import around, item

LITTLE = Settings(convert=Convert(worker_memory="400MB"))


async def answer(folder: Path, table: str, *, settings: Settings | None = None, within: str = "60s") -> Answer:
    return (await ask(item(table, within), around(folder, settings=settings))).answer


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A file of some kilobytes whose one column is a terabyte of text: a dictionary of one long word."""
    word = "x" * 2**20
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), pa.array([word]))
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"text": column}), path)
    assert path.stat().st_size < 100_000
    return path


async def test_an_answer_from_another_process_is_the_one_from_this(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2, 2]}), tmp_path / "t.parquet")
    table = 'type = "parquet"\npath = "t.parquet"\nrows = 3\nunique = ["a"]'
    check = item(table).check
    assert check is not None
    apart = await answer(tmp_path, table)
    assert apart == await check.look(around(tmp_path))
    assert apart.state is State.FAIL
    assert "2" in apart.read


async def test_a_file_that_wants_all_memory_takes_only_its_own_process_along(tmp_path: Path, bomb: Path) -> None:
    before = psutil.Process().memory_info().rss
    told = await answer(tmp_path, f'type = "parquet"\npath = "{bomb.name}"\nunique = ["text"]', settings=LITTLE)
    assert told.state is State.ERROR
    assert told.read
    assert psutil.Process().memory_info().rss < before + 200_000_000


async def test_a_check_that_takes_too_long_leaves_no_process(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    told = await answer(tmp_path, 'type = "csv"\npath = "t.csv"', within="1s")
    assert (told.state, "no answer within 1s" in told.read) == (State.ERROR, True)
    assert psutil.Process().children(recursive=True) == []


async def test_several_look_side_by_side(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    told = await asyncio.gather(*[answer(tmp_path, 'type = "parquet"\npath = "t.parquet"') for _ in range(3)])
    assert {each.state for each in told} == {State.PASS}
