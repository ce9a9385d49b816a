"""What the home screen says of the corpus itself: states, figures, sources, room, and what was made from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from app.console.conversion.fitting import fit
from app.console.home.ago import ago, since
from app.console.home.lines import Line, Section
from app.console.home.words import LEVEL_INKS, line, state
from app.console.keymap import key_for
from app.console.look import inks
from app.console.pane import Part
from app.console.words import GLYPHS, LEVEL_GLYPHS
from app.home.values import ArtifactSeen, CorpusSeen, HomeSeen, VolumeSeen
from engine.convert.events import SourceTotals
from engine.convert.view import Level
from engine.crew.answers import State
from engine.errors import printable
from engine.units import counted, show_bytes, show_seconds

_ALWAYS: Final = (State.DONE, State.PENDING)
"""States that are told also where no shard is in them: the numbers stand still."""
_ORDER: Final = (State.QUARANTINED, State.FAILED, State.RECOVERING, State.DONE, State.PENDING, State.SKIPPED)
"""What wants a person first: it is the last to be left out."""
_INKS: Final = {
    State.QUARANTINED: inks.BAD,
    State.FAILED: inks.BAD,
    State.RECOVERING: inks.WARN,
    State.DONE: inks.GOOD,
    State.PENDING: inks.PLAIN,
    State.SKIPPED: inks.QUIET,
}


def corpus(seen: HomeSeen, width: int, *, sources: bool) -> Section:
    """Say how the shards are, and how much there is of them.

    Args:
        seen: what was seen.
        width: in columns.
        sources: whether each source is told by itself.
    """
    known = seen.corpus
    if known is None:
        if seen.corpus_problem:
            unknown: list[Part] = [state("?", "UNKNOWN", inks.UNKNOWN), (seen.corpus_problem, inks.PLAIN)]
            return Section("Corpus", "", (line(unknown, width, key="corpus", page=seen.corpus_problem),))
        told = f"no inventory yet: {key_for('home.inventory', 'i')} makes one; it reads, and changes nothing"
        return Section("Corpus", "", (line([(told, inks.WARN)], width),))
    page = _page(known)
    lines = [line(fit(_states(known.counts), width), width, key="states", page=page)]
    lines.append(line(fit(_figures(known, seen.now_s), width), width, key="figures", page=page))
    if sources:
        lines += [_source(each, width, page) for each in known.sources]
    return Section("Corpus", "", tuple(lines), least=2)


def _states(counts: Mapping[str, int]) -> list[list[Part]]:
    return [
        [(f"{GLYPHS[each]} {counts.get(each, 0):,} {each}", _INKS[each])]
        for each in _ORDER
        if counts.get(each) or each in _ALWAYS
    ]


def _figures(known: CorpusSeen, now_s: float) -> list[list[Part]]:
    about = "" if known.is_exact else "about "
    if not known.inventory_time:
        makes = f"{key_for('home.inventory', 'i')} makes one"
        return [[(f"{counted(known.shards, 'shard')}; no inventory yet: {makes}", inks.PLAIN)]]
    return [
        [(f"{counted(known.shards, 'shard')} of {counted(len(known.sources), 'source')}", inks.PLAIN)],
        [(f"{about}{show_seconds(known.duration_s)}", inks.PLAIN)],
        [(f"{'was ' if known.states_time > known.inventory_time else ''}{show_bytes(known.size_bytes)}", inks.PLAIN)],
        [(f"{about}{counted(known.clips, 'clip')}", inks.PLAIN)],
        [(f"counted {since(known.inventory_time, now_s)}", inks.QUIET)],
    ]


def _source(each: SourceTotals, width: int, page: str) -> Line:
    parts: list[Part] = [
        (f"{each.source}  ", inks.STRONG),
        (f"{counted(sum(each.counts.values()), 'shard')}, {show_seconds(each.seconds_of_audio)}, ", inks.PLAIN),
        (f"{show_bytes(each.size_bytes)}  ", inks.PLAIN),
        ("; ".join(each.audio), inks.QUIET),
    ]
    return line(parts, width, key=f"source {each.source}", page=page)


def _page(known: CorpusSeen) -> str:
    about = "" if known.is_exact else " (large tars were sampled: clips and hours are reckoned)"
    lines = [f"As counted at {known.inventory_time}{about}.", f"States as of {known.states_time}.", ""]
    for each in known.sources:
        states = ", ".join(f"{count:,} {name}" for name, count in each.counts.items())
        lines += [
            printable(each.source),
            f"  {states}",
            f"  {counted(each.clips, 'clip')}, {show_seconds(each.seconds_of_audio)}, {show_bytes(each.size_bytes)}",
            *(f"  {printable(kind)}" for kind in each.audio),
            "",
        ]
    return "\n".join(lines)


def disk(seen: HomeSeen, width: int) -> Section:
    """Say how much room there is on each volume."""
    lines = tuple(_volume(each, width, alone=len(seen.volumes) == 1) for each in seen.volumes)
    return Section("Disk", "", lines)


def _volume(each: VolumeSeen, width: int, *, alone: bool) -> Line:
    room, what = each.room, state(LEVEL_GLYPHS[each.level], each.level.name, LEVEL_INKS[each.level])
    told = f"{show_bytes(room.free_bytes)} free, the floor is {show_bytes(room.floor_bytes)}"
    if each.level is Level.UNKNOWN:
        told = each.told
    name = "" if alone else f"{each.name}: "
    page = f"{each.name}: {told}\n\n{each.told}".strip()
    return line([what, (name, inks.STRONG), (told, inks.PLAIN)], width, key=f"disk {each.name}", page=page)


def made(seen: HomeSeen, width: int, *, each_alone: bool) -> Section:
    """Say which artifacts there are."""
    page = "\n".join(_told_of(each, seen.now_s) for each in seen.artifacts)
    in_order = sorted(seen.artifacts, key=lambda each: (each.made is None and not each.problem, not each.is_older))
    if each_alone:
        lines = tuple(line(_alone(each, seen.now_s), width, key=each.name, page=page) for each in in_order)
        return Section("Made", "", lines)
    return Section("Made", "", (line(fit(_summed(seen.artifacts), width), width, key="made", page=page),))


def _summed(artifacts: Sequence[ArtifactSeen]) -> list[list[Part]]:
    """Sum artifacts up: what is amiss by name, the others by their number."""
    amiss = [[_sign(each)] for each in artifacts if each.problem or each.is_older]
    missing = [each.name for each in artifacts if each.made is None and not each.problem]
    there = len(artifacts) - len(amiss) - len(missing)
    sound: list[list[Part]] = [
        [(f"{'✓' if there else '·'} {there} of {len(artifacts)} made", inks.GOOD if there else inks.QUIET)]
    ]
    return [*amiss, *sound, [(f"· not yet: {', '.join(missing)}", inks.QUIET)]] if missing else [*amiss, *sound]


def _sign(each: ArtifactSeen) -> Part:
    if each.problem:
        return (f"? {each.name}", inks.UNKNOWN)
    if each.made is None:
        return (f"· {each.name}", inks.QUIET)
    return (f"~ {each.name} OLD", inks.WARN) if each.is_older else (f"✓ {each.name}", inks.GOOD)


def _alone(each: ArtifactSeen, now_s: float) -> list[Part]:
    sign, ink = _sign(each)
    told = each.problem or ("not made yet" if each.made is None else ago(now_s - each.made))
    old = "  OLD: what it was made from is newer" if each.is_older else ""
    return [(f"{sign.removesuffix(' OLD'):<14}", ink), (told, inks.QUIET), (old, inks.WARN)]


def _told_of(each: ArtifactSeen, now_s: float) -> str:
    return "".join(text for text, _ in _alone(each, now_s))
