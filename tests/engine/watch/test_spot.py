from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from engine.watch.alerts import Level
from engine.watch.spot.interruptions import Interruptions, judge_spot
from engine.watch.spot.metadata import Identity, Metadata, Sign, SpotLook, is_ec2, open_metadata
from tests.engine.watch.imds import Imds, metadata_service

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOTICE = b'{"action": "terminate", "time": "2026-03-01T12:02:00Z"}'


@pytest.fixture
def imds() -> Iterator[Imds]:
    with metadata_service() as imds:
        yield imds


@pytest.fixture
def asking(imds: Imds) -> Iterator[Metadata]:
    with Metadata(imds.url, now=lambda: NOW) as metadata:
        yield metadata


def test_the_stand_in_refuses_what_the_real_service_refuses(imds: Imds) -> None:
    with httpx.Client(base_url=imds.url, trust_env=False) as client:
        assert client.get("/latest/meta-data/spot/instance-action").status_code == 401
        ttl = "X-aws-ec2-metadata-token-ttl-seconds"
        for bad in ("0", "21601", "long"):
            assert client.put("/latest/api/token", headers={ttl: bad}).status_code == 400
        assert client.put("/latest/api/token").status_code == 400


def test_an_instance_that_stays_costs_one_token_and_two_questions_a_look(imds: Imds, asking: Metadata) -> None:
    looks = [asking.look() for _ in range(3)]
    assert [look.sign for look in looks] == [Sign.NOTHING] * 3
    assert looks[0].wait_s == 5
    assert imds.ttls == ["21600"]
    assert len(imds.asked) == 1 + 3 * 2


def test_a_notice_tells_what_will_happen_and_how_long_is_left(imds: Imds, asking: Metadata) -> None:
    assert asking.look().sign is Sign.NOTHING
    imds.notice(NOTICE)
    look = asking.look()
    assert (look.sign, look.action, look.seconds_left(NOW)) == (Sign.NOTICE, "terminate", 120)
    verdict = judge_spot(look, 0, NOW + timedelta(seconds=30))
    assert (verdict.level, verdict.value) == (Level.RED, 90)
    assert verdict.told == "this instance is taken back in 90 s (terminate)"
    assert verdict.advice.startswith("checkpoint now")
    assert look.seconds_left(NOW + timedelta(hours=1)) == 0


def test_a_notice_without_a_time_is_still_a_notice(imds: Imds, asking: Metadata) -> None:
    imds.notice(b'{"action": "hibernate"}')
    verdict = judge_spot(asking.look(), 0, NOW)
    assert (verdict.level, verdict.told) == (
        Level.RED,
        "this instance is taken back within two minutes (hibernate)",
    )


def test_a_rebalance_is_yellow(imds: Imds, asking: Metadata) -> None:
    imds.rebalance(b'{"noticeTime": "2026-03-01T11:50:00Z"}')
    look = asking.look()
    assert (look.sign, look.at) == (Sign.REBALANCE, NOW - timedelta(minutes=10))
    assert judge_spot(look, 0, NOW).level is Level.YELLOW
    imds.notice(NOTICE)
    assert asking.look().sign is Sign.NOTICE


def test_a_token_that_the_service_forgot_is_renewed_and_the_question_asked_again(imds: Imds, asking: Metadata) -> None:
    asking.look()
    imds.tokens.clear()
    imds.notice(NOTICE)
    assert asking.look().sign is Sign.NOTICE
    assert imds.asked[-3:] == [
        "GET /latest/meta-data/spot/instance-action",
        "PUT /latest/api/token",
        "GET /latest/meta-data/spot/instance-action",
    ]


def test_a_token_is_renewed_before_it_ends(imds: Imds) -> None:
    at = [0.0]
    with Metadata(imds.url, clock=lambda: at[0]) as metadata:
        metadata.look()
        at[0] = 21_500
        metadata.look()
        assert len(imds.ttls) == 1
        at[0] = 21_550
        metadata.look()
        assert len(imds.ttls) == 2


def test_a_service_that_is_turned_off_is_unknown_and_asked_less_and_less_often(imds: Imds, asking: Metadata) -> None:
    imds.status = 403
    waits = [asking.look().wait_s for _ in range(6)]
    assert waits == [5, 10, 20, 40, 60, 60]
    look = asking.look()
    assert "it is turned off for this instance" in look.problem
    verdict = judge_spot(look, 0, NOW)
    assert verdict.level is Level.UNKNOWN
    imds.status = None
    assert asking.look() == SpotLook(NOW, Sign.NOTHING)
    imds.status = 500
    assert asking.look().wait_s == 5


def test_a_service_that_answers_slowly_is_given_up_after_a_second(imds: Imds, asking: Metadata) -> None:
    imds.is_slow.set()
    look = asking.look()
    assert look.sign is Sign.UNKNOWN
    assert "does not answer: timed out" in look.problem
    imds.is_slow.clear()
    imds.go_on.set()
    assert asking.look().sign is Sign.NOTHING


@pytest.mark.parametrize("body", [b"<html>portal</html>", b"\xff", b"[1]", b""])
def test_an_answer_that_is_none_of_the_services_is_no_notice_and_not_green(
    imds: Imds, asking: Metadata, body: bytes
) -> None:
    imds.notice(body)
    look = asking.look()
    assert (look.sign, judge_spot(look, 0, NOW).level) == (Sign.UNKNOWN, Level.UNKNOWN)


def test_a_service_that_is_not_there_is_unknown() -> None:
    with metadata_service() as gone:
        url = gone.url
    with Metadata(url) as metadata:
        assert metadata.look().sign is Sign.UNKNOWN
        assert metadata.identity() is None


def test_a_proxy_of_the_environment_never_sees_the_service(imds: Imds, monkeypatch: pytest.MonkeyPatch) -> None:
    with metadata_service() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with Metadata(imds.url) as metadata:
            assert metadata.look().sign is Sign.NOTHING
        assert proxy.asked == []


def test_the_instance_says_who_it_is(imds: Imds, asking: Metadata) -> None:
    base = "/latest/meta-data/"
    imds.pages |= {base + "instance-id": b"i-0123456789abcdef0", base + "instance-type": b"g4dn.xlarge"}
    imds.pages |= {base + "instance-life-cycle": b"spot\x1b[31m"}
    assert asking.identity() == Identity("i-0123456789abcdef0", "g4dn.xlarge", "spot\\x1b[31m", "")


@pytest.mark.parametrize(
    ("name", "text", "known"),
    [
        ("sys_vendor", "Amazon EC2\n", True),
        ("bios_version", "4.11.amazon\n", True),
        ("board_asset_tag", "i-0123456789abcdef0\n", True),
        ("sys_vendor", "QEMU\n", False),
        ("board_asset_tag", "Not Specified\n", False),
    ],
)
def test_a_machine_of_ec2_is_known_by_its_firmware(tmp_path: Path, name: str, text: str, known: bool) -> None:
    (tmp_path / name).write_text(text)
    assert is_ec2(tmp_path) is known


def test_elsewhere_nothing_is_asked_unless_an_address_is_given(tmp_path: Path, imds: Imds) -> None:
    assert open_metadata(dmi=tmp_path) is None
    metadata = open_metadata(imds.url, dmi=tmp_path)
    assert metadata is not None
    with metadata:
        assert metadata.look().sign is Sign.NOTHING


def counted_at(tmp_path: Path, now: datetime) -> int:
    return Interruptions(tmp_path, now=lambda: now).of_last_day()


def test_interruptions_are_counted_over_the_last_24_hours(tmp_path: Path) -> None:
    book = Interruptions(tmp_path, now=lambda: NOW)
    for hours in (0, 6, 12, 18):
        assert book.record(f"i-{hours}", "terminate", at=NOW + timedelta(hours=hours))
    assert counted_at(tmp_path, NOW + timedelta(hours=18)) == 4
    assert counted_at(tmp_path, NOW + timedelta(hours=24)) == 3
    assert counted_at(tmp_path, NOW + timedelta(hours=41)) == 1
    assert counted_at(tmp_path, NOW + timedelta(hours=42)) == 0


def test_a_notice_seen_at_each_poll_and_by_the_log_counts_once(tmp_path: Path) -> None:
    book = Interruptions(tmp_path)
    assert book.record("i-1", "terminate", at=NOW)
    assert not book.record("i-1", "terminate", at=NOW + timedelta(seconds=5))
    assert not book.record(seen="log", at=NOW + timedelta(minutes=2))
    assert book.record("i-2", "terminate", at=NOW + timedelta(minutes=3))
    assert book.record("i-1", "terminate", at=NOW + timedelta(hours=1))
    assert [one.seen for one in book.all()] == ["notice"] * 3


def test_a_torn_or_foreign_line_hides_no_interruption(tmp_path: Path) -> None:
    book = Interruptions(tmp_path, now=lambda: NOW)
    book.record("i-1")
    with book.path.open("ab") as file:
        file.write(b'{"time": 5}\n{"time": "2026-')
    book.record("i-2")
    assert [one.instance for one in book.all()] == ["i-1", "i-2"]


@pytest.mark.parametrize(
    ("count", "level"),
    [(0, Level.GREEN), (1, Level.GREEN), (2, Level.YELLOW), (3, Level.YELLOW), (4, Level.RED), (9, Level.RED)],
)
def test_more_than_three_a_day_are_red(count: int, level: Level) -> None:
    verdict = judge_spot(None, count, NOW)
    assert (verdict.rule, verdict.level, verdict.value) == ("S1", level, count)


def test_what_is_worse_is_told_first() -> None:
    rebalance = SpotLook(NOW, Sign.REBALANCE)
    assert judge_spot(rebalance, 4, NOW).level is Level.RED
    unknown = SpotLook(NOW, Sign.UNKNOWN, problem="gone")
    assert judge_spot(unknown, 2, NOW).level is Level.YELLOW
    assert judge_spot(unknown, 1, NOW).level is Level.UNKNOWN
