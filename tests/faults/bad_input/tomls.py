"""TOML with keys nobody knows and values that cannot be: settings, and checklists."""

from __future__ import annotations

from tests.engine.checklist.test_reading import FAULTS, HEAD, ITEM
from tests.faults.bad_input.row import Door, Make, Row, State, fixed, slug

_SETTINGS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "no TOML": (fixed(b"[convert]\nworkers = = 3\n"), (":2:11", "not TOML")),
    "a key that comes twice": (fixed(b"[convert]\nworkers = 3\nworkers = 4\n"), ("gonogo.toml:3", "not TOML")),
    "a section that comes twice": (fixed(b"[convert]\nworkers = 3\n[convert]\n"), ("gonogo.toml:3", "not TOML")),
    "an unknown key": (fixed(b"[convert]\nworkerz = 3\n"), ("gonogo.toml:2", "workerz", "did you mean")),
    "an unknown section": (fixed(b"[convrt]\nworkers = 3\n"), ("gonogo.toml:1", "convrt", "did you mean")),
    "a number below what can be": (fixed(b"[convert]\nworkers = 0\n"), (":2", "read 0", "wanted")),
    "text for a number": (fixed(b'[convert]\nworkers = "8"\n'), (":2", 'read "8"')),
    "true for a number": (fixed(b"[convert]\nkeep_backups = true\n"), (":2", "read true")),
    "a date for a number": (fixed(b"[convert]\nretries = 2026-01-02\n"), (":2", "2026-01-02")),
    "infinity for a number": (fixed(b"[convert]\nretries = inf\n"), (":2", "read Infinity")),
    "a size nobody knows": (fixed(b'[convert]\nfloor = "12 bananas"\n'), (":2", "12 bananas", "wanted")),
    "a negative size": (fixed(b'[convert]\nfloor = "-1GB"\n'), (":2", "-1GB")),
    "a name that climbs": (fixed(b'[layout]\naudio = "../audio.tar"\n'), (":2", "../audio.tar")),
    "logs of a user nobody knows": (
        fixed(b'[watch]\nlogs = ["~nosuchuser/*.log"]\n'),
        ("gonogo.toml:2", "watch.logs", "~nosuchuser/*.log", "wanted"),
    ),
    "two stars beside a letter": (fixed(b'[watch]\nlogs = ["runs/**x/*.log"]\n'), (":2", "watch.logs", "**x")),
    "a log with a NUL in its name": (fixed(b'[watch]\nlogs = ["runs/\\u0000.log"]\n'), (":2", "watch.logs")),
    "a gate nobody knows": (fixed(b'[gates]\n"convert.strat" = "x"\n'), ("convert.strat", "did you mean")),
    "a gate that names no list": (fixed(b'[gates]\n"convert.start" = 3\n'), ("wanted the id of a checklist",)),
    "a number for a key of the console": (fixed(b'[keys]\n"run.pause" = 9\n'), (":2", "read 9", '"slash,f"')),
    "an empty key among keys": (fixed(b'[keys]\n"run.pause" = "f9,,p"\n'), (":2", 'read "f9,,p"')),
    "keys for an action nobody knows": (
        fixed(b'[keys]\n"run.puase" = "f9"\n'),
        (":2", "keys.run.puase", "no action has this name", "did you mean run.pause"),
    ),
    "a key that no terminal sends": (
        fixed(b'[keys]\n"run.pause" = "f99"\n'),
        (":2", "keys.run.pause", "no terminal sends a key f99", "did you mean f9"),
    ),
    "an escape sequence for a key": (fixed(b'[keys]\n"run.pause" = "\\u001b[20~"\n'), (":2", "\\x1b[20~")),
    "one key for two actions of a screen": (
        fixed(b'[keys]\n"run.map" = "f9"\n"run.plot" = "f9"\n'),
        (":2", "run.map", "run.plot", "gonogo.toml:3", "take another key"),
    ),
    "a key that works everywhere for an action of a screen": (
        fixed(b'[keys]\n"log.find" = "q"\n'),
        (":2", "log.find", "console.leave", "take another key"),
    ),
    "a control key for what ends a run": (
        fixed(b'[keys]\n"run.stop" = "ctrl+x"\n'),
        (":2", "ctrl+x", "pressed by mistake", "a function key"),
    ),
    "no key for the way out": (fixed(b'[keys]\n"console.leave" = ""\n'), (":2", "nobody gets out", "name a key")),
    "no UTF-8": (fixed(b"\xff[convert]\n"), ("not UTF-8 at byte 0",)),
    "UTF-16": (lambda: "[convert]\nworkers = 3\n".encode("utf-16"), ("not UTF-8",)),
    "NUL bytes": (fixed(bytes(100)), ("not TOML",)),
    "nested 5,000 deep": (lambda: b"a = " + b"[" * 5_000 + b"]" * 5_000, ("nested too deep",)),
    "cut in a text": (fixed(b'[convert]\nfloor = "50G'), ("not TOML",)),
    "an escape sequence in a key": (fixed(b'"\\u001b[31m" = 1\n'), ("unknown key",)),
}
_LISTS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "no UTF-8": (fixed(HEAD.encode() + b"\xff"), ("not UTF-8 at byte",)),
    "nested 20,000 deep": (lambda: b"x = " + b"[" * 20_000, ("nested too deep",)),
    "2 MB": (lambda: HEAD.encode() + b"#" * 2_000_000, ("at most 1,048,576",)),
    "a pattern that escapes": (
        fixed((HEAD + ITEM + 'accept = { match = "\\u001b(" }\n').encode()),
        ("no regular expression",),
    ),
}

ROWS = (
    *(
        Row(slug(f"settings {wrong}"), f"settings: {wrong}", Door.CONFIG, data, State.REFUSED, told, name="gonogo.toml")
        for wrong, (data, told) in _SETTINGS.items()
    ),
    *(
        Row(
            slug(f"checklist {wrong}"),
            f"checklist: {wrong}",
            Door.CHECKLIST,
            fixed(text.encode()),
            State.REFUSED,
            (begin.partition(":")[2] if begin[0].isdigit() else begin,),
            name="flight.toml",
        )
        for wrong, (text, (begin, *_)) in FAULTS.items()
    ),
    *(
        Row(
            slug(f"checklist {wrong}"),
            f"checklist: {wrong}",
            Door.CHECKLIST,
            data,
            State.REFUSED,
            told,
            name="flight.toml",
        )
        for wrong, (data, told) in _LISTS.items()
    ),
)
