"""The settings explained: each key with its default and its documentation, and the file that ``init`` writes."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Final, cast

from engine.config.keys import RULES, variable
from engine.config.rules import Value
from engine.config.sections import SECTIONS
from engine.errors import printable

_LISTS: Final = {
    "convert.start": "phase2-conversion",
    "clean.start": "clean",
    "train.start": "training-launch",
    "upload.start": "data-cycle",
}
_BOUND: Final = ("convert.start", "clean.start")
"""What can lose data is bound from the start; the others are for their operators to bind."""


@dataclasses.dataclass(frozen=True)
class KeyHelp:
    """One key as the documentation and ``init`` show it."""

    key: str
    type: str
    """What the value must be, in words."""
    default: Value
    doc: str
    variable: str
    """The environment variable that sets it."""


@dataclasses.dataclass(frozen=True)
class CorpusFacts:
    """What ``init`` found in a corpus, for the head of its file."""

    name: str
    sources: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Source to its count of shards."""


def _docs(section: type) -> dict[str, str]:
    """Return the docstring below each field, read from the section's own source: Python keeps none at run time."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    assert isinstance(tree, ast.ClassDef)
    docs: dict[str, str] = {}
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            assert isinstance(below.value, ast.Constant)
            docs[field.target.id] = inspect.cleandoc(str(below.value.value))
    return docs


def describe() -> Iterator[KeyHelp]:
    """Yield every key of every section in the order of the classes; the gates stand behind them."""
    for name, section in SECTIONS.items():
        docs = _docs(section)
        for field in dataclasses.fields(section):
            key = f"{name}.{field.name}"
            yield KeyHelp(key, RULES[key].wanted, cast("Value", field.default), docs[field.name], variable(key))


def commented_toml(facts: CorpusFacts) -> str:
    """Write a ``gonogo.toml`` in which every key stands at its default, commented out, below its explanation."""
    lines = [
        f"# gonogo's settings for the corpus {printable(facts.name)}. A key that is commented out has its default."
    ]
    lines += [f"# Found: {printable(source)}, {count:,} shards" for source, count in facts.sources.items()]
    for name, section in SECTIONS.items():
        lines += ["", f"# {inspect.cleandoc(section.__doc__ or '').splitlines()[0]}", f"[{name}]"]
        for entry in describe():
            if entry.key.rpartition(".")[0] == name:
                default = entry.default if not isinstance(entry.default, tuple) else list(entry.default)
                lines += ["", *(f"# {line}" for line in entry.doc.splitlines())]
                lines += [f"# {entry.key.rpartition('.')[2]} = {json.dumps(default)}"]
    lines += [
        "",
        "# Keys of the console that are bound anew; docs/keys.md has the names of all actions and their usual keys.",
        "[keys]",
        '# "run.pause" = "f9"',
        "",
        "# A bound gate stays shut until its checklist says GO: gonogo checklist run LIST. A # before it unbinds it.",
        "[gates]",
    ]
    lines += [f'{"" if gate in _BOUND else "# "}"{gate}" = "{checklist}"' for gate, checklist in _LISTS.items()]
    return "\n".join(lines) + "\n"
