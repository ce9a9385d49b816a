"""The rooms of one place: one source of alerts for all who ask, and a sentence where a room cannot be opened."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.alerts_reading import AlertSource
from app.console.place_rooms import PlaceRooms
from app.home.values import Place
from engine.config import Settings, Watch

THREADS = 8


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_everybody_who_asks_at_once_is_given_the_same_source(tmp_path: Path) -> None:
    for _ in range(30):
        rooms = PlaceRooms(Place(tmp_path, tmp_path / "state", Settings()))
        together = threading.Barrier(THREADS)

        def ask(rooms: PlaceRooms = rooms, together: threading.Barrier = together) -> AlertSource:
            together.wait(10)
            return rooms._alert_source()

        with ThreadPoolExecutor(THREADS) as pool:
            asked = [pool.submit(ask) for _ in range(THREADS)]
            assert len({id(one.result()) for one in asked}) == 1


def test_training_logs_of_a_user_without_a_home_are_told_and_raise_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)
    settings = Settings(watch=Watch(logs=("~/runs/*.log",)))
    told = PlaceRooms(Place(tmp_path, tmp_path / "state", settings)).make("training")
    assert isinstance(told, str)
    assert "home directory" in told
