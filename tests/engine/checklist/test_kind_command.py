from __future__ import annotations

import hashlib
import os
import sys
import time
from functools import partial
from pathlib import Path

import msgspec
import psutil
import pytest

from engine.checklist.answers import OUTPUT_KEPT_BYTES, State
from tests.app.program import until
from tests.engine.checklist.asking import around, item, look

PYTHON = f'type = "command"\nargv = ["{sys.executable}", "-c", '


def python(program: str, more: str = "") -> str:
    return PYTHON + f"'''{program}''']\n{more}"


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_a_timeout_ends_the_program_and_all_that_it_started(tmp_path: Path) -> None:
    program = (
        "import os, subprocess, sys, time\n"
        'child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])\n'
        'open("pids", "w").write(f"{os.getpid()} {child.pid}")\ntime.sleep(600)'
    )
    answer = await look(around(tmp_path), python(program), within="3s")
    assert (answer.state, answer.read) == (State.ERROR, "no answer within 3s")
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        until(partial(gone, pid), "its end")


async def test_a_program_that_ignores_every_polite_signal_is_ended_in_time(tmp_path: Path) -> None:
    program = (
        "import os, signal, time\n[signal.signal(one, signal.SIG_IGN) for one in (1, 2, 15)]\n"
        'open("pids", "w").write(str(os.getpid()))\ntime.sleep(600)'
    )
    assert (await look(around(tmp_path), python(program), within="2s")).state is State.ERROR
    until(partial(gone, int((tmp_path / "pids").read_text())), "its end")


async def test_children_of_a_program_that_ended_do_not_outlive_it(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys\n"
        'child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])\nprint("pid", child.pid)'
    )
    answer = await look(around(tmp_path), python(program, "match = 'pid (.*)'"))
    assert answer.state is State.PASS
    until(partial(gone, int(answer.read)), "its end")


async def test_a_daemon_that_keeps_the_output_open_does_not_hold_the_answer(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys\n"
        'child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)\n'
        'print("pid", child.pid)'
    )
    since = time.monotonic()
    answer = await look(around(tmp_path), python(program, "match = 'pid (.*)'"), within="60s")
    os.kill(int(answer.read), 9)
    assert answer.state is State.PASS
    assert time.monotonic() - since < 30


async def test_a_hundred_megabytes_are_hashed_and_not_kept(tmp_path: Path) -> None:
    program = "import sys\nfor _ in range(100): sys.stdout.buffer.write(bytes(range(256)) * 4096)"
    memory = psutil.Process()
    before = memory.memory_info().rss
    answer = await look(around(tmp_path), python(program))
    assert answer.output is not None
    assert answer.state is State.PASS
    assert answer.output.size_bytes == 100 << 20
    assert len(answer.output.head) == OUTPUT_KEPT_BYTES
    whole = hashlib.sha256()
    for _ in range(100):
        whole.update(bytes(range(256)) * 4096)
    assert answer.output.sha256 == whole.hexdigest()
    assert memory.memory_info().rss - before < 50 << 20


@pytest.mark.parametrize(
    ("bounds", "state"),
    [
        ("min = 1327", State.PASS),
        ("max = 1327", State.PASS),
        ("min = 1_328", State.FAIL),
        ("max = 1326.5", State.FAIL),
        ("min = 1000\nmax = 2000", State.PASS),
    ],
)
async def test_the_value_read_is_held_against_its_bounds(tmp_path: Path, bounds: str, state: State) -> None:
    answer = await look(around(tmp_path), python('print("rows: 1,327 of 9")', f"match = 'rows: (\\S+)'\n{bounds}"))
    assert (answer.state, answer.read) == (state, "1,327")


async def test_a_value_that_is_no_number_cannot_be_held_against_bounds(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), python('print("rows: many")', "match = 'rows: (.+)'\nmin = 1"))
    assert (answer.state, answer.read) == (State.ERROR, "'many' is no number")


async def test_not_a_number_is_inside_no_bounds(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), python('print("loss nan")', "match = 'loss (.+)'\nmax = 5"))
    assert answer.state is State.FAIL


async def test_an_exit_code_that_is_not_wanted_fails_with_the_last_words(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), python('import sys; print("hi"); sys.exit("no room\\x1b[31m")'))
    assert (answer.state, answer.exit_code) == (State.FAIL, 1)
    assert answer.read == "exit code 1: no room\\x1b[31m"


async def test_another_exit_code_can_be_wanted(tmp_path: Path) -> None:
    assert (await look(around(tmp_path), python("import sys; sys.exit(3)", "exit = 3"))).state is State.PASS


async def test_a_pattern_that_is_not_found_fails(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), python('print("all well")', "match = 'degraded'"))
    assert (answer.state, answer.read) == (State.FAIL, "nothing that matches 'degraded'; it said 'all well'")


async def test_a_program_gets_no_terminal_and_no_input(tmp_path: Path) -> None:
    program = (
        "import os, sys\nprint([os.isatty(one) for one in (0, 1, 2)], repr(sys.stdin.read()))\n"
        'try: os.open("/dev/tty", os.O_RDWR)\nexcept OSError: print("no terminal")'
    )
    answer = await look(around(tmp_path), python(program))
    assert answer.read == "no terminal"
    assert answer.output is not None
    assert answer.output.head.startswith(b"[False, False, False] ''")


async def test_a_program_that_is_not_there_cannot_be_asked(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), 'type = "command"\nargv = ["no-such-program-at-all"]')
    assert answer.state is State.ERROR
    assert answer.read == "no-such-program-at-all cannot be started: No such file or directory"


async def test_a_folder_that_is_not_there_is_named_and_not_the_program(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), 'type = "command"\nargv = ["true"]\ncwd = "gone"')
    assert (answer.state, answer.read) == (
        State.ERROR,
        f"true cannot be started in {tmp_path / 'gone'}: No such file or directory",
    )


async def test_variables_are_put_in_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    table = 'type = "command"\nargv = ["echo", "$CORPUS $WHO"]'
    answer = await look(around(tmp_path, env={**os.environ, "WHO": "me"}), table)
    assert (answer.read, answer.argv) == (f"{tmp_path} me", ("echo", f"{tmp_path} me"))
    assert "no variable 'WHO'" in (await look(around(tmp_path, env={"PATH": os.environ["PATH"]}), table)).read


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("argv = []", "length >= 1"),
        ('argv = ["x"]\nmatch = "("', "no regular expression"),
        ('argv = ["x"]\nmatch = "x"\nmin = 1', r"match with a \(group\)"),
        ('argv = ["x"]\nmatch = "(x)"\nmin = 2\nmax = 1', "min 2 is more than max 1"),
        ('argv = ["x"]\nshell = true', "unknown field `shell`"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "command"\n{keys}')
