from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.app.console.terminal import Terminal
from tests.app.console.walking import ADVICE, Place, answers, place, signs
from tests.app.program import Gonogo, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="a real terminal needs tmux"),
    pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signing needs OpenSSH"),
]

Making = Callable[..., Place]


@pytest.fixture
def make(gonogo: Gonogo, tmp_path: Path) -> Iterator[Making]:
    opened = []

    def made(*, mode: str = "do-confirm", more: str = "") -> Place:
        context = place(gonogo, tmp_path, mode=mode, more=more)
        opened.append(context)
        return context.__enter__()

    yield made
    for context in opened:
        context.__exit__(None, None, None)


def consoles(corpus: Path) -> list[psutil.Process]:
    """The consoles that walk a list of this corpus, without the guards that they are children of."""
    processes = psutil.process_iter(["cmdline"])
    ours = [each for each in processes if str(corpus) in (each.info["cmdline"] or ()) and "-P" in each.info["cmdline"]]
    return [each for each in ours if each.ppid() in {other.pid for other in ours}]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_a_list_is_walked_and_signed_with_keys_alone(make: Making, columns: int, rows: int) -> None:
    here = make()
    here.enrol()
    (here.corpus / "tool").write_text("broken\n")
    terminal = here.walk(columns, rows)
    opened = terminal.waits_for(r"x fail +tool +read nothing that matches")
    assert "■ NO-GO 1 red, 2 open of 3 items" in opened
    assert re.search(r"· open +budget +after ears", opened)
    terminal.keys("g")
    terminal.waits_for(r"fix +write ready into the file")
    (here.corpus / "tool").write_text("ready\n")
    terminal.keys("Space")
    terminal.waits_for(r"✓ pass +tool +ready")

    terminal.keys("n")
    terminal.waits_for(r"want +10")
    answers(terminal, "7")
    terminal.waits_for(r"x fail +ears +read 7, wanted 10")
    terminal.waits_for(r"fix +listen again, with headphones")
    answers(terminal, "10")
    terminal.waits_for(r"✎ unsigned +ears +10 \(anna\)")
    signs(terminal)
    terminal.waits_for(r"✓ pass +ears +10 \(anna\), signed")
    terminal.keys("n")
    terminal.waits_for(r"want +at most 400")
    answers(terminal, "$250")
    terminal.waits_for(r"✎ unsigned +budget")
    signs(terminal, "S")
    done = terminal.waits_for(r"● GO every item is settled")
    assert f"✓ 3 pass{' ' if columns == 80 else '  '}x 0 fail" in done

    terminal.keys("q")
    terminal.waits_for(r"(?m)^GO: every item is settled$")
    terminal.is_usable()
    assert here.run("status", "pilot").code == 0
    assert "VERIFIED" in here.run("verify").stdout


def test_a_walk_that_is_cut_off_goes_on_where_it_stopped_in_another_terminal(make: Making) -> None:
    here = make()
    here.enrol()
    first = here.walk()
    first.waits_for(r"✓ pass +tool")
    answers(first, "10")
    first.waits_for(r"✎ unsigned +ears")
    signs(first)
    first.waits_for(r"✓ pass +ears")
    (console,) = consoles(here.corpus)
    console.kill()
    first.is_usable()

    second = here.walk(120, 36)
    second.waits_for(r"✓ pass +ears +10 \(anna\), signed by anna")
    second.waits_for(r"want +at most 400"), "the cursor is where a person is wanted next"
    answers(second, "1")
    second.waits_for(r"✎ unsigned +budget")
    signs(second)
    assert second.waits_for(r"● GO")


def test_what_is_answered_and_signed_elsewhere_appears_by_itself(make: Making) -> None:
    here = make()
    here.enrol()
    terminal = here.walk()
    terminal.waits_for(r"✓ pass +tool")
    assert here.run("answer", "pilot", "ears", "10", "--as", "anna").code == 0
    terminal.waits_for(r"✎ unsigned +ears +10 \(anna\)")
    assert here.run("sign", "pilot", "ears").code == 0
    terminal.waits_for(r"✓ pass +ears")
    (here.corpus / "checklists" / "allowed_signers").write_text("# nobody\n")
    lost = terminal.waits_for(r"✎ unsigned +ears")
    assert "! line" in lost, "a signature that counts no more is told, in red"


def test_a_passphrase_is_asked_for_on_the_terminal_and_the_console_comes_back(make: Making) -> None:
    here = make()
    here.enrol(passphrase="open sesame")
    terminal = here.walk()
    terminal.waits_for(r"✓ pass +tool")
    answers(terminal, "10")
    terminal.waits_for(r"✎ unsigned +ears")

    signs(terminal)
    terminal.waits_for(r"Signing ears as anna(.|\n)*passphrase")
    terminal.types("wrong")
    terminal.waits_for(r"none was given; try again")
    until(lambda: terminal.modes.startswith("1"), "the console's page")
    terminal.waits_for(r"✎ unsigned +ears")

    signs(terminal)
    until(lambda: terminal.screen.count("Enter passphrase") == 2, "the question, again")
    terminal.keys("C-c")
    back = terminal.waits_for(r"none was given; try again")
    assert re.search(r"✎ unsigned +ears", back)

    signs(terminal)
    until(lambda: terminal.screen.count("Enter passphrase") == 3, "the question, again")
    terminal.types("open sesame")
    terminal.waits_for(r"✓ pass +ears +10 \(anna\), signed by anna")
    assert "open sesame" not in terminal.screen
    terminal.keys("q")
    terminal.waits_for(r"NO-GO: 1 open of 3 items")
    terminal.is_usable()


def test_a_key_in_an_agent_signs_without_a_question(make: Making) -> None:
    here = make()
    here.enrol()
    key, socket = here.home / ".ssh" / "id_ed25519", here.home / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        until(socket.exists, "the agent")
        here.gonogo.env["SSH_AUTH_SOCK"] = str(socket)
        subprocess.run(["ssh-add", "-q", key], env=here.gonogo.env, check=True)
        key.unlink()
        terminal = here.walk()
        terminal.waits_for(r"✓ pass +tool")
        answers(terminal, "10")
        terminal.waits_for(r"✎ unsigned +ears")
        signs(terminal)
        terminal.waits_for(r"✓ pass +ears +10 \(anna\), signed by anna")
    finally:
        agent.kill()
        agent.wait()


def test_without_a_key_the_answer_is_kept_unsigned_and_the_way_to_enrol_is_told(make: Making) -> None:
    here = make()
    terminal = here.walk(120, 36)
    terminal.waits_for(r"✓ pass +tool")
    answers(terminal, "10")
    terminal.waits_for(r"✎ unsigned +ears")
    terminal.keys("s")
    told = terminal.waits_for("checklist enrol NAME --key")
    assert "■ NO-GO" in told
    terminal.keys("q")
    terminal.waits_for(r"NO-GO: 1 open, 1 not signed of 3 items")
    terminal.types("echo code $?")
    terminal.waits_for(r"code 3")


def test_an_item_is_waived_only_with_a_reason_within_its_days_and_twice_confirmed(make: Making) -> None:
    here = make()
    here.enrol()
    (here.corpus / "tool").unlink()
    terminal = here.walk()
    terminal.waits_for(r"x fail +tool")
    terminal.keys("w")
    terminal.waits_for("cannot be waived: listen again"), "ears is a killer"
    terminal.keys("g", "w")
    terminal.waits_for("Waive tool")
    terminal.keys("Enter")
    terminal.waits_for("a waiver wants a reason")
    terminal.types("the vendor replaces it tonight")
    terminal.waits_for("waive it for so long")
    terminal.types("3d")
    terminal.waits_for("read 3d")
    terminal.keys("C-u")
    terminal.types("36h")
    asked = terminal.waits_for(r"y  yes")
    assert "the vendor replaces it tonight" in asked
    assert "1 day, 12:00:00 as anna (operator)" in asked
    terminal.keys("n")
    until(lambda: "y  yes" not in terminal.screen, "the list again")
    assert '"waived"' not in here.ledger.read_text()

    terminal.keys("w")
    terminal.waits_for("Waive tool")
    terminal.types("the vendor replaces it tonight")
    terminal.waits_for("waive it for so long")
    terminal.keys("Enter")
    terminal.waits_for(r"y  yes")
    terminal.keys("y")
    terminal.waits_for(r"w waived +tool +waived by anna")
    terminal.waits_for("w 1 waived")


def test_keys_that_show_find_and_explain(make: Making) -> None:
    here = make()
    terminal = here.walk(120, 36)
    terminal.waits_for(r"✓ pass +tool")
    terminal.keys("g", "e")
    page = terminal.waits_for(r"started +2(.|\n)*\| ready")
    assert re.search(r"argv +cat ", page)
    assert re.search(r"exit +0", page)
    terminal.keys("Escape")
    until(lambda: "started" not in terminal.screen, "the list again")

    terminal.keys("i")
    why = terminal.waits_for("nothing works without it")
    assert "operator, for at most 2 days" in why
    terminal.keys("q")
    until(lambda: "nothing works" not in terminal.screen, "the list again")
    terminal.keys("F1")
    terminal.waits_for("Let this item pass for a while")
    terminal.keys("Escape")
    until(lambda: "escape  close" not in terminal.screen, "the list again")

    terminal.keys("/")
    terminal.waits_for(r"(?m)^/ Find \? Keys *$")
    terminal.types("dollars")
    terminal.waits_for("with 'dollars': 1 shown")
    assert not re.search(r"pass +tool", terminal.screen)
    terminal.keys("Escape")
    terminal.waits_for(r"pass +tool")
    terminal.keys("f")
    terminal.waits_for("open: 2 shown")
    assert not re.search(r"pass +tool", terminal.screen)
    terminal.keys("f")
    terminal.waits_for("red: 0 shown")
    terminal.keys("f", "g")
    terminal.waits_for(r"want +ready")
    terminal.keys("n")
    terminal.waits_for(r"want +10")
    terminal.keys("n")
    terminal.waits_for(r"want +at most 400")
    terminal.keys("n")
    terminal.waits_for(r"want +10")


def test_a_key_that_can_do_nothing_says_why(make: Making) -> None:
    here = make()
    terminal = here.walk(120, 36)
    terminal.waits_for(r"want +10")
    for key, why in (
        ("s", "ears was not answered yet: Enter, then sign"),
        ("S", "nothing waits for a signature"),
        ("e", "there is no evidence"),
        ("Space", "only a person can answer ears"),
    ):
        terminal.keys(key)
        terminal.waits_for(why)
    terminal.keys("j", "Enter")
    assert terminal.waits_for("budget comes after ears")


def test_what_is_typed_ahead_is_an_answer_and_no_command(make: Making) -> None:
    here = make()
    terminal = here.walk()
    terminal.waits_for(r"want +10")
    terminal.keys("Enter", "q", "s", "1", "0", "Enter")
    terminal.waits_for(r"x fail +ears +read qs10, wanted 10")
    terminal.keys("/", "r", "e", "a", "d", "q", "Enter")
    assert terminal.waits_for("with 'readq': 0 shown")


def test_challenged_the_wanted_value_is_hidden_and_the_next_question_opens_by_itself(make: Making) -> None:
    here = make(mode="challenge-response")
    (here.corpus / "tool").unlink()
    with here.list.open("a") as more:
        more.write(ADVICE.replace("ADVISED", "late").replace("ARGV", '["true"]').replace("machine", "both"))
    terminal = here.walk()
    shown = terminal.waits_for("hidden until you have answered")
    assert "want    10" not in shown
    terminal.keys("i")
    assert "want    10" not in terminal.waits_for("a spectrum does not hear")
    terminal.keys("Escape")
    until(lambda: "a spectrum" not in terminal.screen, "the list again")
    terminal.keys("Enter")
    assert "want    10" not in terminal.waits_for("(?s)How many of.*answer with this value")
    terminal.types("10")
    terminal.waits_for(r"(?s)item +late.*answer with this value"), "budget waits until ears is signed"
    terminal.keys("Escape")
    until(lambda: "answer with this value" not in terminal.screen, "no more questions")
    terminal.keys("g", "j")
    terminal.waits_for(r"want +10")


def test_checks_run_side_by_side_with_live_state_and_those_that_wait_follow(make: Making) -> None:
    waiting = '["sh", "-c", "until [ -e $CORPUS/go ]; do sleep 0.05; done; echo went"]'
    more = ADVICE.replace("ADVISED", "slow").replace("ARGV", waiting)
    more += ADVICE.replace("ADVISED", "later").replace("ARGV", '["echo", "followed"]') + 'needs = ["late"]\n'
    more += ADVICE.replace("ADVISED", "late").replace("ARGV", waiting).replace('level = "advice"\n', "")
    here = make(more=more)
    terminal = here.walk()
    terminal.waits_for(r"> running [1-9] s +slow")
    shown = terminal.screen
    assert re.search(r"✓ pass +tool", shown), "a quick check does not wait for a slow one"
    assert re.search(r"· open +later +\(advice\) after late", shown)
    (here.corpus / "go").touch()
    terminal.waits_for(r"✓ pass +slow +\(advice\) went")
    terminal.waits_for(r"✓ pass +later +\(advice\) followed")
    (here.corpus / "go").unlink()
    terminal.keys("r")
    terminal.waits_for(r"> running [0-9] s +late")
    (here.corpus / "go").touch()
    terminal.waits_for(r"✓ pass +late +went")


def test_in_a_window_that_is_too_small_no_key_acts_but_the_one_that_leaves(make: Making) -> None:
    here = make()
    terminal = here.walk(60, 14)
    terminal.waits_for("too small: wanted 60x15")
    terminal.keys("Enter", "w", "s")
    terminal.keys("q")
    terminal.waits_for(r"NO-GO: [23] open of 3 items"), "the machine may have answered its own by now"
    assert "answered" not in here.ledger.read_text()


def test_without_colours_the_terminal_keeps_its_own(make: Making) -> None:
    here = make()
    here.gonogo.env["NO_COLOR"] = "1"
    terminal = here.walk()
    terminal.waits_for(r"✓ pass +tool")
    assert re.findall(r"\x1b\[[0-9;]*[34]8;", terminal.styled) == []


def test_hostile_text_moves_nothing_on_the_screen(make: Making) -> None:
    script = "printf '\\\\033[2J\\\\033[H\\\\007[bold red]loud[/] '; head -c 10000 /dev/zero | tr '\\\\0' x; exit 3"
    more = ADVICE.replace("ADVISED", "hostile").replace("ARGV", f'["sh", "-c", "{script}"]')
    more = more.replace("What does it say?", "[blink]What[/blink] \\u001b[2J \\u202e does it say?")
    here = make(more=more)
    terminal = here.walk(120, 36)
    shown = terminal.waits_for(r"x fail +hostile +\(advice\) read exit code 3: \\x1b\[2J")
    assert shown.splitlines()[2].startswith(" ■ NO-GO")
    terminal.keys("G")
    terminal.waits_for(r"ask +\[blink\]What\[/blink\] \\x1b\[2J \\u202e")
    terminal.keys("e")
    page = terminal.waits_for(r"\| \\x1b\[2J\\x1b\[H\\x07\[bold red\]loud\[/\]")
    assert page.splitlines()[1].startswith(" Before the pilot")
    terminal.keys("G")
    until(lambda: "the machine read" not in terminal.screen, "the end of the page")
    terminal.keys("Escape")
    until(lambda: "escape  close" not in terminal.screen, "the list again")
    terminal.keys("/")
    terminal.waits_for(r"(?m)^/ Find \? Keys *$")
    terminal.types("[bold red]")
    terminal.waits_for(r"with '\[bold red\]': 1 shown")
    terminal.keys("q")
    terminal.waits_for("NO-GO: 2 open of 4 items")
    terminal.is_usable()


@pytest.mark.parametrize("asking", [False, True], ids=["at the list", "at the question for a passphrase"])
def test_a_signal_ends_the_console_and_leaves_a_terminal_that_can_be_used(make: Making, *, asking: bool) -> None:
    here = make()
    here.enrol(passphrase="secret")
    terminal = here.walk()
    terminal.waits_for(r"✓ pass +tool")
    if asking:
        answers(terminal, "10")
        terminal.waits_for(r"✎ unsigned +ears")
        signs(terminal)
        terminal.waits_for(r"(?m)^Enter passphrase")
    (console,) = consoles(here.corpus)
    console.send_signal(signal.SIGTERM)
    until(lambda: not consoles(here.corpus), "the console's end")
    terminal.is_usable()
    assert not consoles(here.corpus)


def test_a_list_that_changes_while_it_is_walked_is_never_go(make: Making) -> None:
    here = make()
    here.enrol()
    terminal: Terminal = here.walk()
    terminal.waits_for(r"✓ pass +tool")
    with here.list.open("a") as more:
        more.write("# a byte\n")
    terminal.waits_for(r"■ NO-GO the list's file was changed")
    terminal.keys("Enter")
    assert terminal.waits_for("was changed: q$|leaves, open it again")
