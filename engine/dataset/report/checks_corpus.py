"""Checks between the corpus, its validation and its manifest: nothing lost, added, or changed since. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from engine.crew.answers import State
from engine.dataset.manifest.report import ManifestReport
from engine.dataset.report.checking import check
from engine.dataset.report.facts import Facts
from engine.dataset.report.read import ShardSeen, ValidationSeen
from engine.dataset.report.shape import Check
from engine.dataset.report.tally import ShardTally
from engine.dataset.report.words import exact_hours
from engine.units import counted

APART: Final = frozenset({State.QUARANTINED, State.FAILED})
"""What a validation cannot always read to the end; the manifest has rows of as much as can be read."""
DECIDES: Final = "the operator, who names who looks after their originals before clean.start is signed"
_ROUNDING_S: Final = 1e-6
"""A clip: the manifest's durations are added up in whole microseconds, the validation's as they are."""
_BOTH_AGAIN: Final = "gonogo validate, then gonogo manifest"

Shards = Mapping[str, ShardTally]


def corpus_checks(facts: Facts) -> Iterator[Check]:
    """Ask what has to hold of the corpus."""
    validation, manifest = facts.validation.value, facts.manifest.value
    rows = None if manifest is None else {tally.id: tally for tally in manifest}
    yield _validated(validation)
    yield _decided(validation)
    yield _rows(validation, rows)
    yield _hours(validation, rows)
    yield _states(validation, rows)
    yield _own_report(manifest, facts.manifest_report.value)
    yield _shards(validation, facts.manifest_report.value)
    yield _inventory(facts.inventory.value, validation)


def _validated(validation: ValidationSeen | None) -> Check:
    return check(
        "validation",
        ask="Does the conversion validation say GO?",
        wrong=None if validation is None else int(validation.verdict != "GO"),
        read=validation.verdict if validation else "",
        wanted="GO",
        way_out="see to its reasons, then gonogo validate",
        examples=validation.reasons if validation else (),
    )


def _decided(validation: ValidationSeen | None) -> Check:
    held = [shard for shard in validation.shards if shard.state in APART] if validation else []
    return check(
        "quarantined",
        ask="Is any shard quarantined or failed? It is as it was, and a person decides on it.",
        wrong=None if validation is None else len(held),
        read=counted(len(held), "shard"),
        wanted="0 shards",
        way_out=f"to be decided by {DECIDES}",
        examples=[f"{shard.shard}: {shard.state}" for shard in held],
    )


def _rows(validation: ValidationSeen | None, rows: Shards | None) -> Check:
    """Every validated clip has a row, and every row is of a validated shard."""
    wrong, apart = _unlike(validation, rows) if validation and rows is not None else ([], 0)
    total = sum(tally.clips for tally in (rows or {}).values())
    beside = f", {apart:,} of them in damaged shards, where no validation counts" if apart else ""
    clips, shards = (validation.total.clips, len(validation.shards)) if validation else (0, 0)
    return check(
        "rows",
        ask="Has every validated clip a row in the manifest, by shard?",
        wrong=None if validation is None or rows is None else len(wrong),
        read=f"{counted(total, 'row')}{beside}; {counted(len(wrong), 'shard')} unlike the validation",
        wanted=f"{counted(clips, 'clip')} in {counted(shards, 'shard')}, the same in each",
        way_out=_BOTH_AGAIN,
        examples=wrong,
    )


def _unlike(validation: ValidationSeen, rows: Shards) -> tuple[list[str], int]:
    """Say which shards have other rows than validated clips; and how many rows are where no validation counts."""
    wrong, apart = [], 0
    for shard in validation.shards:
        clips = rows[shard.shard].clips if shard.shard in rows else 0
        if shard.state in APART and clips > shard.clips:
            apart += clips - shard.clips
        elif clips != shard.clips:
            wrong.append(f"{shard.shard}: {counted(shard.clips, 'clip')} validated, {counted(clips, 'row')}")
    known = {shard.shard for shard in validation.shards}
    strange = (tally for shard, tally in rows.items() if shard not in known)
    return [*wrong, *(f"{tally.id}: {counted(tally.clips, 'row')}, never validated" for tally in strange)], apart


def _in_both(validation: ValidationSeen | None, rows: Shards | None) -> list[tuple[ShardSeen, ShardTally]]:
    if validation is None or rows is None:
        return []
    return [(shard, rows[shard.shard]) for shard in validation.shards if shard.shard in rows]


def _hours(validation: ValidationSeen | None, rows: Shards | None) -> Check:
    """The hours are the same in both, shard by shard, where the validation could read the shard."""
    both = [(shard, tally) for shard, tally in _in_both(validation, rows) if tally.clips == shard.clips]
    wrong = [
        f"{shard.shard}: {shard.seconds_after:,.3f} s validated, {tally.us / 1e6:,.3f} s in the manifest"
        for shard, tally in both
        if abs(shard.seconds_after - tally.us / 1e6) > _ROUNDING_S * (tally.clips + 1)
    ]
    there = f"{exact_hours(sum(tally.us for _, tally in both) / 1e6)} in {counted(len(both), 'shard')} with equal clips"
    return check(
        "hours",
        ask="Are the manifest's hours those of the validation, by shard?",
        wrong=None if validation is None or rows is None else len(wrong),
        read=f"{there}; {counted(len(wrong), 'shard')} of other hours",
        wanted=exact_hours(sum(shard.seconds_after for shard, _ in both)),
        way_out=_BOTH_AGAIN,
        examples=wrong,
    )


def _states(validation: ValidationSeen | None, rows: Shards | None) -> Check:
    wrong = [
        f"{shard.shard}: {shard.state} validated, {tally.state} in the manifest"
        for shard, tally in _in_both(validation, rows)
        if tally.state != shard.state
    ]
    return check(
        "states",
        ask="Does the manifest know how each shard stands?",
        wrong=None if validation is None or rows is None else len(wrong),
        read=f"{counted(len(wrong), 'shard')} in another state",
        wanted="0 shards",
        way_out=_BOTH_AGAIN,
        examples=wrong,
    )


def _own_report(manifest: Sequence[ShardTally] | None, report: ManifestReport | None) -> Check:
    clips = sum(tally.clips for tally in manifest or ())
    told = report.rows if report else 0
    return check(
        "manifest.json",
        ask="Does the manifest's own report count the rows that are there?",
        wrong=None if manifest is None or report is None else abs(clips - told),
        read=counted(told, "row"),
        wanted=counted(clips, "row"),
        way_out="gonogo manifest",
    )


def _shards(validation: ValidationSeen | None, report: ManifestReport | None) -> Check:
    """A shard without a clip has no row, so that only the manifest's own report can tell whether it was listed."""
    listed, validated = report.shards if report else 0, len(validation.shards) if validation else 0
    return check(
        "shards",
        ask="Were as many shards listed for the manifest as validated?",
        wrong=None if report is None or validation is None else abs(listed - validated),
        read=counted(listed, "shard"),
        wanted=counted(validated, "shard"),
        way_out=_BOTH_AGAIN,
    )


def _inventory(seen: frozenset[str] | None, validation: ValidationSeen | None) -> Check:
    """A shard that was there at first and is not now was lost, unless somebody knows better."""
    now = {shard.shard for shard in validation.shards} if validation else set()
    lost, gained = sorted((seen or frozenset()) - now), sorted(now - (seen or frozenset()))
    return check(
        "inventory",
        ask="Are the shards that were validated those of the inventory?",
        wrong=None if seen is None or validation is None else len(lost) + len(gained),
        read=f"{counted(len(lost), 'shard')} gone, {counted(len(gained), 'shard')} new",
        wanted="0 shards gone, 0 new",
        way_out="look for what is gone; gonogo inventory tells what is there now",
        examples=[*(f"{shard} is gone" for shard in lost), *(f"{shard} is new" for shard in gained)],
        mild=not lost,
    )
