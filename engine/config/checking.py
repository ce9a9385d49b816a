"""One value as it was found: what it means, or what is wrong with it and which key was meant."""

from __future__ import annotations

import difflib
import json
from typing import Final

import msgspec

from engine.config.addresses import HIDDEN, mask_all
from engine.config.bound_keys import WANTED as WANTED_KEYS
from engine.config.bound_keys import split_keys
from engine.config.keys import GATES, OTHER_VARIABLES, RULES, variable
from engine.config.origins import FILE_NAME, Entry, Origin, OriginKind
from engine.config.rules import Value
from engine.config.sections import FREE_SECTIONS, SECTIONS
from engine.errors import Fault, UsageError

_NOT_POSSIBLE: Final = "not a possible value"
_SECRET: Final = ("notify.url", "gonogo_notify_url")
"""Whatever is written under these, or beside them by a slip, is not shown."""
_ALL_KEYS: Final = "`gonogo config show` lists every key"


def check(entry: Entry) -> Value | Fault:
    """Return the value of an entry, or what is wrong with it."""
    kind = entry.origin.kind
    if entry.key.startswith("gates."):
        return _check_gate(entry)
    if entry.key.startswith("keys."):
        return _check_keys(entry)
    if entry.key.startswith("watch.patterns."):
        return (
            entry.raw
            if isinstance(entry.raw, str) and entry.raw
            else _fault(entry, _NOT_POSSIBLE, "a regular expression")
        )
    if entry.key.startswith("watch.rules."):
        return _check_rule(entry)
    rule = RULES.get(entry.key)
    if rule is None:
        return _unknown(entry)
    raw = entry.raw
    if isinstance(raw, str) and kind in (OriginKind.FLAG, OriginKind.ENV):
        raw = rule.from_text(raw)
    try:
        return rule.read(raw)
    except (ValueError, TypeError, UsageError):
        return _fault(entry, _NOT_POSSIBLE, rule.wanted)


def _check_rule(entry: Entry) -> Value | Fault:
    """Take a number, or a list of rules; which keys there are, the rules know themselves."""
    raw = entry.raw
    if isinstance(raw, list) and all(isinstance(each, str) for each in raw):
        return tuple(raw)
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw
    return _fault(entry, _NOT_POSSIBLE, "a number, or a list of rules")


def _check_keys(entry: Entry) -> Value | Fault:
    """Take keys; whether there is such an action, and whether it may have them, the console knows."""
    try:
        return split_keys(entry.raw)
    except ValueError:
        return _fault(entry, _NOT_POSSIBLE, WANTED_KEYS)


def _check_gate(entry: Entry) -> Value | Fault:
    if entry.origin.kind is not OriginKind.CORPUS_FILE:
        wanted = f"no gate here: gates are bound in the corpus's {FILE_NAME} alone"
        return _fault(entry, "a gate cannot be bound from here", wanted)
    if entry.key.removeprefix("gates.") not in GATES:
        return _unknown(entry)
    if not isinstance(entry.raw, str) or not entry.raw:
        return _fault(entry, _NOT_POSSIBLE, 'the id of a checklist, such as "phase2-conversion"')
    return entry.raw


def two_bindings(entry: Entry, other: Origin, value: Value) -> Fault:
    """Say that a gate is bound to ``value`` in another file as well, which leaves open what guards it."""
    fault = _fault(entry, "the gate is bound to another checklist elsewhere", f"{_show(value)} as in {other.where}")
    return msgspec.structs.replace(fault, way_out="bind it in one of the two files")


def _fault(entry: Entry, problem: str, wanted: str, way_out: str = "") -> Fault:
    place = entry.origin.where or "the command line"
    key = "" if place == entry.key else entry.key
    return Fault(problem, file=place, member=key, read=_shown(entry), wanted=wanted, way_out=way_out)


def _unknown(entry: Entry) -> Fault:
    """Name the nearest known key: the same name in another section, or one that is spelled alike."""
    sections = [*SECTIONS, *FREE_SECTIONS]
    if isinstance(entry.raw, dict):
        what, keys, wanted = "section", sections, f"one of the sections {', '.join(sections)}"
    elif entry.origin.kind is OriginKind.ENV:
        what, keys, wanted = "variable", [*map(variable, RULES), *OTHER_VARIABLES], "a variable that gonogo knows"
    else:
        what, keys, wanted = "key", [*RULES, *(f"gates.{gate}" for gate in GATES)], "a key that gonogo knows"
    last = entry.key.rpartition(".")[2]
    near = [key for key in keys if key.rpartition(".")[2] == last] or difflib.get_close_matches(entry.key, keys, 1)
    return _fault(entry, f"unknown {what}", wanted, f"did you mean {near[0]}?" if near else _ALL_KEYS)


def _shown(entry: Entry) -> str:
    """Show what was read, but no secret: an address may be half a one, or stand under a key of any name."""
    if entry.key.lower().startswith(_SECRET):
        return HIDDEN
    return _show(entry.raw)


def _show(raw: object) -> str:
    """Write a value as TOML has it, cut where it is long."""
    text = mask_all(json.dumps(raw, ensure_ascii=False, default=str))
    return text if len(text) <= 80 else text[:77] + "..."
