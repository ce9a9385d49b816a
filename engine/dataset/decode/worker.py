"""One worker of the decode benchmark: ``python -m engine.dataset.decode.worker``, JSON Lines in and out.

It is given its clips once, decodes them once to have all in the cache and its libraries warm, and then goes over
them again and again for as long as it is told, each time it is told.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import cast

import msgspec

from engine.dataset.decode.clip import Clip
from engine.run.child import become_worker


class Take(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="take"):
    """The clips to decode from now on, and with what."""

    decoder: str
    clips: list[Clip]


class Go(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="go"):
    """Decode your share of the clips for so long."""

    for_s: float
    place: int
    """Of this worker, from 0 …"""
    count: int
    """… among so many that do the same now: every ``count``-th clip is its share."""


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="taken"):
    """The clips are in hand, and were all decoded once."""

    failed: int
    """These are left out from now on."""


class Went(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="went"):
    """What was done."""

    clips: int
    audio_s: float
    size_bytes: int
    wall_s: float
    cpu_s: float


Order = Take | Go


def main() -> None:
    """Take clips, then go over them as often as is asked."""
    messages = become_worker()
    # Behind the limits, so that they hold before numpy reserves anything.
    from engine.dataset.decode.clip import Tars  # noqa: PLC0415
    from engine.dataset.decode.decoders import load_decoder  # noqa: PLC0415
    from engine.dataset.decode.loop import measure  # noqa: PLC0415

    orders = messages.tasks(cast("type[Order]", Order))
    take = next(orders, None)
    if not isinstance(take, Take):
        return
    decoder = load_decoder(take.decoder)
    with Tars.opened() as tars:
        failures = measure(take.clips, decoder, tars).failures
        good = [clip for place, clip in enumerate(take.clips) if place not in failures]
        messages.send(Taken(failed=len(failures)))
        for order in orders:
            assert isinstance(order, Go)
            messages.send(
                go_on(good[order.place :: order.count], order.for_s, lambda clip: decoder.decode(tars.read(clip)))
            )


def go_on(clips: Sequence[Clip], for_s: float, decode: Callable[[Clip], object]) -> Went:
    """Decode clips over and over until the time is up; whole clips, so it lasts a little longer."""
    done, audio_s, size_bytes = 0, 0.0, 0
    began, began_cpu = time.monotonic(), time.process_time()
    ends = began + for_s
    for clip in itertools.cycle(clips):
        decode(clip)
        done, audio_s, size_bytes = done + 1, audio_s + clip.duration_s, size_bytes + clip.size_bytes
        if time.monotonic() >= ends:
            break
    wall_s, cpu_s = time.monotonic() - began, time.process_time() - began_cpu
    return Went(clips=done, audio_s=audio_s, size_bytes=size_bytes, wall_s=wall_s, cpu_s=cpu_s)


if __name__ == "__main__":
    main()
