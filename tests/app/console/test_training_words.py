from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from app.console.training.facts import Facts
from app.console.training.panels import fit_start
from app.console.training.seen import GaugeSeen, Seen, foremost, in_order
from app.console.training.words import alert_caption, machine, sources_page
from engine.watch.alerts import Alert, Level
from engine.watch.machine.host import HostLook
from engine.watch.records import SourceStatus, UnparsedLine

BUSY = "GPU 0: 97 % busy, 71 °C"
WARM = GaugeSeen("gpu", "G1", Level.UNKNOWN, "known after 5 minutes", (BUSY,))
SOUND = GaugeSeen("gpu", "G2", Level.GREEN, "GPU 0 had no memory error", (BUSY,))
ERRS = GaugeSeen("gpu", "G2", Level.RED, "GPU 0 had 2 memory errors", (BUSY,))
SEEN = Seen(Level.GREEN, Level.GREEN, (), (), (), (), (), None, 0.0)

HOST = HostLook(37.4, 3.1, 8, 12 * 10**9, 64 * 10**9, 0, None, None)


def alert(rule: str, level: Level, by: str = "") -> Alert:
    return Alert(rule, "log", "", level, level, 1, 1, None, None, 1.0, 1.0, "", "told", "advice", acknowledged_by=by)


def told(*gauges: GaugeSeen) -> str:
    return machine(replace(SEEN, gauges=gauges), Facts("anna")).plain


def test_a_gauge_says_what_it_measures_and_what_it_cannot_tell_in_words() -> None:
    assert told(SOUND, replace(WARM, level=Level.GREEN)) == f"● gpu: {BUSY}"
    assert told(SOUND, WARM) == f"? gpu: {BUSY}; unknown: known after 5 minutes"
    assert told(ERRS, WARM) == f"■ gpu: RED, {BUSY}; unknown: known after 5 minutes"
    eight = replace(SOUND, details=tuple(f"GPU {at}: idle" for at in range(8)))
    assert told(eight) == "● gpu: 8 of them (u), GPU 0: idle"
    lost = (replace(WARM, details=(), told="no driver"), replace(WARM, rule="G2", details=(), told="no driver"))
    assert told(*lost) == "? gpu: unknown: no driver", "once is enough"


def test_the_host_has_a_line_where_there_is_room_and_none_says_that_it_is_well() -> None:
    seen = replace(SEEN, gauges=(SOUND,), host=HOST)
    assert machine(seen, Facts("anna")).plain == f"● gpu: {BUSY}"
    told = "host: CPU 37 % busy, load 3.1 on 8 processors, memory 12.0 GB of 64.0 GB"
    assert machine(seen, Facts("anna"), tall=True).plain == f"● gpu: {BUSY}\n  {told}"
    assert machine(replace(seen, gauges=(), host=None), Facts("anna"), tall=True).plain.count("\n") == 0


def test_the_worst_alert_is_on_top_and_what_nobody_has_seen_before_the_rest() -> None:
    alerts = [alert("R6a", Level.YELLOW), alert("R1", Level.RED, by="anna"), alert("R5", Level.RED)]
    numbers = {("log", "", "R6a"): 9, ("log", "", "R1"): 3, ("log", "", "R5"): 1}
    ordered = in_order(alerts, [alert("R3", Level.RED)], numbers, {})
    assert [each.alert.rule for each in ordered] == ["R5", "R1", "R6a", "R3"]
    assert foremost(ordered) is ordered[0]


def test_a_sentence_that_is_cut_shows_it() -> None:
    assert fit_start("a finite number", 15) == "a finite number"
    assert fit_start("a finite number", 12) == "a finite nu…"
    assert fit_start("损失是无穷大", 8) == "损失是 …"


def test_the_sources_page_shows_kinds_of_lines_and_the_machine() -> None:
    kinds = (UnparsedLine("loading data", 1), UnparsedLine("perplexity 81", 50))
    status = SourceStatus("a.log", "text", "/a.log", 9, 60, 51, "the newest of all", unparsed_lines=kinds)
    seen = replace(SEEN, statuses=(status,), gauges=(SOUND, WARM), host=HOST)
    console = Console(width=200, no_color=True)
    with console.capture() as captured:
        console.print(sources_page(seen))
    page = captured.get()
    for text in (
        "loading data",
        "50 times: perplexity 81",
        "the newest of all",
        "GREEN G2 GPU 0 had no",
        BUSY,
        "host: CPU 37 %",
    ):
        assert text in page
    assert "51 lines without a metric (u)" in alert_caption(seen).plain
