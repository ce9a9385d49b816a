"""Trouble that a log tells of in words: memory, tracebacks, failed saves, overflows, interruptions.

Each phrase is what a program really prints when it happens, not the word for it: a dump of settings with
``"overflow": false``, or a hint about ``oom_score``, must not turn a screen red.
"""

from __future__ import annotations

import re
from typing import Final

from engine.errors import printable
from engine.watch.records import MishapKind

ANCHORS: Final = (
    b"Traceback", b"f memory", b"OfMemory", b"ALLOC_FAILED", b"illed", b"exit", b"o space left", b"Errno",
    b"ermissionError", b"to sav", b"saving", b"to writ", b"verflow", b"VERFLOW", b"nterrupt", b"SIGTERM", b"signal 15",
    b"CANCELLED", b"reempt",
)  # fmt: skip
"""A line that has none of these tells of no mishap."""

_PHRASES: Final = (
    (
        MishapKind.SAVE_FAILED,
        (
            r"No space left on device|Disk quota exceeded|PytorchStreamWriter failed writing"
            r"|\b(?i:failed|unable|could not|cannot|can't|error)(?: to|:)?(?: while| when)? (?i:sav|writ)(?:e|ing)\b"
            r".*\b(?i:checkpoint|ckpt|state|model|weights)"
            r"|(?:PermissionError|Read-only file system).*(?i:checkpoint|ckpt|\.pth?\b|safetensors)"
            r"|(?i:sav(?:e|ing)).*(?i:checkpoint|ckpt|state|model).*(?:PermissionError|\[Errno \d+\])"
        ),
    ),
    (
        MishapKind.OUT_OF_MEMORY,
        (
            r"OutOfMemoryError: \S|(?:Error:|ERROR:?|^)\s*(?:CUDA|HIP|MPS backend|XPU)(?: error:)? out of memory"
            r"|out of memory\. Tried to allocate|Out of memory: Kill|\bKilled process \d+|oom-kill:"
            r"|Memory cgroup out of memory"
            r"|CUBLAS_STATUS_ALLOC_FAILED|not enough memory: you tried to allocate|RESOURCE_EXHAUSTED: Out of memory"
            r"|\b(?i:exit(?:ed)?)(?:[ _-]?code)?(?: with)?(?:[ _-](?i:status|code|exit code))?\s*[ :=]\s*(?:137|-9)\b"
            r"|is killed by signal: (?:Killed|Bus error)|^Killed$|: +\d+ Killed\b|^MemoryError\b"
            r"|(?:WARNING|ERROR)\b.*\b[Rr]an out of memory"
        ),
    ),
    (
        MishapKind.OVERFLOW,
        (
            r"\b[Gg]rad(?:ient)? overflow(?: detected|\.| on iteration)"
            r"|\boverflow detected\b|\bOVERFLOW! (?:Rank|Skipping)"
        ),
    ),
    (
        MishapKind.INTERRUPTED,
        (
            r"^KeyboardInterrupt\b|Detected KeyboardInterrupt"
            r"|\b(?i:received|caught|got|bypassing)(?: a| the)?(?: signal:?)? (?:SIGTERM|SIGINT)"
            r"|\bSIGTERM (?:was )?received|Signal handler called with signal 15|[Rr]eceived 15 death signal"
            r"|\bCANCELLED AT \d|DUE TO (?:PREEMPTION|TIME LIMIT|NODE FAILURE)"
            r"|(?i:spot (?:instance )?interruption (?:notice|warning)|instance (?:is being|was) preempted)"
        ),
    ),
)
_PATTERNS: Final = tuple((kind, re.compile(phrase)) for kind, phrase in _PHRASES)
_ANCHORED: Final = re.compile("|".join(re.escape(anchor.decode()) for anchor in ANCHORS))
_LOSS_SCALE: Final = re.compile(r"(?:loss scale to|reducing to|loss_scale to):?\s*([\d.]+(?:e[-+]?\d+)?)")
_OPENING: Final = re.compile(r"^(?P<prefix>.*?)Traceback \(most recent call last\):\s*$")
_EXCEPTION: Final = re.compile(r"[A-Za-z_][\w.]*(?::|$)")
_SAVES: Final = re.compile(r"(?i)\bsave|checkpoint|serializ|_atomic_save")
_LARGEST_TRACEBACK: Final = 1000
"""Lines; a recursion error has about as many, and then the text is no traceback."""
_SHOWN: Final = 300

Told = tuple[MishapKind, str]
"""What kind, and the line, escaped and cut."""


class MishapReader:
    """Reads lines one after the other; a traceback is one mishap, told by its last line."""

    def __init__(self) -> None:
        self._prefix: str | None = None
        self._lines = 0
        self._saves = False

    @property
    def follows(self) -> bool:
        """Whether a traceback is open: every line must be shown to the reader until it is over."""
        return self._prefix is not None

    def read(self, line: str) -> Told | None:
        """Take one line; return the mishap that it tells of, if any."""
        opening = _OPENING.match(line)
        if opening is not None:
            self._prefix, self._lines, self._saves = opening["prefix"], 0, False
            return None
        if self._prefix is not None:
            return self._follow(line.removeprefix(self._prefix))
        kind = classify(line)
        return None if kind is None else (kind, _shown(line))

    def flush(self) -> Told | None:
        """Return a traceback whose end never came."""
        was_open, self._prefix = self.follows, None
        return (MishapKind.TRACEBACK, "a traceback whose end is not in the log") if was_open else None

    def _follow(self, line: str) -> Told | None:
        self._lines += 1
        if self._lines > _LARGEST_TRACEBACK:
            return self.flush()
        if not line.strip() or line.startswith((" ", "\t")):
            self._saves = self._saves or _SAVES.search(line) is not None
            return None
        if _EXCEPTION.match(line) is None and self._lines == 1:
            self._prefix = None  # the words were quoted: no frame follows
            return None
        self._prefix = None
        return self._of_exception(line), _shown(line)

    def _of_exception(self, line: str) -> MishapKind:
        if self._saves and re.match(r"PermissionError|OSError|RuntimeError: .*(?:writ|inline_container)", line):
            return MishapKind.SAVE_FAILED
        return classify(line) or MishapKind.TRACEBACK


def classify(line: str) -> MishapKind | None:
    """Return which trouble a single line tells of."""
    if _ANCHORED.search(line) is None:
        return None
    return next((kind for kind, pattern in _PATTERNS if pattern.search(line) is not None), None)


def loss_scale(line: str) -> float | None:
    """Return the loss scale that an overflow line says it falls back to."""
    match = _LOSS_SCALE.search(line)
    return None if match is None else float(match[1].rstrip("."))


def _shown(line: str) -> str:
    text = line.strip()
    return printable(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
