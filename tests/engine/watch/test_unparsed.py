from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.watch.records import UnparsedLine
from engine.watch.sources.lines import LineSource
from engine.watch.sources.text import AnyTextReader
from engine.watch.unparsed import KINDS, LOOKED_AT, UnparsedLines
from tests.engine.watch.writing import read_all


def test_lines_that_differ_in_their_numbers_alone_are_one_kind_with_a_count() -> None:
    lines = UnparsedLines()
    lines.look(b"loading data\nstep 1: perplexity=81.25\n\n \nstep 2: perplexity=8.1e+1\n")
    lines.take("step 3: perplexity=79")
    assert lines.shown() == (UnparsedLine("loading data", 1), UnparsedLine("step 1: perplexity=81.25", 3))


def test_the_first_kinds_are_shown_and_go_on_being_counted() -> None:
    lines = UnparsedLines()
    for at in range(100):
        for kind in "abcdefgh":
            lines.take(f"{kind} {at}")
    assert [(each.text, each.count) for each in lines.shown()] == [(f"{kind} 0", 100) for kind in "abcde"]


def test_what_a_log_says_is_escaped_and_cut() -> None:
    lines = UnparsedLines()
    lines.look(b"\x1b[31mred\x1b[0m \x07\xff" + b"x" * 10_000 + b"\n")
    (shown,) = lines.shown()
    assert shown.text.isprintable()
    assert shown.text.startswith("red")
    assert len(shown.text) < 300


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=60))
def test_no_line_is_counted_twice_and_memory_is_bounded(raw: list[bytes]) -> None:
    lines = UnparsedLines()
    for _ in range(100):
        lines.look(b"".join(line + b"\n" for line in raw))
    assert sum(each.count for each in lines.shown()) <= min(LOOKED_AT, 100 * len(raw))
    assert len(lines.shown()) <= KINDS


def test_a_log_tells_the_kinds_of_lines_that_it_could_not_read(tmp_path: Path) -> None:
    log, source = tmp_path / "train.log", LineSource.of_file(tmp_path / "train.log", AnyTextReader())
    metric = "Epoch 1 | Batch {0} | Loss: 4.5 | LR: 1e-4\ncheckpoint {0}: perplexity {0}\n"
    log.write_text("loading data\n" + "".join(map(metric.format, range(50))))
    assert len(read_all(source).records) == 50
    status = source.status()
    assert status.unparsed == 51
    assert status.unparsed_lines == (UnparsedLine("loading data", 1), UnparsedLine("checkpoint 0: perplexity 0", 50))
    source.close()
