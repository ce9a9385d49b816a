"""The names of the settings: dotted keys, the variables that set them, the gates."""

from __future__ import annotations

import dataclasses
from typing import Final, get_type_hints

from engine.config.rules import Rule
from engine.config.sections import SECTIONS

GATES: Final = ("convert.start", "clean.start", "train.start", "upload.start")
"""The gates that ``[gates]`` can bind; a name beside these would leave a gate open that its author believes shut."""
OTHER_VARIABLES: Final = {
    "GONOGO_STATE": "the folder for runs, ledger and artifacts, as --state",
    "GONOGO_NATIVE": "the compiled code that is used: auto, avx512, avx2, plain, or off for Python alone",
    "GONOGO_READ_ONLY": "1 changes nothing, as --read-only",
    "GONOGO_SERVE_TOKEN": "the token that gonogo serve asks for, in place of one of its own making",
    "GONOGO_CONFIG": "the configuration file to read in place of the corpus's gonogo.toml, as --config",
}
"""Variables that are no setting of a section."""


def _rule(section: type, field: str) -> Rule:
    rule: Rule = get_type_hints(section, include_extras=True)[field].__metadata__[0]
    return rule


RULES: Final = {
    f"{name}.{field.name}": _rule(section, field.name)
    for name, section in SECTIONS.items()
    for field in dataclasses.fields(section)
}


def variable(key: str) -> str:
    """Return the environment variable of a key: ``convert.workers`` is ``GONOGO_CONVERT_WORKERS``."""
    return "GONOGO_" + key.upper().replace(".", "_")


def is_ours(name: str) -> bool:
    """Tell whether an environment variable is meant as a setting, known or not."""
    return name.startswith("GONOGO_") and name not in OTHER_VARIABLES


def by_variable(name: str) -> str:
    """Return the key that a variable sets; the variable's own name where it sets none."""
    if name.startswith("GONOGO_GATES_"):
        return "gates." + name.removeprefix("GONOGO_GATES_").lower().replace("_", ".")
    return next((key for key in RULES if variable(key) == name), name)
