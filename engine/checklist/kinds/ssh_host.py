"""``ssh_host``: is the machine that answers the one whose key we know, and does it let us in?"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import Answer, State, no_answer
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_word
from engine.checklist.kinds.programs import Finished, run_program
from engine.errors import printable
from engine.run.off_loop import off_loop

_PATIENCE_S: Final = 10
"""For a connection; a host behind a slow link answers in one or two."""
_KNOWN_HOSTS: Final = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")
_UNKNOWN_NAME: Final = ("Could not resolve hostname", "getaddrinfo")
_OPTIONS: Final = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "ConnectTimeout": str(_PATIENCE_S),
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "ControlMaster": "no",
    "ControlPath": "none",
    "UpdateHostKeys": "no",
}
"""Nobody is asked, nothing is written down, and a connection that is already open proves nothing."""


@dataclass(frozen=True, slots=True)
class _Key:
    """A host key, as it stands in known_hosts."""

    type: str
    body: str
    is_revoked: bool = False

    @property
    def fingerprint(self) -> str:
        """What ``ssh-keygen -l`` prints for it."""
        digest = hashlib.sha256(base64.b64decode(self.body)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class SshHost(CheckTable, frozen=True, kw_only=True, tag="ssh_host"):
    """Asks an SSH server for its host keys, and holds them against the one that is wanted or those that are known."""

    host: str
    """Its name or address; for the keys, an alias in ~/.ssh/config is not looked up."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 22
    """Its port."""
    user: str = ""
    """Whom to log in as; "" for whom ssh would take."""
    fingerprint: Annotated[str, msgspec.Meta(pattern=r"\A(SHA256:[A-Za-z0-9+/]{43})?\Z")] = ""
    """The host key that is wanted, as ``ssh-keygen -l`` prints it; "" for one that known_hosts has."""
    known_hosts: str = ""
    """The file of known host keys; "" for the user's and the machine's."""
    login: bool = False
    """Whether to log in, too, and run ``true``; the host must be in known_hosts for that."""
    identity: str = ""
    """The private key to log in with; "" for those that ssh would take."""

    def __post_init__(self) -> None:
        """Refuse names that are options, and keys that only a login needs."""
        checked_word("host", self.host)
        if self.user:
            checked_word("user", self.user)
        if not self.login and (self.user or self.identity):
            raise ValueError("user and identity mean something with login = true alone")

    async def look(self, around: Around) -> Answer:
        """Ask for its keys, compare, and log in where that is wanted."""
        argv = ("ssh-keyscan", "-T", str(_PATIENCE_S), "-p", str(self.port), "--", self.host)
        scan = await run_program(argv, cwd=around.corpus, env={**around.env, "LC_ALL": "C"}, apart=True)
        keys = _keys(scan.text)
        if not keys:
            return self._silence(scan)
        state, read = await self._compare(keys, around)
        if state is not State.PASS or not self.login:
            return Answer(state, read, argv=scan.argv, exit_code=scan.code, output=scan.output)
        ended = await self._log_in(around)
        return self._judge_login(ended, read)

    def _silence(self, scan: Finished) -> Answer:
        if any(words in scan.last_words for words in _UNKNOWN_NAME):
            return no_answer(f"{self.host}: this name is not known")
        why = f": {scan.last_words}" if scan.last_words else ""
        return Answer(State.FAIL, f"no SSH server answers on {self._where}{why}", argv=scan.argv, exit_code=scan.code)

    @property
    def _where(self) -> str:
        return f"{self.host} port {self.port}"

    async def _compare(self, keys: tuple[_Key, ...], around: Around) -> tuple[State, str]:
        shown = ", ".join(f"{key.type} {key.fingerprint}" for key in keys)
        if self.fingerprint:
            right = any(key.fingerprint == self.fingerprint for key in keys)
            return (State.PASS, self.fingerprint) if right else (State.FAIL, f"{shown}; wanted {self.fingerprint}")
        known = await self._known(around)
        if any((key.type, key.body) == (one.type, one.body) for key in keys for one in known if one.is_revoked):
            return State.FAIL, f"{shown}: marked as revoked"
        trusted = {(one.type, one.body) for one in known if not one.is_revoked}
        same = [key for key in keys if (key.type, key.body) in trusted]
        other = [key for key in keys if key.type in {kind for kind, _ in trusted} and key not in same]
        if other:
            return State.FAIL, f"{other[0].type} {other[0].fingerprint} is not the key that is known for {self._where}"
        if not same:
            return State.FAIL, f"{shown}: no key is known for {self._where}"
        return State.PASS, f"{same[0].type} {same[0].fingerprint}, as it is known"

    async def _known(self, around: Around) -> tuple[_Key, ...]:
        """Look the host up; ssh-keygen knows patterns and hashed names."""
        name = self.host if self.port == 22 else f"[{self.host}]:{self.port}"
        found: list[_Key] = []
        for path in await off_loop(lambda: self._files(around)):
            argv = ("ssh-keygen", "-F", name, "-f", str(path))
            ended = await run_program(argv, cwd=around.corpus, env={**around.env, "LC_ALL": "C"}, apart=True)
            found += _keys(ended.text)
        return tuple(found)

    def _files(self, around: Around) -> tuple[Path, ...]:
        paths = map(around.path, [self.known_hosts] if self.known_hosts else _KNOWN_HOSTS)
        return tuple(path for path in paths if path.is_file())

    async def _log_in(self, around: Around) -> Finished:
        options = dict(_OPTIONS)
        if self.known_hosts:
            options |= {"UserKnownHostsFile": _quoted(around.path(self.known_hosts)), "GlobalKnownHostsFile": "none"}
        if self.identity:
            options |= {"IdentitiesOnly": "yes", "IdentityFile": _quoted(around.path(self.identity))}
        if self.user:
            options["User"] = self.user
        flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        argv = ("ssh", "-T", "-n", "-p", str(self.port), *flags, "--", self.host, "true")
        return await run_program(argv, cwd=around.corpus, env={**around.env, "LC_ALL": "C"}, apart=True)

    def _judge_login(self, ended: Finished, read: str) -> Answer:
        if ended.code == 0:
            return Answer(State.PASS, f"{read}; it lets us in", argv=ended.argv, exit_code=0, output=ended.output)
        why = ended.last_words or f"exit code {ended.code}"
        state = State.ERROR if any(words in why for words in _UNKNOWN_NAME) else State.FAIL
        return Answer(state, f"{read}; no login: {why}", argv=ended.argv, exit_code=ended.code, output=ended.output)


def _quoted(path: Path) -> str:
    """Write a path as ssh's options read it: blanks separate, and % begins a token."""
    return '"' + str(path).replace("%", "%%") + '"'


def _keys(text: str) -> tuple[_Key, ...]:
    """Read keys as known_hosts has them (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT); certificate authorities are none."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
        if len(fields) < 3 or fields[0].startswith("#") or marker not in ("", "@revoked"):
            continue
        try:
            base64.b64decode(fields[2], validate=True)
        except binascii.Error:
            continue
        found.append(_Key(printable(fields[1]), fields[2], marker == "@revoked"))
    return tuple(found)
