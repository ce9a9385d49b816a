import resource
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from engine.errors import InputError, SafetyStopError
from engine.run.events import Event, Resumed, Stopping, Summary, Version, Warned, WorkerEnded, WorkerStarted
from engine.run.log import EventLog, encode_event
from engine.run.outcome import Outcome
from engine.run.reading import EventParser, LogTail, read_events

MOMENT = datetime(2026, 1, 31, 9, 30, 0, 125_999, tzinfo=UTC)


class Converted(Event, frozen=True, kw_only=True):
    shard: str


class ConvertSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    converted: int


def log_at(path: Path | None, run_id: str | None = "r1") -> EventLog:
    return EventLog(path, run_id, now=lambda: MOMENT)


def test_a_line_starts_with_type_time_and_run() -> None:
    line = encode_event(WorkerStarted(worker=1, pid=41), moment=MOMENT, run_id="r1")
    assert line == (b'{"type":"worker_started","time":"2026-01-31T09:30:00.125Z","run":"r1","worker":1,"pid":41}\n')


def test_time_is_told_in_utc_wherever_the_clock_stands() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert b'"time":"2026-01-31T09:30:00.125Z","run":null,' in encode_event(
        Stopping(why="x"), moment=elsewhere, run_id=None
    )


def test_an_event_without_fields_is_a_line_too() -> None:
    class Nothing(Event, frozen=True, kw_only=True):
        pass

    assert encode_event(Nothing(), moment=MOMENT, run_id=None).endswith(b'Z","run":null}\n')


def test_an_event_cannot_declare_what_the_log_writes() -> None:
    with pytest.raises(TypeError, match="time"):

        class Timed(Event, frozen=True, kw_only=True):
            time: str


def test_a_jobs_summary_is_typed_summary() -> None:
    line = encode_event(
        ConvertSummary(job="convert", outcome=Outcome.OK, seconds=1.5, converted=3), moment=MOMENT, run_id="r"
    )
    assert msgspec.json.decode(line) == {
        "type": "summary", "time": "2026-01-31T09:30:00.125Z", "run": "r",
        "job": "convert", "outcome": "ok", "seconds": 1.5, "converted": 3,
    }  # fmt: skip


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    events = [
        Version(gonogo="0.1.0", job="convert", corpus=None, python="3.11", host="here"),
        Converted(shard="été/7"),
        WorkerEnded(worker=1, pid=2, how="silent"),
    ]
    with log_at(tmp_path / "events.jsonl") as log:
        for event in events:
            log.append(event, durable=True)
    logged = list(read_events(tmp_path / "events.jsonl", Version | Converted | WorkerEnded))
    assert [line.event for line in logged] == events
    assert {(line.time, line.run) for line in logged} == {("2026-01-31T09:30:00.125Z", "r1")}


def test_a_job_that_leaves_nothing_behind_still_tells_its_listeners() -> None:
    heard: list[tuple[Event, bytes]] = []
    log = log_at(None, None)
    log.listeners.append(lambda event, line: heard.append((event, line)))
    line = log.append(Resumed(why="disk"))
    assert heard == [(Resumed(why="disk"), line)]
    assert b'"run":null' in line


def test_unknown_types_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with log_at(path) as log:
        log.append(Converted(shard="a"))
        log.append(Stopping(why="SIGINT"))
    assert [line.event for line in read_events(path, Stopping)] == [Stopping(why="SIGINT")]


def test_a_torn_last_line_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with log_at(path) as log:
        log.append(Converted(shard="a"))
        whole = path.read_bytes()
        log.append(Converted(shard="b"))
    for cut in range(len(whole), path.stat().st_size):
        (tmp_path / "torn.jsonl").write_bytes(path.read_bytes()[:cut])
        assert [line.event for line in read_events(tmp_path / "torn.jsonl", Converted)] == [Converted(shard="a")]


def test_a_torn_last_line_never_becomes_a_middle_one(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(encode_event(Converted(shard="a"), moment=MOMENT, run_id="r1") + b'{"type":"conv')
    with log_at(path) as log:
        log.append(Converted(shard="b"))
    assert [line.event.shard for line in read_events(path, Converted)] == ["a", "b"]


@pytest.mark.parametrize("damage", [b"\x00\x00\x00\x00", b"not json", b'{"type":"converted"}', b'"text"', b""])
def test_a_damaged_middle_line_is_named(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "events.jsonl"
    good = encode_event(Converted(shard="a"), moment=MOMENT, run_id="r1")
    path.write_bytes(good + damage + b"\n" + good)
    with pytest.raises(InputError, match=r"events\.jsonl: line 2 is not an event"):
        list(read_events(path, Converted))


def test_a_full_disk_is_a_clear_error() -> None:
    with log_at(Path("/dev/full")) as log, pytest.raises(SafetyStopError, match="No space left on device"):
        log.append(Converted(shard="a"))


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with log_at(path) as log:
        log.append(Converted(shard="a"))
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, hard))
        try:
            with pytest.raises(SafetyStopError):
                log.append(Converted(shard="b"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        log.append(Converted(shard="c"))
    assert [line.event.shard for line in read_events(path, Converted)] == ["a", "c"]


def test_a_tail_reads_on_where_it_was_even_in_the_middle_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = LogTail(path, EventParser(Warned))
    assert tail.poll() == []
    line = encode_event(Warned(problem="p"), moment=MOMENT, run_id="r1")
    with path.open("ab", buffering=0) as file:
        file.write(line + line[:20])
        assert len(tail.poll()) == 1
        assert tail.poll() == []
        file.write(line[20:])
        assert [logged.event for logged in tail.poll()] == [Warned(problem="p")]
