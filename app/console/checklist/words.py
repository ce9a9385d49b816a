"""What the console of checklists says: pure, from a standing to text; a state is a word and a glyph, then a colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from app.checklist_wording import GLYPHS, override_line
from app.console.checklist.hand import Shown
from app.console.keymap import key_for
from engine.checklist.item_standing import SETTLED, ItemStanding, ItemState
from engine.checklist.lists import Checklist, Item, Mode
from engine.checklist.signing.keys import Identity
from engine.checklist.standing import Standing
from engine.errors import printable
from engine.units import counted

COLOURS: Final = {
    ItemState.PASS: "green",
    ItemState.FAIL: "bold red",
    ItemState.ERROR: "bold magenta",
    ItemState.STALE: "yellow",
    ItemState.OPEN: "",
    ItemState.UNSIGNED: "cyan",
    ItemState.WAIVED: "yellow",
}
RED: Final = frozenset({ItemState.FAIL, ItemState.ERROR})
_HIDDEN: Final = "hidden until you have answered"


def verdict(standing: Standing | None, problem: str, *, list_changed: bool) -> Text:
    """Say GO or NO-GO, and why; never GO on what cannot be trusted."""
    if list_changed:
        leave = key_for("console.leave", "q")
        told = f"the list's file was changed: nothing given here counts any more; {leave} leaves, open it again"
        return Text("■ NO-GO ", "bold red").append(told, "default")
    if problem:
        return Text("? NO-GO ", "bold magenta").append(printable(problem), "default")
    if standing is None:
        return Text("· ", "bold").append("reading the ledger", "default")
    text = Text("● GO ", "bold green") if standing.is_go else Text("■ NO-GO ", "bold red")
    return text.append(printable(standing.why), "default")


def counts(standing: Standing, running: int, width: int) -> Text:
    """Count the items by state; each number keeps its place, whatever it is."""
    digits = len(str(len(standing.items)))
    found = standing.counts
    parts = [
        Text(f"{GLYPHS[state]} {found[state]:>{digits}} {state}", COLOURS[state] if found[state] else "dim")
        for state in ItemState
    ]
    parts.append(Text(f"> {running:>{digits}} asked", "bold" if running else "dim"))
    for between in ("  ", " "):
        line = Text(between).join(parts)
        if line.cell_len <= width:
            return line
    return Text(" ").join(parts[:-1])


def alerts(standing: Standing, busy: str) -> Text:
    """Say what must never be overlooked: overrides, entries that do not count, a ledger that cannot be believed."""
    told = [override_line(each) for each in standing.overrides]
    told += [f"! {printable(each)}" for each in (*standing.problems, *standing.refused)]
    lines = [Text(each, "bold red") for each in told]
    lines += [Text(busy, "bold")] if busy else []
    return Text("\n").join(lines)


def state_word(each: ItemStanding, running_s: int | None) -> tuple[str, str]:
    """Return how an item stands in a word, and its colour."""
    if running_s is not None:
        return ("> in turn" if running_s < 0 else f"> running {running_s} s"), "bold"
    return f"{GLYPHS[each.state]} {each.state}", COLOURS[each.state]


def hides_wanted(checklist: Checklist, each: ItemStanding) -> bool:
    """Tell whether the wanted value is still a secret: challenge and response, and no answer that stands."""
    if checklist.mode is not Mode.CHALLENGE_RESPONSE or not each.item.asks_person:
        return False
    return wants_person(each)


def wants_person(each: ItemStanding) -> bool:
    """Tell whether a person's answer is missing, or counts no more."""
    stale = each.state is ItemState.STALE and each.machine is not ItemState.STALE
    return each.item.asks_person and (each.answered is None or stale)


def is_for_person(each: ItemStanding) -> bool:
    """Tell whether a person can settle it now: answer it, or sign it."""
    return each.state is ItemState.UNSIGNED or (wants_person(each) and not each.waits_for)


def detail(checklist: Checklist, each: ItemStanding) -> Table:
    """Tell what there is to know of an item while one works on it."""
    return grid(_detail_rows(checklist, each))


def _detail_rows(checklist: Checklist, each: ItemStanding) -> Iterator[tuple[str, Text]]:
    item, hidden = each.item, hides_wanted(checklist, each)
    yield "ask", Text(printable(item.ask), "bold")
    yield "want", Text(_HIDDEN, "dim") if hidden else Text(printable(item.want))
    if each.state in RED:
        yield "fix", Text(printable(item.fix), "bold yellow")
    if each.checked is not None and not hidden:
        yield "machine", Text(f"{printable(each.checked.read)}  at {each.checked.time}")
    if each.answered is not None:
        yield "person", Text(printable(f"{each.answered.value}  by {each.answered.by} at {each.answered.time}"))
    if each.why and each.state not in SETTLED | RED:  # what is red was read above
        yield "why", Text(printable(each.why), COLOURS[each.state])
    if each.waiver is not None:
        yield "waived", Text(printable(each.why), COLOURS[ItemState.WAIVED])
    for one in each.signatures:
        yield "signed", Text(printable(f"{one.by} as {one.role}, {one.key}"), "green")
    if each.waits_for:
        yield "after", Text(", ".join(each.waits_for))


def explanation(checklist: Checklist, each: ItemStanding) -> Table:
    """Tell all of an item's definition: why it is asked, what to do, who answers, signs and waives."""
    return grid(_explanation_rows(checklist, each))


def _explanation_rows(checklist: Checklist, each: ItemStanding) -> Iterator[tuple[str, Text]]:
    item = each.item
    yield "item", Text(f"{item.id}  ({item.level}: {_WHAT_LEVELS_DO[item.level]})", "bold")
    yield "ask", Text(printable(item.ask))
    yield "want", Text(_HIDDEN, "dim") if hides_wanted(checklist, each) else Text(printable(item.want))
    yield "why", Text(printable(item.source))
    yield "fix", Text(printable(item.fix))
    yield "answers", Text(_WHO_ANSWERS[item.kind] + (f", within {item.timeout}" if item.asks_machine else ""))
    if item.check is not None:
        yield "check", Text(str(item.check.__struct_config__.tag))
    yield "signs", Text(who_signs(item))
    yield "waives", Text("nobody" if item.waiver is None else _waives(item))
    yield "stale", Text(printable(_stale(item)))
    if item.needs:
        yield "after", Text(", ".join(item.needs))


_WHAT_LEVELS_DO: Final = {"killer": "closes the gate", "normal": "closes the gate", "advice": "closes nothing"}
_WHO_ANSWERS: Final = {
    "machine": "the machine",
    "person": "a person",
    "both": "the machine, and a person says what they read",
}


def who_signs(item: Item) -> str:
    """Say whose signatures an item wants."""
    if item.sign is None:
        return "nobody"
    wanted = f"{item.sign.count} as {item.sign.role}" if item.sign.count > 1 else f"a person as {item.sign.role}"
    if not item.sign.distinct:
        return wanted
    return f"{wanted}, different people and keys" if item.sign.count > 1 else f"{wanted}, not who answered"


def _waives(item: Item) -> str:
    assert item.waiver is not None
    return f"{item.waiver.by}, for at most {counted(item.waiver.max_days, 'day')}"


def _stale(item: Item) -> str:
    told = [f"{item.valid_for} after the answer"] if item.valid_for else []
    told += [f"when {' or '.join(item.rerun_on)} changes"] if item.rerun_on else []
    return "; ".join([*told, "when the list's file changes"])


def sign_question(shown: Sequence[Shown], who: Identity) -> Text:
    """Ask before signing: what was read, as whom, with which key."""
    roles = " and ".join(dict.fromkeys(each.item.sign.role for each in shown if each.item.sign is not None))
    text = Text(f"Sign as {printable(who.name)} ({roles})\nwith {who.fingerprint}?\n")
    for each in shown:
        text.append(f"\n  {each.item.id}: ", "bold").append(printable(each.value))
    return text


def prompt(checklist: Checklist, each: ItemStanding) -> Table:
    """Ask for a value: the question, and where the list is confirmed and not challenged, what is wanted."""
    return grid(_prompt_rows(checklist, each))


def _prompt_rows(checklist: Checklist, each: ItemStanding) -> Iterator[tuple[str, Text]]:
    item, hidden = each.item, hides_wanted(checklist, each)
    yield "item", Text(f"{item.id}  {printable(item.group)}")
    yield "ask", Text(printable(item.ask), "bold")
    if not hidden:
        yield "want", Text(printable(item.want))
        if each.checked is not None:
            yield "machine", Text(printable(each.checked.read))
    if each.answered is not None:
        signed = "; a new answer wants a new signature" if each.signatures else ""
        yield "before", Text(printable(f"{each.answered.value}  by {each.answered.by}{signed}"))


def grid(rows: Iterable[tuple[str, Text]], wide: int = 7) -> Table:
    """Lay labels and texts out in two columns, so that long texts keep clear of the labels."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=wide, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(Text(label, "dim"), text)
    return table
