"""The report's three forms say the same, stay within themselves, and take no name for markup."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from engine.checklist.kinds.table_stop import Stop
from engine.dataset.report.page import page_of
from engine.dataset.report.plots import plots_of
from engine.dataset.report.shape import Report
from engine.dataset.report.writing import write_report
from engine.page.html import to_html
from engine.page.markdown import to_markdown
from engine.page.sheet import ROWS_MOST
from tests.engine.dataset.report.corpora import Corpus, small
from tests.engine.page.reading import read

_SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script src="https://x.example/">|\x1b[31m`&amp;'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return small(tmp_path_factory.mktemp("report")).make_all()


@pytest.fixture(scope="module")
def report(made: Corpus) -> Report:
    return write_report(made.state, made.corpus, "gonogo 0", lambda: None, Stop())


def test_the_three_forms_are_written_and_the_json_is_the_report(made: Corpus, report: Report) -> None:
    assert msgspec.json.decode(made.places("report.json").read_bytes(), type=Report) == report
    assert made.places("report.html").read_text().startswith("<!doctype html>")
    assert made.places("report.md").read_text().startswith("# The corpus and its training artifacts: GO\n")


def test_the_page_fetches_and_runs_nothing(report: Report) -> None:
    page = to_html(page_of(report), plots_of(report))
    reading = read(page)
    assert reading.links == []
    assert not {"script", "img", "iframe", "object", "link"} & set(reading.tags)
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


def test_every_picture_has_a_name_and_a_description_of_its_own(report: Report) -> None:
    drawn = [ET.fromstring(plot.svg) for plot in plots_of(report)]
    assert len(drawn) == 6
    ids: list[str] = []
    for picture, plot in zip(drawn, plots_of(report), strict=True):
        title, what = picture.find(f"{_SVG}title"), picture.find(f"{_SVG}desc")
        assert title is not None
        assert what is not None
        assert title.text == plot.title
        assert what.text
        assert picture.get("aria-labelledby") == f"{title.get('id')} {what.get('id')}"
        ids += [str(title.get("id")), str(what.get("id"))]
    assert len(set(ids)) == 12


def test_every_figure_of_a_picture_is_in_a_table_that_its_description_names(report: Report) -> None:
    tables = {table.title: table for table in page_of(report).tables}
    for plot in plots_of(report):
        named = re.findall(r"table (\w+)", plot.svg)
        assert named
        assert all(tables[name].rows for name in named)


def test_markdown_and_html_tell_the_same(report: Report) -> None:
    page = page_of(report)
    shown = re.sub(r"\s+", " ", " ".join(read(to_html(page, ())).words))
    markdown = to_markdown(page)
    for table in page.tables:
        for row in table.rows:
            for cell in filter(None, row):
                assert re.sub(r"\s+", " ", cell) in shown
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len(lines) == sum(len(table.rows) + 2 for table in page.tables if table.rows)


def test_names_are_never_markup(report: Report) -> None:
    sources = tuple(msgspec.structs.replace(one, source=HOSTILE) for one in report.sources)
    about = msgspec.structs.replace(report.about, corpus=HOSTILE)
    checks = tuple(msgspec.structs.replace(check, examples=(HOSTILE,), way_out=HOSTILE) for check in report.checks)
    changed = msgspec.structs.replace(report, sources=sources, about=about, checks=checks, cautions=(HOSTILE,))
    page = to_html(page_of(changed), plots_of(changed))
    assert read(page).links == []
    assert "script" not in read(page).tags
    markdown = to_markdown(page_of(changed))
    assert "<script" not in markdown
    assert "\x1b" not in page + markdown
    assert all(line.count(" | ") == 4 for line in markdown.splitlines() if line.startswith("| ✓ met"))


def test_a_report_of_nothing_is_a_page(tmp_path: Path) -> None:
    report = Corpus(tmp_path / "corpus", tmp_path / "state").report()
    page = to_html(page_of(report), plots_of(report))
    assert "NO-GO" in page
    assert all(plot.note and not plot.svg for plot in plots_of(report))


def test_a_long_table_says_where_the_rest_is(report: Report) -> None:
    many = tuple(msgspec.structs.replace(report.sources[0], source=f"s{number}") for number in range(ROWS_MOST + 5))
    page = page_of(msgspec.structs.replace(report, sources=many))
    hours = next(table for table in page.tables if table.title == "Hours")
    assert len(hours.rows) == ROWS_MOST
    assert hours.note == "6 further rows are in report.json."
