"""A page says the same in Markdown and in HTML, and takes no name for markup."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import printable
from engine.page.html import to_html
from engine.page.markdown import to_markdown
from engine.page.sheet import ROWS_MOST, Figure, Page, Table, table
from engine.page.svg import Plot
from tests.engine.page.reading import read

HOSTILE = '<script src="https://x.example/">|\x1b[31m`&amp;'
PAGE = Page(
    title="Shards",
    about="a corpus, today",
    verdict="NO-GO",
    is_go=False,
    lead="Not yet: 1 reason below.",
    reasons=("1 shard failed",),
    cautions=("1 clip is odd",),
    figures=(Figure("Clips", "12", "in 3 shards"), Figure("Checks met", "4 of 4")),
    tables=(
        Table("Standing", ("How", "What"), (("✗ broken", "a"), ("✓ met", "b")), marks=("bad", "good")),
        Table("Sizes", ("Source", "Bytes"), (("a", "1 kB"),), frozenset({1}), note="Of all shards."),
        Table("Leftovers", ("File",), (), empty="Nothing lies about."),
        Table("How it was made", ("", ""), (("Program", "gonogo 0"),)),
    ),
)


def shown(page: str) -> str:
    return re.sub(r"\s+", " ", " ".join(read(page).words))


def test_both_forms_have_all_words_in_one_order() -> None:
    words = [PAGE.title, PAGE.about, PAGE.lead, *PAGE.reasons]
    words += [word for figure in PAGE.figures for word in (figure.label, figure.value, figure.detail) if word]
    for held in PAGE.tables[1:]:
        cells = [cell for row in (held.columns, *held.rows) for cell in row if cell]
        words += [held.title, *(cells if held.rows else [held.empty]), held.note]
    for text in (shown(to_html(PAGE, ())), to_markdown(PAGE)):
        places = 0
        for word in words:
            places = text.index(word, places)
        assert PAGE.cautions[0] in text


@pytest.mark.parametrize(("is_go", "kind", "sign"), [(True, "go", "✓"), (False, "no-go", "✗")])
def test_the_verdict_has_a_sign_beside_its_colour(is_go: bool, kind: str, sign: str) -> None:
    page = to_html(replace(PAGE, is_go=is_go), ())
    assert f'<section class="verdict {kind}"><strong>{sign} NO-GO</strong>' in page


def test_what_is_empty_takes_no_room() -> None:
    page = replace(PAGE, verdict="GO", is_go=True, reasons=(), cautions=())
    for form in (to_html(page, ()), to_markdown(page)):
        assert "Worth knowing" not in form
        assert "<li>" not in form
        assert "Why it is" not in form
    assert "**Checks met**: 4 of 4\n" in to_markdown(page)


def test_figures_are_to_the_right_and_marked_rows_coloured() -> None:
    page = to_html(PAGE, ())
    assert '<td class="number" data-name="Bytes">1 kB</td>' in page
    assert '<tr class="bad"><td data-name="How">✗ broken</td>' in page
    assert "| --- | ---: |" in to_markdown(PAGE)


def test_a_table_without_names_of_columns_has_no_head() -> None:
    alone = to_html(replace(PAGE, tables=PAGE.tables[3:]), ())
    assert "<thead" not in alone.split("</style>")[1]
    assert "<td>Program</td><td>gonogo 0</td>" in alone


def test_a_picture_stands_under_its_title_and_over_its_note() -> None:
    page = to_html(PAGE, (Plot("Drawn", "<svg></svg>", "A note."), Plot("Not drawn", "", "No clips.")))
    assert re.search(r"<h3>Drawn</h3><svg></svg><figcaption[^>]*>A note\.", page)
    assert re.search(r"<h3>Not drawn</h3><figcaption[^>]*>No clips\.", page)


def test_the_page_fetches_and_runs_nothing() -> None:
    page = to_html(PAGE, ())
    assert read(page).links == []
    assert "default-src 'none'" in page
    assert not re.findall(r"url\(|@import|https?:", page)


@given(st.text(max_size=40) | st.just(HOSTILE))
def test_any_words_are_shown_as_themselves_and_never_become_markup(words: str) -> None:
    held = Table(words, (words, "Last"), ((words, "end"),), note=words)
    said = replace(PAGE, title=words, about=words, verdict=words, lead=words, reasons=(words,), cautions=(words,))
    page = replace(said, figures=(Figure(words, words, words),), tables=(held,))
    reading = read(to_html(page, (Plot(words, "", words),)))
    assert set(reading.tags) <= set(read(to_html(PAGE, (Plot("a", "", "b"),))).tags)
    assert reading.links == []
    assert printable(words) in reading.words or not words
    (row,) = [line for line in to_markdown(page).splitlines() if line.endswith("| end |")]
    assert row.replace("\\|", "").count("|") == 3
    assert all(char.isprintable() for char in row)


def test_a_long_table_says_where_the_rest_is() -> None:
    rows = [(f"s{at}",) for at in range(ROWS_MOST + 5)]
    made = table("Shards", ("Shard",), rows, rest="report.json", note="By name.", marks=["bad"] * len(rows))
    assert (len(made.rows), len(made.marks)) == (ROWS_MOST, ROWS_MOST)
    assert made.note == "By name. 5 further rows are in report.json."
    assert to_html(replace(PAGE, tables=(made,)), ()).count('<tr class="bad">') == ROWS_MOST


def test_a_table_that_fits_is_whole_and_says_nothing() -> None:
    made = table("Shards", ("Shard",), [("s",)] * ROWS_MOST, rest="report.json")
    assert (len(made.rows), made.note, made.marks) == (ROWS_MOST, "", ())
