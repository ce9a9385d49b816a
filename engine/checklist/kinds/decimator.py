"""``decimator``: is the filter that runs here the filter that was measured?"""

from __future__ import annotations

from engine.checklist.answers import Answer, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.run.off_loop import off_loop


class Decimator(CheckTable, frozen=True, kw_only=True, tag="decimator"):
    """Measures the decimator with impulses and tones."""

    async def look(self, around: Around) -> Answer:  # every kind is asked alike
        """Measure it."""
        return await off_loop(_measure)


def _measure() -> Answer:
    from engine.audio.kernel import decimator  # noqa: PLC0415  # as below
    from engine.audio.selftest import self_test  # noqa: PLC0415  # numpy: 0.2 s that most commands do not need

    found = self_test()
    read = (
        f"aliases at most {found.worst_alias_db:.1f} dB, 0.1 dB edge at {found.passband_edge_hz:,.0f} Hz, "
        f"delay of {found.delay_frames:g} frames ({decimator()})"
    )
    return passed(read, when=found.passed)
