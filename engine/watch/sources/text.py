"""Text logs: the named patterns at work, chosen by what the lines hold, and all text formats behind one reader."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.watch.naming import MATTERS, STEP_NAMES, canonical
from engine.watch.records import EPOCH, GRAD_NORM, LOSS, STEPS_PER_S
from engine.watch.sources.bars import Bars
from engine.watch.sources.composer import ComposerReader
from engine.watch.sources.hf_stdout import HfReader
from engine.watch.sources.jsonl import JsonReader
from engine.watch.sources.lines import LineSource
from engine.watch.sources.numbers import read_number, read_step
from engine.watch.sources.patterns import LOSS_ANCHORS, PAIR, PATTERNS, PLACE_WORDS, PLACES, Pattern
from engine.watch.sources.reading import NOTHING, LineReader, Reading, Row
from engine.watch.sources.stamps import line_time
from engine.watch.sources.steps import EpochSteps
from engine.watch.sources.templates import Templates

_COMPOSER: Final = b"[batch="
"""Composer's header has no loss in it; it is listened for however a log began."""
_PREAMBLE: Final = frozenset({"info", "debug", "warning", "root", "main", "__main__", "trainer", "and", "at", "with"})
"""Words before a metric's name that belong to the logger or the sentence."""
_RESUMES: Final = re.compile(
    r"(?i)\b(?:resum(?:ed|ing)\b.*\b(?:from|checkpoint|training|at)\b"
    r"|(?:loaded|loading|restored|restoring)\b.*\bcheckpoint\b)"
)
_MEANS: Final = frozenset({LOSS, GRAD_NORM})
"""What a summary tells as the mean of its epoch: no value of the step that stands beside it."""
_EVAL_SPLITS: Final = ("valid", "sanity", "eval", "test", "predict")


class PatternReader:
    """Reads lines by a table of patterns; the one that matched last is tried first."""

    def __init__(self, patterns: Sequence[Pattern] = PATTERNS) -> None:
        self._patterns = list(patterns)
        self._met: dict[str, int] = {}
        self._steps = EpochSteps()
        self._newest: int | None = None
        self._batches_seen = False
        self._names: dict[str, str] = {}
        self._known: dict[str, bool] = {}
        self._templates = Templates()
        self._bars = Bars()
        self._anchors = self._wanted()

    @property
    def format(self) -> str:
        """The pattern that matched most."""
        return max(self._met, key=self._met.__getitem__) if self._met else "text"

    @property
    def anchors(self) -> tuple[bytes, ...] | None:
        """Those of the patterns that were met, and the word loss; of all as long as none was met."""
        return self._anchors

    def read(self, line: str) -> Reading | None:
        """Return what a line says."""
        for pattern in self._patterns:
            for word in pattern.words:
                if word in line:
                    break
            else:
                if pattern.words:
                    continue
            match = pattern.regex.search(line)
            if match is None:
                continue
            reading = self._reading(pattern, match, line)
            if reading is None:
                continue
            self._count(pattern)
            if pattern.name == "tqdm":
                return self._bars.take(reading) if reading.values else reading
            if reading.values and self._anchors is not None:  # a user's patterns may tell lines apart by anything
                self._templates.learn(pattern, match, reading, self._name)
            return replace(reading, before=self._bars.flush()) if reading.values else reading
        return None

    def read_known(self, block: bytes, start: int, stop: int) -> Row | None:
        """Return what a line says if it differs from an earlier one in its numbers alone; a tenth of the price."""
        found = None if self._bars.holds else self._templates.read(block, start, stop)
        if found is None:
            return None
        pattern, row = found
        self._met[pattern] += 1
        self._newest = row[0]
        return row

    def flush(self) -> Reading | None:
        """Return what a progress bar shows, which no other step has followed yet."""
        return self._bars.flush()

    def restart(self) -> None:
        """Let go of what a bar showed: the file begins again."""
        self._bars = Bars()

    def resumes(self, line: str) -> bool:
        """Tell whether the line says that a checkpoint was loaded."""
        return _RESUMES.search(line) is not None

    def notes(self) -> tuple[str, ...]:
        """Nothing to say."""
        return ()

    def _count(self, pattern: Pattern) -> None:
        if pattern.name not in self._met:
            self._met[pattern.name] = 0
            self._anchors = self._wanted()
        self._met[pattern.name] += 1

    def _wanted(self) -> tuple[bytes, ...] | None:
        if any(pattern.anchors is None for pattern in self._patterns):
            return None
        wanted = [pattern for pattern in self._patterns if not self._met or pattern.name in self._met]
        return tuple(dict.fromkeys((*LOSS_ANCHORS, *(a for pattern in wanted for a in pattern.anchors or ()))))

    def _reading(self, pattern: Pattern, match: re.Match[str], line: str) -> Reading | None:
        places = {name: text for name, text in match.groupdict().items() if text is not None}
        split = places.get("split", "").lower()
        evaluates = split.startswith(_EVAL_SPLITS)
        if ("batch" in places and evaluates) or (pattern.name == "tqdm" and not int(places["batch"])):
            return NOTHING  # a bar is set back to 0 at the end of each epoch, under the old epoch's number
        found = self._found(pattern, places, line)
        if "rate" in places and float(places["rate"]):
            found[STEPS_PER_S] = _steps_per_s(float(places["rate"]), places["unit"])
        step = self._step(pattern, places, found)
        values = {name: value for name, value in found.items() if name.lower() not in PLACE_WORDS}
        if evaluates or split == "evaluate":
            values = {f"{split}/{name}": value for name, value in values.items()}
        elif "batch" not in places and "step" not in places and self._batches_seen:
            values = {f"epoch_mean/{n}" if canonical(n) in _MEANS else n: v for n, v in values.items()}
        matters = any(self._matters(name) for name in values)
        if pattern.anchors is not None and not matters:
            return NOTHING if pattern.name == "tqdm" else None
        if step is None:
            return None
        self._newest = step
        self._batches_seen = self._batches_seen or "batch" in places
        if "epoch" in places:
            values[EPOCH] = float(places["epoch"])
        return Reading(step, values, line_time(line))

    def _found(self, pattern: Pattern, places: Mapping[str, str], line: str) -> dict[str, float]:
        if "json" in places:
            return _json_numbers(places["json"])
        found: dict[str, float] = {}
        if pattern.pairs:
            for raw, text in PAIR.findall(line):
                found.setdefault(self._name(raw), float(text.replace(",", "")))
        for name, text in places.items():
            value = None if name in PLACES else read_number(text.strip(" ,;"))
            if value is not None:
                found[name] = value
        return found

    def _matters(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = canonical(name) in MATTERS
        return known

    def _name(self, raw: str) -> str:
        name = self._names.get(raw)
        if name is None:
            words = raw.split()
            while len(words) > 1 and words[0].lower() in _PREAMBLE:
                del words[0]
            name = self._names[raw] = " ".join(words)
        return name

    def _step(self, pattern: Pattern, places: Mapping[str, str], found: Mapping[str, float]) -> int | None:
        told = read_step(read_number(places["step"])) if "step" in places else None
        if (told is None and "batch" not in places) or pattern.name in ("tqdm", "fairseq"):
            by_name = {
                name.lower().removeprefix("valid_").removeprefix("train_"): value for name, value in found.items()
            }
            told = next((read_step(by_name[name]) for name in STEP_NAMES if name in by_name), told)
        if told is not None:
            return told
        batch = read_step(read_number(places["batch"])) if "batch" in places else None
        batches = read_step(read_number(places["batches"])) if "batches" in places else None
        if batch is not None:
            return self._steps.at(int(places["epoch"]), batch, batches) if "epoch" in places else batch
        if "epoch" in places:
            return self._steps.end_of(int(places["epoch"]))
        return None if pattern.needs_step else self._newest


class AnyTextReader:
    """Every text format that is known, for a stream that tells what it is only as it goes on."""

    def __init__(self, patterns: Sequence[Pattern] = PATTERNS, *, logging_steps: int = 1) -> None:
        """Read with ``patterns``; ``logging_steps`` is how many steps lie between Hugging Face's lines."""
        self._by_pattern = PatternReader(patterns)
        self._readers: list[LineReader] = [
            HfReader(logging_steps), JsonReader(strict=True), ComposerReader(), self._by_pattern,
        ]  # fmt: skip
        self._met: dict[str, int] = {}
        self._patterns_alone = False
        self._anchors = self._wanted()

    @property
    def format(self) -> str:
        """The format met most."""
        if not self._met:
            return "text"
        most = max(self._met, key=self._met.__getitem__)
        return next((reader.format for reader in self._readers if type(reader).__name__ == most), "text")

    @property
    def anchors(self) -> tuple[bytes, ...] | None:
        """Those of all formats at first; then of those that were met, and the word loss."""
        return self._anchors

    def read(self, line: str) -> Reading | None:
        """Return what the line says in the first format that understands it."""
        for reader in self._readers:
            before = reader.anchors
            reading = reader.read(line)
            if reading is not None:
                name = type(reader).__name__
                is_new = name not in self._met
                self._met[name] = self._met.get(name, 0) + 1
                if is_new or reader.anchors is not before:
                    self._anchors = self._wanted()
                    self._patterns_alone = self._met.keys() == {PatternReader.__name__}
                return reading
        return None

    def read_known(self, block: bytes, start: int, stop: int) -> Row | None:
        """Return what a line says if it differs from an earlier one in its numbers alone."""
        if not self._patterns_alone:  # another format may be in the middle of what each line continues or ends
            return None
        row = self._by_pattern.read_known(block, start, stop)
        if row is not None:
            self._met[PatternReader.__name__] += 1
        return row

    def _wanted(self) -> tuple[bytes, ...] | None:
        anchors: list[bytes] = [*LOSS_ANCHORS, _COMPOSER]
        for reader in self._readers:
            if self._met and type(reader).__name__ not in self._met:
                continue
            if reader.anchors is None:
                return None
            anchors.extend(reader.anchors)
        return tuple(dict.fromkeys(anchors))

    def flush(self) -> Reading | None:
        """Return what a reader held back."""
        return next((reading for reader in self._readers if (reading := reader.flush()) is not None), None)

    def restart(self) -> None:
        """Forget what was half read."""
        for reader in self._readers:
            reader.restart()

    def resumes(self, line: str) -> bool:
        """Tell whether the line says that the run was started again."""
        return _RESUMES.search(line) is not None

    def notes(self) -> tuple[str, ...]:
        """Return what the readers have to say."""
        return tuple(note for reader in self._readers for note in reader.notes())


class TextSource(LineSource):
    """A text log, followed."""


def open_text(
    path: Path, name: str = "", patterns: Sequence[Pattern] = PATTERNS, *, logging_steps: int = 1
) -> LineSource:
    """Follow a text log of whatever format its lines turn out to have."""
    return TextSource.of_file(path, AnyTextReader(patterns, logging_steps=logging_steps), name)


def sniff(path: Path, head: bytes, patterns: Sequence[Pattern] = PATTERNS) -> bool:
    """Tell whether a file's first bytes are text with a line of metrics in it."""
    del path
    if b"\0" in head:
        return False
    reader = AnyTextReader(patterns)
    lines = head.replace(b"\r", b"\n").decode("utf-8", "replace").split("\n")
    return any(reader.read(line) is not None for line in lines)


def _steps_per_s(rate: float, unit: str) -> float:
    """Turn a rate, which is not 0, as it is printed (``it/s``, ``it/sec``, ``s/it``, ``sec/it``, ``ms/it``)."""
    if unit.endswith(("/s", "/sec")):
        return rate
    return (1000 if unit.startswith("ms/") else 1) / rate


def _json_numbers(text: str) -> dict[str, float]:
    try:
        row = json.loads(text)
    except ValueError:
        return {}
    found = {name: read_number(str(value)) for name, value in row.items()} if isinstance(row, dict) else {}
    return {name: value for name, value in found.items() if value is not None}
