"""The work of `npl-sim tranche`: the cash of a study, or of a file of flows, through a deal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from npl_sim.core.streams import print_json
from npl_sim.reports.heading import issue_values
from npl_sim.runs.console import PlainConsole
from npl_sim.runs.deal_cash import FileCash, StudyCash, Wishes, warn
from npl_sim.runs.place import new_place
from npl_sim.runs.recorded_paths import folder_text
from npl_sim.runs.simulating import Clock, print_undrawn, talk_console
from npl_sim.tape.issues import ranked

if TYPE_CHECKING:
    from npl_sim.core.issues import Issue
    from npl_sim.runs.deal_cash import Cash
    from npl_sim.securitization.results.outcome import DealOutcome

__all__ = ["tranche"]


def tranche(source: StudyCash | FileCash, wishes: Wishes, ledger: str = "") -> None:
    """Send cash through a deal, write its run folder, and print what came out.

    Parameters
    ----------
    source
        The deal and its cash.
    wishes
        What the user wants to see.
    ledger
        Number of a scenario, ``median`` or ``bad``, whose ledger is printed in place of the summary, no folder
        being written unless one is named; empty: none.
    """
    talk, clock = talk_console(wishes.quiet or wishes.as_json), Clock()
    deal = source.deal
    cash = source.read(talk, clock)

    from npl_sim.securitization.results.outcome import outcome_of
    from npl_sim.securitization.results.run_warnings import run_warnings
    from npl_sim.securitization.waterfall.waterfall import run_deal

    with clock.phase("waterfall"):
        run = run_deal(deal, cash.flows)
    found = (*source.warnings(), *run_warnings(run))
    texts = [issue.text for issue in found]
    warn(talk, texts)
    with clock.phase("results"):
        outcome = outcome_of(run, cash.flows.numbers)
    issues = _issues_of(cash, found, outcome)
    place = outcome.place_of(ledger) if ledger else None
    summary: dict[str, Any] = {}
    if place is None or wishes.out is not None:
        from npl_sim.reports.deal.tables import deal_summary, deal_tables
        from npl_sim.runs.deal_folder import deal_hash, write_deal_run

        with clock.phase("write"):
            from npl_sim.reports.deal.plots import save_deal

            made = write_deal_run(
                wishes.out or new_place(deal.name, deal_hash(deal)),
                deal,
                deal_tables(outcome),
                {**issue_values(issues), **deal_summary(outcome), "notes": [*cash.notes, *texts]},
                (lambda folder, failed: save_deal(outcome, folder, failed=failed))
                if wishes.figures
                else None,
                {"kind": "tranche", **cash.facts, "scenarios": run.scenarios},
                clock.seconds,
                cash.inputs,
            )
        summary = made.summary
        print_undrawn(made)
        talk.print(f"{clock.told}: {folder_text(made.folder)}", markup=False)
    if place is not None:
        _print_ledger(outcome, place, wishes.as_json)
    elif wishes.as_json:
        print_json(summary)
    elif not wishes.quiet:
        _print(outcome, issues, cash.listed_by)


def _print(outcome: DealOutcome, issues: Sequence[Issue], listed_by: str) -> None:
    from npl_sim.reports.deal.text import print_deal

    # A file or pipe has no width of its own; the widest table needs some 100 columns.
    width = None if sys.stdout.isatty() else 130
    print_deal(outcome, PlainConsole(width=width), issues, listed_by)


def _issues_of(cash: Cash, warnings: Sequence[Issue], outcome: DealOutcome) -> tuple[Issue, ...]:
    """Return what may be wrong with a deal's cash and with the deal, the most important first."""
    from npl_sim.analysis.plausibility import cash_issues

    mean = cash_issues("mean of net collections", outcome.net.value, outcome.run.deal.pool_balance)
    return ranked([*cash.issues, *warnings, *mean])


def _print_ledger(outcome: DealOutcome, place: int, as_json: bool) -> None:
    from npl_sim.reports.deal.parts import limit_texts
    from npl_sim.reports.deal.text import ledger_text
    from npl_sim.reports.price.tables import plain_data
    from npl_sim.securitization.results.ledger import ledger_of, state_table

    ledger, states = ledger_of(outcome.run, place), state_table(outcome.run, place)
    number, limits = outcome.numbers[place], limit_texts(outcome.run.deal)
    if as_json:
        rows = plain_data(ledger.assign(date=ledger["date"].astype(str)))
        tested = states[
            [
                "payment",
                "date",
                *(c for c in states if c.startswith(("tested ", "interest cover "))),
            ]
        ]
        block = {
            "scenario": number,
            "ledger": rows,
            "tested": plain_data(tested.assign(date=tested["date"].astype(str))),
            "limits": limits,
        }
        print_json(block)
    else:
        print(ledger_text(ledger, states, number, outcome.run.deal.currency, limits), end="")
