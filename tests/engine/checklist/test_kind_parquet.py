from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.checklist.answers import Answer, State
from engine.checklist.kinds.parquet_session import Session
from engine.checklist.kinds.table_stop import Stop
from tests.engine.checklist.asking import around, item, look

TABLE = pa.table(
    {
        "id": ["a", "b", "c", "d"],
        "song": pa.array([1, 2, 2, None], pa.int32()),
        "text": ["la", None, "lo", "lu"],
        "vocals": [True, False, True, True],
        "vector": pa.array([[1.0, 0.0], [0.0, 0.0], [0.5, 0.5], [1.0, 1.0]], pa.list_(pa.float32())),
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    pq.write_table(pa.table({"id": [1, 2], "name": ["x", "y"]}), tmp_path / "songs.parquet")
    return tmp_path


async def ask(folder: Path, keys: str, *, within: str = "60s") -> Answer:
    return await look(around(folder), f'type = "parquet"\npath = "t.parquet"\n{keys}', within)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("rows = 4", "4 rows"),
        ("min_rows = 4\nmax_rows = 4", "4 rows"),
        ('columns = { id = "string", song = "int32", vocals = "boolean", vector = "list", text = "" }', "song: int32"),
        ('not_null = [{ column = "text", where = "vocals" }]', "text: no null in 3 rows"),
        ("distinct = { song = 2 }", "song: 2 different values"),
        ('present = { id = ["a", "d"], song = [1], vocals = [true] }', "song: '1' present"),
        ('unique = ["id", "id,vocals"]', "id,vocals: its own in each of 4 rows"),
        ('no_orphans = [{ column = "song", in = "songs.parquet", key = "id" }]', "song: all of 3 rows known in songs"),
        ('populated = [{ column = "vector", where = "vocals" }]', "vector: 3 different vectors of length 2 in 3 rows"),
    ],
)
async def test_a_table_that_is_as_wanted_passes_with_what_was_read(folder: Path, keys: str, told: str) -> None:
    answer = await ask(folder, keys)

    assert answer.state is State.PASS, answer
    assert told in answer.read


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("rows = 5", "4 rows, wanted 5"),
        ("min_rows = 5", "4 rows, wanted at least 5"),
        ("max_rows = 3", "4 rows, wanted at most 3"),
        ('columns = { song = "string" }', "song: int32, wanted string"),
        ('columns = { textt = "" }', "no column 'textt'; the nearest is 'text'"),
        ('not_null = [{ column = "text" }]', "text: null in 1 of 4 rows (row 2), wanted none"),
        ('unique = ["id"]\nnot_null = [{ column = "song" }]', "song: null in 1 of 4 rows ('d'), wanted none"),
        ('not_null = [{ column = "text", where = "vocal" }]', "no column 'vocal'; the nearest is 'vocals'"),
        ("distinct = { id = 3 }", "id: 4 different values, wanted 3: 'a', 'b', 'c', 'd'"),
        ('present = { id = ["a", "z"] }', "id: no row has 'z'; there are 'a', 'b', 'c', 'd'"),
        ('unique = ["vocals"]', "2 rows with a key that another row has ('true')"),
        ('unique = ["song"]', "1 row without one ("),
        ('no_orphans = [{ column = "song", in = "songs.parquet", key = "idd" }]', "no column 'idd'"),
        ('no_orphans = [{ column = "id", in = "songs.parquet", key = "id" }]', "they cannot be joined"),
        ('no_orphans = [{ column = "song", in = "gone.parquet", key = "id" }]', "gone.parquet is not there"),
        ('populated = [{ column = "vector" }]', "of 4 rows 1 all zero (row 2)"),
        ('populated = [{ column = "text" }]', "text: is string, wanted a list of numbers, or binary"),
        ('populated = [{ column = "vector", where = "vocals", min_distinct = 4 }]', "3 different vectors, wanted at"),
        ('populated = [{ column = "vector", where = "vocals", length = 768 }]', "length 2, wanted 768"),
    ],
)
async def test_a_table_that_is_not_as_wanted_fails_with_both_values(folder: Path, keys: str, told: str) -> None:
    answer = await ask(folder, keys)

    assert answer.state is State.FAIL, answer
    assert told in answer.read


async def test_failures_come_first_and_every_rule_is_told(folder: Path) -> None:
    answer = await ask(folder, 'rows = 4\nunique = ["id"]\ndistinct = { song = 3 }')

    assert answer.read == "song: 2 different values, wanted 3: '1', '2'; 4 rows; id: its own in each of 4 rows"


async def test_orphans_are_counted_and_named(folder: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), folder / "songs.parquet")

    answer = await ask(folder, 'no_orphans = [{ column = "song", in = "songs.parquet", key = "id" }]')

    assert answer.state is State.FAIL
    assert "song: 2 of 3 rows with 1 value that songs.parquet has not as id ('2'), wanted none" in answer.read


@pytest.mark.parametrize("rule", ["not_null", "populated"])
async def test_a_rule_that_no_row_can_break_fails_unless_that_may_be(folder: Path, rule: str) -> None:
    rows = 'column = "vector", where = "id = \'nobody\'"'

    assert (await ask(folder, f"{rule} = [{{ {rows}, may_be_empty = true }}]")).state is State.PASS
    answer = await ask(folder, f"{rule} = [{{ {rows} }}]")

    assert answer.state is State.FAIL
    assert "vector: no row is id = 'nobody'" in answer.read


@pytest.mark.parametrize(
    ("values", "type_", "told"),
    [
        ([[1.0, float("nan")], [2.0, 3.0]], pa.list_(pa.float32()), "1 with NaN or infinity"),
        ([[1.0, float("inf")], [2.0, 3.0]], pa.list_(pa.float64(), 2), "1 with NaN or infinity"),
        ([[1.0, None], [2.0, 3.0]], pa.list_(pa.float64()), "1 with a null inside"),
        ([[], [2.0, 3.0]], pa.list_(pa.float64()), "1 empty"),
        ([None, [2.0, 3.0]], pa.list_(pa.float64()), "1 null"),
        ([[1.0], [2.0, 3.0]], pa.list_(pa.float64()), "lengths from 1 to 2, wanted one length"),
        ([[4, 5], [4, 5]], pa.large_list(pa.int8()), "1 different vector, wanted at least 2"),
        ([[[0.0], [0.0]], [[1.0], [2.0]]], pa.list_(pa.list_(pa.float32())), "1 all zero"),
        ([b"\0\0", b"\0\1"], pa.binary(), "1 all zero"),
        ([b"", b"\0\1"], pa.large_binary(), "1 empty"),
        ([b"\1\1", b"\1\1"], pa.binary(2), "1 different vector"),
        ([["a"], ["b"]], pa.list_(pa.string()), "is list<"),
    ],
)
async def test_a_vector_that_no_model_answers_is_found(
    tmp_path: Path, values: list[object], type_: pa.DataType, told: str
) -> None:
    pq.write_table(pa.table({"v": pa.array(values, type_), "n": [1, 2]}), tmp_path / "t.parquet")

    answer = await ask(tmp_path, 'populated = [{ column = "v" }]')

    assert answer.state is State.FAIL, answer
    assert told in answer.read


async def test_columns_with_the_names_that_the_queries_use_do_no_harm(tmp_path: Path) -> None:
    names = ["v", "n", "t", "h", "k", "d", "o", "data", "other_0", "file_row_number", 'a "quoted" one; --']
    table = pa.table({name: [f"{name}{row}" for row in range(3)] for name in names})
    pq.write_table(table, tmp_path / "t.parquet")
    keys = [
        f"unique = {msgspec.json.encode(names).decode()}",
        "distinct = { v = 3, t = 3, data = 3 }",
        'present = { v = ["v1"], t = ["t1"] }',
        'no_orphans = [{ column = "o", in = "t.parquet", key = "o" }, { column = "v", in = "t.parquet", key = "v" }]',
        "not_null = [{ column = 'n', where = \"t = 't1'\" }]",
    ]

    answer = await ask(tmp_path, "\n".join(keys))

    assert answer.state is State.PASS, answer


@pytest.mark.parametrize("where", ["color=Red", "a[1]*?", 'it\'s "one"', "ä ö"])
async def test_a_folder_of_any_name_is_a_folder(tmp_path: Path, where: str) -> None:
    (tmp_path / where).mkdir()
    pq.write_table(pa.table({"id": [1, 2]}), tmp_path / where / "t.parquet")

    answer = await look(around(tmp_path / where), 'type = "parquet"\npath = "t.parquet"\nunique = ["id"]')

    assert answer.state is State.PASS, answer


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("rows = -1", "wanted 0 or more"),
        ("rows = 1\nmin_rows = 1", "rows is exact"),
        ("min_rows = 2\nmax_rows = 1", "more than max_rows"),
        ('columns = { a = "strnig" }', "did you mean 'string'"),
        ("distinct = { a = 0 }", "wanted 1 or more"),
        ('unique = ["a,"]', "wanted a column, or several"),
        ('populated = [{ column = "v", min_distinct = 0 }]', "min_distinct = 0"),
        ('not_null = [{ column = "v", were = "x" }]', "unknown field `were`"),
        ('not_null = [{ column = "v", where = "a =" }]', "is no condition"),
        ('not_null = [{ column = "v", where = "a, b" }]', "is no condition"),
        ('not_null = [{ column = "v", where = "a) OR (b" }]', "is no condition"),
        ('not_null = [{ column = "v", where = "a; DROP TABLE data" }]', "is no condition"),
        ('not_null = [{ column = "v", where = "a FROM other" }]', "is no condition"),
        ('not_null = [{ column = "v", where = "a /* " }]', "is no condition"),
        ("not_null = [{ column = 'v', where = \"a IN (FROM read_text('/etc/passwd'))\" }]", "a query inside"),
        ('populated = [{ column = "v", where = "exists(SELECT 1)" }]', "a query inside"),
        ('populated = [{ column = "v", where = "sum(a) OVER () > 1" }]', "a window function"),
        ('populated = [{ column = "v", where = "a = ?" }]', "a parameter"),
        ('populated = [{ column = "v", where = "COLUMNS(*)" }]', "* is not allowed"),
    ],
)
def test_what_cannot_be_meant_is_a_fault_of_the_list(keys: str, told: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        item(f'type = "parquet"\npath = "t.parquet"\n{keys}')

    assert told in str(refused.value)


@pytest.mark.parametrize(
    "where", ["vocals -- and a comment", "(vocals)", 'len(list_filter("vector", lambda x: x > 0)) >= 1', "ID <> 'b'"]
)
async def test_a_condition_may_be_any_expression_over_the_columns(folder: Path, where: str) -> None:
    answer = await ask(folder, f"not_null = [{{ column = 'text', where = '''{where}''' }}]")

    assert answer.state is State.PASS, answer
    assert "text: no null in 3 rows" in answer.read


async def test_a_condition_that_cannot_be_reckoned_is_no_answer(folder: Path) -> None:
    answer = await ask(folder, 'not_null = [{ column = "text", where = "song = \'one\'" }]')

    assert answer.state is State.ERROR
    assert "Could not convert string 'one' to INT32" in answer.read


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_parquet('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/written.parquet'",
        "ATTACH '{folder}/made.db' AS made",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '99GB'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM python_value",
    ],
)
def test_a_query_reaches_nothing_but_the_files_of_the_check(folder: Path, query: str) -> None:
    import duckdb

    secret = folder / "songs.parquet"
    python_value = pa.table({"a": [1]})
    with Session({"data": folder / "t.parquet"}, folder, Stop()) as session:
        assert session.one("SELECT count(*) FROM data") == (4,)
        with pytest.raises(duckdb.Error):
            session.all(query.format(secret=secret, folder=folder))
    assert sorted(path.name for path in folder.iterdir()) == ["songs.parquet", "t.parquet"]
    del python_value


async def test_a_file_that_is_not_there_fails(tmp_path: Path) -> None:
    answer = await ask(tmp_path, "rows = 1")

    assert answer.state is State.FAIL
    assert answer.read.endswith("t.parquet is not there")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it has 0 bytes"),
        (b"PAR1" * 2, "it has 8 bytes"),
        (b"a,b\n1,2\n3,4\n5,6\n", "it is no Parquet file"),
        (b"PAR1" + b"\xff" * 30 + (99).to_bytes(4, "little") + b"PAR1", "a footer of 99 bytes"),
        (b"PAR1" + b"\xff" * 30 + (20).to_bytes(4, "little") + b"PAR1", "t.parquet: not a whole Parquet file"),
    ],
)
async def test_a_file_that_is_no_parquet_fails(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "t.parquet").write_bytes(content)

    answer = await ask(tmp_path, "rows = 1")

    assert answer.state is State.FAIL, answer
    assert told in answer.read


async def test_a_file_that_is_cut_short_fails(folder: Path) -> None:
    whole = (folder / "t.parquet").read_bytes()
    (folder / "t.parquet").write_bytes(whole[:-100])

    answer = await ask(folder, "rows = 4")

    assert answer.state is State.FAIL
    assert "it is cut short, or still being written" in answer.read


async def test_a_page_that_is_not_what_was_written_fails(tmp_path: Path) -> None:
    path, texts = tmp_path / "t.parquet", [f"text {row}" for row in range(1000)]
    pq.write_table(pa.table({"t": texts}), path, write_page_checksum=True, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[content.find(b"text 500")] = ord("b")
    path.write_bytes(content)

    answer = await ask(tmp_path, "rows = 1000")

    assert answer.state is State.FAIL, answer
    assert "CRC checksum verification failed" in answer.read
    assert (await ask(tmp_path, "rows = 1000\nread_all = false")).state is State.PASS


async def test_names_that_differ_in_case_only_fail_for_a_query_would_take_one_for_the_other(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "A": [2]}), tmp_path / "t.parquet")

    answer = await ask(tmp_path, 'unique = ["A"]')

    assert answer.state is State.FAIL
    assert "columns that differ in case only" in answer.read


async def test_names_from_the_file_cannot_move_the_cursor(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id\x1b[2J": ["\x1b[31mred", "\x1b[31mred"]}), tmp_path / "t.parquet")

    answer = await ask(tmp_path, 'unique = ["id\\u001b[2J"]\nnot_null = [{ column = "id" }]\ndistinct = { id = 1 }')

    assert answer.state is State.FAIL
    assert "\x1b" not in answer.read
    assert "\\x1b[31mred" in answer.read


async def test_the_evidence_is_size_time_and_footer_of_every_file(folder: Path) -> None:
    keys = 'no_orphans = [{ column = "song", in = "songs.parquet", key = "id" }]'
    files = (await ask(folder, keys)).files

    assert list(files) == [str(folder / "t.parquet"), str(folder / "songs.parquet")]
    assert files[str(folder / "t.parquet")].startswith(f"size {(folder / 't.parquet').stat().st_size}, mtime 20")
    pq.write_table(TABLE.slice(0, 3), folder / "t.parquet")
    assert (await ask(folder, keys)).files != files


async def test_a_timeout_interrupts_the_query_and_leaves_nothing_behind(tmp_path: Path) -> None:
    rows = 300_000
    pq.write_table(pa.table({"id": pa.array(range(rows), pa.int64())}), tmp_path / "t.parquet")
    state = around(tmp_path).state
    # A thousand million steps a row: this ends by being interrupted, or not at all.
    endless = "len(list_filter(range(30000), lambda x: (x * id) % 7 = 3)) >= 0"

    answer = await ask(
        tmp_path, f'read_all = false\nnot_null = [{{ column = "id", where = "{endless}" }}]', within="1s"
    )

    assert answer.state is State.ERROR
    assert answer.read == "no answer within 1s"
    assert list(state.iterdir()) == []


async def test_what_does_not_fit_into_memory_is_spilled_beside_the_state_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = pa.array(range(2_000_000), pa.int64()).cast(pa.string())
    pq.write_table(pa.table({"id": keys}), tmp_path / "t.parquet")
    monkeypatch.setattr("engine.checklist.kinds.parquet_session.THREADS", 2)
    monkeypatch.setattr("engine.checklist.kinds.parquet_session.MEMORY", "64MB")
    state = around(tmp_path).state

    spilled = await ask(tmp_path, 'unique = ["id"]')
    monkeypatch.setattr("engine.checklist.kinds.parquet_session.SPILL_BYTES_SHARE", 0.0)
    without_room = await ask(tmp_path, 'unique = ["id"]')

    assert spilled.state is State.PASS, spilled
    assert without_room.state is State.ERROR
    assert "Out of Memory" in without_room.read
    assert list(state.iterdir()) == []


async def test_many_checks_that_are_asked_together_all_answer(folder: Path) -> None:
    answers = await asyncio.gather(*[ask(folder, 'unique = ["id"]') for _ in range(8)])

    assert [answer.state for answer in answers] == [State.PASS] * 8


async def test_a_state_folder_that_is_not_there_is_no_hindrance(folder: Path) -> None:
    looks = around(folder)
    shutil.rmtree(looks.state)

    answer = await look(looks, 'type = "parquet"\npath = "t.parquet"\nunique = ["id"]')

    assert answer.state is State.PASS, answer
    assert not looks.state.exists()
