"""Checks of the split, the buckets and the decoding: what a training run goes by. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.dataset.buckets.buckets import Buckets
from engine.dataset.decode.benchmark import Benchmark
from engine.dataset.export.folder import Made as Export
from engine.dataset.report.checking import check
from engine.dataset.report.durations import Missed
from engine.dataset.report.facts import Facts
from engine.dataset.report.shape import Check
from engine.dataset.report.tally import ShardTally, split_us
from engine.dataset.report.words import exact_hours
from engine.dataset.split.figures import SplitReport
from engine.units import counted


def training_checks(facts: Facts) -> Iterator[Check]:
    """Ask what has to hold of them."""
    yield _split_hours(facts.manifest.value, facts.split)
    yield _leaks(facts.split)
    yield _texts(facts.split)
    yield from _buckets(facts.buckets.value, facts.missed)
    yield _decoding(facts.benchmark.value)
    yield from _exports(facts.manifest.value, facts.exports)


def _split_hours(manifest: Sequence[ShardTally] | None, split: SplitReport | None) -> Check:
    """What is in a split and what is excluded is all there is; a row with another word is in none."""
    rows = manifest or ()
    by_split = split_us(rows)
    clips, us = sum(tally.clips for tally in rows), sum(tally.us for tally in rows)
    told = sum(part.clips for part in split.parts) if split else 0
    parts = ", ".join(f"{word} {exact_hours(share / 1e6)}" for word, share in by_split.items())
    return check(
        "split hours",
        ask="Do train, dev, test and excluded add up to the manifest?",
        wrong=None if manifest is None or split is None else abs(us - sum(by_split.values())) + abs(clips - told),
        read=f"{parts}; {counted(told, 'clip')}",
        wanted=f"{exact_hours(us / 1e6)}; {counted(clips, 'clip')}",
        way_out="gonogo split",
    )


def _leaks(split: SplitReport | None) -> Check:
    leaks = split.leaks if split else None
    groups, videos, audios = (leaks.groups, leaks.videos, leaks.audios) if leaks else (0, 0, 0)
    return check(
        "leaks",
        ask="Does any group, video or audio lie in two splits?",
        wrong=None if leaks is None else groups + videos + audios,
        read=f"{counted(groups, 'group')}, {counted(videos, 'video')}, {audios:,} of the same audio",
        wanted="none of them",
        way_out="do not train on it: gonogo split never makes such a table, so find out who wrote this one",
        examples=leaks.examples if leaks else (),
    )


def _texts(split: SplitReport | None) -> Check:
    held = [one for one in split.texts if one.other == "train" and one.texts] if split else []
    found = (f"{counted(one.texts, 'text')} of {one.split} ({counted(one.clips, 'clip')})" for one in held)
    return check(
        "texts",
        ask="Are sentences of dev or test in train too, word for word?",
        wrong=None if split is None else len(held),
        read=", ".join(found) or "0 texts",
        wanted="0 texts",
        way_out="report results without these clips too",
        examples=[example for one in held for example in one.examples],
        mild=True,
    )


def _buckets(buckets: Buckets | None, missed: Missed | None) -> Iterator[Check]:
    if buckets is None or missed is None:
        yield check("buckets", ask="Do the buckets fit the clips?", wrong=None, read="", wanted="they do", way_out="")
        return
    yield check(
        "last edge",
        ask="Is a clip within the buckets' limits longer than the last edge? A sampler would stop at it.",
        wrong=missed.beyond_last_edge,
        read=counted(missed.beyond_last_edge, "clip"),
        wanted=f"0 clips beyond {buckets.bucket_duration_bins[-1]:g} s",
        way_out="gonogo buckets",
    )
    yield check(
        "limits",
        ask="Do the buckets' limits leave clips out of the training?",
        wrong=missed.too_short + missed.too_long,
        read=f"{missed.too_short:,} shorter, {missed.too_long:,} longer",
        wanted=f"0 clips outside {buckets.min_duration_s:g} to {buckets.max_duration_s:g} s",
        way_out="where they are to be trained on: other limits, then gonogo buckets",
        mild=True,
    )
    yield check(
        "bucketed clips",
        ask="Were the edges cut for all clips within the limits?",
        wrong=abs(buckets.durations.clips - missed.inside),
        read=counted(buckets.durations.clips, "clip"),
        wanted=counted(missed.inside, "clip"),
        way_out="gonogo buckets, unless they were cut for a part on purpose",
        mild=True,
    )


def _decoding(benchmark: Benchmark | None) -> Check:
    decoders = benchmark.decoders.items() if benchmark else ()
    passes = [(name, one) for name, measured in decoders for one in (measured.cold, measured.warm)]
    failed = sum(one.together.failed for _, one in passes)
    tried = sum(one.drawn for one in benchmark.strata) if benchmark else 0
    reasons = {f"{name}: {why}": count for name, one in passes for why, count in one.failures.items()}
    return check(
        "decoding",
        ask="Did every clip of the benchmark's sample decode?",
        wrong=None if benchmark is None else failed,
        read=f"{counted(failed, 'failure')} of {counted(tried, 'clip')}, each decoded cold and warm by each decoder",
        wanted="0 failures",
        way_out="look at these clips: a training run meets as large a share of them",
        examples=[f"{counted(count, 'clip')}, {why}" for why, count in reasons.items()],
    )


def _exports(manifest: Sequence[ShardTally] | None, exports: Sequence[Export]) -> Iterator[Check]:
    """What went out and what was left out with a reason is all there is."""
    clips = sum(tally.clips for tally in manifest or ())
    for export in exports:
        report = export.report
        out, kept = sum(report.clips.values()), sum(report.left_out.values())
        reasons = "; ".join(f"{count:,} {reason}" for reason, count in report.left_out.items())
        yield check(
            f"export {report.format}",
            ask=f"Did every clip go out as {report.format}, or was it left out for a reason?",
            wrong=None if manifest is None else abs(clips - out - kept),
            read=f"{counted(out, 'clip')} out, {kept:,} left out{f' ({reasons})' if kept else ''}",
            wanted=counted(clips, "clip"),
            way_out="gonogo export",
        )
