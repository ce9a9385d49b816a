"""The ledger's file: writers side by side, writers that are killed, disks that are full."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.checklist.answers import State
from engine.checklist.ledger.chain import Finding, Weight, check_chain
from engine.checklist.ledger.entries import Answered, Begun, Signed
from engine.checklist.ledger.lines import split_signature
from engine.checklist.ledger.store import Ledger
from engine.errors import GonogoError, SafetyStopError
from engine.run import appending

WRITER = """
import sys
from pathlib import Path
from tests.engine.checklist.test_ledger import answered, ledger_in
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    ledger_in(Path(sys.argv[1])).append(answered(f"{sys.argv[3]}-{number}"))
    print(number, flush=True)
"""


def ledger_in(folder: Path) -> Ledger:
    return Ledger(folder / "state", folder, "gonogo test")


def answered(value: str = "600") -> Answered:
    return Answered(
        list="flight", list_sha256="0" * 64, item="fuel", state=State.PASS, value=value, wanted="600", by="anna"
    )


def signed() -> Signed:
    return Signed(list="flight", list_sha256="0" * 64, by="anna", role="operator", covers=())


def tampered(ledger: Ledger) -> list[Finding]:
    return [each for each in check_chain(ledger.read()) if each.weight is Weight.TAMPERED]


def values(ledger: Ledger) -> list[str]:
    return [line.entry.value for line in ledger.read() if isinstance(line.entry, Answered)]


def writer(folder: Path, count: int, name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(count), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def rest_of(process: subprocess.Popen[str]) -> list[str]:
    """Read what a writer still said, and let go of it."""
    with process:
        assert process.stdout is not None
        return process.stdout.readlines()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_the_first_entry_begins_the_ledger_and_nothing_does_before_it(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    assert ledger.read() == ()
    assert list(tmp_path.iterdir()) == []
    line = ledger.append(answered())
    assert line == ledger.read()[-1]
    first, second = (each.entry for each in ledger.read())
    assert isinstance(first, Begun)
    assert first.corpus == str(tmp_path)
    assert isinstance(second, Answered)
    assert tampered(ledger) == []


def test_no_two_ledgers_begin_alike(tmp_path: Path) -> None:
    """No line of one can stand in another."""
    begun = []
    for name in ("one", "two"):
        ledger = Ledger(tmp_path / name, tmp_path, "gonogo test")
        ledger.append(answered())
        begun.append(ledger.read()[0].sha256)
    assert len(set(begun)) == 2


def test_two_processes_that_write_at_once_make_one_sound_chain(tmp_path: Path) -> None:
    writers = [writer(tmp_path, 50, name) for name in ("a", "b")]
    for each in writers:
        go(each)
    for each in writers:
        assert len(rest_of(each)) == 50
        assert each.returncode == 0
    ledger = ledger_in(tmp_path)
    assert list(check_chain(ledger.read())) == []
    assert len(ledger.read()) == 101
    assert sorted(values(ledger)) == sorted(f"{name}-{number}" for name in "ab" for number in range(50))
    assert [value for value in values(ledger) if value[0] == "a"] == [f"a-{number}" for number in range(50)]


def test_a_writer_that_is_killed_leaves_a_ledger_that_goes_on(tmp_path: Path) -> None:
    """Twenty times, at random moments: what it was told to be written is there, and the next entry follows."""
    chance = random.Random(4)
    ledger = ledger_in(tmp_path)
    for round_ in range(20):
        process = writer(tmp_path, 10_000, str(round_))
        go(process)
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(chance.randrange(1, 12))]
        process.send_signal(signal.SIGKILL)
        told += rest_of(process)
        written = [value for value in values(ledger) if value.startswith(f"{round_}-")]
        assert len(written) - sum(line.endswith("\n") for line in told) in {0, 1}
        assert tampered(ledger) == []
        ledger.append(answered("after"))
        assert values(ledger)[-1] == "after"
    assert tampered(ledger) == []


@pytest.mark.parametrize("cut", [1, 2, 40, 120])
def test_a_line_that_a_power_cut_tore_is_a_warning_and_the_next_entry_follows(tmp_path: Path, cut: int) -> None:
    ledger = ledger_in(tmp_path)
    for _ in range(3):
        ledger.append(answered())
    os.truncate(ledger.path, ledger.path.stat().st_size - cut)
    torn = [str(each) for each in check_chain(ledger.read())]
    told = [] if cut == 1 else ["line 4: cut off while it was written (a crash); nothing rests on it"]
    assert torn == told
    ledger.append(answered("after"))
    assert [str(each) for each in check_chain(ledger.read())] == told
    assert values(ledger)[-1] == "after"
    assert len(ledger.read()) == 5


@pytest.mark.parametrize("kept", [1, 30, -1])
def test_a_first_line_that_a_power_cut_tore_is_begun_anew(tmp_path: Path, kept: int) -> None:
    """Else the ledger would belong to no corpus for ever, and no gate would open on it."""
    ledger = ledger_in(tmp_path)
    ledger.append(answered())
    ledger.path.write_bytes(ledger.path.read_bytes().split(b"\n")[0][:kept])
    ledger.append(answered("after"))
    first = ledger.read()[0].entry
    assert isinstance(first, Begun)
    assert first.corpus == str(tmp_path)
    assert values(ledger) == ["after"]
    assert list(check_chain(ledger.read())) == []


SMALL_FILE = """
import resource, signal, sys
from pathlib import Path
from tests.engine.checklist.test_ledger import answered, ledger_in
from engine.errors import SafetyStopError
ledger = ledger_in(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = ledger.path.stat().st_size if ledger.path.exists() else 0
resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    ledger.append(answered())
except SafetyStopError as error:
    print(error)
"""


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_file_that_may_not_grow_leaves_the_ledger_as_it_was(tmp_path: Path, room: int) -> None:
    ledger = ledger_in(tmp_path)
    ledger.append(answered())
    before = ledger.path.read_bytes()
    argv = (sys.executable, "-c", SMALL_FILE, str(tmp_path), str(room))
    said = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]).stdout
    assert said == f"{ledger.path}: the ledger cannot be written (File too large); make room there and try again\n"
    assert ledger.path.read_bytes() == before
    ledger.append(answered("after"))
    assert list(check_chain(ledger.read())) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB that the test made and takes away."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    argv = ("mount", "-t", "tmpfs", "-o", "size=256k", "gonogo-test", str(folder))
    if subprocess.run(argv, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.privileged
def test_a_full_disk_leaves_the_ledger_as_it_was(small_disk: Path) -> None:
    ledger = ledger_in(small_disk)
    ledger.append(answered())
    ballast = small_disk / "ballast.bin"
    status = os.statvfs(small_disk)
    ballast.write_bytes(bytes(status.f_bavail * status.f_frsize))

    def fill_the_last_page() -> None:
        for _ in range(100):
            ledger.append(answered())

    with pytest.raises(SafetyStopError, match=r"cannot be written \(No space left on device\); make room there"):
        fill_the_last_page()
    before = ledger.path.read_bytes()
    assert before.endswith(b"\n")
    with pytest.raises(SafetyStopError):
        ledger.append(answered())
    assert ledger.path.read_bytes() == before
    assert list(check_chain(ledger.read())) == []
    ballast.unlink()
    ledger.append(answered("after"))
    assert values(ledger)[-1] == "after"
    assert list(check_chain(ledger.read())) == []


def test_a_state_folder_that_cannot_be_made_is_told_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(SafetyStopError, match=r"ledger\.jsonl: the ledger cannot be written .*; make room there"):
        ledger_in(tmp_path).append(answered())


def test_a_signature_that_another_entry_overtook_is_made_anew(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    payloads = []

    def slow(payload: bytes) -> str:
        payloads.append(payload)
        if len(payloads) < 3:
            ledger_in(tmp_path).append(answered(f"between-{len(payloads)}"))
        return f"signature {len(payloads)}"

    line = ledger.append(signed(), slow)
    assert len(payloads) == 3
    assert line.number == 4
    assert split_signature(line.content) == (payloads[2], "signature 3")
    assert values(ledger) == ["between-1", "between-2"]
    assert list(check_chain(ledger.read())) == []


def test_one_who_is_overtaken_again_and_again_is_told(tmp_path: Path) -> None:
    def slow(_: bytes) -> str:
        ledger_in(tmp_path).append(answered("between"))
        return "signature"

    with pytest.raises(GonogoError, match="other entries kept coming between; try again"):
        ledger_in(tmp_path).append(signed(), slow)
    assert not [line for line in ledger_in(tmp_path).read() if isinstance(line.entry, Signed)]


def test_nobody_waits_for_a_person_who_signs(tmp_path: Path) -> None:
    """The lock is not held while somebody types a passphrase."""
    asked, may_sign = threading.Event(), threading.Event()

    def passphrase(_: bytes) -> str:
        asked.set()
        assert may_sign.wait(60)
        return "signature"

    signer = threading.Thread(target=lambda: ledger_in(tmp_path).append(signed(), passphrase))
    signer.start()
    assert asked.wait(60)
    ledger_in(tmp_path).append(answered())
    may_sign.set()
    signer.join(60)
    assert [type(line.entry) for line in ledger_in(tmp_path).read()] == [Begun, Answered, Signed]


def test_a_writer_that_does_not_let_go_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "_WAIT_S", 0.1)
    ledger = ledger_in(tmp_path)
    ledger.append(answered())
    with ledger.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(GonogoError, match=r"another program has been writing for .* s; end it and try again"):
            ledger.append(answered())
    ledger.append(answered("after"))
    assert values(ledger) == ["600", "after"]
