from __future__ import annotations

from app.serve.goodbye import FAILED, LEFT, End


def test_whoever_left_is_told_nothing_more() -> None:
    end = End(0, "goodbye")
    assert (end.close_code, end.close_reason, end.is_fault) == (LEFT, b"", False)


def test_a_fault_is_told_with_the_last_that_was_said() -> None:
    assert str(End(2, "no run is called x")) == "exit code 2: no run is called x"
    assert str(End(-9, "")) == "signal 9"
    assert End(-9, "").close_code == FAILED
    assert End(1, "a\x1b[2Jb").close_reason == b"exit code 1: a\\x1b[2Jb"


def test_a_reason_fits_its_frame_and_ends_with_a_whole_character() -> None:
    reason = End(1, "é" * 200).close_reason
    assert 121 < len(reason) <= 123
    assert reason.decode().endswith("é")
