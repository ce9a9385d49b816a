"""``disk-floor``: is there more free space than the floor on every volume that is written to?"""

from __future__ import annotations

from engine.checklist.answers import Answer, Surroundings
from engine.host.disk import default_floor, free_bytes
from engine.units import show_bytes


def answer(around: Surroundings) -> Answer:
    """Compare each volume's free space with its floor.

    Raises:
        OSError: when a volume cannot be asked.
    """
    told, short = [], False
    for folder in around.folders:
        free = free_bytes(folder)
        floor = default_floor(folder) if around.floor_bytes is None else around.floor_bytes
        short = short or free <= floor
        told.append(f"{show_bytes(free)} free over a floor of {show_bytes(floor)}")
    return Answer("fail" if short else "pass", "; ".join(told))
