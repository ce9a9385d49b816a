"""``decimator``: is the filter that runs here the filter that was measured?"""

from __future__ import annotations

from engine.checklist.answers import Answer, Surroundings


def answer(_: Surroundings) -> Answer:
    """Measure it with impulses and tones."""
    from engine.audio.selftest import self_test  # noqa: PLC0415  # numpy: 0.2 s that most commands do not need

    found = self_test()
    read = (
        f"aliases at most {found.worst_alias_db:.1f} dB, 0.1 dB edge at {found.passband_edge_hz:,.0f} Hz, "
        f"delay of {found.delay_frames:g} frames"
    )
    return Answer("pass" if found.passed else "fail", read)
