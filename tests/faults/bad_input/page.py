"""The table of bad input as docs/bad-input.md: ``python -m tests.faults.bad_input.page > docs/bad-input.md``."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import soundfile

from engine.errors import printable
from tests.faults.bad_input.differing import WHY
from tests.faults.bad_input.table import KINDS, Line, tried

_LONGEST: Final = 420
_NAIVE_COLUMN: Final = 2
_ABOUT: Final = """\
# Bad input

What gonogo makes of files that are broken, hostile or not what they say, beside what a plain script makes of them.
This page is written by a program, from files that it makes and really hands to both:

```
.venv/bin/python -m tests.faults.bad_input.page > docs/bad-input.md
```

A **plain script** is a few lines over {stack};
it runs in a process of its own. **gonogo** is asked through its own doors: shards through its worker program under the
limits that an engine gives it, settings and checklists through their readers, data sets through the check of a
checklist, folders through the discovery of a corpus.

| | |
| --- | --- |
| **quarantined** | the shard is left alone, and the reason told |
| **refused** | the command or the gate does not go on |
| **flagged** | the file is not believed, which is told beside the shard's result; the audio does not depend on it |
| **kept** | odd and no more: taken byte for byte, and shown escaped |

The last column is the beginning of the SHA-256 over the names and contents of all files of the row; before and after,
all of them are compared. Ogg has a random number in it: its hash is another one each time.

Tried {rows} rows: {states}. Died {died}, accepted {accepted}, files changed {changed}.
"""

_DIFFERENT: Final = """
## Tars that other readers take

Thousands of archives that chance makes, valid and not, are read by the strict reader, by Python's tarfile and by GNU
tar (`tests/faults/bad_input/test_differential.py`). What the strict reader takes, both others read alike, member for
member. What it alone refuses, it refuses for one of these reasons; any other difference fails the test.
"""
_UNSEEN: Final = """
## What no reader can see

Mutants of all these kinds of file are refused, or read as the intact file, or their difference shows
(`tests/faults/bad_input/test_mutants.py`). What a format itself does not protect, nobody can see in it:

- Samples of a WAV, and the bytes of any member of a tar. A conversion keeps hashes of both tars and of each clip, which
  `gonogo validate --full` holds against the files; before it, only a hash that somebody else has kept can tell.
- 32-bit samples of a WAV whose tag became that of floating point, or the reverse: all fields agree. Most such clips
  hold numbers beyond any scale and are refused; the sample format shows in the inventory.
- The text of a long name in a tar, and bytes of one header that changed places, for its checksum is their sum. Whole
  members that are gone, or whole blocks that changed places, where what stands there is a whole tar again: the number
  of members shows, and rows of a sidecar without their clips.
- Words in chunks and tags, and in JSON and CSV. Names and types of the columns of Parquet, which stand in its footer;
  the values are under checksums where their writer made them.
- Fields of the status file beside a shard. It is a witness only: what it leads to was tried with real shards, and no
  original goes whose own conversion is not proven in its place.
"""


def page(lines: Sequence[Line]) -> str:
    """Write the whole page."""
    states = Counter(str(line.row.state) for line in lines)
    about = _ABOUT.format(
        stack=stack(),
        rows=len(lines),
        states=", ".join(f"{count} {state}" for state, count in states.most_common()),
        died=sum(line.ours.state == "died" for line in lines),
        accepted=sum(line.ours.state not in states for line in lines),
        changed=sum(not line.unchanged for line in lines),
    )
    by_id = {line.row.id: line for line in lines}
    sections = [
        "\n".join(
            [
                f"## {kind}\n",
                "| what is wrong | the door | a plain script | gonogo | state | before = after |",
                "| --- | --- | --- | --- | --- | --- |",
                *(_row(by_id[row.id]) for row in rows),
            ]
        )
        for kind, rows in KINDS.items()
    ]
    return "\n".join([about, "\n\n".join(sections), _DIFFERENT, *_reasons(), _UNSEEN])


def _reasons() -> list[str]:
    same = "refuses it too"
    rows = [f"| {why.problem} … | {why.python or same} | {why.gnu or same} |" for why in WHY]
    return ["| refused here | Python's tarfile | GNU tar |", "| --- | --- | --- |", *rows]


def stack() -> str:
    """Name what the plain scripts stand on."""
    soundfile_version = soundfile.__libsndfile_version__
    return f"Python {platform.python_version()}, libsndfile {soundfile_version} and pyarrow {pa.__version__}"


def _row(line: Line) -> str:
    same = "the same" if line.row.by_chance else line.digest[:12]
    same = same if line.unchanged else "CHANGED"
    cells = (line.row.wrong, line.row.door, line.naive, line.ours.text, line.ours.state, same)
    return f"| {' | '.join(_cell(str(cell)) for cell in cells)} |"


def _cell(text: str) -> str:
    r"""Escape what Markdown would read as its own: a page of hostile names must not become one.

    >>> _cell("a|b\n<i>")
    'a\\|b\\n&lt;i>'
    """
    shown = printable(text)
    shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
    return re.sub(r"([|`*_\[\]])", r"\\\1", shown).replace("<", "&lt;")


def without_naive(text: str) -> str:
    """Blank the plain script's column and stack, which another Python may fill otherwise."""
    rows = [re.split(r"(?<!\\)\|", row) for row in re.sub(r"over Python .*;", "", text).splitlines()]
    return "\n".join(
        "|".join("" if len(row) == 8 and at == _NAIVE_COLUMN + 1 else cell for at, cell in enumerate(row))
        for row in rows
    )


def main() -> None:
    """Try everything and print the page."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bad-input-") as folder:
        sys.stdout.write(page(list(tried(Path(folder)))))


if __name__ == "__main__":
    main()
