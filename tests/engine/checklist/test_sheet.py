"""The sheet of a checklist: all that is known of it is on it, and nothing foreign gets out of its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.checklist.answers import State
from engine.checklist.item_standing import ItemStanding, ItemState, Signature
from engine.checklist.kinds.command import Command
from engine.checklist.ledger.chain import Finding, Weight
from engine.checklist.ledger.entries import Answered, Checked, Evidence, Overridden, Waived
from engine.checklist.ledger.lines import NO_LINE, Head
from engine.checklist.ledger.verify import Verification
from engine.checklist.lists import Checklist, Item, Kind, Level, Mode, Sign
from engine.checklist.sheet.html import to_html
from engine.checklist.sheet.markdown import to_markdown
from engine.checklist.sheet.questions import FILES_SHOWN
from engine.checklist.sheet.shape import Look, Sheet, Tone
from engine.checklist.sheet.sheet import About, Words, sheet_of
from engine.checklist.sheet.text import COLUMNS, to_text
from engine.checklist.standing import Standing
from engine.errors import printable

AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
TIME = "2026-01-31T09:29:00.000Z"
HEAD = Head(7, "ab" * 32)
LIST_SHA256 = "cd" * 32
OUTPUT_SHA256 = "ef" * 32
GLYPHS = {state: state[0] for state in ItemState}
WRITERS = {"html": to_html, "md": to_markdown, "text": to_text}


def told(override: Overridden) -> str:
    return f"OVERRIDDEN by {override.by}: {override.reason}"


def item(name: str, words: str = "x", kind: Kind = Kind.PERSON, sign: Sign | None = None) -> Item:
    check = None if kind is Kind.PERSON else Command(argv=("true",))
    return Item(id=name, ask=words, want=words, kind=kind, group=words, check=check, sign=sign, fix=words, source="x")


def checked(words: str = "x", state: State = State.PASS, files: dict[str, str] | None = None) -> Checked:
    evidence = Evidence(
        started=words,
        seconds=0.5,
        argv=("wc", words),
        exit_code=1,
        output_sha256=OUTPUT_SHA256,
        output_bytes=1234,
        files={words: words} if files is None else files,
        boot_id=words,
        commit=words,
    )
    return Checked(
        n=2, time=words, host=words, list="l", list_sha256="", item="i", state=state, read=words, wanted=words,
        evidence=evidence,
    )  # fmt: skip


def answered(words: str = "x", state: State = State.PASS) -> Answered:
    return Answered(
        n=3, time=words, list="l", list_sha256="", item="i", state=state, value=words, wanted=words, by=words
    )


def waived(words: str = "x") -> Waived:
    return Waived(n=4, time=words, list="l", list_sha256="", item="i", by=words, role="r", reason=words, until=words)


def overridden(words: str = "x") -> Overridden:
    return Overridden(list="l", list_sha256="", gate="g", by=words, role="override", reason=words, missing=("a",))


def standing(*items: ItemStanding, words: str = "x") -> Standing:
    checklist = Checklist(
        "l",
        words,
        "convert.start",
        Mode.DO_CONFIRM,
        words,
        tuple(each.item for each in items),
        Path(words),
        LIST_SHA256,
    )
    return Standing(checklist, items, AT)


def about(words: str = "x", *findings: Finding) -> About:
    return About(
        corpus=Path(words),
        host=words,
        tool="gonogo 0",
        ledger=Path(words),
        verification=Verification(findings, HEAD, 5),
        lines=7,
        signers=Path(words),
        signers_sha256=words,
    )


def sheet(now: Standing, made: About | None = None) -> Sheet:
    return sheet_of(now, made or about(), Words(GLYPHS, told))


def hostile(words: str) -> Sheet:
    """A sheet on which every foreign text is this one."""
    items = (
        ItemStanding(item("red", words, Kind.MACHINE), ItemState.FAIL, words, checked(words, State.FAIL)),
        ItemStanding(
            item("both", words, Kind.BOTH, Sign(role="reviewer", count=2, distinct=True)),
            ItemState.UNSIGNED,
            words,
            checked(words),
            answered(words),
            (Signature(words, "reviewer", words, words),),
        ),
        ItemStanding(item("waived", words), ItemState.WAIVED, words, None, answered(words), (), waived(words)),
        ItemStanding(item("stale", words), ItemState.STALE, words, None, answered(words)),
    )
    problem = f"the ledger: {words}"
    now = replace(
        standing(*items, words=words),
        overrides=(overridden(words),),
        problems=(problem,),
        refused=(f"line 1: {words}",),
    )
    tampered, warning = Finding(1, f"changed: {words}"), Finding(2, words, Weight.WARNING)
    return sheet(now, about(words, tampered, warning))


class Parsed(HTMLParser):
    """The tags of a page with their marks, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {attrs}")

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"comment {data}")

    def handle_pi(self, data: str) -> None:
        self.tags.append(f"instruction {data}")


def skeleton_of_markdown(page: str) -> tuple[list[str], str]:
    """Return the kinds of a page's blocks and spans, and its text."""
    kinds: list[str] = []
    words: list[str] = []

    def take(tokens: list[Token]) -> None:
        for token in tokens:
            if token.type in {"text", "text_special"}:
                words.append(token.content)
            else:
                kinds.append(f"{token.type} {token.tag}")
            take(token.children or [])

    take(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page))
    return kinds, "".join(words)


FOREIGN = st.one_of(
    st.text(min_size=1, max_size=40),
    st.text(alphabet="<>&\"'`*_~|[]()!#-+=.1:$\\\n\r\t \x1b\u202e\u2028é音", min_size=1, max_size=40),
    st.sampled_from(
        [
            "</dd></dl></article><script>alert(1)</script>",
            "<!-- ",
            "]]>",
            "**", "`", "```\n", "~~~", "- [ ] x", "1. x", "# x", "| a |\n| --- |\n", "[x](http://x)", "![x](y)", "<b>",
            "***", "___", "===", "    code", "\\", "a\\", "&lt;", "x\n\nGO: all is well\n", "\x1b[31m", "\u202egnp",
            "$\\color{green}GO$", "<http://x>", "x" * 300, "音" * 90,
        ]
    ),
).filter(lambda words: bool(words.strip()) and not words.startswith("/"))  # fmt: skip


@pytest.mark.parametrize("evil", ["</style><script>", "-->", "x"])
def test_a_page_is_one_file_that_runs_and_fetches_nothing(evil: str) -> None:
    page = to_html(hostile(evil))
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)\s*=|url\(|@import""", page)


@settings(max_examples=150, deadline=None)
@given(FOREIGN)
def test_no_text_becomes_markup_in_html(words: str) -> None:
    shown = Parsed(to_html(hostile(words)))
    assert shown.tags == Parsed(to_html(hostile("benign"))).tags
    assert shown.words.count(printable(words.strip())) >= 10
    assert all(char.isprintable() or char == "\n" for char in shown.words)


@settings(max_examples=150, deadline=None)
@given(FOREIGN)
def test_no_text_becomes_markup_in_markdown(words: str) -> None:
    page = to_markdown(hostile(words))
    kinds, shown = skeleton_of_markdown(page)
    wanted, _ = skeleton_of_markdown(to_markdown(hostile("benign")))
    assert kinds == wanted
    assert shown.count(printable(words.strip())) >= 10
    assert len(page.splitlines()) == len(to_markdown(hostile("benign")).splitlines())


@settings(max_examples=150, deadline=None)
@given(FOREIGN)
def test_no_text_stands_where_a_label_does_and_every_line_has_80_columns(words: str) -> None:
    def begins(page: str) -> list[str]:
        return [re.sub(r"(?<=\S)\s{2,}.*|(?<=--|!!) .*", "", line) for line in page.splitlines() if line[:5].strip()]

    lines = to_text(hostile(words)).splitlines()
    assert begins("\n".join(lines)) == begins(to_text(hostile("benign")))
    assert all(columns(line) <= COLUMNS for line in lines)
    assert all(char.isprintable() for line in lines for char in line)


def columns(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in {"W", "F"} for char in line)
    marks = sum(unicodedata.category(char) in {"Mn", "Me"} for char in line)
    return len(line) + wide - marks


@pytest.mark.parametrize("to_page", WRITERS.values(), ids=WRITERS)
def test_an_unanswered_list_is_a_form_to_fill_in(to_page: Callable[[Sheet], str]) -> None:
    form = sheet(standing(ItemStanding(item("ears", sign=Sign(count=2)), ItemState.OPEN, "not answered yet")))
    facts = form.groups[0].questions[0].facts
    assert [fact.label for fact in facts if fact.look is Look.BLANK] == [
        "Read", "By, when", "Sign (operator)", "Sign (operator)",
    ]  # fmt: skip
    page = to_page(form)
    assert page.count("_" * 32) >= 7 or page.count('class="blank"') == 7
    assert "NO-GO" in page


def test_what_only_the_machine_answers_has_no_room_for_a_pen() -> None:
    form = sheet(standing(ItemStanding(item("disk", kind=Kind.MACHINE), ItemState.OPEN)))
    facts = form.groups[0].questions[0].facts
    assert not [fact for fact in facts if fact.look is Look.BLANK]
    assert ("Read", "not asked yet") in [(fact.label, fact.value) for fact in facts]


@pytest.mark.parametrize("to_page", WRITERS.values(), ids=WRITERS)
def test_all_that_is_known_is_on_the_sheet(to_page: Callable[[Sheet], str]) -> None:
    signed = Signature("anna", "reviewer", "SHA256:abcdef", TIME)
    items = (
        ItemStanding(item("disk", "How full?", Kind.MACHINE), ItemState.FAIL, "", checked("98 %", State.FAIL)),
        ItemStanding(item("ears", sign=Sign()), ItemState.PASS, "", None, answered("the same"), (signed,)),
        ItemStanding(item("late"), ItemState.WAIVED, "", None, answered("six"), (), waived("they wait")),
    )
    now = replace(standing(*items, words="Before it"), overrides=(overridden("bert"),), refused=("line 5: forged",))
    page = to_page(sheet(now)).replace("\n", " ")
    page = re.sub(r"\s+", " ", page)
    for words in (
        "Before it", "convert.start", LIST_SHA256, "do-confirm", "2026-01-31T09:30:00.000Z", "gonogo 0", "1 red of 3",
        "How full?", "98 %", "ledger line 2", "disk, killer, machine", "f fail", "the same", "by anna as reviewer",
        "SHA256:abcdef", TIME, "they wait", "w waived", "OVERRIDDEN by bert", "line 5: forged", "wc '98 %'",
        OUTPUT_SHA256, "1,234 bytes", str(HEAD), "the chain holds, 5 signatures verified",
        "It does not prove that the person looked.",
    ):  # fmt: skip
        assert words in page.replace("&#x27;", "'").replace("_reviewer", "reviewer"), words


def test_a_red_answer_has_its_fix_in_red_and_room_for_the_next_one() -> None:
    each = ItemStanding(item("ears"), ItemState.FAIL, "", None, answered("clicks", State.FAIL))
    question = sheet(standing(each)).groups[0].questions[0]
    assert question.tone is Tone.BAD
    looks = {fact.label: fact.look for fact in question.facts}
    assert looks["Fix"] is Look.RED
    assert looks["Read anew"] is Look.BLANK


def test_a_person_is_not_asked_again_for_what_only_the_machine_found_red() -> None:
    each = ItemStanding(
        item("count", kind=Kind.BOTH),
        ItemState.FAIL,
        "",
        checked("0", State.FAIL),
        answered("12"),
        machine=ItemState.FAIL,
    )
    facts = sheet(standing(each)).groups[0].questions[0].facts
    assert "Read anew" not in [fact.label for fact in facts]


def test_advice_that_is_open_is_neither_good_nor_in_the_way() -> None:
    advice = msgspec.structs.replace(item("a"), level=Level.ADVICE)
    made = sheet(standing(ItemStanding(advice, ItemState.OPEN)))
    assert made.is_go
    assert made.groups[0].questions[0].tone is Tone.QUIET


def test_of_many_files_the_first_are_shown_and_the_rest_counted() -> None:
    files = {f"f{number:03}": "hash" for number in range(FILES_SHOWN + 30)}
    each = ItemStanding(item("tree", kind=Kind.MACHINE), ItemState.PASS, "", checked(files=files))
    evidence = sheet(standing(each)).groups[0].questions[0].evidence
    assert sum(fact.label == "File" for fact in evidence) == FILES_SHOWN
    assert [fact.value for fact in evidence if fact.label == "Files"] == ["30 more in line 2 of the ledger"]


def test_a_ledger_that_is_not_what_was_written_is_said_first_and_in_red() -> None:
    made = sheet(standing(ItemStanding(item("a"), ItemState.PASS)), about("x", Finding(3, "this line was changed")))
    assert made.alarms == ("ledger, line 3: this line was changed",)
    verified = next(fact for fact in made.ledger if fact.label == "Verified")
    assert verified.look is Look.RED
    assert verified.value.startswith("NO")


def test_one_problem_is_told_once() -> None:
    broken = Finding(3, "this line was changed")
    now = replace(
        standing(ItemStanding(item("a"), ItemState.OPEN)), problems=(f"/l/ledger.jsonl: {broken}; see verify",)
    )
    assert sheet(now, about("x", broken)).alarms == (f"/l/ledger.jsonl: {broken}; see verify",)


def test_a_corpus_without_a_ledger_has_a_head_that_verify_takes() -> None:
    empty = replace(about(), verification=Verification((), Head(0, NO_LINE), 0), lines=0)
    facts = {fact.label: fact.value for fact in sheet(standing(ItemStanding(item("a"), ItemState.OPEN)), empty).ledger}
    assert Head.parse(facts["Head"]) == Head(0, NO_LINE)
    assert "nothing was answered" in facts["Count"]


def test_a_hash_stays_whole_in_plain_text() -> None:
    page = to_text(sheet(standing(ItemStanding(item("a", kind=Kind.MACHINE), ItemState.PASS, "", checked()))))
    lines = page.split()
    assert {OUTPUT_SHA256, LIST_SHA256, str(HEAD)} <= set(lines)
