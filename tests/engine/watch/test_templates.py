"""Lines that are read by a template say what the patterns say of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.watch.records import Batch
from engine.watch.sources import templates
from engine.watch.sources.patterns import Pattern
from engine.watch.sources.text import AnyTextReader, open_text
from tests.engine.watch.writing import read_finished, steps

NUMBERS = [
    "4", "0", "17", "007", "4.5", "0.25", "5.0", "3.", ".5", "1e-4", "2e+3", "1E5", "-0.5", "-3", "+2.5", "nan",
    "NaN", "inf", "-inf", "Infinity", "4,376", "15,964.5", "1,5", "1,234,5", "12.00%", "48.87GiB", "2000ms",
    "3x", "1_0", "5-3", "9" * 17, "tensor(3.25", "٣",
]  # fmt: skip
NAMES = [
    "loss", "lr", "grad_norm", "l2_norm", "train loss", "val loss", "Loss", "batch", "step", "iter", "epoch",
    "of", "ep", "step_time", "cross_entropy", "tps", "time", "s", "mfu", "update/norm", "v1", "info", "|", "trl",
]  # fmt: skip
HEADS = [
    "", "2026-03-01 10:00:00,123 - INFO - ", "[2026-03-01T10:00:00Z] ", "14:05:33 ", "[rank0]: ", "1: ", "  ",
    "\x1b[36m", "2026-13-45 10:00:00 ", "{'", "[batch=", "Epoch ", "12-", "| ", "ünï ", "s:",
]  # fmt: skip
TAILS = ["", " ", "\x1b[0m", ")", " it/s", "}", " done"]
JOINS = [": ", "=", " ", ":", "  ", ":   ", "/", " | ", ", ", "; "]

pieces = st.tuples(st.sampled_from(NAMES), st.sampled_from(JOINS), st.sampled_from(NUMBERS), st.sampled_from(JOINS))
shapes = st.tuples(
    st.sampled_from(HEADS), st.lists(pieces, max_size=3), st.lists(pieces, max_size=3), st.sampled_from(TAILS)
)


@st.composite
def logs(draw: st.DrawFn) -> list[str]:
    """Lines of a few shapes, each with other numbers every time it comes, most of them with a step and a loss."""
    lines = []
    for head, before, after, tail in draw(st.lists(shapes, min_size=1, max_size=3)):
        parts = [*before, ("step", ": ", "5", " "), ("loss", ": ", "4.5", " "), *after]
        for _ in range(draw(st.integers(2, 4))):
            line = head
            for name, join, number, end in parts:
                other = draw(st.one_of(st.just(number), st.sampled_from(NUMBERS), st.integers(0, 99).map(str)))
                line += f"{name}{join}{other}{end}"
            lines.append(line.rstrip(" ") + tail)
    return draw(st.permutations(lines))


def read(path: Path, made: int) -> tuple[Batch, str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(templates, "MOST_MADE", made)
        source = open_text(path)
        batch = read_finished(source)
        return batch, repr(source.status())


@settings(deadline=None, max_examples=100)
@given(lines=logs())
@example(lines=["batch: 0.5 step: 7 loss: 4.5", "batch: 4.0 step: 8 loss: 4.5"])
@example(lines=["my batch: 0.5 step: 7 loss: 4.5", "my batch: 4.0 step: 8 loss: 4.5"])
@example(lines=["step: 5 loss: 4.5, lr: 1", "step: 6 loss: 4,376, lr: 1", "step: 7 loss: 4,3, lr: 1"])
@example(lines=["step: 5 loss: 4.5,250 x", "step: 6 loss: 1,250 x"])
@example(lines=["step 5: train loss 4.0, val loss  4.5", "step 6: train loss 4.0, val loss 4.5"])
@example(lines=["[rank0]: 5: step: 7 loss: 4.5", "5: step: 8 loss: 4.25"])
@example(lines=["12-03-01 10:00:00 step: 5 loss: 4.5", "2012-03-01 10:00:00 step: 6 loss: 4.5"])
@example(lines=[f"n: {n} {'x' * 50} 2026-03-01 10:00:00 step: {n} loss: 4.5" for n in (5, 12345678901)])
def test_a_log_says_the_same_with_templates_and_without(
    lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("log") / "train.log"
    path.write_text("\n".join(["step: 1 loss: 9.5", *lines]) + "\n")
    assert repr(read(path, templates.MOST_MADE)) == repr(read(path, 0))


SAME_SHAPE = [
    ("step: 5 loss: 4.5", "step: 123456 loss: nan"),
    ("step: 5  loss:  4.5  tps: 900", "step: 10  loss: 12.5  tps: 4,376"),
    ("2026-03-01 10:00:00,5 - INFO - step 5 | loss 4.5", "2026-03-02 23:59:59,25 - INFO - step 6 | loss -inf"),
    ("step 0 | loss: 10.9 | time: 1917.25ms (5%)", "step 1 | loss: 1e-3 | time: 2.13ms (12%)"),
    ("ünï step=5, loss=4.5", "ünï step=6, loss=4e-05"),
    ("loss=3.25 at step=12", "loss=nan at step=13"),
    ("2026-03-01T10:00:00.123456789Z step 5 loss 4.5", "2026-03-01T10:00:01.003456789Z step 6 loss 4.5"),
]


@pytest.mark.parametrize(("first", "second"), SAME_SHAPE)
def test_a_line_that_differs_in_its_numbers_alone_is_known_again(first: str, second: str) -> None:
    reader = AnyTextReader()
    assert reader.read(first) is not None
    line = second.encode()
    known = reader.read_known(b"x" + line + b"y", 1, 1 + len(line))
    reading = AnyTextReader().read(second)
    assert reading is not None
    assert repr(known) == repr((reading.step, reading.values, reading.time_s))


OTHER_SHAPE = [
    ("step: 5 loss: 4.5", "step: 5.5 loss: 4.5"),
    ("step: 5 loss: 4.5", "step: 5 loss: 4.5 lr: 1"),
    ("step: 5 loss: 4.5 l2_norm", "step: 5 loss: 4.5 l3_norm"),
    ("batch: 0.5 step: 7 loss: 4.5", "batch: 4 step: 8 loss: 4.5"),
    ("step: 5 loss: 4.5", "0: step: 5 loss: 4.5"),
]


@pytest.mark.parametrize(("first", "second"), OTHER_SHAPE)
def test_a_line_that_differs_in_more_is_left_to_the_patterns(first: str, second: str) -> None:
    reader = AnyTextReader()
    reader.read(first)
    assert reader.read_known(first.encode(), 0, len(first)) is not None
    assert reader.read_known(second.encode(), 0, len(second)) is None


def test_no_line_is_known_again_once_another_format_was_met() -> None:
    reader = AnyTextReader()
    reader.read("step: 5 loss: 4.5")
    reader.read("[batch=1/100]:")
    assert reader.read_known(b"step: 5 loss: 4.5", 0, 17) is None


def test_prose_with_numbers_costs_a_bounded_number_of_templates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[str] = []
    make = templates.template_of

    def counted(
        pattern: Pattern, head: re.Match[str], values: Mapping[str, float], name_of: Callable[[str], str]
    ) -> templates.Template | None:
        made.append(head.string)
        return make(pattern, head, values, name_of)

    monkeypatch.setattr(templates, "template_of", counted)
    path = tmp_path / "train.log"
    path.write_text("".join(f"step: {n} loss: 4.5 of run{n}\n" for n in range(3 * templates.MOST_MADE)))
    assert len(read_finished(open_text(path)).records) == 3 * templates.MOST_MADE
    assert len(made) == templates.MOST_MADE


def test_a_clock_before_a_line_is_no_process(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text("14:59:58 step: 1 loss: 4.5\n[15:00:01] step: 2 loss: 4.25\n16:00:00 step: 3 loss: 4.0\n")
    assert steps(read_finished(open_text(path)).records) == [1, 2, 3]
