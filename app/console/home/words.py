"""What the home screen says: pure, from what was seen to sections of lines; a state is a sign and a word first."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import Final

from app.console.conversion.fitting import bar, cut, cut_left, fit, wide
from app.console.home.ago import ago, since
from app.console.home.jobs import told_next
from app.console.home.lines import Line, Section
from app.console.keymap import key_for
from app.console.lists.words import overridden, state_of, told_of
from app.console.look import inks
from app.console.pane import Part
from app.console.words import LEVEL_GLYPHS
from app.home.values import (
    NOTHING,
    Concern,
    HomeSeen,
    Kind,
    ListSeen,
    Ref,
    RunLine,
    TrainingRun,
)
from engine.convert.view import Level
from engine.errors import printable
from engine.run.outcome import Outcome
from engine.units import counted, show_seconds

LEVEL_INKS: Final = {
    Level.GREEN: inks.GOOD,
    Level.YELLOW: inks.WARN,
    Level.RED: inks.BAD,
    Level.UNKNOWN: inks.UNKNOWN,
}
_WORD: Final = 10
"""Columns of a sign and its word: ``? UNKNOWN`` and a blank."""
_NAME: Final = 16
"""Columns of a job and the end of its id."""
_BARS: Final = ((80, 20), (60, 10), (0, 8))
"""How long a bar is, by the columns from which on there is room for it."""
_LOG: Final = 24
"""Columns of a log's name: its end tells which it is."""
_WRAPS: Final = 3
"""Lines that one alert may take."""
_ENDED: Final = {
    Outcome.OK: ("✓", "ended", inks.GOOD),
    Outcome.SOME_FAILED: ("!", "NO-GO", inks.BAD),
    Outcome.GATE_CLOSED: ("x", "GATE", inks.WARN),
    Outcome.SAFETY_STOP: ("x", "SAFETY", inks.BAD),
    Outcome.INTERRUPTED: ("~", "stopped", inks.WARN),
    Outcome.TERMINATED: ("~", "stopped", inks.WARN),
    Outcome.ERROR: ("x", "ERROR", inks.BAD),
}


def state(sign: str, word: str, ink: str) -> Part:
    """Write a state: its sign and word, as wide as all others."""
    return (f"{sign} {word:<{_WORD - 2}}", ink)


def line(parts: Iterable[Part], width: int, *, key: str = "", ref: Ref = NOTHING, page: str = "") -> Line:
    """Make a line: what is foreign made harmless, and what is too long cut."""
    shown: list[Part] = []
    left = width
    for text, ink in parts:
        if fitting := cut(printable(text), left):
            left -= wide([(fitting, ink)])
            shown.append((fitting, ink))
    return Line(tuple(shown), key, ref, page)


# What needs a person.


def alerts(seen: HomeSeen, width: int, *, wraps: bool) -> Section:
    """Say what is not as it should be, and what waits for a person.

    Args:
        seen: what was seen.
        width: in columns.
        wraps: whether what is long goes on below; else Enter shows it whole.
    """
    lines = tuple(each for concern in seen.concerns for each in _concern(concern, width, wraps=wraps))
    worst = seen.concerns[0].level if seen.concerns else None
    ink = inks.STRONG if worst is None else LEVEL_INKS[worst]
    new = "nothing new is wrong" if seen.acknowledged else "nothing is wrong"
    told: list[Part] = [state("✓", "none", inks.GOOD), (f"{new}, and nobody is waited for", inks.QUIET)]
    nothing = line(told, width, key="alerts", ref=Ref(Kind.ALERTS))
    unknown = line([("looking", inks.QUIET)], width, key="alerts", ref=Ref(Kind.ALERTS))
    lines = lines or (nothing if seen.is_settled else unknown,)
    if seen.acknowledged:
        quiet = f"{counted(seen.acknowledged, 'alert')} acknowledged: 6 shows who, and why"
        lines += (line([(quiet, inks.QUIET)], width, key="acknowledged", ref=Ref(Kind.ALERTS)),)
    return Section("Alerts", "6", lines, least=3, ink=ink)


def _concern(each: Concern, width: int, *, wraps: bool) -> list[Line]:
    if each.level is None:
        what = state("○", "WAITS", inks.ACTIVE)
    else:
        what = state(LEVEL_GLYPHS[each.level], each.level.name, LEVEL_INKS[each.level])
    about = f"{each.about}: "
    told = wrap(f"{about}{printable(each.told)}", width - _WORD)[:_WRAPS] if wraps else [f"{about}{each.told}"]
    first: list[Part] = [what, (about, inks.STRONG), (told[0].removeprefix(about), inks.PLAIN)]
    page = f"{each.about}: {each.told}"
    lines = [line(first, width, key=f"{each.about} {each.ref.name}", ref=each.ref, page=page)]
    return lines + [line([(" " * _WORD, ""), (rest, inks.PLAIN)], width) for rest in told[1:]]


# Runs.


def runs(seen: HomeSeen, width: int, *, older: bool) -> Section:
    """Say what runs, and how the last one of each job ended.

    Args:
        seen: what was seen.
        width: in columns.
        older: whether those are shown too that a later one of their job made old news; quietly.
    """
    whole = [each for each in seen.runs if not each.window or each.is_alive]
    newest: dict[tuple[str, bool], str] = {}
    for each in sorted(whole, key=lambda each: (each.created, each.id)):
        newest[each.job, each.dry_run] = each.id
    news = {each.id for each in whole if each.is_alive} | set(newest.values())
    shown = [each for each in whole if older or each.id in news]
    lines = [_run(each, seen.now_s, width, is_news=each.id in news) for each in shown]
    if not lines:
        lines.append(line([(f"none yet: {key_for('home.start', 's')} starts a job", inks.QUIET)], width))
    elif told := told_next(seen, key_for("home.start", "s")):
        lines.append(line([(" " * _WORD, ""), (told, inks.QUIET)], width))
    return Section("Runs", "2", tuple(lines), least=3)


def _run(each: RunLine, now_s: float, width: int, *, is_news: bool) -> Line:
    id_ = f"{each.id[-4:]}  "
    name: list[Part] = [(f"{each.job} ", inks.STRONG), (f"{id_:<{_NAME - len(each.job) - 1}}", inks.QUIET)]
    what = _living(each, width - _WORD - _NAME) if each.is_alive else _over(each, now_s)
    parts = [_run_state(each), *name, *what]
    if not is_news:
        parts = [(text, inks.QUIET) for text, _ in parts]
    return line(parts, width, key=each.id, ref=each.ref)


def _run_state(each: RunLine) -> Part:
    if each.is_alive:
        if each.is_stopping:
            return state("~", "STOPPING", inks.WARN)
        if each.pauses:
            return state("▲", "PAUSED", inks.WARN)
        return state("●", "RUNS", LEVEL_INKS[each.level] if each.level is not Level.GREEN else inks.ACTIVE)
    if each.outcome is not None:
        return state(*_ENDED[each.outcome])
    return state("?", "UNKNOWN", inks.UNKNOWN) if each.level is Level.UNKNOWN else state("x", "KILLED", inks.BAD)


def _living(each: RunLine, width: int) -> list[Part]:
    phrases: list[list[Part]] = []
    share: list[Part] = [] if each.share is None else [(f"{each.share:4.0%} ", inks.STRONG)]
    if each.pauses:
        return [*share, ("; ".join(each.pauses), inks.WARN)]
    if each.share is not None:
        length = next(length for least, length in _BARS if width >= least - _WORD - _NAME)
        phrases.append([*share, (bar(each.share, length), inks.ACTIVE)])
    if each.eta_s is not None:
        phrases.append([(f"{show_seconds(each.eta_s)} left", inks.PLAIN)])
    if each.to_do:
        what = "steps" if each.job == "window" else each.pieces
        phrases.append([(f"{each.settled:,}/{each.to_do:,} {what}", inks.PLAIN)])
    if each.stage:
        phrases.append([(f"at {each.stage}", inks.PLAIN)])
    if each.window:
        phrases.append([("step of the window", inks.QUIET)])
    if each.is_folding:
        phrases.append([("reading its log", inks.QUIET)])
    return fit(phrases, width) or [("under way", inks.QUIET)]


def _over(each: RunLine, now_s: float) -> list[Part]:
    when = since(each.newest or each.created, now_s)
    dry = [("dry run, ", inks.QUIET)] if each.dry_run else []
    told = each.why.partition("\n")[0].partition(": ")[2] if each.outcome is not None else each.why
    calm = each.level is Level.GREEN or not told
    return [*dry, (when, inks.PLAIN)] if calm else [*dry, (f"{when}: ", inks.PLAIN), (told, inks.PLAIN)]


# Checklists.


def lists(seen: HomeSeen, width: int) -> Section:
    """Say which lists say GO, those first that something rests on."""
    if seen.lists is None:
        return Section("Lists", "4", (line([("looking", inks.QUIET)], width),))
    shown = [each for each in seen.lists if each.is_bound or each.is_begun or each.is_own or each.problem]
    lines = [_list(each, width) for each in shown]
    rest = len(seen.lists) - len(shown)
    if rest:
        told = f"{rest} more" if shown else counted(rest, "list")
        lines.append(
            line([(f"{told}, not begun and bound to no gate", inks.QUIET)], width, key="lists", ref=Ref(Kind.CHECKLIST))
        )
    return Section("Lists", "4", tuple(lines), least=2)


def _list(each: ListSeen, width: int) -> Line:
    opens = f"({', '.join(each.gates)}) " if each.gates else ""
    parts: list[Part] = [state(*state_of(each)), (f"{each.id} ", inks.STRONG), (opens, inks.QUIET)]
    if each.overridden:
        parts.append((f"{overridden(each)}, ", inks.BAD))
    parts.append((told_of(each), inks.PLAIN))
    return line(parts, width, key=each.id, ref=Ref(Kind.CHECKLIST, each.id))


# Training.


def training(seen: HomeSeen, width: int) -> Section:
    """Say how training does, as far as logs are named."""
    logs = seen.place.settings.watch.logs
    if not logs:
        told = 'no log is named: [watch] logs = ["..."] in gonogo.toml'
        return Section("Training", "5", (line([(told, inks.QUIET)], width),))
    now = seen.training
    if now is None:
        return Section("Training", "5", (line([("looking", inks.QUIET)], width),))
    lines = [_trained(run, seen.now_s, width) for run in now.runs]
    if now.problem:
        what = state("?", "UNKNOWN", inks.UNKNOWN)
        lines.append(line([what, (now.problem, inks.PLAIN)], width, key="training", ref=Ref(Kind.TRAINING)))
    if not lines:
        told = f"nothing logged yet: {', '.join(logs)}"
        lines.append(line([(told, inks.QUIET)], width, key="training", ref=Ref(Kind.TRAINING)))
    return Section("Training", "5", tuple(lines))


def _trained(run: TrainingRun, now_s: float, width: int) -> Line:
    phrases: list[list[Part]] = [[(cut_left(printable(run.name), _LOG), inks.STRONG)]]
    phrases += [[(f"step {run.step:,}", inks.PLAIN)]] if run.step is not None else []
    phrases += [[(f"loss {run.loss:.4g}", inks.PLAIN)]] if run.loss is not None else []
    phrases += [[(ago(now_s - run.heard_s), inks.QUIET)]] if run.heard_s is not None else []
    what = state(LEVEL_GLYPHS[run.level], run.level.name, LEVEL_INKS[run.level])
    return line([what, *fit(phrases, width - _WORD)], width, key=run.name, ref=Ref(Kind.TRAINING, run.name))
