"""Progress bars: drawn several times at one step, first with the numbers of the step before, and told once.

Lightning moves its bar and then sets what stands behind it: ``2/20 [loss=0.148]`` is followed by
``2/20 [loss=0.491]``, and the first loss is that of step 1. So what a bar shows is held until it moves on, or until
it shows something new. An evaluation stands in the bar for all of the next epoch; it is told when it changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from engine.watch.naming import canonical
from engine.watch.records import EPOCH, EVAL_LOSS, STEPS_PER_S
from engine.watch.sources.reading import NOTHING, Reading

_CLOCKS: Final = frozenset({EPOCH, STEPS_PER_S})
"""Change with each drawing, and say nothing of the model."""


class Bars:
    """Makes one reading of all that a bar shows at one step."""

    def __init__(self) -> None:
        self._held: Reading | None = None
        self._step: int | None = None
        self._shown: dict[str, str] = {}

    @property
    def holds(self) -> bool:
        """Whether something is held."""
        return self._held is not None

    def take(self, reading: Reading) -> Reading:
        """Hold what the bar shows now; return what it showed last at the step before, if it moved on.

        A bar that went back is another: its program was killed before it set the numbers of its last step.
        """
        if self._held is not None and reading.step < self._held.step:
            told, self._held = self.flush(), reading
            return told or NOTHING
        held, self._held = self._held, reading
        if held is None:
            return NOTHING
        if held.step == reading.step:
            self._held = replace(reading, values={**held.values, **reading.values})
            return NOTHING
        return self._told(held)

    def flush(self) -> Reading | None:
        """Return what is held if any of it is new: else the numbers of this step may still come."""
        held = self._held
        if held is None or not any(self._is_new(name, value) for name, value in held.values.items()):
            return None
        self._held = None
        return self._told(held)

    def _told(self, held: Reading) -> Reading:
        again = held.step == self._step
        values = {
            name: value
            for name, value in held.values.items()
            if name in _CLOCKS or self._is_new(name, value) or not (again or canonical(name) == EVAL_LOSS)
        }
        self._step = held.step
        self._shown |= {name: repr(value) for name, value in held.values.items()}
        return replace(held, values=values) if values.keys() - _CLOCKS else NOTHING

    def _is_new(self, name: str, value: float) -> bool:
        return name not in _CLOCKS and self._shown.get(name) != repr(value)  # by text: NaN is not equal to itself
