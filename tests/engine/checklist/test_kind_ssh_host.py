from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from engine.checklist.answers import Answer, State
from tests.engine.checklist.asking import around, item, look

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
CLIENTS = ("ssh", "ssh-keygen", "ssh-keyscan")
needs_ssh = pytest.mark.skipif(
    SSHD is None or not all(map(shutil.which, CLIENTS)),
    reason="there is no sshd, or no ssh, ssh-keygen and ssh-keyscan",
)
TRIES = 5
"""For a port that nobody took between our finding it and the server's taking it."""


@dataclass(frozen=True)
class Server:
    folder: Path
    port: int

    @property
    def fingerprint(self) -> str:
        return said("ssh-keygen", "-lf", self.folder / "host.pub").split()[1]

    def know(self, key: Path | None = None, marker: str = "") -> None:
        kind, body = (key or self.folder / "host.pub").read_text().split()[:2]
        line = f"{marker} [127.0.0.1]:{self.port} {kind} {body}\n".lstrip()
        (self.folder / "known").write_text(line)


def said(*argv: str | Path) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def new_key(path: Path) -> Path:
    said("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path)
    return path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real sshd on the loopback, with throw-away keys."""
    folder = tmp_path_factory.mktemp("ssh d")  # a blank, for paths in options
    new_key(folder / "host")
    new_key(folder / "user")
    new_key(folder / "stranger")
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd asks for it, and start scripts make it
    for _ in range(TRIES):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (folder / "config").write_text(
            f'Port {port}\nListenAddress 127.0.0.1\nHostKey "{folder / "host"}"\nPidFile none\nUsePAM no\n'
            f'AuthorizedKeysFile "{folder / "authorized"}"\nStrictModes no\nPermitRootLogin yes\n'
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        )
        argv = [str(SSHD), "-D", "-e", "-f", str(folder / "config")]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            lines = iter(server.stderr.readline, "")
            if any("Server listening" in line for line in lines):
                yield Server(folder, port)
                server.terminate()
                server.communicate()
                return
    pytest.fail("sshd did not begin to listen")


@pytest.fixture
def server(running: Server) -> Server:
    (running.folder / "known").write_text("")
    return running


async def ask(server: Server, keys: str = "") -> Answer:
    table = f'type = "ssh_host"\nhost = "127.0.0.1"\nport = {server.port}\nknown_hosts = "known"\n{keys}'
    return await look(around(server.folder), table)


LOGIN = f"login = true\nuser = '{getpass.getuser()}'\n"


@needs_ssh
async def test_the_fingerprint_that_is_wanted_passes(server: Server) -> None:
    answer = await ask(server, f"fingerprint = '{server.fingerprint}'")
    assert (answer.state, answer.read) == (State.PASS, server.fingerprint)


@needs_ssh
async def test_another_fingerprint_fails_whatever_is_known(server: Server) -> None:
    server.know()
    wanted = "SHA256:" + "A" * 43
    answer = await ask(server, f"fingerprint = '{wanted}'")
    assert (answer.state, answer.read) == (
        State.FAIL,
        f"ssh-ed25519 {server.fingerprint}; wanted {wanted}",
    )


@needs_ssh
async def test_a_known_key_passes(server: Server) -> None:
    server.know()
    answer = await ask(server)
    assert (answer.state, answer.read) == (State.PASS, f"ssh-ed25519 {server.fingerprint}, as it is known")


@needs_ssh
async def test_a_key_that_is_known_by_a_hashed_name_passes(server: Server) -> None:
    server.know()
    said("ssh-keygen", "-q", "-H", "-f", server.folder / "known")
    assert "127.0.0.1" not in (server.folder / "known").read_text()
    assert (await ask(server)).state is State.PASS


@needs_ssh
async def test_a_host_whose_key_changed_fails(server: Server) -> None:
    server.know(server.folder / "stranger.pub")
    answer = await ask(server)
    assert answer.state is State.FAIL
    assert answer.read.endswith(f"is not the key that is known for 127.0.0.1 port {server.port}")


@needs_ssh
async def test_a_host_that_nobody_knows_fails_with_its_fingerprint(server: Server) -> None:
    answer = await ask(server)
    assert (answer.state, answer.read) == (
        State.FAIL,
        f"ssh-ed25519 {server.fingerprint}: no key is known for 127.0.0.1 port {server.port}",
    )
    (server.folder / "known").unlink()
    assert (await ask(server)).state is State.FAIL


@needs_ssh
async def test_a_key_that_was_revoked_fails(server: Server) -> None:
    server.know(marker="@revoked")
    answer = await ask(server)
    assert answer.state is State.FAIL
    assert answer.read.endswith("marked as revoked")


@needs_ssh
async def test_a_login_with_the_right_key_passes(server: Server) -> None:
    server.know()
    answer = await ask(server, LOGIN + "identity = 'user'")
    assert answer.state is State.PASS, answer.read
    assert answer.read.endswith("; it lets us in")
    assert answer.argv[0] == "ssh"


@needs_ssh
async def test_a_login_with_another_key_fails(server: Server) -> None:
    server.know()
    answer = await ask(server, LOGIN + "identity = 'stranger'")
    assert answer.state is State.FAIL
    assert "Permission denied" in answer.read


@needs_ssh
async def test_nothing_logs_in_where_the_host_is_not_known(server: Server) -> None:
    answer = await ask(server, LOGIN + f"identity = 'user'\nfingerprint = '{server.fingerprint}'")
    assert answer.state is State.FAIL
    assert "Host key verification failed" in answer.read
    assert (server.folder / "known").read_text() == ""


@needs_ssh
async def test_a_port_without_a_server_fails(server: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = await ask(Server(server.folder, taken.getsockname()[1]))
    assert answer.state is State.FAIL
    assert answer.read.startswith("no SSH server answers on 127.0.0.1 port ")


@needs_ssh
async def test_a_name_that_nobody_knows_cannot_be_answered(tmp_path: Path) -> None:
    answer = await look(around(tmp_path), 'type = "ssh_host"\nhost = "no-such-host.invalid"')
    assert (answer.state, answer.read) == (State.ERROR, "no-such-host.invalid: this name is not known")


async def test_a_machine_without_ssh_cannot_ask(tmp_path: Path) -> None:
    answer = await look(around(tmp_path, env={"PATH": str(tmp_path)}), 'type = "ssh_host"\nhost = "127.0.0.1"')
    assert (answer.state, answer.read) == (State.ERROR, "ssh-keyscan cannot be started: No such file or directory")


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("", "missing required field `host`"),
        ('host = "-oProxyCommand=x"', "wanted one word"),
        ('host = "a"\nport = 0', ">= 1"),
        ('host = "a"\nfingerprint = "MD5:00"', "matching regex"),
        ('host = "a"\nuser = "-x"', "wanted one word"),
        ('host = "a"\nuser = "b"', "login = true alone"),
        ('host = "a"\nidentity = "~/.ssh/id"', "login = true alone"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_list_is_read(keys: str, wanted: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=wanted):
        item(f'type = "ssh_host"\n{keys}')
