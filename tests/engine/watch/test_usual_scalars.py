from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.watch.sources.protobuf import WireError, encoded
from engine.watch.sources.tensorboard_file import EventFile, Read
from engine.watch.sources.tensorboard_proto import EventDecoder, Other, Row, Start
from engine.watch.sources.tfrecord import State, frame_at, framed
from engine.watch.sources.usual_scalars import UsualScalars
from tests.engine.watch.binary_writers import event, event_file, image, message, number, scalars, simple, start, tensor

TAGS = ("loss", "lr", "a/b", "a/bb", "a/bbb", "train/loss", "")
STEPS = (0, 1, 2, 127, 128, 16_383, 16_384, 2**21, 2**28 + 5, 2**34, 2**35, 2**62, -1)


def in_full(content: bytes) -> tuple[list[Row | Start | Other], int]:
    """Read whole records without templates; return what they tell, and how many were skipped."""
    told: list[Row | Start | Other] = []
    decoder, at, skipped = EventDecoder(), 0, 0
    while (frame := frame_at(content, at)).state not in {State.TORN, State.BROKEN}:
        try:
            if frame.state is State.WHOLE:
                decoder.decode(content[frame.start : frame.end], told)
            else:
                skipped += 1
        except WireError:
            skipped += 1
        at = frame.after
    return told, skipped


def with_templates(content: bytes) -> tuple[list[Row | Start | Other], int, int]:
    """Read whole records as event files do; return what they tell, how many fitted, and how many did not."""
    told: list[Row | Start | Other] = []
    usual, decoder, at, fitted, others = UsualScalars(), EventDecoder(), 0, 0, 0
    while True:
        at, count = usual.read(content, at, told)
        fitted += count
        frame = frame_at(content, at)
        if frame.state is not State.WHOLE:
            return told, fitted, others
        place = decoder.decode(content[frame.start : frame.end], told)
        if place is not None:
            usual.learn(content[at : frame.start], content[frame.start : frame.end], place)
        at, others = frame.after, others + 1


def f32(tag: str, value: float) -> bytes:
    return tensor(tag, number(1, 1) + message(2, b"") + message(4, struct.pack("<f", value)))


def torch_tensor(tag: str, value: float) -> bytes:
    return tensor(tag, number(1, 1) + message(5, struct.pack("<f", value)))


def f64(tag: str, value: float) -> bytes:
    return tensor(tag, number(1, 2) + message(6, struct.pack("<d", value)))


def f16(tag: str, value: float) -> bytes:
    return tensor(tag, number(1, 19) + message(4, struct.pack("<e", value)))


def integer(tag: str, value: float) -> bytes:
    return tensor(tag, number(1, 9) + message(10, encoded(int(value * 8) & 2**64 - 1)))


def without_plugin(tag: str, value: float) -> bytes:
    return tensor(tag, number(1, 1) + message(5, struct.pack("<f", value)), plugin="")


def of_other_plugin(tag: str, value: float) -> bytes:
    return tensor(tag, number(1, 1) + message(5, struct.pack("<f", value)), plugin="sloppy!")


def f32_of_another(tag: str, value: float) -> bytes:
    return tensor(tag, number(1, 1) + message(2, b"") + message(4, struct.pack("<f", value)), plugin="sloppy!")


def twice(tag: str, value: float) -> bytes:
    return simple(tag, value) + simple(tag, -value)


def beside_a_picture(tag: str, value: float) -> bytes:
    return simple(tag, value) + image("sample", 3)


Shape = Callable[[str, float], bytes]
SHAPES: tuple[Shape, ...] = (
    simple,
    f32,
    torch_tensor,
    f64,
    f16,
    integer,
    without_plugin,
    of_other_plugin,
    twice,
    beside_a_picture,
)


@st.composite
def events(draw: st.DrawFn, shapes: Sequence[Shape], tags: Sequence[str], steps: Sequence[int]) -> bytes:
    """An event as writers write it, or with what nobody writes: fields twice, in other places, in too many bytes."""
    step = draw(st.sampled_from(steps))
    shape, tag = draw(st.sampled_from(shapes)), draw(st.sampled_from(tags))
    parts = [message(5, shape(tag, draw(st.sampled_from((0.0, 0.5, -2.0, 1024.0)))))]
    match draw(st.integers(1, 20)):
        case 4:
            parts.append(number(2, 7))
        case 1:
            parts.insert(0, b"\x90\x00\x05")
        case 2:
            parts.append(b"\x09" + struct.pack("<d", 5.0))
        case 3:
            parts.append(message(7, number(1, 1)))
        case _:
            pass
    content = event(step, *parts, time_s=draw(st.sampled_from((1.5, 1.7e9))))
    if draw(st.integers(0, 7)) == 0:
        place = draw(st.integers(0, len(content) - 1))
        content = content[:place] + bytes((draw(st.integers(0, 255)),)) + content[place + 1 :]
    return content


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_templates_tell_what_reading_in_full_tells(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    # Few kinds in each log, or nothing would be met twice.
    shapes = data.draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=2))
    tags = data.draw(st.lists(st.sampled_from(TAGS), min_size=1, max_size=2))
    steps = data.draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=2))
    usual = events(shapes, tags, steps)
    stored = data.draw(st.lists(st.one_of(usual, usual, usual, st.binary(max_size=30)), max_size=12))
    content = bytearray(b"".join(framed(one) for one in stored))
    if content and data.draw(st.integers(0, 3)) == 0:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    found = read_file(event_file(tmp_path_factory.mktemp("log"), 1, bytes(content)))
    told, skipped = in_full(bytes(content))
    assert repr(found.events) == repr(told)
    assert found.unreadable == skipped


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_file_that_is_written_in_pieces_tells_what_the_whole_file_tells(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    stored = data.draw(st.lists(events((simple, f32, twice), ("loss", "lr"), (0, 5, 300)), max_size=12))
    content = b"".join(framed(one) for one in stored)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=12)))
    path = event_file(tmp_path_factory.mktemp("log"), 1, b"")
    file, told = EventFile(path), Read()
    for first, last in zip([0, *cuts], [*cuts, len(content)], strict=True):
        with path.open("ab") as writer:
            writer.write(content[first:last])
        found = file.read()
        told.events += found.events
        told.stored += found.stored
        told.unreadable += found.unreadable
    file.tail.close()
    whole = read_file(path)
    assert (each_alone(told), told.stored, told.unreadable) == (each_alone(whole), whole.stored, whole.unreadable)


def each_alone(found: Read) -> list[str]:
    """Take rows apart: one that is cut in two by the end of a piece comes as two."""
    alone: list[str] = []
    for one in found.events:
        alone += [repr((one[0], scalar)) for scalar in one[2].items()] if isinstance(one, tuple) else [repr(one)]
    return alone


def read_file(path: Path) -> Read:
    file = EventFile(path)
    found = file.read()
    file.tail.close()
    return found


@pytest.mark.parametrize("shape", [simple, f32, torch_tensor, f64, f16])
def test_a_tag_is_read_in_full_once_for_each_length_of_its_step(shape: Shape) -> None:
    steps = (*range(3), *range(126, 131), *range(16_380, 16_390))
    log = [
        framed(event(step, message(5, shape(tag, step % 64 / 8)))) for step in steps for tag in ("loss", "train/ppl")
    ]
    told, fitted, others = with_templates(b"".join(log))
    assert told == [(step, 1_700_000_000.0, {"loss": step % 64 / 8, "train/ppl": step % 64 / 8}) for step in steps]
    assert (fitted, others) == (len(log) - 8, 8)


def test_tags_and_steps_whose_lengths_add_up_to_the_same_do_not_push_each_other_out() -> None:
    content = b"".join(scalars(step, {"loss": 0.5}) + scalars(step + 128, {"ppl": 2.0}) for step in range(1, 100))
    told, fitted, others = with_templates(content)
    assert [row[0] for row in told if isinstance(row, tuple)] == [
        s for step in range(1, 100) for s in (step, step + 128)
    ]
    assert (fitted, others) == (196, 2)


def test_a_value_of_the_same_step_joins_the_row_across_the_ways_of_reading() -> None:
    content = scalars(1, {"a": 0.5}) + scalars(2, {"a": 0.25}) + scalars(2, {"new": 4.0}) + scalars(2, {"a": 8.0})
    assert with_templates(content)[0] == [
        (1, 1_700_000_000.0, {"a": 0.5}),
        (2, 1_700_000_000.0, {"a": 0.25, "new": 4.0}),
        (2, 1_700_000_000.0, {"a": 8.0}),
    ]


def test_metadata_that_is_never_the_same_is_read_in_full() -> None:
    value = number(1, 1) + message(5, struct.pack("<f", 0.5))
    log = [
        message(5, message(1, message(1, "m") + message(8, value) + message(9, message(1, message(1, "scalars")) + of)))
        for of in (message(2, f"{place:05d}") for place in range(2000))
    ]
    told, fitted, others = with_templates(b"".join(framed(event(1, one)) for one in log))
    assert len(told) == others == 2000
    assert fitted == 0


@pytest.mark.parametrize("shape", [simple, f32, f64])
def test_a_record_that_fits_but_for_its_checksum_is_not_told(shape: Shape) -> None:
    log = b"".join(framed(event(step, message(5, shape("loss", step / 8)))) for step in range(1, 7))
    size = len(log) // 6
    for place in range(size):
        for bit in range(8):
            damaged = bytearray(log)
            damaged[size * 4 + place] ^= 1 << bit
            told, _, _ = with_templates(bytes(damaged))
            assert [row[0] for row in told if isinstance(row, tuple)] == [1, 2, 3, 4], (place, bit)


def test_a_tensor_that_differs_in_its_plugin_alone_is_no_scalar() -> None:
    shapes = (f32, f32, f32_of_another, f32)
    content = b"".join(framed(event(step, message(5, shape("m", step / 8)))) for step, shape in enumerate(shapes, 1))
    told, fitted, _ = with_templates(content)
    assert [type(one) for one in told] == [tuple, tuple, Other, tuple]
    assert fitted == 2


def test_a_tensor_whose_plugin_was_named_before_is_asked_about_each_time() -> None:
    shapes = (without_plugin, without_plugin, of_other_plugin, without_plugin)
    content = b"".join(framed(event(step, message(5, shape("m", step / 8)))) for step, shape in enumerate(shapes, 1))
    assert [type(one) for one in with_templates(content)[0]] == [tuple, tuple, Other, Other]


def test_more_tags_than_are_kept_are_still_told() -> None:
    content = b"".join(scalars(1, {f"tag{place}": 0.5}) for place in range(16_500))
    told, fitted, others = with_templates(content + start(1) + content)
    assert sum(len(row[2]) for row in told if isinstance(row, tuple)) == 33_000
    assert fitted + others == 33_001
