"""Signing with real keys, agents and signers files; what counts is what OpenSSH itself says."""

from __future__ import annotations

import base64
import os
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.checklist.ledger.lines import split_signature, with_signature
from engine.checklist.signing.keys import identity
from engine.checklist.signing.signers import SignersFile
from engine.checklist.signing.sshkeygen import PassphraseWantedError, SigningError, Trust, sign, verify
from engine.checklist.walk import CannotSignError
from engine.errors import GonogoError
from engine.run.wire import encode
from tests.engine.checklist.keys import (
    Flight,
    fingerprint,
    key_of,
    make_flight,
    make_key,
    pen,
    public,
    signers_in,
    signers_line,
)

PAYLOAD = b'{"type":"signed","n":7}'
KINDS = {"ed25519": ("-t", "ed25519"), "ecdsa": ("-t", "ecdsa"), "rsa": ("-t", "rsa", "-b", "2048")}


def judged(signature: str, signers: SignersFile, who: str = "anna", role: str = "operator") -> Trust:
    return verify(PAYLOAD, signature, who, role, at=datetime.now(UTC), signers=signers)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_any_kind_signs_and_is_verified(tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path, "id", *KINDS[kind])
    signers = signers_in(tmp_path, signers_line("anna", key))
    assert judged(sign(PAYLOAD, key, "operator"), signers) == Trust(True, fingerprint(key))


def test_only_these_bytes_this_name_and_this_role_are_good(tmp_path: Path) -> None:
    signers = signers_in(tmp_path)
    signature = sign(PAYLOAD, key_of("anna"), "operator")
    assert judged(signature, signers).good
    assert not judged(signature, signers, who="bob").good
    assert not judged(signature, signers, role="reviewer").good
    assert not verify(PAYLOAD + b" ", signature, "anna", "operator", at=datetime.now(UTC), signers=signers).good


@pytest.mark.parametrize("signature", ["", "no", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"])
def test_what_is_no_signature_is_said_to_be_none(tmp_path: Path, signature: str) -> None:
    assert judged(signature, signers_in(tmp_path)) == Trust(False, "", "what stands there is no signature")


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An ssh-agent of the test's own."""
    with tempfile.TemporaryDirectory(prefix="gg-agent-") as folder:
        socket = str(Path(folder, "s"))
        with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline(), "it says where it listens once it does"
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            yield
            process.terminate()


def add_to_agent(key: Path) -> None:
    subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True)


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("named", ["id", "id.pub", None])
def test_a_key_that_only_the_agent_has_signs(
    tmp_path: Path, named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    key = make_key(home / ".ssh", "id")
    signers = signers_in(tmp_path, signers_line("anna", key))
    add_to_agent(key)
    key.unlink()
    who = identity(signers, key=None if named is None else key.with_name(named), home=home)
    assert (who.name, who.fingerprint) == ("anna", fingerprint(key))
    assert judged(sign(PAYLOAD, who.key, "operator"), signers).good


@pytest.mark.usefixtures("agent")
def test_a_key_of_a_forwarded_agent_signs_without_any_file_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    key = make_key(tmp_path, "id")
    signers = signers_in(tmp_path, signers_line("anna", key))
    add_to_agent(key)
    key.unlink()
    Path(f"{key}.pub").unlink()
    who = identity(signers, home=tmp_path / "nobody")
    assert who.name == "anna"
    assert judged(sign(PAYLOAD, who.key, "operator"), signers).good


@pytest.mark.usefixtures("agent")
def test_a_public_key_whose_private_half_is_nowhere_is_told(tmp_path: Path) -> None:
    key = make_key(tmp_path, "id")
    key.unlink()
    who = identity(signers_in(tmp_path, signers_line("anna", key)), key=Path(f"{key}.pub"))
    with pytest.raises(SigningError, match=r"cannot sign: .*; name another key, or mend this one"):
        sign(PAYLOAD, who.key, "operator")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("env", [{}, {"DISPLAY": ":0", "SSH_ASKPASS": "/bin/true", "SSH_ASKPASS_REQUIRE": "force"}])
def test_a_key_with_a_passphrase_fails_at_once_where_nobody_can_type_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str]
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    for variable, value in env.items():
        monkeypatch.setenv(variable, value)
    key = make_key(tmp_path, "id", passphrase="secret")
    with pytest.raises(PassphraseWantedError, match="wants its passphrase; add it to an agent"):
        sign(PAYLOAD, key, "operator")


SIGNER = """
import sys
from pathlib import Path
from engine.checklist.signing.sshkeygen import PassphraseWantedError, sign
assert sys.stdin.isatty()
try:
    sign(b"x", Path(sys.argv[1]), "operator")
except PassphraseWantedError:
    print("refused")
"""


@pytest.mark.timeout(20)
def test_no_passphrase_is_asked_for_on_a_terminal_that_others_use(tmp_path: Path) -> None:
    """The terminal belongs to the console: ssh-keygen gets no chance to write on it."""
    key = make_key(tmp_path, "id", passphrase="secret")
    program = tmp_path / "program.py"
    program.write_text(SIGNER)
    spawn = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))"
    env = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
    done = subprocess.run(
        [sys.executable, "-c", spawn, sys.executable, str(program), str(key)],
        capture_output=True,
        text=True,
        env={**env, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdin=subprocess.DEVNULL,
        check=True,
    )
    assert done.stdout.split() == ["refused"]


def test_a_key_that_is_not_enrolled_is_told_with_the_way_to_enrol_it(tmp_path: Path) -> None:
    signers = signers_in(tmp_path)
    key = key_of("mallory")
    with pytest.raises(SigningError, match=rf"not in {re.escape(str(signers.path))}; gonogo checklist enrol NAME"):
        identity(signers, key=key)
    with pytest.raises(SigningError, match="no key of you is in"):
        identity(signers, home=tmp_path)


def test_nobody_signs_as_somebody_else(tmp_path: Path) -> None:
    signers = signers_in(tmp_path)
    with pytest.raises(SigningError, match=r"this key is anna's in .*, not bob's; sign as anna"):
        identity(signers, name="bob", key=key_of("anna"))
    assert identity(signers, key=key_of("anna")).name == "anna"


def test_a_signature_that_would_not_count_is_never_written(tmp_path: Path) -> None:
    flight = make_flight(tmp_path)
    flight.answer("fuel", "600")
    before = flight.rows
    fuel = [flight.walk.checklist.item("fuel")]
    with pytest.raises(CannotSignError, match=r"anna cannot sign this: the key .* is bob's, not anna's"):
        flight.walk.sign(fuel, pen("anna", key_of("bob")))
    signers_in(flight.walk.signers.path.parent, signers_line("anna", key_of("anna"), ["reviewer"]))
    with pytest.raises(CannotSignError, match="anna may not sign as operator"):
        flight.walk.sign(fuel, pen("anna"))
    assert flight.rows == before


def test_the_key_is_found_in_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / ".ssh").mkdir()
    make_key(tmp_path / ".ssh", "another")
    key = make_key(tmp_path / ".ssh", "work.id")
    signers = signers_in(tmp_path, signers_line("anna", key))
    assert identity(signers, home=tmp_path).key == key
    assert identity(signers, name="anna", home=tmp_path).fingerprint == fingerprint(key)


# The signers file.


def test_enrolled_keys_may_sign_in_the_roles_that_they_were_given(tmp_path: Path) -> None:
    signers = SignersFile(tmp_path / "checklists" / "allowed_signers", tmp_path / "revoked")
    assert signers.enrolled() == ()
    added = signers.enrol("anna@ops", public(key_of("anna")) + " her laptop", ("operator", "reviewer"))
    assert signers.enrolled() == (added,)
    for role, good in {"operator": True, "reviewer": True, "override": False}.items():
        assert judged(sign(PAYLOAD, key_of("anna"), role), signers, "anna@ops", role).good is good
        assert added.may(role) is good


def test_one_key_stands_for_one_person(tmp_path: Path) -> None:
    signers = signers_in(tmp_path)
    before = signers.path.read_bytes()
    for name in ("anna", "dora"):
        with pytest.raises(GonogoError, match="this key is anna's already; one key stands for one person"):
            signers.enrol(name, public(key_of("anna")), ("operator",))
    assert signers.path.read_bytes() == before


def malformed() -> dict[str, str]:
    kind, blob = public(key_of("mallory")).split()
    name = b"ssh-ed25519"
    return {
        "nothing": "",
        "one word": kind,
        "no base64": f"{kind} ???",
        "another kind than it says": f"ssh-rsa {blob}",
        "a kind that there is not": f"foo {base64.b64encode(struct.pack('>I', 3) + b'foo').decode()}",
        "cut off": f"{kind} {blob[:40]}",
        "its kind alone": f"{kind} {base64.b64encode(struct.pack('>I', len(name)) + name).decode()}",
        "a private key": key_of("mallory").read_text(),
    }


@pytest.mark.parametrize("what", malformed())
def test_what_is_no_public_key_is_not_enrolled(tmp_path: Path, what: str) -> None:
    signers = signers_in(tmp_path)
    before = signers.path.read_bytes()
    with pytest.raises(GonogoError, match=r"is no public key; wanted the line of a \.pub file"):
        signers.enrol("dora", malformed()[what], ("operator",))
    assert signers.path.read_bytes() == before


@pytest.mark.parametrize("name", ["", "a b", "*", "!anna", "anna,bob", 'an"na', "an\nna", "#anna"])
def test_a_name_that_the_file_would_read_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GonogoError, match="is no name for a signer; wanted such as anna"):
        signers_in(tmp_path).enrol(name, public(key_of("mallory")), ("operator",))


@pytest.mark.parametrize("role", ["", "*", "Operator", 'a"', "a,b", "a\nb", "a@gonogo"])
def test_a_role_that_the_file_would_read_otherwise_is_refused(tmp_path: Path, role: str) -> None:
    with pytest.raises(GonogoError, match="is no role; wanted such as operator"):
        signers_in(tmp_path).enrol("dora", public(key_of("mallory")), (role,))


def test_enrolling_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    signers = signers_in(tmp_path, "# my own file\n", signers_line("anna", key_of("anna")).rstrip("\n"))
    before = signers.path.read_bytes()
    signers.enrol("bob", public(key_of("bob")), ("operator",))
    assert signers.path.read_bytes().startswith(before + b"\n")
    assert [each.name for each in signers.enrolled()] == ["anna", "bob"]
    for name in ("anna", "bob"):
        assert judged(sign(PAYLOAD, key_of(name), "operator"), signers, name).good


LINES = {
    "plain": ("anna {key}", "anna", True),
    "a comment behind": ("anna {key} anna@laptop, her own", "anna", True),
    "several names": ("cleo,anna {key}", "anna", True),
    "several names in quotes": ('"cleo,anna" {key}', "anna", True),
    "blanks before and between": ('  anna \t namespaces="operator@gonogo"  {key}', "anna", True),
    "options": ('anna namespaces="operator@gonogo",valid-after="20200101Z" {key}', "anna", True),
    "options in another order": ('anna valid-after="20200101",namespaces="x@y,operator@gonogo" {key}', "anna", True),
    "a role of several": ('anna namespaces="reviewer@gonogo,operator@gonogo" {key}', "anna", True),
    "roles as a pattern": ('anna namespaces="*@gonogo" {key}', "anna", True),
    "names as a pattern": ("*@ops {key}", "anna@ops", True),
    "another's pattern": ("*@dev {key}", "anna@ops", False),
    "somebody else": ("cleo {key}", "anna", False),
    "another role": ('anna namespaces="reviewer@gonogo" {key}', "anna", False),
    "commented out": ("# anna {key}", "anna", False),
}


@pytest.mark.parametrize("what", LINES)
def test_the_signers_file_reads_here_as_openssh_reads_it(tmp_path: Path, what: str) -> None:
    line, who, wanted = LINES[what]
    line = line.format(key=public(key_of("anna")))
    signers = signers_in(tmp_path, "# who may sign\n\n", f"{line}\n", signers_line("bob", key_of("bob")))
    assert judged(sign(PAYLOAD, key_of("anna"), "operator"), signers, who).good is wanted
    ours = [each for each in signers.enrolled() if each.fingerprint == fingerprint(key_of("anna"))]
    assert any(each.is_for(who) and each.may("operator") for each in ours) is wanted
    assert "bob" in signers.names_of(fingerprint(key_of("bob")))


def test_all_names_of_a_key_are_found(tmp_path: Path) -> None:
    both = ("anna,dora " + public(key_of("anna")) + "\n", '"emma" ' + public(key_of("anna")) + "\n")
    signers = signers_in(tmp_path, *both)
    assert signers.names_of(fingerprint(key_of("anna"))) == ("anna", "dora", "emma")


def test_a_pattern_is_nobodys_name(tmp_path: Path) -> None:
    signers = signers_in(tmp_path, f"*@ops {public(key_of('anna'))}\n")
    with pytest.raises(SigningError, match=r"knows this key only as \*@ops; say who you are with --as NAME"):
        identity(signers, key=key_of("anna"))
    assert identity(signers, name="anna@ops", key=key_of("anna")).name == "anna@ops"
    with pytest.raises(SigningError, match="not anna@dev's"):
        identity(signers, name="anna@dev", key=key_of("anna"))


# An auditor needs no gonogo.


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    flight = make_flight(tmp_path_factory.mktemp("flight"))
    flight.answer("fuel", "600")
    flight.sign("anna", "fuel")
    return flight


def test_plain_openssh_verifies_a_signed_line(flight: Flight, tmp_path: Path) -> None:
    """What is signed is the line without its last member, which is the signature: cut it out with any editor."""
    line = flight.rows[-1].decode()
    begin = line.index(',"signature":"')
    payload = line[:begin] + "}"
    armour = line[begin + len(',"signature":"') : -2].replace("\\n", "\n")
    (tmp_path / "signature").write_text(armour)
    argv = ["ssh-keygen", "-Y", "verify", "-f", str(flight.walk.signers.path), "-I", "anna", "-n", "operator@gonogo"]
    argv += ["-s", str(tmp_path / "signature")]
    done = subprocess.run(argv, input=payload, capture_output=True, text=True, check=True)
    assert done.stdout.startswith('Good "operator@gonogo" signature for anna with ED25519 key SHA256:')
    changed = subprocess.run(argv, input=payload.replace("600", "900"), capture_output=True, text=True, check=False)
    assert changed.returncode != 0


@given(text=st.text(), signature=st.text(min_size=1))
def test_what_was_signed_is_cut_out_of_a_line_byte_for_byte(text: str, signature: str) -> None:
    payload = encode({"by": text, "reason": f'{text},"signature":"{text}'})
    assert split_signature(with_signature(payload, signature)) == (payload, signature)
