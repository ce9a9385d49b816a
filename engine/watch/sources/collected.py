"""What the rows of one log become: records under canonical names and in segments, and mishaps beside them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.watch.naming import Naming
from engine.watch.records import LOSS_SCALE, Batch, Mishap, MishapKind, Record
from engine.watch.sources import mishaps
from engine.watch.sources.hidden_nan import HiddenNan
from engine.watch.sources.reading import Reading
from engine.watch.sources.segments import Segments


class Collected:
    """Gathers what is to be told in the next batch.

    Args:
        name: what the source is called.
        run: which run of it.
    """

    def __init__(self, name: str, run: str) -> None:
        self.segments = Segments()
        self.records = 0
        """Since the beginning."""
        self._name = name
        self._run = run
        self._naming = Naming(name)
        self._hidden = HiddenNan()
        self._newest_step: int | None = None
        self._records: list[Record] = []
        self._mishaps: list[Mishap] = []

    @property
    def is_empty(self) -> bool:
        """Whether no record waits for its batch."""
        return not self._records

    @property
    def hides_nan(self) -> bool:
        """Whether the trainer printed a number where its loss was none."""
        return self._hidden.seen

    def add(self, reading: Reading | None) -> None:
        """Take a reading, and the one that it held back."""
        if reading is None or not reading.values:
            return
        self.add(reading.before)
        self.add_row(reading.step, reading.values, reading.time_s)

    def add_row(self, step: int, raw: Mapping[str, float], time_s: float | None) -> None:
        """Take a row by the names of the log; one that was told before is no record."""
        values = self._naming.rename(raw)
        self._hidden.look(values)
        segment = self.segments.place(step, values)
        if segment is None:
            return
        self._newest_step = step
        self.records += 1
        self._records.append(Record(self._name, self._run, segment, step, values, time_s))

    def add_mishap(self, told: mishaps.Told, time_s: float | None) -> None:
        """Take a mishap; one of mixed precision tells the new loss scale."""
        kind, text = told
        self._mishaps.append(Mishap(self._name, self._run, kind, text, self._newest_step, time_s))
        scale = mishaps.loss_scale(text) if kind is MishapKind.OVERFLOW else None
        if scale is not None and self._newest_step is not None:
            self.add_row(self._newest_step, {LOSS_SCALE: scale}, time_s)

    def batch(self, *notes: str) -> Batch:
        """Hand over what was gathered, with what there is to say about it."""
        batch = Batch(tuple(self._records), tuple(self._mishaps), (*notes, *self._naming.notes()))
        self._records, self._mishaps = [], []
        return batch
