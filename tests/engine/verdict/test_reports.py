from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from engine.verdict.criteria import load_criteria
from engine.verdict.judging import Figure, Judgement, judge
from engine.verdict.plots import Curve, plot_curve, plot_weeks
from engine.verdict.quantities import Quantity, Unit
from engine.verdict.report_html import to_html
from engine.verdict.report_markdown import sha256_of, to_json, to_markdown
from engine.verdict.signoff import SignedItem, SignOff
from engine.watch.alerts import Level
from engine.watch.money.cost import Account
from engine.watch.money.plan import Plan
from engine.watch.money.projection import week_rows

NOW = datetime(2026, 2, 9, tzinfo=UTC)
PLAN = Plan(NOW - timedelta(days=35))
HOSTILE = "<script>alert(1)</script> | `x` \x1b[31m"
WEEKS = week_rows(Account(), PLAN, NOW)
CURVE = Curve("loss", tuple((step, 7.6 - step / 500) for step in range(2000)))


def judgement(name: str = "Anna", loss: str = "3.41") -> Judgement:
    figures = {
        "authenticity": Figure(Quantity(Decimal("0.41"), Unit.SHARE), "by hand", NOW, name),
        "cost": Figure(Quantity(Decimal("327.6"), Unit.DOLLARS), "cost.jsonl", NOW, sha256="ab" * 32),
        "validation-loss": Figure(Quantity(Decimal(loss), Unit.PLAIN), "watch.json", NOW, details=(name,)),
        "stable": Figure(Quantity(Decimal(Level.GREEN.value), Unit.LEVEL), "watch.json", NOW),
    }
    return judge(load_criteria(), figures, NOW)


class Elements(HTMLParser):
    """Which elements, and which addresses, a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


def test_who_signed_is_told_whatever_they_are_called() -> None:
    signed = SignedItem("decision", "GO 20", HOSTILE, "reviewer", "SHA256:abc", "2026-02-09T00:00:00Z")
    sign_off = SignOff("go-no-go", False, HOSTILE, (signed,), (HOSTILE,), (HOSTILE,), ("gonogo checklist sign",))
    page, text = to_html(judgement(), sign_off=sign_off), to_markdown(judgement(), sign_off=sign_off)
    elements = Elements()
    elements.feed(page)
    assert "script" not in elements.names
    for report in (page, text):
        assert "SHA256:abc" in report.replace("\\", "")
        assert "gonogo checklist sign" in report
        assert "\x1b" not in report
    rows = [line for line in text.splitlines() if "abc" in line]
    assert rows[0].replace("\\|", "").count("|") == 7, "a name makes no column"


def test_the_html_report_stands_alone_and_runs_nothing() -> None:
    page = to_html(judgement(HOSTILE), WEEKS, PLAN.budget_usd, [CURVE])
    elements = Elements()
    elements.feed(page)
    assert "script" not in elements.names
    assert elements.addresses == []
    assert elements.names.count("svg") == 2
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x1b" not in page
    assert "✓ GO" in page


def test_the_markdown_report_keeps_foreign_text_as_text() -> None:
    told = to_markdown(judgement(HOSTILE), WEEKS)
    assert "<script>" not in told
    assert "\x1b" not in told
    assert "| authenticity | met | 41 % | at least 35 % |" in told
    assert told.startswith("# GO: Week five")
    assert r"measured by &lt;script&gt;alert(1)&lt;/script&gt; \| \`x\` \\x1b\[31m, as of 2026-02-09T00:00:00Z" in told


def test_every_criterion_has_its_evidence_in_both_reports() -> None:
    verdict = judgement(loss="3.6")
    for told in (to_markdown(verdict), to_html(verdict)):
        assert "NO-GO" in told
        for text in ("authenticity", "$327.60", "3.6, wanted at most 3.5", "abababab", "cost.jsonl", "Anna"):
            assert text in told


def test_the_json_holds_all_and_its_hash_changes_with_any_of_it() -> None:
    verdict = judgement()
    told = json.loads(to_json(verdict))
    assert (told["verdict"], [one["id"] for one in told["judged"]]) == (
        "GO",
        ["authenticity", "cost", "validation-loss", "stable"],
    )
    assert told["judged"][0]["by"] == "Anna"
    assert sha256_of(verdict) == sha256_of(judgement())
    assert sha256_of(verdict) != sha256_of(judgement("Bob"))
    assert sha256_of(verdict) in to_html(verdict)
    assert sha256_of(verdict) in to_markdown(verdict)


def test_a_spike_of_one_record_survives_the_thinning_and_no_number_is_told() -> None:
    points = [(step, 3.0) for step in range(50_000)]
    points[31_337] = (31_337, 9.5)
    points[40_000] = (40_000, float("nan"))
    plot = plot_curve(Curve("loss", tuple(points)))
    drawn = ET.fromstring(plot.svg).find(".//{*}polyline")
    assert drawn is not None
    pairs = drawn.attrib["points"].split()
    assert len(pairs) <= 360
    assert min(float(pair.split(",")[1]) for pair in pairs) == 18.0
    assert plot.note == "From 3 to 3, lowest 3, over 49,999 values. 1 more are no numbers (NaN or infinite)."


def test_a_curve_of_nothing_or_of_one_value_is_drawn_without_a_fault() -> None:
    assert plot_curve(Curve("loss", ())).svg == ""
    assert plot_curve(Curve("loss", ((5, float("inf")),))).note == "There is no value to draw."
    ET.fromstring(plot_curve(Curve("loss", ((5, 3.0),))).svg)


def test_weeks_are_drawn_with_what_was_spent_and_the_budget() -> None:
    plot = plot_weeks(WEEKS, PLAN.budget_usd)
    picture = ET.fromstring(plot.svg)
    told = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert "week 8: planned $524.16" in told
    assert "week 1: spent $0.00" in told
    assert "budget $600.00" in plot.svg
    assert plot_weeks((), PLAN.budget_usd).svg == ""
