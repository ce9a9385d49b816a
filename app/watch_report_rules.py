"""The part of a watched run's page that says what was looked at and found good, not alarms alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from app.console.training.words import GLYPHS
from engine.run.markup import html_text as _text
from engine.watch.alerts import Verdict
from engine.watch.explain import Explained
from engine.watch.watching import Watching

_HEADS: Final = ("Rule", "Looks at", "An alert where")
_OF_LOGS: Final = "R"
"""What the ids of rules about a log begin with; the others are of gauges."""

_TOO_LITTLE: Final = "not judged: too little was seen, or the log does not tell what it looks at"
_WHY_SILENT: Final = {
    "R10": "not judged: it counts only while a log is followed",
    "R12": "no such line was read; a log that is no text has none",
}
"""Why a rule that judges no loss said nothing."""


def looked_at(watching: Watching, rules: Sequence[Explained]) -> str:
    """List every rule of every run and gauge with what it stands at, as HTML.

    Args:
        watching: what was seen.
        rules: the rules in force, in words.
    """
    heard = watching.desk.heard()
    told = {rule: each for each in rules for rule in each.rule.split("/")}
    runs = {"/".join(filter(None, whose)): _by_rule(heard.get(whose, ())) for whose in watching.boards}
    names = [rule for rule in told if rule.startswith(_OF_LOGS)]
    names += [rule for said in runs.values() for rule in said]
    logs = _table(list(dict.fromkeys(names)), runs, told) if runs else ""
    gauges = "".join(
        _table(list(said), {gauge.name: said}, told)
        for gauge in watching.gauges
        if (said := _by_rule(heard.get((gauge.name, ""), ())))
    )
    details = "".join(f"<li>{_text(line)}</li>" for line in watching.details())
    machine = f"<h3>GPUs of this machine</h3><ul>{details}</ul>" if details else ""
    unwatched = "" if watching.gauges else "<p>GPU, checkpoints, cost and Spot were not looked at.</p>"
    return f"<h2>What was looked at</h2>{logs}{gauges}{machine}{unwatched}"


def _by_rule(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    return {verdict.rule: verdict for verdict in verdicts}


def _table(rules: Sequence[str], said: Mapping[str, Mapping[str, Verdict]], told: Mapping[str, Explained]) -> str:
    """One line for each rule, one column for each run or gauge."""
    heads = "".join(f"<th>{_text(head)}</th>" for head in (*_HEADS, *said))
    rows = "".join(f"<tr>{''.join(_row(rule, told.get(rule), said.values()))}</tr>" for rule in rules)
    return f'<div class="scroll"><table><tr>{heads}</tr>{rows}</table></div>'


def _row(rule: str, told: Explained | None, said: Iterable[Mapping[str, Verdict]]) -> Iterator[str]:
    yield f"<td>{_text(rule)}</td><td>{_text(told.looks_at if told is not None else '')}</td>"
    yield f"<td>{_text(f'{told.thresholds}; over {told.window}' if told is not None else '')}</td>"
    for verdicts in said:
        yield _cell(rule, verdicts.get(rule), is_on=told is None or told.on)


def _cell(rule: str, verdict: Verdict | None, *, is_on: bool) -> str:
    """Say a level as a glyph and a word, and what was seen where it is not good."""
    if not is_on:
        return '<td class="note">switched off</td>'
    if verdict is None:
        return f'<td class="note">{_text(_WHY_SILENT.get(rule, _TOO_LITTLE))}</td>'
    seen = f'<p class="note">{_text(verdict.told)}</p>' if verdict.told else ""
    level = verdict.level.name
    return f'<td><span class="plain {level.lower()}">{GLYPHS[verdict.level]} {level}</span>{seen}</td>'
