"""What can be done to a ledger behind gonogo's back, what verify says of it, and that the gate stays shut."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from engine.checklist.ledger.chain import Weight
from engine.checklist.ledger.entries import Overridden
from engine.checklist.ledger.lines import Head, head_of, read_lines, split_signature, with_signature
from engine.checklist.ledger.verify import Witness, verify_ledger
from engine.checklist.signing.sshkeygen import sign
from engine.errors import UsageError
from tests.engine.checklist.keys import (
    Flight,
    key_of,
    make_flight,
    open_flight,
    public,
    rechained,
    sign_anew,
    signers_in,
    signers_line,
)

# The lines of a flight that is cleared; the machine's two answers come in either order.
BEGUN, _CHECKED, _CHECKED_TOO, FUEL, DOORS, FUEL_SIGNED, DOORS_SIGNED, DOORS_SIGNED_TOO = range(8)


@dataclass
class Cleared:
    """A flight whose list says GO, as it was before somebody laid hands on it."""

    rows: list[bytes]
    head: Head
    signers: str
    evidence: dict[str, bytes]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flight, Cleared]:
    flight = make_flight(tmp_path_factory.mktemp("flight"))
    asyncio.run(flight.clear())
    assert flight.walk.look().is_go
    assert flight.findings(head_of(flight.lines)) == ()
    kept = {path.name: path.read_bytes() for path in (flight.walk.around.state / "evidence").iterdir()}
    assert kept
    signers = flight.walk.signers.path.read_text()
    return flight, Cleared(flight.rows, head_of(flight.lines), signers, kept)


@pytest.fixture
def flight(template: tuple[Flight, Cleared]) -> Flight:
    """The flight as it was cleared: cheaper to put back than to make."""
    found, was = template
    found.put(was.rows)
    found.walk.signers.path.write_text(was.signers)
    found.walk.signers.revoked.unlink(missing_ok=True)
    for name, content in was.evidence.items():
        (found.walk.around.state / "evidence" / name).write_bytes(content)
    return open_flight(found.corpus)


@pytest.fixture
def head(template: tuple[Flight, Cleared]) -> Head:
    return template[1].head


def flight_now(flight: Flight) -> str:
    """What the gate would say: GO or not, with a fresh look at everything."""
    standing = open_flight(flight.corpus).walk.look()
    return "GO" if standing.is_go else f"NO-GO: {standing.why}"


def told(flight: Flight, head: Head | None = None) -> str:
    found = flight.verify(head)
    assert found.is_sound == all(each.weight is not Weight.TAMPERED for each in found.findings)
    return "\n".join(f"{each.weight}: {each}" for each in found.findings)


Rows = list[bytes]


def without(*numbers: int) -> Callable[[Rows], Rows]:
    return lambda rows: [row for number, row in enumerate(rows) if number not in numbers]


def edited(number: int, old: bytes, new: bytes) -> Callable[[Rows], Rows]:
    def edit(rows: Rows) -> Rows:
        assert old in rows[number]
        return [*rows[:number], rows[number].replace(old, new), *rows[number + 1 :]]

    return edit


def inserted(number: int, row: Callable[[Rows], bytes]) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows[:number], row(rows), *rows[number:]]


def unsigned(rows: Rows) -> Rows:
    payload, signature = split_signature(rows[FUEL_SIGNED])
    assert signature
    return [*rows[:FUEL_SIGNED], payload, *rows[FUEL_SIGNED + 1 :]]


def signature_of_another_line(rows: Rows) -> Rows:
    """Anna's own good signature, from another line of hers."""
    payload, _ = split_signature(rows[FUEL_SIGNED])
    _, others = split_signature(rows[DOORS_SIGNED])
    return [*rows[:FUEL_SIGNED], with_signature(payload, others), *rows[FUEL_SIGNED + 1 :]]


def forged_anew(number: int, key: str, role: str, **fields: str) -> Callable[[Rows], Rows]:
    """Write a signed line anew with some key, and everything after it so that the chain is whole."""

    def forge(rows: Rows) -> Rows:
        changed = sign_anew(rows[number], key_of(key), role, fields)
        return rechained_after(number, [*rows[:number], changed, *rows[number + 1 :]])

    return forge


def rechained_after(number: int, rows: Rows) -> Rows:
    """Let the lines after one follow it; that one stands as it is."""
    made = rows[: number + 1]
    for row in rows[number + 1 :]:
        above = b'"prev":"%s"' % hashlib.sha256(made[-1]).hexdigest().encode()
        made.append(re.sub(rb'"prev":"[0-9a-f]{64}"', above, row, count=1))
    return made


def forged_answer(rows: Rows) -> Rows:
    """The machine's answer is another, and the whole chain is computed anew."""
    assert b'"read":"shut"' in rows[1] + rows[2]
    return rechained([row.replace(b'"read":"shut"', b'"read":"open"') for row in rows])


TAMPERED: dict[str, tuple[Callable[[Rows], Rows], str]] = {
    "a machine's answer is edited": (
        lambda rows: [row.replace(b'"read":"on"', b'"read":"ok"') for row in rows],
        r"line [23]: this line was changed after it was written: line [34] does not follow it",
    ),
    "the answer of a person is edited": (
        edited(FUEL, b'"value":"600"', b'"value":"900"'),
        "line 4: this line was changed after it was written: line 5 does not follow it",
    ),
    "what was signed is edited": (
        edited(FUEL_SIGNED, b'"read":"600"', b'"read":"900"'),
        "line 6: sign-off of fuel by anna: incorrect signature: the signed text was changed",
    ),
    "the name under a sign-off is edited": (
        edited(FUEL_SIGNED, b'"by":"anna"', b'"by":"cleo"'),
        "line 6: sign-off of fuel by cleo: .*(is anna's, not cleo's|incorrect signature)",
    ),
    "the first line is removed": (
        without(BEGUN),
        "line 1: it is numbered 2 and stands at place 1: a line above it was removed or changed",
    ),
    "a line in the middle is removed": (
        without(FUEL),
        "line 4: it is numbered 5 and stands at place 4: a line above it was removed",
    ),
    "several lines are removed": (
        without(2, 3),
        "line 3: it is numbered 5 and stands at place 3: a line above it was removed",
    ),
    "two lines are moved": (
        lambda rows: [*rows[:3], rows[4], rows[3], *rows[5:]],
        "line 4: it is numbered 5 and stands at place 4: lines were moved",
    ),
    "a line is repeated": (
        inserted(FUEL + 1, lambda rows: rows[FUEL]),
        "line 5: it is numbered 4 and stands at place 5: line 4 was repeated, or written anew",
    ),
    "a sign-off is played again at the end": (
        inserted(8, lambda rows: rows[FUEL_SIGNED]),
        "line 9: it is numbered 6 and stands at place 9: line 6 was repeated",
    ),
    "a line is inserted": (
        inserted(FUEL, lambda rows: rows[FUEL].replace(b'"n":4', b'"n":99')),
        "line 4: it is numbered 99 and stands at place 4",
    ),
    "a blank line is inserted": (
        inserted(FUEL, lambda _: b""),
        "line 4: this is no entry of a ledger: the line was damaged",
    ),
    "an editor wrote CRLF": (
        lambda rows: [row + b"\r" for row in rows],
        "line 1: this line was changed after it was written: line 2 does not follow it",
    ),
    "a line is overwritten with rubbish": (
        lambda rows: [*rows[:3], b"\x00" * len(rows[3]), *rows[4:]],
        "line 4: this is no entry of a ledger: the line was damaged or overwritten",
    ),
    "the signature is left out": (unsigned, "line 6: sign-off of fuel by anna: it has no signature"),
    "the signature is another line's": (
        signature_of_another_line,
        "line 6: sign-off of fuel by anna: (signed in another role|incorrect signature)",
    ),
    "the chain is computed anew around a forged answer": (
        forged_answer,
        "sign-off of fuel by anna: incorrect signature: the signed text was changed",
    ),
    "signed with a key that nobody knows": (
        forged_anew(FUEL_SIGNED, "mallory", "operator"),
        r"line 6: sign-off of fuel by anna: the key SHA256:\S+ is not in \S+: nobody there may sign with it",
    ),
    "signed with somebody else's key": (
        forged_anew(FUEL_SIGNED, "bob", "operator"),
        r"line 6: sign-off of fuel by anna: the key SHA256:\S+ is bob's, not anna's",
    ),
    "signed in another role than the line says": (
        forged_anew(FUEL_SIGNED, "anna", "reviewer"),
        "line 6: sign-off of fuel by anna: signed in another role than 'operator'",
    ),
    "the second person is the first one again": (
        forged_anew(DOORS_SIGNED_TOO, "anna", "reviewer", by="bob"),
        r"line 8: sign-off of doors by bob: the key SHA256:\S+ is anna's, not bob's",
    ),
    "two ledgers are made one": (
        lambda rows: [*rows, rows[0]],
        "line 9: it is numbered 1 and stands at place 9: line 1 was repeated",
    ),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering_is_told_in_a_persons_words_and_shuts_the_gate(flight: Flight, head: Head, kind: str) -> None:
    tamper, wanted = TAMPERED[kind]
    assert flight_now(flight) == "GO"
    flight.put(tamper(flight.rows))
    assert re.search(wanted, told(flight)), told(flight)
    assert not flight.verify().is_sound
    assert not flight.verify(head).is_sound
    assert flight_now(flight).startswith("NO-GO")


SIGNERS: dict[str, tuple[Callable[[], list[str]], str]] = {
    "a role that the signers file does not give": (
        lambda: [signers_line("anna", key_of("anna"), ["reviewer"]), signers_line("bob", key_of("bob"))],
        r"line 6: sign-off of fuel by anna: anna may not sign as operator: \S+ does not give that role",
    ),
    "a key that had expired": (
        lambda: [
            signers_line("anna", key_of("anna"), more='valid-before="20200101Z"'),
            signers_line("bob", key_of("bob")),
        ],
        r"line 6: sign-off of fuel by anna: the key SHA256:\S+ of anna had expired when this was signed",
    ),
    "a key that was not valid yet": (
        lambda: [
            signers_line("anna", key_of("anna"), more='valid-after="21000101Z"'),
            signers_line("bob", key_of("bob")),
        ],
        r"line 6: sign-off of fuel by anna: the key SHA256:\S+ of anna was not valid yet when this was signed",
    ),
    "a key that left the signers file": (
        lambda: [signers_line("bob", key_of("bob"))],
        r"line 6: sign-off of fuel by anna: the key SHA256:\S+ is not in \S+: nobody there may sign with it",
    ),
    "a key that became somebody else's": (
        lambda: [signers_line("cleo", key_of("anna")), signers_line("bob", key_of("bob"))],
        r"line 6: sign-off of fuel by anna: the key SHA256:\S+ is cleo's, not anna's",
    ),
    "a wildcard that does not give the role": (
        lambda: [signers_line("an*", key_of("anna"), ["reviewer"]), signers_line("bob", key_of("bob"))],
        "line 6: sign-off of fuel by anna: anna may not sign as operator",
    ),
}


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_sign_off_counts_only_for_who_may_give_it(flight: Flight, kind: str) -> None:
    lines, wanted = SIGNERS[kind]
    assert flight_now(flight) == "GO"
    signers_in(flight.walk.signers.path.parent, *lines())
    assert re.search(wanted, told(flight)), told(flight)
    assert flight_now(flight).startswith("NO-GO")


def test_a_revoked_key_counts_no_more(flight: Flight) -> None:
    assert flight_now(flight) == "GO"
    flight.walk.signers.revoked.write_text(public(key_of("anna")) + "\n")
    assert re.search(r"line 6: sign-off of fuel by anna: the key SHA256:\S+ of anna is revoked in ", told(flight))
    assert "bob" not in told(flight)
    assert flight_now(flight).startswith("NO-GO")


def test_without_a_signers_file_no_signature_counts(flight: Flight) -> None:
    flight.walk.signers.path.unlink()
    assert "there is no signers file" in told(flight)
    assert flight_now(flight).startswith("NO-GO")


def test_a_tail_that_was_cut_off_shows_against_the_head(flight: Flight, head: Head) -> None:
    whole = flight.rows
    for kept in range(head.count):
        flight.put(whole[:kept])
        assert flight.verify().is_sound, "nothing in what is left can show it"
        wanted = "1 line was cut off" if head.count - kept == 1 else f"{head.count - kept} lines were cut off"
        assert wanted in told(flight, head)
        assert not flight.verify(head).is_sound


def test_a_tail_that_was_cut_off_and_grown_anew_shows_against_the_head(flight: Flight, head: Head) -> None:
    flight.put(flight.rows[:FUEL_SIGNED])
    for _ in range(3):
        flight.answer("fuel", "600", "somebody")
    assert flight.verify().is_sound
    assert "line 8: this line is not the one that the export wrote down: it was changed or replaced" in told(
        flight, head
    )
    assert not flight.verify(head).is_sound


def test_a_ledger_that_grew_since_its_head_was_written_down_is_sound(flight: Flight, head: Head) -> None:
    flight.answer("fuel", "600", "anna")
    assert flight.findings(head) == ()


def test_the_ledger_of_another_corpus_is_told_and_shuts_the_gate(flight: Flight, tmp_path: Path) -> None:
    other = make_flight(tmp_path)
    other.ledger.parent.mkdir()
    other.put(flight.rows)
    assert f"line 1: this ledger was begun for {flight.corpus}, and here it stands for {other.corpus}" in told(other)
    assert flight_now(other).startswith("NO-GO")
    assert str(flight.corpus) in flight_now(other)


def test_changed_evidence_is_told_and_shuts_the_gate(flight: Flight) -> None:
    (doors,) = (flight.walk.around.state / "evidence").glob(hashlib.sha256(b"shut\n").hexdigest())
    doors.write_bytes(b"open\n")
    assert re.search(r"tampered: line [23]: the output that doors rests on was changed: evidence/\w{64}", told(flight))
    assert "the output that doors rests on was changed" in flight_now(flight)


def test_evidence_that_is_gone_is_a_warning(flight: Flight) -> None:
    for path in (flight.walk.around.state / "evidence").iterdir():
        path.unlink()
    assert re.search("warning: line [23]: the output that doors rests on is gone", told(flight))
    assert flight.verify().is_sound
    assert flight_now(flight) == "GO"


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/dev/zero", "a\\u0000b", "x" * 300])
def test_evidence_outside_its_folder_is_never_opened(flight: Flight, name: str) -> None:
    field = b'"kept_sha256":"%s"' % name.encode()
    flight.put(rechained([re.sub(rb'"kept_sha256":"\w+"', lambda _: field, row) for row in flight.rows]))
    assert "has no hash for its name" in told(flight)


HOSTILE = {
    "a name with a NUL": ("by", "an\0na"),
    "a name that is an option": ("by", "-O"),
    "a name longer than a command line": ("by", "a" * 300_000),
    "a time at the end of the world": ("time", "9999-12-31T23:59:59-23:59"),
    "a time at its beginning": ("time", "0001-01-01T00:00:00+23:59"),
    "no time": ("time", "soon"),
    "a role with a NUL": ("role", "oper\0ator"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_line_is_a_finding_and_no_crash(flight: Flight, what: str) -> None:
    key, value = HOSTILE[what]
    rows = flight.rows
    changed = sign_anew(rows[FUEL_SIGNED], key_of("anna"), "operator", {key: value})
    flight.put(rechained_after(FUEL_SIGNED, [*rows[:FUEL_SIGNED], changed, *rows[FUEL_SIGNED + 1 :]]))
    assert not flight.verify().is_sound
    assert flight_now(flight).startswith("NO-GO")


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "soon"])
def test_an_answer_with_an_impossible_time_does_not_count(flight: Flight, time: str) -> None:
    rows = [re.sub(rb'"time":"[^"]+"', b'"time":"%s"' % time.encode(), row) for row in flight.rows]
    flight.put(rechained(rows))
    assert flight_now(flight).startswith("NO-GO")


@pytest.mark.parametrize("row", [b'{"type":"begun","ledger":' + b"[" * 200_000, b'"' + b"\\" * 99, b"\xff\xfe", b"[]"])
def test_a_line_that_is_no_entry_is_told(flight: Flight, row: bytes) -> None:
    flight.put([*flight.rows[:3], row, *flight.rows[3:]])
    assert "line 4: this is no entry of a ledger" in told(flight)
    assert flight_now(flight).startswith("NO-GO")


def test_what_verify_tells_moves_no_cursor(flight: Flight) -> None:
    rows = flight.rows
    changed = sign_anew(rows[FUEL_SIGNED], key_of("bob"), "operator", {"by": "\x1b[2Janna\n", "time": "\x1b[1m"})
    flight.put(rechained_after(FUEL_SIGNED, [*rows[:FUEL_SIGNED], changed, *rows[FUEL_SIGNED + 1 :]]))
    assert "\\x1b[2Janna\\n" in told(flight)
    assert all(each.told.isprintable() for each in flight.findings())


def test_an_override_counts_in_its_own_role_alone(flight: Flight) -> None:
    """Who may sign as operator cannot open a gate by calling that an override."""
    signers_in(flight.walk.signers.path.parent, signers_line("anna", key_of("anna"), ["operator"]))
    listed = flight.walk.checklist
    for role in ("operator", "override"):
        entry = Overridden(
            list=listed.id,
            list_sha256=listed.sha256,
            gate="convert.start",
            by="anna",
            role=role,
            reason="I want to",
            missing=(),
        )
        flight.walk.ledger.append(entry, partial(sign, key=key_of("anna"), role=role))
        standing = open_flight(flight.corpus).walk.look()
        assert standing.override_of("convert.start") is None
        assert standing.overrides == ()


@pytest.mark.parametrize("head", ["", "8", "8:ab", "x:" + "0" * 64, "9" * 5000 + ":" + "0" * 64], ids=len)
def test_a_head_that_is_none_is_refused(head: str) -> None:
    with pytest.raises(UsageError, match="is no head of a ledger: wanted COUNT:SHA256"):
        Head.parse(head)


FLIPS = 1_000


def test_of_a_thousand_flipped_bits_none_is_missed_with_the_head(flight: Flight, head: Head) -> None:
    """Without the head, only what stands in the last line is missed: nobody signed it and nothing follows it."""
    flight.answer("fuel", "600", "bob")
    flight.walk.opened("convert.start", "run", None)
    flight.sign("bob", "fuel")
    for _ in range(4):
        flight.walk.opened("convert.start", "run", None)
    whole, lines = flight.ledger.read_bytes(), flight.lines
    assert len(lines) == 15
    end = head_of(lines)
    witness, state = Witness(flight.walk.signers), flight.walk.around.state
    last_signed = max(line.number for line in lines if split_signature(line.content)[1])
    chance = random.Random(20_260_131)
    newlines = [place for place, byte in enumerate(whole) if byte == 0x0A]
    places = [*newlines, *(chance.randrange(len(whole)) for _ in range(FLIPS - len(newlines)))]
    missed, missed_without = 0, Counter[int]()
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        found = read_lines(bytes(flipped))
        missed += verify_ledger(found, witness, state, [(end, "the export")], flight.corpus).is_sound
        if verify_ledger(found, witness, state, (), flight.corpus).is_sound:
            missed_without[whole[:place].count(b"\n") + 1] += 1
    assert missed == 0
    assert set(missed_without) <= {len(lines)}, "only the last line, which no other follows"
    assert len(lines) > last_signed
    assert missed_without, "a ledger without its head cannot show everything: a test that can fail"
