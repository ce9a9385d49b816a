"""One name for what trainers call by many: which of a log's metrics is the loss, the learning rate, the gradient norm.

A name is cut into words (``metrics/eval/LanguageCrossEntropy`` is metrics, eval, language, cross, entropy) and is
known only where every word of it is: ``aux_loss`` or ``loss_kl`` is a metric of its own, not the loss.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from engine.errors import printable
from engine.watch.records import EPOCH, EVAL_LOSS, GRAD_NORM, LEARNING_RATE, LOSS, LOSS_SCALE, STEPS_PER_S, TOKENS_PER_S

STEP_NAMES: Final = (
    "global_step", "step", "_step", "num_updates", "iteration", "iter", "steps", "global_steps", "update", "updates",
    "trainer/global_step", "iterations", "train_step", "train/global_step", "global step", "opt_step", "num_steps",
)  # fmt: skip
"""Under which a row tells its step, the surest first; compared in lower case."""

LOSS_ORDER: Final = (
    "reduced_train_loss", "loss/train/total", "train_loss_step", "train/loss_step", "loss", "train/loss", "train_loss",
    "training_loss", "trl", "ce", "train/ce", "lm_loss", "languagecrossentropy", "metrics/train/languagecrossentropy",
    "train_loss_epoch", "train/loss_epoch",
)  # fmt: skip
"""Which is the loss where several could be: the one of the step itself before running means, those before the mean of
an epoch; what is optimised before its parts. Names that are not here come last, in the order in which they appear."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LOSS: Final = frozenset({"loss", "ce", "xent", "nll", "entropy", "trl", "losses"})
_EVAL: Final = frozenset({"eval", "val", "valid", "validation", "test", "dev", "tel", "evaluation"})
_LOSS_BESIDE: Final = frozenset(
    [
        "train",
        "training",
        "tr",
        "step",
        "batch",
        "epoch",
        "total",
        "reduced",
        "lm",
        "language",
        "cross",
        "crossentropy",
        "avg",
        "average",
        "mean",
        "running",
        "global",
        "metrics",
        "metric",
        "all",
        "model",
        "smoothed",
        "loss",
        "current",
        "item",
    ]
)
_RATE_BESIDE: Final = frozenset(
    ["train", "training", "optim", "optimizer", "group", "pg", "param", "model", "current", "learning", "rate"]
)
_NO_RATE: Final = frozenset(
    [
        "scale",
        "mult",
        "multiplier",
        "ratio",
        "min",
        "max",
        "peak",
        "final",
        "base",
        "initial",
        "decay",
        "warmup",
        "layer",
    ]
)
_OTHERS: Final = {
    GRAD_NORM: "grad_norm gnorm gradient_norm gradnorm grad_norm_total total_grad_norm global_grad_norm total_norm "
    "norm grad_2_0_norm_total l_2_norm_grad_global grad_norm_global grad_norm_step gn global_gradient_norm",
    LOSS_SCALE: "loss_scale grad_scale scaler_scale amp_scale lossscale gradscale grad_scaler loss_scaler "
    "amp_loss_scale",
    STEPS_PER_S: "steps_per_s steps_per_sec steps_per_second ups it_s it_sec its_per_s iter_s it_per_s it_per_sec "
    "iters_s step_s steps_s batches_per_sec throughput_batches_per_sec iter_per_s iters_per_sec updates_per_s "
    "batches_per_s",
    TOKENS_PER_S: "tokens_per_s tokens_per_sec tokens_per_second tok_s tok_sec tps wps tokens_s tokens_sec "
    "throughput_tokens_per_sec tokens_per_second_per_gpu throughput_tps",
    EPOCH: "epoch epochs current_epoch",
}
_BY_NAME: Final = {name: known for known, names in _OTHERS.items() for name in names.split()}
_LEADING: Final = ("train_", "training_", "metrics_", "trainer_", "optim_", "optimizer_", "perf_", "throughput_")
MATTERS: Final = frozenset({LOSS, EVAL_LOSS, LEARNING_RATE, GRAD_NORM, LOSS_SCALE})
"""A line of text with none of these is no line of metrics."""
_SETTLED_ROWS: Final = 100
"""After so many rows a name of higher preference no longer takes over: a summary at the end is not the loss."""

_VACANT_ROWS: Final = 100
"""After so many rows without it a chosen name is given up: the program was changed, and its loss must not go unseen."""


def canonical(name: str) -> str | None:
    """Return the name under which rules know a metric, or None for one that keeps its own.

    >>> canonical("train/loss"), canonical("valid_ce"), canonical("lr-DecoupledSGDW/group0"), canonical("kl_loss")
    ('loss', 'eval_loss', 'learning_rate', None)
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return None
    joined = "_".join(words)
    if joined.startswith(("lr", "learning_rate")) or joined.endswith(("_lr", "learning_rate")):
        return LEARNING_RATE if _is_rate(words) else None
    plain = joined
    for leading in _LEADING:
        plain = plain.removeprefix(leading)
    known = _BY_NAME.get(joined) or _BY_NAME.get(plain)
    if known is None and (_LOSS.intersection(words) or words == ["tel"]):
        return _which_loss(words)
    return known


def _is_rate(words: list[str]) -> bool:
    beside = [word for word in words if word != "lr" and not word.isdigit() and word not in _RATE_BESIDE]
    return not _NO_RATE.intersection(words) and (words[0] == "lr" or not beside)


def _which_loss(words: list[str]) -> str | None:
    unknown = [word for word in words if word not in _LOSS and word not in _EVAL and word not in _LOSS_BESIDE]
    if unknown or (words[-1] == "entropy" and "cross" not in words) or "tel" in words[1:]:
        return None
    return EVAL_LOSS if _EVAL.intersection(words) else LOSS


class Naming:
    """The names of one source: which of its metrics counts as which, chosen once and told."""

    def __init__(self, source: str) -> None:
        """Name the metrics of ``source``, as notes call it."""
        self._source = printable(source)
        self._known: dict[str, str | None] = {}
        self._chosen: dict[str, str] = {}
        self._rows = 0
        self._last: dict[str, int] = {}
        self._notes: list[str] = []

    def rename(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the row under canonical names; what lost against a better candidate keeps its own name."""
        self._rows += 1
        for raw in values:
            if raw not in self._known:
                self._known[raw] = canonical(raw)
                self._consider(raw)
        named: dict[str, float] = {}
        for raw, value in values.items():
            known = self._known[raw]
            if known is None:
                named[raw] = value
            elif self._chosen[known] == raw or self._is_vacant(known, raw):
                self._last[known] = self._rows
                named[known] = value
            else:
                named[_own(raw)] = value
        return named

    def notes(self) -> tuple[str, ...]:
        """Return what was chosen since the last call."""
        notes, self._notes = tuple(self._notes), []
        return notes

    def _is_vacant(self, known: str, raw: str) -> bool:
        """Tell whether the chosen name has stopped coming, and give its place to this one."""
        if self._rows - self._last.get(known, self._rows) <= _VACANT_ROWS:
            return False
        before, self._chosen[known] = self._chosen[known], raw
        self._notes.append(
            f"{self._source}: {printable(raw)} counts as {known.replace('_', ' ')} from here on; "
            f"{printable(before)} has not come for {_VACANT_ROWS} rows"
        )
        return True

    def _consider(self, raw: str) -> None:
        known = self._known[raw]
        if known is None:
            return
        before = self._chosen.setdefault(known, raw)
        if before == raw:
            return
        if _place(raw) < _place(before) and self._rows <= _SETTLED_ROWS:
            self._chosen[known] = raw
        winner, loser = self._chosen[known], raw if self._chosen[known] == before else before
        if known in (LOSS, EVAL_LOSS):
            what = known.replace("_", " ")
            self._notes.append(
                f"{self._source}: {printable(winner)} counts as the {what}; {printable(loser)} is kept beside it"
            )


def _own(raw: str) -> str:
    """Keep a metric's own name, unless that is a canonical one which belongs to another here."""
    return f"{raw} (as logged)" if raw in (LOSS, EVAL_LOSS, *_BY_NAME) and canonical(raw) == raw else raw


def _place(raw: str) -> int:
    name = raw.lower().replace(" ", "_")
    return LOSS_ORDER.index(name) if name in LOSS_ORDER else len(LOSS_ORDER)
