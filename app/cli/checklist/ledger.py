"""``checklist verify``: is the ledger what was written?"""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.checklist.common import around_of, corpus_option
from app.cli.common import Globals, with_globals
from app.exit_codes import ExitCode
from app.report import Report, Row
from engine.checklist.ledger.chain import Weight
from engine.checklist.ledger.heads import heads_of_runs
from engine.checklist.ledger.lines import Head, read_lines
from engine.checklist.ledger.store import FILE_NAME
from engine.checklist.ledger.verify import Witness, verify_ledger
from engine.checklist.walk import signers_of
from engine.errors import UsageError
from engine.run.outcome import Outcome
from engine.units import counted


class FindingRow(Row, frozen=True, kw_only=True, tag="finding"):
    """One thing that is not as it should be."""

    line: int
    told: str
    weight: str


class Verified(Row, frozen=True, kw_only=True, tag="verified"):
    """What was verified."""

    path: str
    sound: bool
    lines: int
    signed: int
    head: str


@click.command()
@corpus_option
@click.option("--head", "heads", multiple=True, metavar="COUNT:SHA256", help="An end that was written down elsewhere.")
@with_globals
def verify(options: Globals, corpus: Path, heads: tuple[str, ...]) -> ExitCode:
    """Verify the ledger: its chain, every signature, the evidence, and every end of it that was written down.

    Ends are written down in exports and in the logs of the runs for which a gate opened. Exit code 1: it is not what
    was written, or not by whom it says.
    """
    around = around_of(options, corpus)
    path = around.state / FILE_NAME
    known = [(Head.parse(each), "the head that you gave") for each in heads]
    known += heads_of_runs(around.state)
    try:
        lines = read_lines(path.read_bytes())
    except FileNotFoundError:
        if not known:
            raise UsageError(f"{path}: there is no ledger: nothing was answered for {around.corpus} yet") from None
        lines = ()
    witness = Witness(signers_of(around.settings, around.corpus))
    found = verify_ledger(lines, witness, around.state, known, around.corpus)
    with Report("checklist verify", as_json=options.as_json) as report:
        for finding in found.findings:
            report.add(FindingRow(line=finding.line, told=finding.told, weight=finding.weight))
            if not options.as_json:
                word = "TAMPERED" if finding.weight is Weight.TAMPERED else "warning"
                click.echo(f"{word}: {finding}")
        head = str(found.head)
        report.add(Verified(path=str(path), sound=found.is_sound, lines=len(lines), signed=found.signed, head=head))
        report.outcome = Outcome.OK if found.is_sound else Outcome.SOME_FAILED
        if not options.as_json:
            word = "VERIFIED" if found.is_sound else "NOT VERIFIED"
            compared = f", {counted(len(known), 'written-down end')} compared" if known else ""
            click.echo(f"{word}: {path}: {counted(len(lines), 'line')}, {found.signed} signed{compared}; head {head}")
            if not known:
                click.echo("a tail that was cut off shows only against a head that was written down: --head")
    return ExitCode.OK if found.is_sound else ExitCode.SOME_FAILED


COMMANDS = (verify,)
