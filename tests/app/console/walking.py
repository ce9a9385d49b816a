"""A corpus with a checklist, an operator with a throw-away SSH key, and a terminal in which they walk it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.app.console.terminal import Terminal
from tests.app.program import Ended, Gonogo
from tests.engine.checklist.keys import make_key

LIST = """\
[checklist]
id = "pilot"
title = "Before the pilot"
mode = "MODE"

[[item]]
id = "tool"
group = "Machine"
ask = "What does the tool say?"
want = "ready"
kind = "machine"
check = { type = "command", argv = ["cat", "$CORPUS/tool"], match = "^ready$" }
waive = { by = "operator", max_days = 2 }
fix = "write ready into the file"
source = "nothing works without it"

[[item]]
id = "ears"
group = "People"
ask = "How many of the ten clips were clean?"
want = "10"
kind = "person"
sign = { role = "operator" }
fix = "listen again, with headphones"
source = "a spectrum does not hear"

[[item]]
id = "budget"
group = "People"
ask = "How much may it cost, in dollars?"
want = "at most 400"
accept = { max = 400 }
kind = "person"
sign = { role = "operator" }
needs = ["ears"]
fix = "ask for more"
source = "money"
"""
ADVICE = """
[[item]]
id = "ADVISED"
ask = "What does it say?"
want = "something"
kind = "machine"
level = "advice"
check = { type = "command", argv = ARGV }
fix = "none"
source = "a test"
"""


@dataclass
class Place:
    """Where a list is walked."""

    gonogo: Gonogo
    corpus: Path
    terminals: list[Terminal]

    @property
    def home(self) -> Path:
        return self.gonogo.home

    @property
    def ledger(self) -> Path:
        return self.corpus / ".gonogo" / "ledger.jsonl"

    @property
    def list(self) -> Path:
        return self.corpus / "checklists" / "pilot.toml"

    def enrol(self, passphrase: str = "") -> None:
        """Give the operator a key where ssh looks for it, and the corpus its name."""
        folder = self.home / ".ssh"
        folder.mkdir(mode=0o700)
        key = make_key(folder, "id_ed25519", passphrase=passphrase)
        done = self.run("enrol", "anna", "--key", f"{key}.pub")
        assert done.code == 0, done.stderr

    def run(self, command: str, *args: str) -> Ended:
        return self.gonogo("--no-ui", "checklist", command, *args, "--corpus", self.corpus)

    def terminal(self, columns: int = 80, rows: int = 24) -> Terminal:
        opened = Terminal(self.gonogo.env, self.home, columns, rows)
        self.terminals.append(opened)
        return opened

    def walk(self, columns: int = 80, rows: int = 24) -> Terminal:
        """Open the console on the list."""
        opened = self.terminal(columns, rows)
        opened.gonogo("checklist", "run", "pilot", "--corpus", self.corpus)
        return opened


def answers(terminal: Terminal, value: str) -> None:
    """Answer the item under the cursor."""
    terminal.keys("Enter")
    terminal.waits_for("answer with this value")
    terminal.types(value)


def signs(terminal: Terminal, key: str = "s") -> None:
    """Sign, and say yes."""
    terminal.keys(key)
    terminal.waits_for("y  yes")
    terminal.keys("y")


@contextmanager
def place(gonogo: Gonogo, folder: Path, *, mode: str = "do-confirm", more: str = "") -> Iterator[Place]:
    """Make a corpus with the list; every terminal is closed afterwards."""
    corpus = folder / "corpus"
    (corpus / "checklists").mkdir(parents=True)
    (corpus / "tool").write_text("ready\n")
    for name in ("SSH_AUTH_SOCK", "DISPLAY", "NO_COLOR"):
        gonogo.env.pop(name, None)
    gonogo.env.update(HOME=str(gonogo.home), TERM="xterm-256color")
    made = Place(gonogo, corpus, [])
    made.list.write_text(LIST.replace("MODE", mode) + more)
    yield made
    for terminal in made.terminals:
        terminal.close()
