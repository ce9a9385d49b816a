"""The checks of the report: what has to hold between the artifacts of one corpus. Pure: facts in, standings out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.dataset.report.checks_clips import clip_checks
from engine.dataset.report.checks_corpus import corpus_checks
from engine.dataset.report.checks_training import training_checks
from engine.dataset.report.facts import Facts
from engine.dataset.report.shape import FRESH, Check, Freshness, Standing


def check_all(facts: Facts) -> tuple[Check, ...]:
    """Ask everything, the gravest matter first."""
    clips = clip_checks(facts.manifest.value, facts.manifest_report.value)
    return (*_artifacts(facts), *corpus_checks(facts), *training_checks(facts), *clips)


def _artifacts(facts: Facts) -> Iterator[Check]:
    """Ask of each artifact whether it is there and was made from what the others are now."""
    for named, artifact in facts.artifacts:
        standing = Standing.MET
        if artifact.freshness is Freshness.MISSING:
            standing = Standing.BROKEN if named.required else Standing.CAUTION
        elif artifact.freshness is Freshness.DAMAGED:
            standing = Standing.BROKEN
        elif artifact.freshness is Freshness.STALE:
            standing = Standing.BROKEN if named.trained_on or named.required else Standing.CAUTION
        elif artifact.freshness is Freshness.UNTOLD:
            standing = Standing.CAUTION
        yield Check(
            id=f"{FRESH}{named.name}",
            ask=f"{named.name}: there, whole, and made from what its inputs are now?",
            read=f"{artifact.freshness}{f' ({artifact.why})' if artifact.why else ''}",
            wanted=str(Freshness.CURRENT),
            standing=standing,
            way_out="" if standing is Standing.MET else artifact.renew,
        )


def reasons_of(checks: Iterable[Check]) -> tuple[str, ...]:
    """Say why a corpus is not ready."""
    return tuple(_sentence(check) for check in checks if check.standing is Standing.BROKEN)


def cautions_of(checks: Iterable[Check], facts: Facts) -> tuple[str, ...]:
    """Say what a person should know and that stands in nobody's way."""
    validation = facts.validation.value
    passed_on = tuple(f"the validation says: {caution}" for caution in (validation.cautions if validation else ()))
    return (*(_sentence(check) for check in checks if check.standing is Standing.CAUTION), *passed_on)


def _sentence(check: Check) -> str:
    said = f"{check.id.removeprefix(FRESH)}: {check.read}, wanted {check.wanted}"
    if check.examples:
        said += f" ({'; '.join(check.examples)})"
    return f"{said}; {check.way_out}" if check.way_out else said
