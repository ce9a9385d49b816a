"""A report covers what it calls done, while it says GO, is about this corpus, and is newer than every conversion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.convert.cleaning_beside import Beside
from engine.convert.cleaning_cover import Cover, cover_of
from engine.convert.cleaning_tasks import Gone, Spent
from engine.convert.validation_facts import Spare, Validation
from engine.convert.validation_report import build_report
from engine.convert.validation_shape import About, ShardLine, ValidationReport
from engine.crew.answers import State
from engine.shards.files import Identity
from engine.shards.layout import ShardKind, ShardPlace
from engine.shards.names import ShardFiles

BEGAN, ENDED, LATER = (f"2026-01-31T09:{minute}:00.000Z" for minute in (10, 30, 50))
ABOUT = About(corpus="/c", run="r", tool="gonogo 0", time=ENDED, spot_checks=2, full=False)
TAR = Identity(1, 2, 1_000, 3, 4)


def line(shard: str, state: State = State.DONE, *, kept_bytes: int | None = 3_000) -> ShardLine:
    backup = None if kept_bytes is None else Spare("audio_48k.bak", kept_bytes)
    found = Validation(readable=True, identity=TAR, backup=backup)
    return ShardLine(shard=shard, source="a", state=state, size_bytes=1_000, found=found)


REPORT = msgspec.structs.replace(
    build_report(
        [
            line("a/done"),
            line("a/skipped", State.SKIPPED),
            line("a/red", State.QUARANTINED),
            line("a/new", kept_bytes=None),
        ],
        ABOUT,
    ),
    verdict="GO",
    reasons=(),
)


def cover(report: ValidationReport | str = REPORT, *, newest_conversion: str = "", **about: Any) -> Cover:
    if not isinstance(report, str):
        report = msgspec.structs.replace(report, about=msgspec.structs.replace(report.about, **about))
    return cover_of(report, corpus="/c", began=BEGAN, newest_conversion=newest_conversion)


def beside(shard: str, *, size_bytes: int = 3_000, temporary_tar: bool = False) -> Beside:
    place = ShardPlace("a", shard, ShardKind.FOLDER, ShardFiles.of_folder(Path("/c/a") / shard), None)
    backup = Gone(kind=Spent.BACKUP, name="audio_48k.bak", size_bytes=size_bytes)
    return Beside(place, (backup,), 1_000, temporary_tar)


def test_a_shard_that_is_done_is_covered_by_the_tar_that_the_report_saw() -> None:
    assert cover().refusal == ""
    assert cover().why_not(beside("done")) == ""
    assert cover().audio("a/done") == TAR


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (beside("skipped"), "calls it skipped"),
        (beside("red"), "calls it quarantined"),
        (beside("unheard-of"), "does not know this shard"),
        (beside("new"), "does not tell of this kept original"),
        (beside("done", size_bytes=3_001), "does not tell of this kept original"),
        (beside("done", temporary_tar=True), "its swap is not over"),
    ],
)
def test_what_the_report_does_not_call_done_is_left(left: Beside, told: str) -> None:
    assert told in cover().why_not(left)


@pytest.mark.parametrize("shard", ["a/skipped", "a/red", "a/unheard-of"])
def test_no_tar_is_named_of_what_is_not_done(shard: str) -> None:
    assert cover().audio(shard) is None


@pytest.mark.parametrize(
    ("covers", "told"),
    [
        (cover("there is no validation report"), "there is no validation report; run gonogo validate"),
        (cover(corpus="/elsewhere"), "is about /elsewhere, not about /c"),
        (cover(newest_conversion=LATER), "is older than the conversion of"),
        (cover(newest_conversion="2026-01-31T09:20:00.000Z"), "is older than the conversion of"),
        (cover(msgspec.structs.replace(REPORT, verdict="NO-GO", reasons=("1 shard failed",))), "NO-GO: 1 shard failed"),
        (cover(msgspec.structs.replace(REPORT, format=99)), "format 99"),
    ],
)
def test_a_report_that_does_not_count_covers_nothing(covers: Cover, told: str) -> None:
    """A conversion that went on while the report was made makes it old, too."""
    assert told in covers.refusal
    assert covers.why_not(beside("done")) == covers.refusal
    assert covers.audio("a/done") is None


def test_a_conversion_that_ended_before_the_validation_began_is_older() -> None:
    assert cover(newest_conversion="2026-01-31T09:09:59.999Z").refusal == ""
