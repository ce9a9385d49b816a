from __future__ import annotations

import math
import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.watch.sources.crc32c import by_table, crc32c
from engine.watch.sources.protobuf import encoded
from engine.watch.sources.tensorboard import TensorBoardSource, sniff
from engine.watch.sources.tfrecord import framed
from tests.engine.watch.binary_writers import (
    FILE_VERSION,
    event,
    event_file,
    image,
    message,
    number,
    read_all,
    scalars,
    simple,
    start,
    tensor,
    told,
)


def source_of(path: Path) -> TensorBoardSource:
    return TensorBoardSource("tb", path)


def losses(first: int, last: int) -> bytes:
    return b"".join(scalars(step, {"loss": step / 8}) for step in range(first, last + 1))


def test_the_checksum_is_castagnolis() -> None:
    assert crc32c(b"123456789") == by_table(b"123456789") == 0xE3069283


def test_tags_of_one_step_become_one_record(tmp_path: Path) -> None:
    content = FILE_VERSION + scalars(1, {"loss": 2.0}, 5.0) + scalars(1, {"ppl": 3.0}) + scalars(2, {"loss": 1.0}, 7.0)
    batch = read_all(source_of(event_file(tmp_path, 1, content)))
    assert told(batch) == [("", 0, 1, {"loss": 2.0, "ppl": 3.0}), ("", 0, 2, {"loss": 1.0})]
    assert [record.time_s for record in batch.records] == [5.0, 7.0]


def test_an_event_may_hold_scalars_and_pictures_together(tmp_path: Path) -> None:
    mixed = framed(event(4, message(5, simple("loss", 0.5) + image("sample", 3_000_000) + simple("ppl", 2.0))))
    source = source_of(event_file(tmp_path, 1, FILE_VERSION + mixed))
    assert told(read_all(source)) == [("", 0, 4, {"loss": 0.5, "ppl": 2.0})]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (number(1, 1) + message(2, b"") + message(5, struct.pack("<f", 1.5)), 1.5),
        (number(1, 1) + encoded(5 << 3 | 5) + struct.pack("<f", 1.5), 1.5),
        (number(1, 1) + message(4, struct.pack("<f", -1.5)), -1.5),
        (number(1, 2) + message(4, struct.pack("<d", 1 / 3)), 1 / 3),
        (number(1, 2) + message(6, struct.pack("<d", math.inf)), math.inf),
        (number(1, 19) + message(4, struct.pack("<e", 0.25)), 0.25),
        (number(1, 19) + message(13, encoded(0x3400)), 0.25),
        (number(1, 14) + message(4, b"\x80\x3f"), 1.0),
        (number(1, 9) + message(10, encoded(2**64 - 7)), -7.0),
        (number(1, 1) + message(2, message(2, number(1, 1))) + message(5, struct.pack("<f", 2.5)), 2.5),
    ],
)
def test_tensors_of_one_number_are_scalars(tmp_path: Path, content: bytes, value: float) -> None:
    stored = framed(event(3, message(5, tensor("m", content))))
    assert told(read_all(source_of(event_file(tmp_path, 1, stored)))) == [("", 0, 3, {"m": value})]


@pytest.mark.parametrize(
    "other",
    [
        tensor("h", number(1, 1) + message(2, message(2, number(1, 2))) + message(5, bytes(8)), "histograms"),
        tensor("t", number(1, 7) + message(8, "words"), "text"),
        tensor("v", number(1, 1) + message(2, message(2, number(1, 2))) + message(5, bytes(8))),
        tensor("p", number(1, 1) + message(5, bytes(4)), "pr_curves"),
        image("i", 10),
    ],
)
def test_other_values_are_counted_and_shown_not_told(tmp_path: Path, other: bytes) -> None:
    source = source_of(event_file(tmp_path, 1, FILE_VERSION + framed(event(3, message(5, other)))))
    assert not read_all(source)
    assert source.status().unparsed == 1
    assert "step 3" in source.status().sample_unparsed


def test_not_a_number_and_infinity_stay(tmp_path: Path) -> None:
    content = scalars(1, {"loss": math.nan}) + scalars(2, {"loss": math.inf}) + scalars(3, {"loss": -math.inf})
    values = [record.values["loss"] for record in read_all(source_of(event_file(tmp_path, 1, content))).records]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf]


def test_a_purge_begins_a_segment_at_its_step(tmp_path: Path) -> None:
    event_file(tmp_path, 10, FILE_VERSION + losses(1, 40))
    event_file(tmp_path, 20, FILE_VERSION + start(35) + losses(36, 60))
    batch = read_all(source_of(tmp_path))
    rows = told(batch)
    assert [row[2] for row in rows if row[1] == 0] == list(range(1, 41))
    assert rows[40] == ("", 1, 35, {})
    assert [row[2] for row in rows if row[1] == 1][1:] == list(range(36, 61))
    assert any("started again at step 35" in note for note in batch.notes)


def test_files_are_ordered_by_the_time_in_their_name(tmp_path: Path) -> None:
    newer = event_file(tmp_path, 1000, losses(4, 6), "a.1.0")
    older = event_file(tmp_path, 999, losses(1, 3), "z.1.0")
    os.utime(newer, (1, 1))
    os.utime(older, (2, 2))
    assert [row[:3] for row in told(read_all(source_of(tmp_path)))] == [("", 0, step) for step in range(1, 7)]


def test_files_of_the_same_second_are_ordered_by_their_own_time(tmp_path: Path) -> None:
    os.utime(event_file(tmp_path, 5, losses(4, 6), "a"), (20, 20))
    os.utime(event_file(tmp_path, 5, losses(1, 3), "b"), (10, 10))
    assert [row[2] for row in told(read_all(source_of(tmp_path)))] == [1, 2, 3, 4, 5, 6]


def test_a_resume_without_purge_is_a_new_segment(tmp_path: Path) -> None:
    event_file(tmp_path, 1, losses(1, 5))
    event_file(tmp_path, 2, losses(5, 7))
    assert [row[1:3] for row in told(read_all(source_of(tmp_path)))][4:] == [(0, 5), (1, 5), (1, 6), (1, 7)]


def test_another_writers_tags_are_no_resume(tmp_path: Path) -> None:
    event_file(tmp_path, 1, losses(1, 5))
    event_file(tmp_path, 2, scalars(1, {"eval/acc": 0.5}))
    assert {row[1] for row in told(read_all(source_of(tmp_path)))} == {0}


def test_two_writers_at_once_keep_their_segments(tmp_path: Path) -> None:
    first, second = event_file(tmp_path, 1, losses(1, 2)), event_file(tmp_path, 2, losses(1, 2))
    source = source_of(tmp_path)
    read_all(source)
    for step in (3, 4, 5):
        for path in (first, second):
            with path.open("ab") as file:
                file.write(losses(step, step))
        assert [row[1:3] for row in told(read_all(source))] == [(0, step), (1, step)]


def test_each_folder_is_a_run(tmp_path: Path) -> None:
    event_file(tmp_path / "a", 1, losses(1, 1))
    source = source_of(tmp_path)
    assert [row[0] for row in told(read_all(source))] == ["a"]
    event_file(tmp_path / "b" / "train", 2, losses(1, 1))
    event_file(tmp_path, 2, losses(1, 1))
    assert sorted(row[0] for row in told(read_all(source))) == ["", "b/train"]


def test_every_cut_waits_and_then_tells_the_same(tmp_path: Path) -> None:
    content = FILE_VERSION + losses(1, 3)
    path = event_file(tmp_path, 1, b"")
    source, rows = source_of(path), []
    for place in range(len(content)):
        with path.open("ab") as file:
            file.write(content[place : place + 1])
        batch = source.poll()
        assert not batch.notes
        rows += told(batch)
    assert rows == told(read_all(source_of(path)))
    assert [row[2] for row in rows] == [1, 2, 3]


def test_damaged_data_costs_its_record_and_says_where(tmp_path: Path) -> None:
    content = bytearray(losses(1, 9))
    size = len(content) // 9
    content[size * 4 + 20] ^= 1
    batch = read_all(source_of(event_file(tmp_path, 1, bytes(content))))
    assert [row[2] for row in told(batch)] == [1, 2, 3, 4, 6, 7, 8, 9]
    assert len(batch.notes) == 1
    assert f"at byte {size * 4:,}" in batch.notes[0]


def test_a_damaged_length_ends_this_file_and_no_other(tmp_path: Path) -> None:
    content = bytearray(losses(1, 9))
    size = len(content) // 9
    content[size * 4] ^= 1
    event_file(tmp_path, 1, bytes(content))
    event_file(tmp_path, 2, losses(10, 12))
    batch = read_all(source_of(tmp_path))
    assert [row[2] for row in told(batch)] == [1, 2, 3, 4, 10, 11, 12]
    assert len(batch.notes) == 1
    assert f"byte {size * 4:,}" in batch.notes[0]


def test_an_event_too_large_for_memory_is_stepped_over(tmp_path: Path) -> None:
    huge = framed(event(2, message(5, image("film", 17 << 20))))
    source = source_of(event_file(tmp_path, 1, losses(1, 1) + huge + losses(3, 3)))
    batch = read_all(source)
    assert [row[2] for row in told(batch)] == [1, 3]
    assert ["stepped over" in note for note in batch.notes] == [True]


def test_a_long_file_comes_in_several_polls(tmp_path: Path) -> None:
    source = source_of(event_file(tmp_path, 1, losses(1, 100_000)))
    first = source.poll()
    assert 0 < len(first.records) < 100_000
    assert [record.step for record in (*first.records, *read_all(source).records)] == list(range(1, 100_001))


def test_pictures_between_scalars_end_no_poll_early(tmp_path: Path) -> None:
    pictures = framed(event(1, message(5, image("i", 900_000)))) * 5
    source = source_of(event_file(tmp_path, 1, pictures + losses(2, 2)))
    assert [row[2] for row in told(source.poll())] == [2]


def test_a_file_that_was_cut_short_is_read_again_as_a_new_segment(tmp_path: Path) -> None:
    path = event_file(tmp_path, 1, losses(1, 5))
    source = source_of(path)
    read_all(source)
    path.write_bytes(losses(1, 2))
    batch = read_all(source)
    assert [row[1:3] for row in told(batch)] == [(1, 1), (1, 2)]
    assert batch.notes


def test_a_longer_copy_in_its_place_goes_on(tmp_path: Path) -> None:
    path = event_file(tmp_path / "logs", 1, losses(1, 50))
    source = source_of(path)
    read_all(source)
    event_file(tmp_path / "copy", 1, losses(1, 53)).replace(path)
    assert [row[1:3] for row in told(read_all(source))] == [(0, 51), (0, 52), (0, 53)]


def test_an_old_file_gives_its_handle_back_and_is_found_again(tmp_path: Path) -> None:
    path = event_file(tmp_path, 1, losses(1, 2))
    os.utime(path, (1, 1))
    source = source_of(path)
    read_all(source)
    held = {os.path.realpath(handle) for handle in Path("/proc/self/fd").iterdir()}
    assert str(path) not in held
    with path.open("ab") as file:
        file.write(losses(3, 3))
    assert [row[2] for row in told(read_all(source))] == [3]
    source.close()
    source.close()


def test_event_files_are_told_by_their_content() -> None:
    named, other = Path("events.out.tfevents.1.h"), Path("metrics.bin")
    assert sniff(other, FILE_VERSION)
    assert sniff(other, scalars(1, {"loss": 1.0})[:20])
    assert sniff(named, b"")
    assert not sniff(other, b"")
    assert not sniff(named, b"step,loss\n1,2.0\n3,4.0\n")
    assert not sniff(named, framed(message(1, b"a tf.train.Example")))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_flipped_bit_invents_or_silently_loses_a_record(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.sampled_from(["loss", "lr", "acc"]), min_size=1, max_size=12))
    content = bytearray(FILE_VERSION)
    content += b"".join(scalars(step, {tag: step / 4}) for step, tag in enumerate(values))
    folder = tmp_path_factory.mktemp("flips")
    true = told(read_all(source_of(event_file(folder, 1, bytes(content)))))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    batch = read_all(source_of(event_file(folder, 2, bytes(content))))
    rows = told(batch)
    assert all(row in true for row in rows)
    assert rows == true or batch.notes or bit // 8 < len(FILE_VERSION)
    cut = data.draw(st.integers(0, len(content)))
    rows = told(read_all(source_of(event_file(folder, 3, bytes(content[:cut])))))
    assert rows == true[: len(rows)] or batch.notes


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_bytes_in_a_record_are_survived(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, as_event: bool
) -> None:
    stored = framed(event(1, junk) if as_event else junk)
    path = event_file(tmp_path_factory.mktemp("junk"), 1, stored + losses(9, 9))
    assert told(read_all(source_of(path)))[-1][2:] == (9, {"loss": 9 / 8})
