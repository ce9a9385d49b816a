from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.watch.sources.leveldb_log import BLOCK_BYTES, FILE_HEADER_BYTES, LogReader
from engine.watch.sources.protobuf import WireError
from engine.watch.sources.wandb_offline import WandbSource, sniff
from engine.watch.sources.wandb_proto import HistoryRow, RecordDecoder
from tests.engine.watch.binary_writers import history, message, number, read_all, run_named, told, wandb_log


def wandb_file(folder: Path, content: bytes, run_id: str = "abc") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"run-{run_id}.wandb"
    path.write_bytes(content)
    return path


def rows(first: int, last: int) -> list[bytes]:
    return [history({"loss": str(step / 8)}, step) for step in range(first, last + 1)]


def source_of(path: Path) -> WandbSource:
    return WandbSource("wb", path)


def test_rows_are_told_with_run_step_and_time(tmp_path: Path) -> None:
    logged = {"_timestamp": "1700000000.5", "_runtime": "3.5", "_step": "0", "loss": "2.5"}
    path = wandb_file(tmp_path, wandb_log([run_named("abc", "nice"), history(logged, 0)]))
    batch = read_all(source_of(path))
    assert told(batch) == [("nice (abc)", 0, 0, {"loss": 2.5})]
    assert batch.records[0].time_s == 1_700_000_000.5


def test_the_step_may_stand_in_the_row_alone(tmp_path: Path) -> None:
    path = wandb_file(tmp_path, wandb_log([history({"loss": "1", "_step": "41"}), history({"loss": "2"})]))
    assert [row[2] for row in told(read_all(source_of(path)))] == [41, 42]


def test_nested_keys_are_joined_and_media_left_out(tmp_path: Path) -> None:
    logged = {
        "h._type": '"histogram"',
        "h.count": "64",
        "h.values": "[1,2]",
        "deep.er.x": "3",
        "text": '"hello"',
        "b": "true",
    }
    logged |= {"old": '{"x": 4, "img": {"_type": "image-file", "width": 8}}'}
    path = wandb_file(tmp_path, wandb_log([history(logged, 7)]))
    assert told(read_all(source_of(path))) == [("abc", 0, 7, {"deep.er.x": 3.0, "old.x": 4.0})]


@pytest.mark.parametrize(("text", "value"), [("Infinity", math.inf), ('"-Infinity"', -math.inf), ("1e400", math.inf)])
def test_infinities_stay(tmp_path: Path, text: str, value: float) -> None:
    path = wandb_file(tmp_path, wandb_log([history({"loss": text}, 1)]))
    assert told(read_all(source_of(path))) == [("abc", 0, 1, {"loss": value})]


@pytest.mark.parametrize("text", ["NaN", '"NaN"'])
def test_not_a_number_stays(tmp_path: Path, text: str) -> None:
    path = wandb_file(tmp_path, wandb_log([history({"loss": text}, 1)]))
    assert math.isnan(read_all(source_of(path)).records[0].values["loss"])


def test_records_span_blocks(tmp_path: Path) -> None:
    long = history({"note": '"' + "x" * 100_000 + '"', "loss": "1"}, 1)
    path = wandb_file(tmp_path, wandb_log([long, *rows(2, 2000), long, *rows(2001, 2001)]))
    steps = [row[2] for row in told(read_all(source_of(path))) if row[1] == 0]
    assert steps == list(range(1, 2001))


def test_every_length_at_a_blocks_end_is_read(tmp_path: Path) -> None:
    for gap in range(16):
        filler = message(4, b"y" * (BLOCK_BYTES - FILE_HEADER_BYTES - 7 - 4 - gap))
        reader = LogReader()
        assert reader.feed(wandb_log([filler, b"next", b"last"])) == ([filler, b"next", b"last"], [])


def test_every_cut_waits_and_then_tells_the_same(tmp_path: Path) -> None:
    content = wandb_log([run_named("abc"), *rows(1, 4)])
    path = wandb_file(tmp_path, b"")
    source, seen = source_of(path), []
    for place in range(len(content)):
        with path.open("ab") as file:
            file.write(content[place : place + 1])
        batch = source.poll()
        assert not batch.notes
        seen += told(batch)
    assert [row[2] for row in seen] == [1, 2, 3, 4]


def test_damage_costs_one_row_and_says_where(tmp_path: Path) -> None:
    content = bytearray(wandb_log(rows(1, 9)))
    place = len(wandb_log(rows(1, 4))) + 12
    content[place] ^= 1
    batch = read_all(source_of(wandb_file(tmp_path, bytes(content))))
    assert [row[2] for row in told(batch)] == [1, 2, 3, 4, 6, 7, 8, 9]
    assert [f"at byte {place - 12:,}" in note for note in batch.notes] == [True]


def test_a_damaged_length_costs_no_other_row(tmp_path: Path) -> None:
    for flipped in (1, 0x40):
        content = bytearray(wandb_log(rows(1, 9)))
        content[len(wandb_log(rows(1, 4))) + 5] ^= flipped
        batch = read_all(source_of(wandb_file(tmp_path / str(flipped), bytes(content))))
        assert [row[2] for row in told(batch)] == [1, 2, 3, 4, 6, 7, 8, 9]
        assert len(batch.notes) == 1


def test_a_resumed_run_is_a_new_segment_and_another_run_is_not(tmp_path: Path) -> None:
    wandb_file(tmp_path / "offline-run-20240101_000001-abc", wandb_log([run_named("abc"), *rows(1, 5)]))
    wandb_file(tmp_path / "offline-run-20240101_000002-abc", wandb_log([run_named("abc"), *rows(4, 6)]))
    wandb_file(tmp_path / "offline-run-20240101_000003-new", wandb_log([run_named("new"), *rows(1, 1)]), "new")
    (tmp_path / "latest-run").symlink_to("offline-run-20240101_000003-new")
    assert [row[:3] for row in told(read_all(source_of(tmp_path)))] == [
        *(("abc", 0, step) for step in (1, 2, 3, 4, 5)),
        *(("abc", 1, step) for step in (4, 5, 6)),
        ("new", 0, 1),
    ]


def test_a_run_that_failed_is_noted(tmp_path: Path) -> None:
    path = wandb_file(tmp_path, wandb_log([*rows(1, 1), message(18, number(1, 255))]))
    assert ["exit code 255" in note for note in read_all(source_of(path)).notes] == [True]


def test_wandb_files_are_told_by_their_content(tmp_path: Path) -> None:
    assert sniff(Path("x.bin"), wandb_log([]))
    assert sniff(Path("run-a.wandb"), b"")
    assert not sniff(Path("run-a.wandb"), b"something else")
    path = wandb_file(tmp_path, b"something else entirely")
    batch = read_all(source_of(path))
    assert not batch.records
    assert ["does not begin" in note for note in batch.notes] == [True]


def test_pieces_of_any_size_read_the_same() -> None:
    records = [os.urandom(size) for size in (0, 1, 7, 32_754, 32_761, 32_768, 70_000, 3)]
    content = wandb_log(records)
    for size in (5000, 32_768, 50_000):
        reader = LogReader()
        pieces = [reader.feed(content[place : place + size]) for place in range(0, len(content), size)]
        assert [record for found, _ in pieces for record in found] == records
        assert not any(notes for _, notes in pieces)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_flipped_bit_invents_or_silently_loses_a_row(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    sizes = data.draw(st.lists(st.sampled_from([0, 10, 30_000, 40_000]), min_size=1, max_size=6))
    logged = [history({"loss": str(step), "t": '"' + "z" * size + '"'}, step) for step, size in enumerate(sizes)]
    content = bytearray(wandb_log(logged))
    folder = tmp_path_factory.mktemp("flips")
    true = told(read_all(source_of(wandb_file(folder, bytes(content)))))
    bit = data.draw(st.integers(FILE_HEADER_BYTES * 8, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    source = source_of(wandb_file(folder / "flipped", bytes(content)))
    batch = read_all(source)
    rest = told(batch)
    assert all(row in true for row in rest)
    # A length that points past the end looks like a row that is being written; the next row shows what it is.
    with (folder / "flipped" / "run-abc.wandb").open("ab") as file:
        file.write(wandb_log([*logged, history({"loss": "9"}, 99)])[len(content) :])
    after = read_all(source)
    trailer = all(byte == 0 for byte in wandb_log(logged)[bit // 8 : bit // 8 + 1])
    assert rest == true or batch.notes or after.notes or trailer
    assert told(after)[-1:] == [("abc", 0, 99, {"loss": 9.0})]


ITEM_PARTS = [message(2, "a"), message(2, "b"), message(1, "k"), message(16, "1"), message(16, "2.5"), number(3, 9)]
ITEM_PARTS += [message(16, '"x"'), message(2, b"\x82\x01\x01"), message(16, "{}"), b"\x82\x81\x00\x012"]


@given(st.lists(st.lists(st.sampled_from(ITEM_PARTS), max_size=4).map(b"".join), max_size=8))
@settings(max_examples=300, deadline=None)
def test_keys_that_are_remembered_tell_what_reading_in_full_tells(items: list[bytes]) -> None:
    remembering = RecordDecoder()
    for item in [*items, *items]:
        row = message(2, message(1, item))
        assert decoded(remembering, row) == decoded(RecordDecoder(), row)


def decoded(decoder: RecordDecoder, row: bytes) -> str:
    try:
        return repr(decoder.decode(row))
    except WireError as error:
        return str(error)


@given(st.one_of(st.floats(), st.integers(), st.sampled_from(["1e400", "-0", "1E5", "007", " 3", "+1", "1.", "1_0"])))
@settings(max_examples=300, deadline=None)
def test_numbers_are_read_as_json_reads_them(logged: float | str) -> None:
    text = logged if isinstance(logged, str) else json.dumps(logged)
    try:
        expected = repr(float(json.loads(text)) + 0.0)  # JSON has -0 as an integer, which has no sign.
    except ValueError:
        expected = ""
    except OverflowError:
        expected = "inf" if not text.startswith("-") else "-inf"
    row = RecordDecoder().decode(history({"loss": text}, 1))
    assert isinstance(row, HistoryRow)
    assert [repr(value + 0.0) for value in row.values.values()] == ([expected] if expected else [])


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_in_a_record_are_survived(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    content = wandb_log([junk, message(2, junk), message(17, junk), history({"loss": "1"}, 2**40)])
    path = wandb_file(tmp_path_factory.mktemp("junk"), content)
    assert told(read_all(source_of(path)))[-1][2:] == (2**40, {"loss": 1.0})
