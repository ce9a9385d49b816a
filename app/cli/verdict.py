"""``verdict``: GO, NO-GO, CONDITIONAL or HOLD, from figures that were measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from app.cli.checklist.common import walk_of
from app.cli.common import Globals, existing_corpus, with_globals
from app.cli.cost import plan_of
from app.exit_codes import ExitCode
from app.report import Report, Row
from engine.config import Settings
from engine.crew.artifacts import artifact, write_whole
from engine.errors import UsageError
from engine.host.facts import user_name
from engine.run.log import utc_now
from engine.run.outcome import Outcome as Ending
from engine.run.read_only import is_read_only
from engine.verdict.criteria import WEEK_FIVE, load_criteria
from engine.verdict.judging import Judgement, Outcome, judge
from engine.verdict.reading import Places, parse_hand, read_figures
from engine.verdict.report_html import to_html
from engine.verdict.report_markdown import to_json, to_markdown
from engine.verdict.signoff import CHECKLIST, SignOff, sign_off_of
from engine.watch.money.ledger import CostLedger
from engine.watch.money.projection import week_rows


class CriterionRow(Row, frozen=True, kw_only=True, tag="criterion"):
    """One criterion, and how it stands."""

    id: str
    ask: str
    standing: str
    value: str | None
    wanted: str
    told: str
    source: str
    by: str


class VerdictRow(Row, frozen=True, kw_only=True, tag="verdict"):
    """What follows from all of them."""

    verdict: str
    lead: str
    criteria: str
    reports: tuple[str, ...]


class SignatureRow(Row, frozen=True, kw_only=True, tag="signature"):
    """One good signature on the checklist."""

    list: str
    item: str
    answer: str
    by: str
    role: str
    key: str
    """The key's fingerprint."""
    signed_at: str


class SignOffRow(Row, frozen=True, kw_only=True, tag="sign_off"):
    """How the checklist that people sign stands."""

    list: str
    go: bool
    why: str
    signatures: int
    waiting: tuple[str, ...]
    notes: tuple[str, ...]
    how: tuple[str, ...]


@click.command()
@click.option("--corpus", type=click.Path(path_type=Path), default=".", metavar="C", help="The project.")
@click.option("--criteria", type=click.Path(path_type=Path), default=WEEK_FIVE, metavar="FILE", help="What is asked.")
@click.option(
    "--watch",
    "summary",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What `gonogo watch --once --json` printed.",
)
@click.option("--figure", "hand", multiple=True, metavar="ID=VALUE", help="A figure that people measured.")
@click.option("--as", "who", metavar="NAME", default="", help="Who measured it.")
@with_globals
def verdict(
    options: Globals, *, corpus: Path, criteria: Path, summary: Path | None, hand: tuple[str, ...], who: str
) -> ExitCode:
    """Judge a training run by criteria: GO, NO-GO, CONDITIONAL or HOLD, each with its evidence.

    A figure that nobody measured is HOLD, never a pass. Writes verdict.json, .md and .html under artifacts; the
    checklist go-no-go asks for it, and takes the signatures, which the reports then show with the fingerprints of
    their keys. Exit code 0 for GO, 1 for everything else, whoever signed.
    """
    corpus = existing_corpus(corpus)
    if summary is not None and not summary.is_file():
        raise UsageError(f"{summary}: there is no such file; gonogo watch --once --json LOG > {summary} makes it")
    settings, state = options.settings(corpus).settings, options.state_of(corpus)
    asked, now = load_criteria(criteria), utc_now()
    account = CostLedger(state).account()
    plan = None if account.is_empty else plan_of(settings, account)
    figures = [parse_hand(text, who or user_name(), now) for text in hand]
    judgement = judge(asked, read_figures(asked, Places(state, plan, summary), figures, now), now)
    with Report("verdict", as_json=options.as_json) as report:
        for one in judgement.judged:
            report.add(
                CriterionRow(
                    id=one.criterion.id,
                    ask=one.criterion.ask,
                    standing=one.standing,
                    value=None if one.figure.value is None else str(one.figure.value),
                    wanted=one.criterion.wanted,
                    told=one.told,
                    source=one.figure.source,
                    by=one.figure.by,
                )
            )
        sign_off = sign_off_of(walk_of(options, corpus, CHECKLIST).look(), judgement.outcome, str(corpus))
        written = [] if is_read_only() else _write(judgement, state, settings, CostLedger(state), sign_off)
        lead = judgement.lead
        report.add(
            VerdictRow(verdict=judgement.outcome, lead=lead, criteria=asked.id, reports=tuple(map(str, written)))
        )
        _tell(sign_off, report)
        if not options.as_json:
            for one in judgement.judged:
                click.echo(f"{one.standing:<24} {one.criterion.id}: {one.told}")
            click.echo(f"{judgement.outcome}: {lead}")
            for line in _sign_off_lines(sign_off):
                click.echo(line)
        for path in written:
            report.say(f"report: {path}")
        if not written:
            report.say("nothing is written: the reports of an earlier verdict are left as they are")
        is_go = judgement.outcome is Outcome.GO
        report.outcome = Ending.OK if is_go else Ending.SOME_FAILED
        report.detail = f"{judgement.outcome}: {lead}"
    return ExitCode.OK if is_go else ExitCode.SOME_FAILED


def _tell(sign_off: SignOff, report: Report) -> None:
    for one in sign_off.signed:
        report.add(
            SignatureRow(
                list=sign_off.checklist,
                item=one.item,
                answer=one.answer,
                by=one.by,
                role=one.role,
                key=one.key,
                signed_at=one.time,
            )
        )
    report.add(
        SignOffRow(
            list=sign_off.checklist,
            go=sign_off.is_go,
            why=sign_off.why,
            signatures=len(sign_off.signed),
            waiting=sign_off.waiting,
            notes=sign_off.notes,
            how=sign_off.how,
        )
    )


def _sign_off_lines(sign_off: SignOff) -> Iterator[str]:
    yield f"sign-off: {sign_off.lead}"
    for one in sign_off.signed:
        yield f"  {one}"
    for note in sign_off.notes:
        yield f"  {note}"
    if sign_off.waiting:
        yield f"  waits for: {', '.join(each.partition(':')[0] for each in sign_off.waiting)}"
    for at, line in enumerate(sign_off.how):
        yield f"  {'to sign: ' if at == 0 else '         '}{line}"


def _write(judgement: Judgement, state: Path, settings: Settings, ledger: CostLedger, sign_off: SignOff) -> list[Path]:
    account = ledger.account()
    plan = plan_of(settings, account)
    weeks = () if account.is_empty else week_rows(account, plan, judgement.time)
    pages = {
        "verdict.json": to_json(judgement) + b"\n",
        "verdict.md": to_markdown(judgement, weeks, sign_off).encode(),
        "verdict.html": to_html(judgement, weeks, plan.budget_usd if weeks else None, sign_off=sign_off).encode(),
    }
    written = []
    for name, content in pages.items():
        path = artifact(state, name)
        write_whole(path, content)
        written.append(path)
    return written


COMMANDS = (verdict,)
