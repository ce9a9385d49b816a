"""``git``: is the checkout the one that is meant, with nothing changed in it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import Answer, State
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.programs import SEARCHED_BYTES, Finished, run_program
from engine.errors import printable

_KEPT_VARIABLES: Final = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES")
"""All other GIT_ variables may point to another repository, index or program than the path says."""
_QUIET: Final = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat"}
_NOT_THERE: Final = (
    "not a git repository",
    "No such file or directory",
    "Not a directory",
    "must be run in a work tree",
)
_SHOWN: Final = 5


class Git(CheckTable, frozen=True, kw_only=True, tag="git"):
    """Asks git for commit, branch and changes; takes no lock, asks nobody and runs no hook."""

    path: str = "."
    """A folder in the checkout, under the corpus where it is relative."""
    clean: bool = True
    """Whether nothing may be changed, staged or untracked; submodules count, ignored files do not."""
    allow_untracked: bool = False
    """Whether files that git does not know are let pass."""
    commit: Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{7,64})?\Z")] = ""
    """The commit that must be checked out, whole or its first seven digits or more, in lower case; "" for any."""
    branch: Annotated[str, msgspec.Meta(pattern=r"\A\S*\Z")] = ""
    """The branch that must be checked out; "" for any, or none."""

    def __post_init__(self) -> None:
        """Refuse a key that means nothing."""
        if self.allow_untracked and not self.clean:
            raise ValueError("allow_untracked means nothing where clean = false")

    async def look(self, around: Around) -> Answer:
        """Ask git once for everything."""
        untracked = "no" if self.allow_untracked or not self.clean else "normal"
        place = ("-c", "core.fsmonitor=false", "-C", str(around.path(self.path)))
        asked = ("--porcelain=v2", "--branch", "-z", f"--untracked-files={untracked}")
        ended = await run_program(
            ("git", *place, "status", *asked), cwd=around.corpus, env=_safe(around.env), apart=True
        )
        state, read = self._judge(ended)
        return Answer(state, read, argv=ended.argv, exit_code=ended.code, output=ended.output)

    def _judge(self, ended: Finished) -> tuple[State, str]:
        if ended.code != 0:
            return _refusal(ended)
        records = ended.text.split("\0")
        heads = dict(record[2:].split(" ", 1) for record in records if record.startswith("# "))
        commit, branch = heads.get("branch.oid", ""), heads.get("branch.head", "")
        changed = _changed(records)
        wrong = []
        if self.commit and not commit.startswith(self.commit):
            wrong.append(f"commit {self.commit[:12]}")
        if self.branch and branch != self.branch:
            wrong.append(f"branch {self.branch}")
        if self.clean and changed:
            wrong.append("nothing changed")
        least = "at least " if ended.output.size_bytes > SEARCHED_BYTES else ""
        read = f"{printable(branch)} at {printable(commit[:12])}" + (f", {least}{_told(changed)}" if self.clean else "")
        return (State.FAIL, f"{read}; wanted {' and '.join(wrong)}") if wrong else (State.PASS, read)


def _refusal(ended: Finished) -> tuple[State, str]:
    """Tell a folder that is no checkout from one that git would not look at."""
    lines = ended.complaints.decode("utf-8", "replace").splitlines()
    why = next((line for line in lines if line.startswith("fatal: ")), "fatal: " + ended.last_words)
    seen = any(words in why for words in _NOT_THERE)
    return (State.FAIL if seen else State.ERROR), f"git: {printable(why.removeprefix('fatal: '))}"


def _safe(env: Mapping[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in env.items() if not key.startswith("GIT_") or key in _KEPT_VARIABLES}
    return {**kept, **_QUIET}


def _changed(records: list[str]) -> list[str]:
    """Return the changed and untracked paths (git-status, porcelain format version 2)."""
    changed, rest = [], iter(records)
    # How many fields stand before the path, by the record's first letter.
    before = {"1": 8, "2": 9, "u": 10, "?": 1}
    for record in rest:
        if record[:1] in before and record[1:2] == " ":
            changed.append(record.split(" ", before[record[0]])[-1])
        if record.startswith("2 "):
            next(rest, None)  # where it was renamed from
    return changed


def _told(changed: list[str]) -> str:
    if not changed:
        return "clean"
    more = f" and {len(changed) - _SHOWN:,} more" if len(changed) > _SHOWN else ""
    return f"{len(changed):,} changed: {', '.join(map(printable, changed[:_SHOWN]))}{more}"
