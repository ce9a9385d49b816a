import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import msgspec

from engine.host.terminal import TerminalFacts, terminal_facts

REPORT = (
    "import sys, msgspec; from engine.host.terminal import terminal_facts; "
    "sys.stdout.write(msgspec.json.encode(terminal_facts()).decode())"
)
ROOT = str(Path(__file__).parents[3])


def test_the_environment_is_told_as_it_is() -> None:
    facts = terminal_facts({"TERM": "tmux-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/x", "LANG": "C.UTF-8"})
    assert (facts.term, facts.colorterm, facts.tmux, facts.ssh) == ("tmux-256color", "truecolor", True, False)
    assert facts.locale_name == "C.UTF-8"
    assert not facts.no_color


def test_without_a_terminal_there_is_no_size() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPORT], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    facts = msgspec.json.decode(done.stdout, type=TerminalFacts)
    assert (facts.columns, facts.rows) == (None, None)
    assert (facts.stdin_is_terminal, facts.stdout_is_terminal, facts.stderr_is_terminal) == (False, False, False)


def test_the_size_is_that_of_the_terminal_even_where_output_goes_elsewhere() -> None:
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 132, 0, 0))
        done = subprocess.run(
            [sys.executable, "-c", REPORT], cwd=ROOT, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, check=True
        )
    finally:
        os.close(ours)
        os.close(theirs)
    facts = msgspec.json.decode(done.stdout, type=TerminalFacts)
    assert (facts.columns, facts.rows) == (132, 40)
    assert (facts.stdin_is_terminal, facts.stdout_is_terminal, facts.stderr_is_terminal) == (True, False, True)
