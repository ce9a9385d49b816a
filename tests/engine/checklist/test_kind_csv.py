from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import Answer, State
from tests.engine.checklist.asking import around, item, look

GOOD = 'clip_id,file_path,text\n1,a.wav,one\n2,b.wav,"two, and\nmore"\n3,sub/c.wav,three\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "audio/sub").mkdir(parents=True)
    for name in ("a.wav", "b.wav", "sub/c.wav"):
        (tmp_path / "audio" / name).touch()
    (tmp_path / "outside.wav").touch()
    return tmp_path


async def ask(folder: Path, content: str | bytes, keys: str = "", kind: str = "csv") -> Answer:
    (folder / "t").write_bytes(content if isinstance(content, bytes) else content.encode())
    return await look(around(folder), f'type = "{kind}"\npath = "t"\n{keys}')


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("rows = 3", "3 rows"),
        ("min_rows = 3\nmax_rows = 3", "3 rows"),
        ('columns = ["text", "clip_id"]', "3 rows"),
        ('columns = ["clip_id", "file_path", "text"]\nexact_columns = true', "3 rows"),
        ('not_empty = ["text"]', "text: empty in 0 of 3 rows"),
        ('unique = ["clip_id", "clip_id,text"]', "clip_id,text: its own in each of 3 rows"),
        ('paths = { column = "file_path", root = "audio" }', "file_path: 0 of 3 paths broken"),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_a_table_that_is_as_wanted_passes(folder: Path, keys: str, told: str, mark: str) -> None:
    answer = await ask(folder, mark + GOOD, keys)

    assert answer.state is State.PASS, answer
    assert told in answer.read


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("rows = 4", "3 rows, wanted 4"),
        ('columns = ["clip"]', "no column 'clip'; the nearest is 'clip_id'"),
        (
            'columns = ["clip_id", "text"]\nexact_columns = true',
            "columns clip_id, file_path, text, wanted clip_id, text",
        ),
        ('unique = ["speaker"]', "no column 'speaker'; there are clip_id, file_path, text"),
        ('paths = { column = "file_path" }', "file_path: 3 of 3 paths broken ('a.wav', 'b.wav', 'sub/c.wav')"),
    ],
)
async def test_a_table_that_is_not_as_wanted_fails_with_both_values(folder: Path, keys: str, told: str) -> None:
    answer = await ask(folder, GOOD, keys)

    assert answer.state is State.FAIL
    assert told in answer.read


async def test_offending_rows_are_counted_and_named_by_line(folder: Path) -> None:
    content = "id,text\n1,\n2,x\n1,y\n,z\n1, \n"

    answer = await ask(folder, content, 'unique = ["id"]\nnot_empty = ["text"]')

    assert answer.state is State.FAIL
    assert "text: empty in 2 of 5 rows (line 2, 6), wanted none" in answer.read
    assert "2 rows with a key that another row has ('1' in lines 2 and 4; '1' in lines 2 and 6)" in answer.read
    assert "1 row without one" in answer.read


@pytest.mark.parametrize("path", ["", "gone.wav", "../outside.wav", "/etc/passwd", "sub/../../outside.wav"])
async def test_a_path_that_is_empty_gone_or_outside_its_root_is_broken(folder: Path, path: str) -> None:
    answer = await ask(folder, f"id,p\n1,a.wav\n2,{path}\n", 'paths = [{ column = "p", root = "audio" }]')

    assert answer.state is State.FAIL
    assert f"p: 1 of 2 paths broken ('{path}')" in answer.read


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("csv", "a\tb\n1\t2\n", 'type = "tsv"'),
        ("tsv", "a,b\n1,2\n", 'type = "csv"'),
        ("csv", "a;b\n1;2\n", 'delimiter = ";"'),
        ("csv", "a,b\n1,2\n1,2,3\n", "line 3 has 3 cells, wanted 2 as in the header"),
        ("csv", 'a,b\n1,"x\ny"\n1\n', "line 4 has 1 cell, wanted 2"),
        ("csv", "a,b,a\n", "its header has 'a' 2 times"),
        ("csv", "", "it is empty"),
        ("csv", "a,b\n", "0 rows, wanted at least 1"),
        ("csv", 'a,b\n1,"never closed\n', "line 2: unexpected end of data"),
        ("csv", "a,b\n1,M\xfcnchen\n".encode("latin-1"), "read byte 0xfc"),
        ("csv", "a,b\n1,2\n".encode("utf-16"), "read byte 0xff after line 0, wanted UTF-8"),
    ],
)
async def test_what_is_no_such_table_fails_with_the_reason(
    folder: Path, kind: str, content: str | bytes, told: str
) -> None:
    answer = await ask(folder, content, kind=kind)

    assert answer.state is State.FAIL, answer
    assert told in answer.read


async def test_a_quotation_mark_in_a_tsv_is_one_like_any_other_unless_it_says_so(folder: Path) -> None:
    assert (await ask(folder, 'a\tb\n1\t"so\n2\t"\n', "rows = 2", "tsv")).state is State.PASS
    assert (await ask(folder, 'a\tb\n1\t"so\tand\nso"\n', "rows = 1\nquoted = true", "tsv")).state is State.PASS


async def test_semicolons_can_be_said(folder: Path) -> None:
    assert (await ask(folder, "a;b\n1;2,5\n", 'rows = 1\ndelimiter = ";"')).state is State.PASS


async def test_a_table_that_is_not_there_fails(folder: Path) -> None:
    answer = await look(around(folder), 'type = "csv"\npath = "gone.csv"')

    assert answer.state is State.FAIL
    assert answer.read.endswith("gone.csv is not there")


async def test_cells_cannot_move_the_cursor(folder: Path) -> None:
    answer = await ask(folder, "a\x1b[2J\n\x1b[31m\n\x1b[31m\n", 'unique = ["a\\u001b[2J"]')

    assert answer.state is State.FAIL
    assert "\x1b" not in answer.read


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("rows = 1\nmax_rows = 1", "rows is exact"),
        ("exact_columns = true", "has no use without columns"),
        ('unique = [""]', "wanted a column"),
        ('delimiter = "::"', "Expected `str` matching"),
        ('paths = { root = "x" }', "missing required field `column`"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_the_list(keys: str, told: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        item(f'type = "csv"\npath = "x"\n{keys}')

    assert told in str(refused.value)
