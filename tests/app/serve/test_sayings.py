from __future__ import annotations

import msgspec
import pytest

from app.serve.sayings import Blur, Focus, Keys, Ping, Resized, Size, read, size_asked


def test_what_the_page_says_is_understood() -> None:
    assert read('["stdin", "q\\u001b[A"]') == Keys("q\x1b[A")
    assert read('["resize", {"width": 120, "height": 36}]') == Resized(Size(120, 36))
    assert read('["ping", "1"]') == Ping("1")
    assert (read('["focus"]'), read('["blur"]')) == (Focus(), Blur())


@pytest.mark.parametrize(
    "message", ["", "{}", "[]", '["quit"]', '["stdin"]', '["stdin", 1]', '["resize", {"width": "1"}]']
)
def test_what_is_none_of_it_is_refused(message: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        read(message)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        ("120", "36", Size(120, 36)),
        ("", "", Size(80, 24)),
        ("-5", "x", Size(80, 24)),
        ("0", "0", Size(1, 1)),
        ("999999999", "99999999999999999999", Size(1000, 24)),
        ("\u0661\u0662", "36", Size(80, 36)),
    ],
)
def test_a_page_cannot_ask_for_a_size_without_end(width: str, height: str, size: Size) -> None:
    assert size_asked(width, height) == size
    assert Size(10**9, 10**9).within_reason() == Size(1000, 500)
