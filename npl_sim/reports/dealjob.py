"""The work of `npl-sim tranche`: a study's simulation, or a table of flows, through a deal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from npl_sim.errors import DealError
from npl_sim.reports.simulating import Clock, default_folder, simulated, talk_console

if TYPE_CHECKING:
    from npl_sim.api import Case
    from npl_sim.deal.collections import DatedFlows
    from npl_sim.deal.outcome import DealOutcome
    from npl_sim.deal.spec import Deal

__all__ = ["Wishes", "tranche_flows", "tranche_study"]

POOL_GAP = 0.01
"""Gap between the tape's GBV and the deal's pool that is told, as a share."""


@dataclass(frozen=True)
class Wishes:
    """What the user wants to see of a run.

    Attributes
    ----------
    out
        Run folder; none: one named after the deal and the time.
    ledger
        Number of a scenario, ``median`` or ``bad``, whose ledger is printed in place of the summary, no folder
        being written unless `out` names one; empty: none.
    as_json, figures, quiet, overwrite, work
        As on the command line.
    """

    out: Path | None = None
    ledger: str = ""
    as_json: bool = False
    figures: bool = True
    quiet: bool = False
    overwrite: bool = False
    work: Path | None = None


def tranche_study(case: Case, wishes: Wishes) -> None:
    """Simulate a study and send its cash through its deal."""
    deal = case.study.deal
    if deal is None:
        raise DealError(
            f"{case.loaded.path}: names no deal; expected the key deal (a file, or a deal's words), or --deal FILE"
        )
    talk, clock = talk_console(wishes.quiet or wishes.as_json), Clock()
    flows = case.deal_flows(simulated(case, talk, clock, work=wishes.work))
    gbv = case.table.reconciliation.gbv_loaded
    notes = [*case.warnings, *case.notes(), *_pool(deal, float(gbv))]

    from npl_sim.reports.store import study_facts, write_inputs

    _finish(
        deal,
        flows,
        wishes,
        talk,
        clock,
        facts=study_facts(case.study, case.table, ["npl-sim", *sys.argv[1:]]),
        notes=notes,
        told=len(case.warnings) + len(case.notes()),
        inputs=lambda draft: write_inputs(draft, case.study, case.table),
    )


def tranche_flows(deal: Deal, file: Path, month_zero: date | None, wishes: Wishes) -> None:
    """Send a table of flows through a deal."""
    from npl_sim.deal.table import read_flows
    from npl_sim.provenance import file_hash

    talk, clock = talk_console(wishes.quiet or wishes.as_json), Clock()
    with clock.phase("read"):
        flows = read_flows(file, month_zero or deal.cutoff_date)
    talk.print(
        f"flows: {flows.scenarios:,} scenarios from {flows.dates[0]} to {flows.dates[-1]}: {file}",
        markup=False,
    )
    facts = {
        "command": ["npl-sim", *sys.argv[1:]],
        "flows": {
            "file": file.name,
            "sha256": file_hash(file),
            "month_zero": str(month_zero or deal.cutoff_date),
        },
    }
    _finish(deal, flows, wishes, talk, clock, facts, list(_reach(deal, flows)), told=0, inputs=None)


def _pool(deal: Deal, gbv: float) -> Iterator[str]:
    gap = gbv / deal.pool_balance - 1.0
    if abs(gap) > POOL_GAP:
        yield (
            f"the tape's GBV of {gbv:,.2f} {deal.currency} is {100 * abs(gap):.1f}% {'above' if gap > 0 else 'below'} the deal's "
            f"pool_balance of {deal.pool_balance:,.2f}; triggers and shares of GBV use the deal's"
        )


def _reach(deal: Deal, flows: DatedFlows) -> Iterator[str]:
    """Say where a table of flows does not meet the dates of the deal, or its size."""
    from npl_sim.deal.dates import deal_dates

    dates = deal_dates(deal)
    first, last = dates.collection[0], dates.collection[-1]
    if flows.dates[-1] <= first or flows.dates[0] > last:
        raise DealError(
            f"the flows run from {flows.dates[0]} to {flows.dates[-1]}, outside the deal's collection periods, which run from "
            f"{first} to {last}; expected flows of these periods"
        )
    before = [end for end in dates.collection[1:-1] if end > flows.dates[-1]]
    if before:
        yield (
            f"the flows end on {flows.dates[-1]}; the collection periods of the last {len(before) + 1} of {len(dates)} payment "
            "dates get nothing, or too little"
        )
    collected = float(flows.received.sum(axis=1).mean())
    if collected > deal.pool_balance:
        yield (
            f"the flows receive {collected:,.2f} {deal.currency} in the mean, more than the package's GBV of "
            f"{deal.pool_balance:,.2f}"
        )


def _finish(
    deal: Deal,
    flows: DatedFlows,
    wishes: Wishes,
    talk: Console,
    clock: Clock,
    facts: Mapping[str, Any],
    notes: list[str],
    told: int,
    inputs: Callable[[Path], None] | None,
) -> None:
    """Run the waterfall, write the folder, print; the first `told` notes have been said."""
    from npl_sim.deal.outcome import outcome_of
    from npl_sim.deal.waterfall import run_deal

    for line in notes[told:]:
        talk.print(f"warning: {line}", markup=False)
    with clock.phase("waterfall"):
        run = run_deal(deal, flows)
    with clock.phase("results"):
        outcome = outcome_of(run, flows.numbers)
    place = outcome.place_of(wishes.ledger) if wishes.ledger else None
    summary: dict[str, Any] = {}
    if place is None or wishes.out is not None:
        with clock.phase("write"):
            from npl_sim.reports.dealstore import deal_hash, write_deal_run

            folder = wishes.out or default_folder(deal.name, datetime.now(), deal_hash(deal))
            made = write_deal_run(
                folder, outcome, facts, clock.seconds, notes, wishes.overwrite, wishes.figures, inputs
            )
        summary = made.summary
        talk.print(f"{_seconds(clock)}: {folder}", markup=False)
    if place is not None:
        _print_ledger(outcome, place, wishes.as_json)
    elif wishes.as_json:
        print(json.dumps(summary, indent=2, ensure_ascii=False))
    elif not wishes.quiet:
        from npl_sim.reports.dealtext import print_deal

        # A file or pipe has no width of its own; the widest table needs some 120 columns.
        width = None if sys.stdout.isatty() else 130
        print_deal(outcome, Console(highlight=False, width=width))


def _seconds(clock: Clock) -> str:
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in clock.seconds.items())


def _print_ledger(outcome: DealOutcome, place: int, as_json: bool) -> None:
    from npl_sim.deal.ledger import ledger_of, state_table
    from npl_sim.reports.dealtext import ledger_text
    from npl_sim.reports.tables import plain_data

    ledger, states = ledger_of(outcome.run, place), state_table(outcome.run, place)
    number = outcome.numbers[place]
    if as_json:
        rows = plain_data(ledger.assign(date=ledger["date"].astype(str)))
        print(json.dumps({"scenario": number, "ledger": rows}, indent=2, ensure_ascii=False))
    else:
        print(ledger_text(ledger, states, number, outcome.run.deal.currency), end="")
