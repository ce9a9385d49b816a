"""What the value of a setting must be, in words and as a check."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from engine.config.addresses import Address
from engine.units import parse_bytes, parse_seconds

Value = int | float | str | tuple[str, ...] | tuple[Address, ...]


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a value must be: the wording of it, the reading of a TOML value, and of a variable's text."""

    wanted: str
    read: Callable[[object], Value]
    """Returns the value; raises ValueError, TypeError or UsageError for anything else."""
    from_text: Callable[[str], object] = str
    """Turns the text of a variable or flag into what TOML would have held."""


def _must(holds: bool) -> None:
    if not holds:
        raise ValueError


def _number_or_text(text: str) -> object:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text.strip()) else text


def whole_number(least: int, word: str = "") -> Rule:
    """Ask for a whole number that is large enough, or for the one word that stands for another choice."""

    def read(raw: object) -> Value:
        if word and raw == word:
            return word
        if type(raw) is not int or raw < least:
            raise ValueError
        return raw

    wanted = f"a whole number of at least {least}"
    return Rule(f'"{word}" or {wanted}' if word else wanted, read, _number_or_text)


def positive_number() -> Rule:
    """Ask for a number above 0."""
    return _a_number("a number above 0", lambda number: 0 < number < float("inf"))


def number(least: float, most: float | None = None) -> Rule:
    """Ask for a number of at least ``least`` and, where that is given, at most ``most``."""
    above = float("inf") if most is None else most
    wanted = f"a number of at least {least:g}" + ("" if most is None else f" and at most {most:g}")
    return _a_number(wanted, lambda number: least <= number <= above and number < float("inf"))


def _a_number(wanted: str, check: Callable[[float], bool]) -> Rule:
    def read(raw: object) -> Value:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not check(raw):
            raise ValueError
        return float(raw)

    def from_text(text: str) -> object:
        try:
            return float(text)
        except ValueError:
            return text

    return Rule(wanted, read, from_text)


def money() -> Rule:
    """Ask for an amount of money: kept as it was written, for 0.39 is no binary fraction."""

    def read(raw: object) -> Value:
        text = str(raw) if isinstance(raw, int | float | str) and not isinstance(raw, bool) else ""
        _must(re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text) is not None)
        return text

    return Rule("an amount in dollars, such as 600 or 0.39", read)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def one_of(*words: str) -> Rule:
    """Ask for one of these words, or "" for none."""
    return _text('"" or ' + " or ".join(f'"{word}"' for word in words), lambda text: not text or text in words)


def _text(wanted: str, check: Callable[[str], object]) -> Rule:
    def read(raw: object) -> Value:
        if not isinstance(raw, str):
            raise TypeError
        _must(bool(check(raw)))
        return raw

    return Rule(wanted, read)


def _texts(wanted: str, check: Callable[[str], object]) -> Rule:
    def read(raw: object) -> Value:
        if not isinstance(raw, list | tuple):
            raise TypeError
        _must(all(isinstance(each, str) and check(each) for each in raw))
        return tuple(raw)

    return Rule(wanted, read, lambda text: [part.strip() for part in text.split(",") if part.strip()])


def words(*known: str) -> Rule:
    """Ask for a list of these words."""
    return _texts("a list of " + ", ".join(f'"{word}"' for word in known), lambda word: word in known)


def _is_file_name(text: str) -> bool:
    return "/" not in text and text.isprintable() and text not in ("", ".", "..")


def _is_sidecar(text: str) -> bool:
    """A sidecar's name must not be that of the swap's own record, which ends in ``status.json``."""
    known = text.endswith((".parquet", ".jsonl", ".json", ".csv"))
    return _is_file_name(text) and known and not text.endswith("status.json")


def _is_log(text: str) -> bool:
    """Tell whether a path or pattern can mean anything, by what ``Path.expanduser`` and ``Path.glob`` take."""
    if not text or "\0" in text or not _has_home(text):
        return False
    return not any("**" in part and part != "**" for part in Path(text).parts)


def _has_home(text: str) -> bool:
    """Tell whether ``~NAME`` is known; where one's own home is, ``~``, is asked when the path is wanted."""
    if not text.startswith("~") or text.partition("/")[0] == "~":
        return True
    try:
        Path(text).expanduser()
    except RuntimeError:
        return False
    return True


TAR_NAME = _text(
    'a file name that ends in .tar, such as "audio.tar"',
    lambda t: _is_file_name(t) and len(t) > 4 and t.endswith(".tar"),
)
TAR_PATTERN = _text('a pattern that ends in .tar, or "" for none', lambda t: not t or t.endswith(".tar"))
SIDECARS = _texts("a list of file names that end in .parquet, .jsonl, .json or .csv", _is_sidecar)
PATTERNS = _texts('a list of patterns, such as ["final-*"]', bool)
LOGS = _texts(
    'a list of paths and patterns, such as ["runs/*/train.log"]; ** stands alone between slashes, and ~NAME/ is the '
    "home of a user of this machine",
    _is_log,
)
NAMES = _texts('a list of column names, such as ["transcript"]', bool)
ARGV = _texts('a command, word by word, such as ["python", "step.py"]', bool)
SIZE = _text("a size above 0, such as 4GB or 512MiB", lambda t: parse_bytes(t) > 0)
SIZE_OR_NONE = _text('"" for the default, or a size such as 50GB', lambda t: not t or parse_bytes(t) >= 0)
TIME = _text("a time above 0, such as 300s or 5m", lambda t: parse_seconds(t) > 0)
TIME_OR_NONE = _text('"" for none, or a time above 0, such as 4h', lambda t: not t or parse_seconds(t) > 0)
TIME_OR_ZERO = _text("a time such as 10m, or 0s", lambda t: parse_seconds(t) >= 0)
PATH_OR_NONE = _text('"" for the default, or the path of a file', lambda _: True)
ANY_TEXT = _text('"" for none, or a name', lambda _: True)
DAY_OR_NONE = _text('"" for none, or a day such as 2026-11-22', lambda t: not t or _is_day(t))
