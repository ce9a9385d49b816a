"""A run that writes down what it is told, for whoever tests the ways to it."""

from __future__ import annotations

from engine.errors import GonogoError

RUN = "20260131T093000Z-convert-9f3c"


class Told:
    """A run that writes down what it is told."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.snapshot_bytes = b'{"workers":2}'

    def snapshot(self) -> bytes:
        return self.snapshot_bytes

    def pause(self) -> None:
        self.orders.append("pause")

    def resume(self) -> None:
        self.orders.append("resume")

    def set_workers(self, count: int) -> None:
        if count > 64:
            raise GonogoError(f"{count} workers: wanted at most 64")
        self.orders.append(f"workers {count}")

    def choose_workers(self) -> None:
        self.orders.append("workers auto")

    def stop(self, now: bool) -> None:
        self.orders.append(f"stop {now}")
