"""The report of a split as a page that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.dataset.split.figures import Leaks, SplitReport, TextOverlap
from engine.units import counted


def markdown(report: SplitReport) -> str:
    """Return the page: the verdict first, then hours, balance, and what the splits have in common."""
    parts = (_verdict(report), _hours(report), _balance(report), _notes(report), _texts(report))
    return "\n".join(line for part in parts for line in (*part, ""))


def _verdict(report: SplitReport) -> Iterator[str]:
    yield "# Split"
    yield ""
    yield f"{'GREEN' if report.well else 'RED'}: {_of_leaks(report.leaks)}, in {counted(report.rows, 'clip')}."
    yield from (f"- {_code(example)}" for example in report.leaks.examples)


def _of_leaks(leaks: Leaks) -> str:
    counts = ((leaks.groups, "group"), (leaks.videos, "video"), (leaks.audios, "piece of audio"))
    return "in two splits: " + ", ".join(
        f"{count:,} pieces of audio" if noun.startswith("piece") and count != 1 else counted(count, noun)
        for count, noun in counts
    )


def _hours(report: SplitReport) -> Iterator[str]:
    rows = (
        (
            part.split,
            f"{part.hours:,.2f}",
            "" if part.target_hours is None else f"{part.target_hours:,.2f}",
            "" if part.off_target is None else f"{part.off_target:.2%}",
            f"{part.clips:,}",
            f"{part.videos:,}",
            f"{part.groups:,}",
        )
        for part in report.parts
    )
    yield from _table(("split", "hours", "wanted", "off", "clips", "videos", "groups"), rows)
    if report.cuts:
        yield ""
    yield from (f"- Cut for a small corpus: {cut}" for cut in report.cuts)


def _balance(report: SplitReport) -> Iterator[str]:
    yield "Total variation against the corpus, by hours (0 is as in the corpus, 1 has nothing in common):"
    yield ""
    rows = ((one.column, f"{one.values:,}", _share(one.dev), _share(one.test)) for one in report.balance)
    yield from _table(("column", "values", "dev", "test"), rows)
    gaps = [gap for gap in report.gaps if gap.strata]
    if gaps:
        yield ""
    for gap in gaps:
        strata = ", ".join(map(_code, gap.largest))
        yield f"- {gap.split} has nothing of {gap.strata:,} of {gap.of:,} strata ({gap.hours:,.2f} h): {strata}"


def _notes(report: SplitReport) -> Iterator[str]:
    common, excluded = report.common, report.excluded
    yield (
        f"- Common audio (in more than {counted(common.videos, 'video')}) unites nobody: {common.audios:,} different, "
        f"{counted(common.clips, 'clip')}, {common.hours:,.2f} h; {common.in_two_splits:,} of them in two splits"
    )
    yield f"- Clips without a frame, which unite nobody: {report.empty_clips:,}"
    yield (
        f"- Excluded, since their audio is in two splits: {counted(excluded.videos, 'new video')}, "
        f"{excluded.hours:,.2f} h{': ' if excluded.names else ''}{', '.join(map(_code, excluded.names))}"
    )
    yield (
        f"- Left out of one split, since a video of another came to share them: "
        f"{counted(excluded.torn_clips, 'clip')}, {excluded.torn_hours:,.2f} h"
    )
    yield f"- In the lock and not in the manifest any more: {counted(report.gone, 'video')}"


def _texts(report: SplitReport) -> Iterator[str]:
    yield "Texts that two splits share, without case, punctuation and spaces (short: under 5 words):"
    yield ""
    rows = (
        (
            f"{one.split} in {one.other}",
            f"{one.texts:,}",
            f"{one.clips:,}",
            f"{one.hours:,.2f}",
            f"{one.short_texts:,}",
            f"{one.short_clips:,}",
        )
        for one in report.texts
    )
    yield from _table(("", "texts", "clips", "hours", "short texts", "short clips"), rows)
    yield ""
    if examples := list(_examples(report.texts)):
        yield from (*examples, "")
    yield f"Near-duplicates of texts: {report.near_duplicates}."


def _examples(texts: Sequence[TextOverlap]) -> Iterator[str]:
    for one in texts:
        yield from (f"- {one.split} in {one.other}: {_code(example)}" for example in one.examples)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _share(value: float | None) -> str:
    return "empty" if value is None else f"{value:.2%}"


def _code(text: str) -> str:
    """Quote what came from the corpus: it is no Markdown."""
    return f"`{text.replace('`', chr(39))}`"
