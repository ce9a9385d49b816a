from __future__ import annotations

import msgspec
import pytest

from engine.dataset.split.quota import Targets
from engine.dataset.split.settings import SplitSettings


def test_a_large_corpus_gives_the_hours_that_are_asked_for() -> None:
    assert SplitSettings().targets(16_464) == Targets(dev_hours=50, test_hours=50)
    assert SplitSettings().cuts(16_464) == ()


def test_a_small_corpus_gives_a_twentieth_of_itself_and_says_so() -> None:
    asked = SplitSettings(dev_hours=2)
    assert asked.targets(100) == Targets(dev_hours=2, test_hours=5)
    assert asked.cuts(100) == ("test: 50 h were asked for, more than 5% of 100.00 h: 5.00 h",)


def test_a_share_is_given_as_it_is_asked_for() -> None:
    asked = SplitSettings(dev_share=0.1, test_share=0.2)
    assert asked.targets(50) == Targets(dev_hours=5, test_hours=10)
    assert asked.cuts(50) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('{"dev_hours": -1}', "dev_hours = -1.0: wanted 0 or more"),
        ('{"test_share": 1}', "test_share = 1.0: wanted a share from 0 up to 1"),
        ('{"dev_share": 0.5, "test_share": 0.5}', "wanted less than 1 together"),
        ('{"key": ""}', "wanted 1 to 64 bytes"),
        ('{"common_videos": 0}', "common_videos = 0: wanted 1 or more"),
        ('{"strata": ["source", "source"]}', "wanted each column once"),
        ('{"hours": 3}', "unknown field `hours`"),
    ],
)
def test_what_no_split_can_be_made_of_is_refused(wrong: str, said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.json.decode(wrong, type=SplitSettings)
