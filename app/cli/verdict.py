"""``verdict``: GO, NO-GO, CONDITIONAL or HOLD, from figures that were measured."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.common import Globals, existing_corpus, with_globals
from app.cli.cost import plan_of
from app.exit_codes import ExitCode
from app.report import Report, Row
from engine.config import Settings
from engine.convert.artifacts import artifact, write_artifact
from engine.errors import UsageError
from engine.host.facts import user_name
from engine.run.log import utc_now
from engine.run.outcome import Outcome as Ending
from engine.verdict.criteria import WEEK_FIVE, load_criteria
from engine.verdict.judging import Judgement, Outcome, judge
from engine.verdict.reading import Places, parse_hand, read_figures
from engine.verdict.report_html import to_html
from engine.verdict.report_markdown import to_json, to_markdown
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
    checklist go-no-go asks for it, and takes the signature. Exit code 0 for GO, 1 for everything else.
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
        written = _write(judgement, state, settings, CostLedger(state))
        lead = judgement.lead
        report.add(
            VerdictRow(verdict=judgement.outcome, lead=lead, criteria=asked.id, reports=tuple(map(str, written)))
        )
        if not options.as_json:
            for one in judgement.judged:
                click.echo(f"{one.standing:<24} {one.criterion.id}: {one.told}")
            click.echo(f"{judgement.outcome}: {lead}")
        for path in written:
            report.say(f"report: {path}")
        is_go = judgement.outcome is Outcome.GO
        report.outcome = Ending.OK if is_go else Ending.SOME_FAILED
        report.detail = f"{judgement.outcome}: {lead}"
    return ExitCode.OK if is_go else ExitCode.SOME_FAILED


def _write(judgement: Judgement, state: Path, settings: Settings, ledger: CostLedger) -> list[Path]:
    account = ledger.account()
    plan = plan_of(settings, account)
    weeks = () if account.is_empty else week_rows(account, plan, judgement.time)
    pages = {
        "verdict.json": to_json(judgement) + b"\n",
        "verdict.md": to_markdown(judgement, weeks).encode(),
        "verdict.html": to_html(judgement, weeks, plan.budget_usd if weeks else None).encode(),
    }
    written = []
    for name, content in pages.items():
        path = artifact(state, name)
        write_artifact(path, content)
        written.append(path)
    return written


COMMANDS = (verdict,)
