"""The alerts of the home screen are those of the screen of alerts, and what is acknowledged there is quiet here."""

from __future__ import annotations

from pathlib import Path

from app.alerts_reading import AlertSource
from app.home.look import ACKNOWLEDGED, LEDGER, Home
from app.home.values import HomeSeen, Kind, Place, Ref
from engine.checklist.ledger import store
from engine.convert.events import ShardQuarantined
from engine.convert.view import Level
from engine.errors import Fault
from engine.run.outcome import Outcome
from engine.watch import acknowledged
from tests.app.home.made import convert_summary, inventory_summary, place, run
from tests.app.home.test_cost import make, touched
from tests.app.program import until

TORN = Fault("the tar is cut short", file="a/shard_00000/audio.tar")


def source_of(where: Place) -> AlertSource:
    return AlertSource(where.corpus, where.state, where.settings, "anna")


def look(where: Place, source: AlertSource) -> HomeSeen:
    home = Home(where, alerts=lambda: source)
    try:
        return home.settle()
    finally:
        home.close()


def test_what_somebody_has_acknowledged_is_quiet_until_it_grows(corpus: Path, state: Path) -> None:
    where = place(corpus)
    source = source_of(where)
    one = ShardQuarantined(shard="a/shard_00000", source="a", fault=TORN)
    first = run(state, "convert", one, convert_summary(Outcome.SOME_FAILED, quarantined=1))
    seen = look(where, source)
    (told,) = seen.concerns
    assert (told.level, told.about, told.ref) == (Level.RED, "shards", Ref(Kind.RUN, first))
    assert (seen.level, seen.acknowledged) == (Level.RED, 0)
    source.acknowledge(source.look()[0].concerns[0], "known since the recording")
    seen = look(where, source)
    assert (seen.level, seen.concerns, seen.acknowledged) == (Level.GREEN, (), 1)
    assert seen.headline == "nothing new is wrong (1 acknowledged), nothing runs"
    another = ShardQuarantined(shard="a/shard_00001", source="a", fault=TORN)
    run(state, "convert", one, another, convert_summary(Outcome.SOME_FAILED, quarantined=2))
    home = Home(where, alerts=lambda: source)
    assert home.settle().acknowledged in (0, 1), "the runs are listed once a second"
    until(lambda: home.look().acknowledged == 0, "what has grown since")
    assert home.look().level is Level.RED
    home.close()
    source.close()


def test_what_the_alerts_do_not_know_is_told_all_the_same(corpus: Path, state: Path) -> None:
    (corpus / "gonogo.toml").write_text(
        '[convert]\nfloor = "900000TB"\n[gates]\n"convert.start" = "phase2-conversion"\n"train.start" = "gone"\n'
    )
    run(state, "inventory", inventory_summary(pending=3))
    run(state, "convert", convert_summary(Outcome.ERROR, detail="the disk refuses writes"))
    where = place(corpus)
    source = source_of(where)
    told = {each.about: each.level for each in look(where, source).concerns}
    assert {name: level for name, level in told.items() if not name.startswith("convert ")} == {
        "disk": Level.RED,
        "gone": Level.RED,
        "phase2-conversion": None,
    }
    assert [level for name, level in told.items() if name.startswith("convert ")] == [Level.RED]
    source.close()


def test_a_ledger_that_was_changed_is_red_though_no_gate_rests_on_a_list(corpus: Path, state: Path) -> None:
    (state / "ledger.jsonl").write_text('{"n": 7, "no": "chain"}\n')
    where = place(corpus)
    seen = look(where, source_of(where))
    assert (seen.level, len(seen.concerns)) == (Level.RED, 1)
    assert "the ledger cannot be believed" in seen.headline


def test_a_list_that_keeps_a_gate_shut_is_told_before_anybody_answered_it(corpus: Path, state: Path) -> None:
    (corpus / "checklists").mkdir()
    (corpus / "checklists" / "mine.toml").write_text("[checklist\n")
    (corpus / "gonogo.toml").write_text('[gates]\n"convert.start" = "mine"\n')
    where = place(corpus)
    seen = look(where, source_of(where))
    assert (seen.level, [each.about for each in seen.concerns]) == (Level.UNKNOWN, ["mine"])
    assert list(state.iterdir()) == [], "looking leaves nothing behind"


def test_a_run_whose_record_is_damaged_is_told_until_somebody_has_seen_it(corpus: Path, state: Path) -> None:
    damaged = run(state, "convert", convert_summary(done=1))
    (state / "runs" / damaged / "run.json").write_text('{"run": 3}')
    where = place(corpus)
    source = source_of(where)
    seen = look(where, source)
    assert (seen.level, [each.about for each in seen.concerns]) == (Level.UNKNOWN, [f"convert {damaged[-4:]}"])
    assert "run.json" in seen.headline
    source.acknowledge(source.look()[0].concerns[0], "the disk was full")
    assert look(where, source).level is Level.GREEN
    source.close()


def test_a_look_at_what_has_not_changed_opens_no_file_beside_the_alerts_either(corpus: Path, state: Path) -> None:
    make(state)
    where = place(corpus)
    source = source_of(where)
    clock = [0.0]
    home = Home(where, lambda: clock[0], alerts=lambda: source)
    home.settle()
    with touched() as files:
        for _ in range(16):
            clock[0] += 0.25
            home.look()
    home.close()
    source.close()
    assert files == []


def test_the_names_of_files_that_are_looked_at_are_those_of_their_owners() -> None:
    assert (ACKNOWLEDGED, LEDGER) == (acknowledged.FILE_NAME, store.FILE_NAME)
