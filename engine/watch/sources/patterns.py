"""The named patterns of text logs, as data: how each trainer's line says its step, and what it says beside it.

A pattern finds the head of a line, by named groups: ``step``, or ``epoch`` with ``batch`` (and ``batches``, how many
an epoch has). What else the line says is read as pairs, ``name: value``, ``name=value`` or ``name value``. Any other
named group is a metric of that name. ``gonogo.toml`` adds patterns: ``[watch.patterns]``, ``name = 'regex'``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.errors import ConfigError, printable
from engine.watch.naming import STEP_NAMES
from engine.watch.sources.numbers import COUNT, NUMBER

PLACES: Final = ("step", "epoch", "batch", "batches", "split", "rate", "unit", "json")
"""Groups with a meaning of their own; any other is a metric."""
PLACE_WORDS: Final = frozenset(
    {"epoch", "ep", "batch", "of", "s", "v_num", "valid_num_updates", "train_num_updates", *STEP_NAMES}
    | {"validate step", "validation step", "eval step", "evaluation step", "max_epochs"}
)
"""Names of numbers that tell where a line stands; no metric."""

PAIR: Final = re.compile(
    rf"(?<![\w./-])([A-Za-z_][\w/.\-]*(?:[ ][A-Za-z_]\w*){{0,2}}?)(?:\s*[:=]\s*|\s+)"
    rf"(?:tensor\()?({NUMBER})(?!\w|\.\d|-\d)"
)
"""One metric and its value; a value with a unit behind it (``48.87GiB``) is none."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """How one trainer writes a line of metrics."""

    name: str
    regex: re.Pattern[str]
    anchors: tuple[bytes, ...] | None
    """One of these is in each line that matches; None: nothing is known, every line must be tried."""
    pairs: bool = True
    """Whether the rest of the line holds ``name: value`` pairs; else only the groups count."""
    words: tuple[str, ...] = ()
    """One of these is in each line that matches: a test forty times cheaper than the expression; none: no test."""
    needs_step: bool = True
    """Whether a line without a step says nothing; else it belongs to the newest step."""


LOSS_ANCHORS: Final = (b"loss", b"Loss", b"LOSS", b"ross", b"ROSS")
"""A line of metrics without loss or cross entropy in it is rare; formats that have such lines name their own. Four
letters each: with an anchor of three the search takes more than twice as long (measured)."""


_NAMED: Final = (
    Pattern(
        "fairseq_json",
        re.compile(r"\| INFO \| (?P<split>\w+)(?: \| |:? )(?P<json>\{\"epoch\".*\})\s*$"),
        (b'{"epoch"',),
        pairs=False,
        words=('{"epoch"',),
    ),
    Pattern(
        "fairseq",
        re.compile(
            r"\| epoch (?P<epoch>\d+)(?: \| (?P<split>valid)\b|:\s+(?P<batch>\d+) / (?P<batches>\d+)\b|(?= \| loss))"
        ),
        (b"| epoch",),
        words=("| epoch",),
    ),
    Pattern(
        "tqdm",
        re.compile(
            r"(?:(?P<split>Valid\w*|Sanity|Eval\w*|Test\w*|Predict\w*)\b.*?|[Ee]poch:? *\[?(?P<epoch>\d+)\b[^%|]*?)?"
            r"(?:\d+%)?\|[^|]*\| *(?P<batch>\d+)/(?P<batches>\d+) "
            r"\[(?:[^\]]*?(?P<rate>[\d.]+) ?(?P<unit>s/(?:it|ba|batch|step)|(?:it|ba|batch|batches|steps?)/s))?"
        ),
        LOSS_ANCHORS,
        words=("/s", "s/it", "s/ba", "s/step"),
    ),
    Pattern(
        "torchtune",
        re.compile(r"^(?P<epoch>\d+)\|(?P<step>\d+)\|(?=Loss:)"),
        (b"|Loss:",),
        words=("|Loss:",),
    ),
    Pattern(
        "modded_nanogpt",
        re.compile(r"^s:(?P<step>\d+) (?=(?:trl|tel):)"),
        (b" trl:", b" tel:"),
        words=(" trl:", " tel:"),
    ),
    Pattern(
        "nanogpt_eval",
        re.compile(
            rf"^step (?P<step>\d+): train loss (?P<train_split_loss>{NUMBER}), val loss (?P<eval_loss>{NUMBER})"
        ),
        (b"val loss",),
        pairs=False,
        words=("val loss",),
    ),
    Pattern(
        "audiocraft",
        re.compile(
            r"\b(?P<split>Train|Valid|Evaluate) (?:Summary )?\| Epoch (?P<epoch>\d+)"
            r"(?: \| (?P<batch>\d+)/(?P<batches>\d+)"
            r"(?: \| (?P<rate>[\d.]+) (?P<unit>it/sec|sec/it|ms/it))?)? \|"
        ),
        (b"| Epoch",),
        words=("| Epoch",),
    ),
    Pattern(
        "torch_examples",
        re.compile(
            r"\b(?P<split>Train|Test|Valid\w*)?\s*[Ee]poch:? *\[?(?P<epoch>\d+)\]?(?:/\d+)?[,:]? *"
            r"[\[(] *(?P<batch>\d+) *(?:/|of) *(?P<batches>\d+)(?: \(\d+%\))?[\])]"
        ),
        LOSS_ANCHORS,
        words=("poch",),
    ),
    Pattern(
        "epoch_batch",
        re.compile(
            rf"\b[Ee](?:poch|p)\b[:=]? *[\[(]?(?P<epoch>\d+)(?: *(?:/|of) *\d+)?[\])]?[ |,;:\-]*"
            rf"(?:[Bb]atch|[Ss]tep|[Ii]ter(?:ation)?|[Uu]pdate)(?:es|s)?\b *[:=#]? *[\[(]?(?P<batch>{COUNT})"
            rf"(?: *(?:/|of) *(?P<batches>{COUNT}))?"
        ),
        LOSS_ANCHORS,
        words=("poch", "Ep ", "ep "),
    ),
    Pattern(
        "eval_step",
        re.compile(
            rf"(?<![\w/])(?P<split>(?i:valid|eval))(?i:at(?:e|ion)|uat(?:e|ion))?[ _]step *[:=#]? *(?P<step>{COUNT})"
            r"(?![\w.])"
        ),
        LOSS_ANCHORS,
        words=("alidat", "ALIDAT", "valid", "val", "Eval", "EVAL"),
    ),
    Pattern(
        "step_line",
        re.compile(
            rf"(?<![\w/])(?i:(?:global[_ ]|train[_ ]|opt[_ ])?step|iter(?:ation)?|num_updates|update|batch)s?"
            rf" *[:=#]? *[\[(]? *(?P<step>{COUNT})(?![\w.])(?: *(?:/|of) *{COUNT}[\])]?)?"
        ),
        LOSS_ANCHORS,
    ),
    Pattern(
        "epoch_line",
        re.compile(r"\b[Ee]poch\b[:=]? *[\[(]?(?P<epoch>\d+)(?![\w.])(?: *(?:/|of) *\d+)?[\])]?"),
        LOSS_ANCHORS,
        words=("poch",),
    ),
    Pattern(
        "eval_line",
        re.compile(
            rf"(?i)(?<![\w/])(?:val(?:id(?:ation)?)?|eval(?:uation)?)[ _/]?loss *[:=]? *(?P<eval_loss>{NUMBER})(?!\w)"
        ),
        LOSS_ANCHORS,
        pairs=False,
        needs_step=False,
        words=("oss", "OSS"),
    ),
)
PATTERNS: Final = _NAMED
"""In the order in which they are tried: the particular before the general."""


def user_patterns(table: Mapping[str, str]) -> tuple[Pattern, ...]:
    """Compile the patterns of a user's ``[watch.patterns]``; they are tried before the built-in ones.

    Raises:
        ConfigError: where one is no regular expression, or names neither a step nor a metric.
    """
    return tuple(_user_pattern(name, source) for name, source in table.items())


def _user_pattern(name: str, source: str) -> Pattern:
    where = f"watch.patterns: {printable(name)}"
    wanted = r"wanted groups such as (?P<step>\d+) and (?P<loss>\S+)"
    try:
        regex = re.compile(source)
    except re.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        raise ConfigError(
            f"{where}: {printable(source)!r} is not a regular expression: {error.msg}{at}; {wanted}"
        ) from error
    groups = set(regex.groupindex)
    if not groups:
        raise ConfigError(f"{where}: {printable(source)!r} has no named group; {wanted}")
    if not groups & {"step", "batch", "epoch"}:
        raise ConfigError(f"{where}: names {', '.join(sorted(groups))} but no step, batch or epoch; {wanted}")
    if groups <= set(PLACES):
        raise ConfigError(f"{where}: names {', '.join(sorted(groups))} but no metric; {wanted}")
    if regex.match(""):
        raise ConfigError(f"{where}: {printable(source)!r} matches an empty line; {wanted}")
    return Pattern(name, regex, anchors=None, pairs=False)
