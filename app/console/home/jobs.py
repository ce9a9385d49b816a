"""The jobs that can be started on a corpus, which one is next, and what is asked before one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.home.values import CorpusSeen, HomeSeen, RunLine
from engine.convert.view import Level
from engine.crew.answers import State
from engine.errors import printable
from engine.run.outcome import Outcome
from engine.units import counted, show_bytes


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that can be started."""

    name: str
    """What it is called here."""
    command: tuple[str, ...]
    """The command and its options; the corpus comes behind it."""
    does: str
    holds: bool = True
    """It wants the corpus for itself."""
    asks: bool = False
    """It changes what cannot be had back: it is asked for first."""


JOBS: Final = (
    Job("inventory", ("inventory",), "find every shard; only reads", holds=False),
    Job("sweep", ("sweep",), "find how many workers pay, in scratch"),
    Job("dry run", ("convert", "--dry-run", "8"), "try 8 shards in scratch", holds=False),
    Job("convert", ("convert",), "to 16 kHz mono, IN PLACE", asks=True),
    Job("validate", ("validate",), "check every converted shard; only reads", holds=False),
    Job("manifest", ("manifest",), "list every clip in one table"),
    Job("split", ("split",), "share clips out: train, dev, test"),
    Job("benchmark", ("benchmark",), "measure how fast clips decode here"),
    Job("buckets", ("buckets",), "durations into buckets, with batch sizes"),
    Job("export", ("export",), "write what other programs read"),
    Job("report", ("report",), "write the report over all of it"),
    Job("window", ("window",), "all of these in order, IN PLACE", asks=True),
    Job("recover", ("recover",), "bring cut-off swaps to a known state", asks=True),
    Job("clean", ("clean",), "DELETE kept originals and scratch", asks=True),
)

_GO_ON: Final = ("convert", "window")
"""Jobs that go on where they were cut off; the others are begun again."""
_CUT_OFF: Final = (None, Outcome.INTERRUPTED, Outcome.TERMINATED, Outcome.SAFETY_STOP, Outcome.ERROR)
"""Ends that nobody has to decide anything after; None is a run that was killed."""


def job(name: str) -> Job:
    """Return a job by its name."""
    return next(each for each in JOBS if each.name == name)


def next_job(seen: HomeSeen) -> str:
    """Return the name of the job that would bring this corpus on; the first of them where nothing is known."""
    if (left := left_off(seen)) is not None:
        return left.job
    known, current = seen.corpus, {each.name for each in seen.artifacts if each.made is not None and not each.is_older}
    if known is None or not known.inventory_time:
        return "inventory"
    if _is_to_convert(known):
        return "convert" if "sweep" in current else "sweep"
    artifact_of = {"validate": "validation"}
    wanted = ("validate", "manifest", "split", "benchmark", "buckets", "export", "report")
    return next((name for name in wanted if artifact_of.get(name, name) not in current), "clean")


def left_off(seen: HomeSeen) -> RunLine | None:
    """Return the conversion or window that was cut off and left something to go on with; None where none did."""
    began = [each for each in seen.runs if each.job in _GO_ON and not each.dry_run and not each.window]
    newest = max(began, key=lambda each: (each.created, each.id), default=None)
    if newest is None or newest.is_alive or newest.outcome not in _CUT_OFF:
        return None
    if newest.outcome is None and newest.level is Level.UNKNOWN:
        return None  # how it ended, nobody knows
    is_all_settled = newest.job == "convert" and seen.corpus is not None and not _is_to_convert(seen.corpus)
    return None if is_all_settled else newest


def told_next(seen: HomeSeen, key: str) -> str:
    """Say which job would be next, and the key for it; "" while anything runs: what is next then, its end tells."""
    name = next_job(seen)
    if any(each.is_alive for each in seen.runs) or why_not(job(name), seen):
        return ""
    if (left := left_off(seen)) is not None:
        return f"next: {key} goes on with {name} {left.id[-4:]}"
    return f"next would be {name}: {key} starts it"


def _is_to_convert(known: CorpusSeen) -> bool:
    return any(known.counts.get(state) for state in (State.PENDING, State.RECOVERING))


def why_not(what: Job, seen: HomeSeen) -> str:
    """Say why a job cannot be started now; "" where nothing is known against it. The engine decides."""
    if seen.place.corpus is None:
        return "there is no corpus: open the console in one"
    if seen.place.problem:
        return f"the settings cannot be read: {seen.place.problem}"
    holder = next((run for run in seen.living if _holds(run.job)), None)
    if what.holds and holder is not None:
        return f"{holder.job} {holder.id[-4:]} holds the corpus: wait for its end, or stop it on its screen"
    return ""


def _holds(name: str) -> bool:
    return next((each.holds for each in JOBS if each.name == name), False)


def question(what: Job, seen: HomeSeen) -> str:
    """Ask before a job that changes what cannot be had back: it names the corpus, how much, and what is lost."""
    corpus = printable(str(seen.place.corpus))
    how_many = _how_many(seen.corpus)
    match what.name:
        case "clean":
            lost = (
                "Deleted are kept originals, temporary files and scratch that the signed-off validation covers. "
                "What is deleted cannot be had back."
            )
            return f"Clean {corpus}?\n\n{lost}\n\nThe gate clean.start is asked first."
        case "recover":
            return (
                f"Recover {corpus}?\n\nSwaps that were cut off are brought to an end, by what is in the files: "
                "no original is lost by it."
            )
    kept = seen.place.settings.convert.keep_backups
    originals = f"The newest {kept} originals are kept until a clean." if kept else "No original is kept."
    every = "Everything is run in order, the conversion in place among it.\n\n" if what.name == "window" else ""
    name = "Run the window on" if what.name == "window" else "Convert"
    return (
        f"{name} {corpus}{'' if what.name == 'window' else ' in place'}?\n\n{every}{how_many}\n\n"
        f"Each becomes 16 kHz mono, is read back and compared, and then its 48 kHz original goes: "
        f"that cannot be undone. {originals}\n\nThe gate convert.start is asked first."
    )


def _how_many(known: CorpusSeen | None) -> str:
    if known is None:
        return "No inventory was made: nobody knows how many shards this is about."
    to_do = sum(known.counts.get(state, 0) for state in (State.PENDING, State.FAILED, State.RECOVERING))
    size = f" ({show_bytes(known.size_bytes)} in all)" if known.size_bytes else ""
    return f"{to_do:,} of {counted(known.shards, 'shard')} are to be converted{size}."
