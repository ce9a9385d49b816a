from __future__ import annotations

import contextlib
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.watch_report import ReportError, watch_page, write_report
from engine.config import Settings
from engine.watch.explain import explain
from engine.watch.gauges import CheckpointGauge
from engine.watch.machine.host import HostGauge, HostReader
from engine.watch.opening import open_watching
from engine.watch.others import explain_others
from engine.watch.thresholds import Rules, override
from engine.watch.watching import Watching

NOW_S = 1_800_000_000.0


def record(step: int, loss: float, **more: float) -> str:
    return json.dumps({"step": step, "loss": loss, "learning_rate": 1e-4, **more}) + "\n"


def falling(first: int, last: int, above: float = 3.0) -> str:
    return "".join(record(step, above + (step * 37 % 11) / 100 + 300 / (step + 100)) for step in range(first, last))


def watched(log: Path, text: str) -> Watching:
    log.write_text(text)
    watching = open_watching([log], Settings())
    watching.finish()
    return watching


class Page(HTMLParser):
    """Every tag must be closed; what a page would run or fetch is gathered."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_page_tells_the_level_the_alerts_and_the_curves(tmp_path: Path) -> None:
    text = falling(0, 200) + json.dumps({"step": 199, "eval_loss": 3.4}) + "\n" + record(200, math.nan)
    page = Page(watch_page(watched(tmp_path / "run.jsonl", text), NOW_S))
    assert not page.open
    words = " ".join(page.words.split())
    assert "■ RED" in words
    assert "loss is nan at step 200" in words
    assert "Stop the run; go back to the last good checkpoint" in words
    assert "run.jsonl: jsonl, 202 records" in words
    figures = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    assert [str(label).split(",")[0] for label in figures] == ["loss", "validation loss", "learning rate"]
    assert "no number at 1 step; dots are the validation loss" in str(figures[0])
    kinds = [attributes.get("class") for _, attributes in page.tags]
    for kind in ("band", "curve", "eval", "nan"):
        assert kind in kinds, kind


def test_a_page_lists_what_was_looked_at_and_found_good(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    log.write_text(falling(0, 600))
    gauge = CheckpointGauge(tmp_path / "none", None)
    with contextlib.closing(open_watching([log], Settings(), [gauge])) as watching:
        watching.finish()
        rules = (*explain(override(Rules(), {}, ("R3",))), *explain_others(Settings().budget))
        page = Page(watch_page(watching, NOW_S, rules))
    assert not page.open
    words = " ".join(page.words.split())
    assert re.search(r"R1 ?training and validation loss ?NaN or infinite; over 1 record ?● GREEN", words)
    assert re.search(r"R3 ?median loss from step .{1,60}switched off", words)
    assert re.search(r"R12 ?lines of the log.{1,120}no such line was read", words)
    assert re.search(r"checkpoints ?K1 ?the newest.*\? UNKNOWN.*No such file", words)
    assert "<" not in page.words


def test_a_page_tells_how_the_machine_is(tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    log.write_text(falling(0, 10))
    host = HostGauge(HostReader(tmp_path))
    with contextlib.closing(open_watching([log], Settings(), host=host)) as watching:
        watching.finish()
        page = Page(watch_page(watching, NOW_S))
    assert not page.open
    words = " ".join(page.words.split())
    assert re.search(r"This machine ?host: .*processors?, memory .* of .* free for checkpoints ?Sources", words), words
    assert "GPU, checkpoints, cost and Spot were not looked at" in words, "a host that is told is no gauge that judges"


def test_a_curve_is_drawn_inside_its_frame_and_a_spike_is_kept(tmp_path: Path) -> None:
    text = falling(0, 3_000) + record(3_000, 6.5) + falling(3_001, 5_000)
    page = watch_page(watched(tmp_path / "run.jsonl", text), NOW_S)
    height = int(re.findall(r'viewBox="0 0 720 (\d+)"', page)[0]) - 20
    bands = re.findall(r'class="band" points="([^"]+)"', page)[0]
    corners = [tuple(map(int, corner.split(","))) for corner in bands.split()]
    assert all(0 <= x < 720 and 0 <= y <= height for x, y in corners)
    assert min(y for x, y in corners if 400 < x < 460) == 0, "the highest loss of all is at step 3,000"
    assert max(y for _, y in corners) == height


def test_a_resume_and_who_acknowledged_are_told(tmp_path: Path) -> None:
    watching = watched(tmp_path / "run.jsonl", falling(0, 200) + falling(150, 250, 3.001) + record(250, math.nan))
    watching.desk.acknowledge("R1", "anna", "shard 7 is broken", at_s=NOW_S)
    page = Page(watch_page(watching, NOW_S))
    assert "started again at step 150" in page.words
    assert "R1 of run.jsonl, by anna at 2027-01-15T08:00:00.000Z: shard 7 is broken" in page.words
    assert ("line", "resume") in [(tag, attributes.get("class")) for tag, attributes in page.tags]


def test_nothing_in_a_log_becomes_markup_and_nothing_is_fetched(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m"
    text = falling(0, 50) + json.dumps({"step": 50, f"loss {evil}": 1.0}) + "\n" + f"{evil}\n"
    watching = watched(tmp_path / "<b>run.jsonl", text + record(51, math.nan))
    watching.desk.acknowledge("R1", evil, evil, at_s=NOW_S)
    made = watch_page(watching, NOW_S)
    page = Page(made)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "b", "a"}
    assert not any(name.startswith("on") or name in {"href", "src"} for _, given in page.tags for name in given)
    assert "\x1b" not in made
    assert "default-src 'none'" in made


def test_a_page_of_nothing_says_that_nothing_is_known(tmp_path: Path) -> None:
    page = Page(watch_page(watched(tmp_path / "run.jsonl", ""), NOW_S))
    assert not page.open
    assert "? UNKNOWN" in page.words
    assert "No metric was read." in page.words


def test_a_page_is_written_whole_in_place_of_the_one_before_or_not_at_all(tmp_path: Path) -> None:
    watching = watched(tmp_path / "run.jsonl", falling(0, 50))
    place = tmp_path / "page.html"
    place.write_text("the one before")
    write_report(place, watching)
    assert "● GREEN" in place.read_text()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["page.html", "run.jsonl"]
    with pytest.raises(ReportError, match=r"run\.jsonl/page\.html: the report could not be written"):
        write_report(tmp_path / "run.jsonl" / "page.html", watching)
