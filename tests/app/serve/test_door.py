from __future__ import annotations

import pytest

from app.serve.door import Door, new_token, token_given
from engine.errors import UsageError

OURS = Door(8000, "127.0.0.1")
GUARDED = Door(8000, "192.0.2.7", token="t" * 32)


@pytest.mark.parametrize("host", ["localhost:8000", "LocalHost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machine_is_known_by_its_three_names(host: str) -> None:
    assert OURS.wrong_host(host) == ""


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "localhost",
        "localhost:8001",
        "127.0.0.1.evil.example:8000",
        "127.0.0.2:8000",
    ],
)
def test_any_other_name_is_refused_and_told_what_to_do(host: str) -> None:
    assert "127.0.0.1:8000" in OURS.wrong_host(host)


def test_an_address_that_was_asked_for_is_a_name_of_ours() -> None:
    assert Door(8000, "127.0.0.2").wrong_host("127.0.0.2:8000") == ""
    assert Door(80, "127.0.0.1").wrong_host("localhost") == ""


def test_behind_a_token_any_name_will_do() -> None:
    assert GUARDED.wrong_host("gpu-3.example:8000") == ""


@pytest.mark.parametrize("origin", ["http://localhost:8000", "https://localhost:8000", "http://LOCALHOST:8000"])
def test_our_own_page_may_drive_the_console(origin: str) -> None:
    assert OURS.wrong_origin(origin, "localhost:8000") == ""


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://evil.example",
        "http://localhost:3000",
        "http://localhost:8000.evil.example",
        "http://[",
        "file://",
    ],
)
def test_no_other_page_may(origin: str) -> None:
    assert "its own page alone" in OURS.wrong_origin(origin, "localhost:8000")


def test_only_the_token_admits_and_only_the_cookie_is_known() -> None:
    assert GUARDED.admits("t" * 32)
    assert not GUARDED.admits("t" * 31)
    assert not GUARDED.admits("\udcff")
    assert not OURS.admits("")
    assert GUARDED.knows(GUARDED.session)
    assert not GUARDED.knows("t" * 32), "the token is no cookie"
    assert not GUARDED.knows("")
    assert OURS.knows("")


def test_two_servers_take_neither_each_others_cookie_nor_session() -> None:
    other = Door(8001, "192.0.2.7", token="t" * 32)
    assert GUARDED.cookie != other.cookie
    assert not GUARDED.knows(other.session)
    assert GUARDED.session not in repr(GUARDED)
    assert GUARDED.token not in repr(GUARDED)


def test_a_token_is_made_and_never_twice_the_same() -> None:
    assert len(new_token()) >= 32
    assert new_token() != new_token()


def test_a_token_that_can_be_guessed_is_refused() -> None:
    assert token_given({}) == ""
    assert token_given({"GONOGO_SERVE_TOKEN": "x" * 16}) == "x" * 16
    with pytest.raises(UsageError, match="GONOGO_SERVE_TOKEN has 6 characters, wanted 16 or more"):
        token_given({"GONOGO_SERVE_TOKEN": "secret"})
