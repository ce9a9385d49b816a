"""Which of a person's values are right."""

from __future__ import annotations

import msgspec
import pytest

from engine.checklist.lists import Accept


@pytest.mark.parametrize("value", ["600", "$600", "600.00", "599 dollars", " 1 ", "35 %", "€ 20", "0.1 h", "-3"])
def test_a_number_is_read_with_its_unit(value: str) -> None:
    assert Accept(max=600).takes(value)


@pytest.mark.parametrize("value", ["601", "1,327.60", "600k", "0.6 m", "1,5", "1.2.3", "", "none", "about 5", "5 or 6"])
def test_what_is_more_or_may_mean_something_else_is_not_taken(value: str) -> None:
    assert not Accept(max=600).takes(value)


def test_thousands_are_written_with_commas() -> None:
    assert Accept(min=1327, max=1327).takes("1,327 rows")


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (Accept(equals="us-east-1"), "US-EAST-1 ", "us-west-2"),
        (Accept(match=r"g4dn\.xlarge.*"), "g4dn.xlarge spot", "a g4dn.xlarge"),
        (Accept(one_of=("none", "no")), "None", "nobody"),
    ],
)
def test_words_are_compared_whole_and_without_case(rule: Accept, right: str, wrong: str) -> None:
    assert rule.takes(right)
    assert not rule.takes(wrong)


@pytest.mark.parametrize("table", [{}, {"min": 2, "max": 1}, {"equals": "a", "max": 1}, {"match": "("}])
def test_a_rule_that_cannot_be_meant_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(table, Accept)
