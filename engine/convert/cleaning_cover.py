"""What the validation report covers: the shards whose originals may go because it calls them done. Pure.

A report is the last look before a deletion. It counts while it says GO, is about this corpus, and is newer than every
conversion; and of each shard only while the tar is the very file that it saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.convert.cleaning_beside import Beside
from engine.convert.validation_report import GO
from engine.convert.validation_shape import FORMAT, ShardRow, ValidationReport
from engine.crew.answers import State
from engine.shards.files import Identity

_ANEW = "run gonogo validate"


@dataclass(frozen=True, slots=True)
class Cover:
    """A report, as a clean reads it."""

    report: ValidationReport | None
    refusal: str
    """Why it covers nothing; "" where it counts."""
    _rows: Mapping[str, ShardRow] = field(default_factory=dict)
    _kept: Mapping[str, int] = field(default_factory=dict)
    """Bytes of each kept original that it tells of."""

    def audio(self, shard: str) -> Identity | None:
        """Return which file a shard's tar was when the report called it done."""
        row = self._rows.get(shard)
        return row.identity if row is not None and row.state is State.DONE else None

    def why_not(self, beside: Beside) -> str:
        """Say why what lies beside a shard is left alone; "" where a worker may look closer."""
        if self.refusal:
            return self.refusal
        row = self._rows.get(beside.place.id)
        if row is None:
            return f"the validation report does not know this shard; {_ANEW}"
        if row.state is not State.DONE or row.identity is None:
            return f"the validation report calls it {row.state}: only what is done is cleaned"
        if beside.has_temporary_tar:
            return f"there is a temporary tar, so its swap is not over; run gonogo recover, then {_ANEW[4:]}"
        if beside.backup is not None and self._kept.get(beside.place.id) != beside.backup.size_bytes:
            return f"the validation report does not tell of this kept original; {_ANEW}"
        return ""


def cover_of(report: ValidationReport | str, *, corpus: str, began: str, newest_conversion: str) -> Cover:
    """Tell what a report covers.

    Args:
        report: it, or why there is none.
        corpus: the printable path of the corpus to be cleaned.
        began: when its validation began, RFC 3339.
        newest_conversion: when the newest conversion was last heard of; "" where there was none.
    """
    if isinstance(report, str):
        return Cover(None, f"{report}; {_ANEW}")
    refusal = _refusal(report, corpus, began, newest_conversion)
    if refusal:
        return Cover(report, refusal)
    rows = {row.shard: row for row in report.shards}
    kept = {beside.shard: beside.file.size_bytes for beside in report.kept_backups}
    return Cover(report, "", rows, kept)


def _refusal(report: ValidationReport, corpus: str, began: str, newest_conversion: str) -> str:
    if report.format != FORMAT:
        return f"the validation report has format {report.format}, wanted {FORMAT}; {_ANEW}"
    if report.about.corpus != corpus:
        return f"the validation report is about {report.about.corpus}, not about {corpus}; {_ANEW} on this name"
    if report.verdict != GO:
        first = report.reasons[0] if report.reasons else "no reason given"
        return f"the validation report says {report.verdict}: {first}; mend that, and {_ANEW}"
    if newest_conversion and _moment(newest_conversion) > _moment(began):
        told = f"the validation report of {began} is older than the conversion of {newest_conversion}"
        return f"{told}; {_ANEW}"
    return ""


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
