from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.units import parse_bytes, parse_seconds, show_bytes, show_seconds


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("4096", 4096), ("10GB", 10**10), ("512 MiB", 2**29), ("1.5k", 1500), ("2ti", 2**41), (" 0 b ", 0)],
)
def test_a_size_is_read_as_the_field_writes_it(text: str, size_bytes: int) -> None:
    assert parse_bytes(text) == size_bytes


@pytest.mark.parametrize(
    ("text", "duration_s"), [("90s", 90), ("5m", 300), ("8h", 28_800), ("1.5", 1.5), ("20ms", 0.02)]
)
def test_a_time_is_read_as_the_field_writes_it(text: str, duration_s: float) -> None:
    assert parse_seconds(text) == pytest.approx(duration_s)


@pytest.mark.parametrize("text", ["", "GB", "-1", "1e3", "4 XB", "ten", "1,5GB", "NaN"])
def test_what_is_no_quantity_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="such as 10GB"):
        parse_bytes(text)
    with pytest.raises(UsageError, match="such as 90s"):
        parse_seconds(text)


@pytest.mark.parametrize("text", [str(2**63), "9" * 400, "9" * 5000, "9" * 400 + ".5 m"])
def test_a_quantity_beyond_a_signed_64_bit_number_is_refused_with_the_most_that_fits(text: str) -> None:
    with pytest.raises(UsageError, match="at most 9,223,372,036,854,775,807 bytes"):
        parse_bytes(text)
    with pytest.raises(UsageError, match="at most 9,223,372,036,854,775,807 seconds"):
        parse_seconds(text)


def test_the_largest_quantity_that_fits_is_read() -> None:
    assert parse_bytes(str(2**63 - 1)) == 2**63 - 1
    assert parse_seconds(f"{2**62}") == 2**62


@given(st.integers(0, 10**16))
def test_a_size_comes_back_from_its_text_within_half_a_percent(size_bytes: int) -> None:
    assert parse_bytes(show_bytes(size_bytes)) == pytest.approx(size_bytes, rel=0.005)


@given(st.integers(1, 10**9), st.sampled_from([("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]))
def test_a_whole_time_comes_back_exactly(count: int, unit: tuple[str, int]) -> None:
    assert parse_seconds(f"{count}{unit[0]}") == count * unit[1]


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [(0.42, "0.4 s"), (59.4, "59 s"), (59.6, "1:00 min"), (3599.7, "1:00 h"), (12_000, "3:20 h")],
)
def test_a_time_is_shown_as_an_operator_reads_it(duration_s: float, text: str) -> None:
    assert show_seconds(duration_s) == text


@given(st.text(max_size=30))
def test_any_text_is_a_quantity_or_a_usage_error(text: str) -> None:
    for parse in (parse_bytes, parse_seconds):
        try:
            assert parse(text) >= 0
        except UsageError:
            continue
