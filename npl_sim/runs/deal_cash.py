"""Cash for a deal: simulated from a study, or read from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.errors import DealError
from npl_sim.core.issues import RESULT
from npl_sim.core.masking import Privacy
from npl_sim.runs.recorded_paths import recorded_file, recorded_texts
from npl_sim.runs.simulation import Clock
from npl_sim.tape.issues import LISTED_BY, of_text

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.core.issues import Issue
    from npl_sim.core.progress import Listener
    from npl_sim.runs.folder import SaveOptions
    from npl_sim.runs.simulation import Simulation
    from npl_sim.runs.study_session import StudySession
    from npl_sim.securitization.collections import DatedFlows
    from npl_sim.securitization.terms.deal import Deal

POOL_GAP = 0.01
"""Gap between the tape's GBV and the deal's pool above which a warning is given. [share of 1]"""


@dataclass(frozen=True)
class DealCash:
    """Cash by date for a deal, with its origin."""

    flows: DatedFlows
    """Receipts and costs by scenario and date."""
    warnings: Sequence[Issue] = ()
    """Warnings on the deal's terms that the study does not give."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Entries of a run's manifest on the origin of the cash."""
    notes: Sequence[str] = ()
    """Warnings on study, tape and flows."""
    issues: Sequence[Issue] = ()
    """Issues of the study, its tape and its simulated cash, or of a table of flows."""
    listed_by: str = LISTED_BY
    """Command or file that lists every issue."""
    simulation: Simulation | None = None
    """Simulation that the cash comes from; None for cash from a file."""
    clock: Clock = field(default_factory=Clock)
    """Seconds by phase."""

    def write_inputs(self, draft: Path, options: SaveOptions) -> None:
        """Write the study, the findings on its tape and the simulated cash into a run folder."""
        if self.simulation is not None:
            from npl_sim.runs.folder import store_cash
            from npl_sim.runs.priced_run import write_inputs

            study = self.simulation.study
            write_inputs(draft, study.study, study.table, study.loaded.origins())
            store_cash(draft, self.simulation.cash, options)


@dataclass(frozen=True)
class FlowFile:
    """Table of flows, or recipe that makes one."""

    path: Path
    """Table (.csv, .parquet) or recipe (.yaml)."""
    month_zero: date | None = None
    """Date of month 0 of a table; defaults to the cut-off date of the deal."""
    scenarios: int | None = None
    """Scenarios of a recipe; defaults to its own."""
    seed: int | None = None
    """Seed of a recipe; defaults to its own."""


def deal_of(study: StudySession) -> Deal:
    """Return the deal that a study names.

    Raises
    ------
    DealError
        If there is none.
    """
    if study.study.deal is None:
        raise DealError(
            f"{study.loaded.path}: names no deal; expected the key deal (a file, or the terms of "
            "a deal), or --deal FILE"
        )
    return study.study.deal


def dated_cash(deal: Deal, cash: Cash, valuation_date: date) -> DatedFlows:
    """Return simulated cash by date, as a deal receives it.

    The study's servicing cost is left out where the deal pays its servicer itself.
    """
    from npl_sim.securitization.collections import from_package, servicer_fees

    leave_out = ("servicing",) if servicer_fees(deal) else ()
    return from_package(cash, valuation_date, leave_out=leave_out)


def simulated_cash(
    deal: Deal, simulation: Simulation, listener: Listener, command: Sequence[str] = ()
) -> DealCash:
    """Return the cash of a simulated package for a deal.

    Parameters
    ----------
    deal
        Terms of the deal.
    simulation
        The simulated package.
    listener
        Receives warnings.
    command
        Command line, for the manifest.
    """
    from npl_sim.runs.priced_run import study_facts
    from npl_sim.securitization.checks.date_warnings import holiday_warnings
    from npl_sim.securitization.checks.term_warnings import deal_warnings

    study, terms = simulation.study, simulation.study.study
    gaps = list(_pool_gap(deal, float(study.table.reconciliation.gbv_loaded)))
    _send_warnings(listener, gaps)
    return DealCash(
        dated_cash(deal, simulation.cash, terms.valuation_date),
        # The study gives the warnings on the terms of its own deal, except those on holidays.
        tuple(holiday_warnings(deal)) if deal is terms.deal else deal_warnings(deal),
        study_facts(terms, study.table, command),
        [*study.warnings, *study.notes(), *gaps],
        [
            *study.issues(simulation.cash),
            *(replace(of_text(gap), grade=RESULT) for gap in gaps),
        ],
        LISTED_BY,
        simulation,
        simulation.clock,
    )


def read_cash(
    deal: Deal, file: FlowFile, listener: Listener, command: Sequence[str] = ()
) -> DealCash:
    """Return the cash of a file for a deal; parameters as in `simulated_cash`.

    Raises
    ------
    DealError
        If the flows lie outside the collection periods of the deal.
    """
    from npl_sim.core.provenance import file_hash
    from npl_sim.securitization.checks.term_warnings import deal_warnings
    from npl_sim.study.flow_file import load_flows

    clock, path = Clock(), file.path
    month_zero = file.month_zero
    with clock.phase("read"):
        flows = load_flows(
            path, month_zero, file.scenarios, file.seed, deal.cutoff_date, deal.currency
        )
    name = recorded_file(path, "flows") if Privacy.mask.get() else path
    listener.message(
        f"flows: {flows.scenarios:,} scenarios from {flows.dates[0]} to {flows.dates[-1]}: {name}"
    )
    notes = recorded_texts([*flows.notes, *_gaps_of_flows(deal, flows)], {"flows": path})
    _send_warnings(listener, notes)
    facts = {"file": recorded_file(path, "flows"), "sha256": file_hash(path)}
    if path.suffix.lower() not in (".yaml", ".yml"):
        facts["month_zero"] = str(month_zero or deal.cutoff_date)
    return DealCash(
        flows,
        deal_warnings(deal),
        {"command": list(command), "flows": facts},
        notes,
        [*map(of_text, notes)],
        "the key notes of summary.json",
        clock=clock,
    )


def _send_warnings(listener: Listener, lines: Sequence[str]) -> None:
    """Send warnings as messages."""
    for line in lines:
        listener.message(f"warning: {line}")


def _pool_gap(deal: Deal, gbv: float) -> Iterator[str]:
    """Yield a warning where the tape's GBV is not the deal's pool balance."""
    gap = gbv / deal.pool_balance - 1.0
    if abs(gap) > POOL_GAP:
        direction = "above" if gap > 0 else "below"
        yield (
            f"the tape's GBV of {gbv:,.2f} {deal.currency} is {100 * abs(gap):.1f}% {direction} "
            f"the deal's pool_balance of {deal.pool_balance:,.2f}; triggers and shares of GBV use "
            "the deal's"
        )


def _gaps_of_flows(deal: Deal, flows: DatedFlows) -> Iterator[str]:
    """Yield warnings where a table of flows does not match the dates or the size of the deal."""
    from npl_sim.securitization.dates import deal_dates

    dates = deal_dates(deal)
    first, last = dates.collection[0], dates.collection[-1]
    if flows.dates[-1] <= first or flows.dates[0] > last:
        raise DealError(
            f"the flows run from {flows.dates[0]} to {flows.dates[-1]}, outside the deal's "
            f"collection periods, which run from {first} to {last}; expected flows of these "
            "periods"
        )
    missing = [end for end in dates.collection[1:-1] if end > flows.dates[-1]]
    if missing:
        yield (
            f"the flows end on {flows.dates[-1]}; the collection periods of the last "
            f"{len(missing) + 1} of {len(dates)} payment dates get nothing, or too little"
        )
    collected = float(flows.received.sum(axis=1).mean())
    if collected > deal.pool_balance:
        yield (
            f"the flows receive {collected:,.2f} {deal.currency} in the mean, more than the "
            f"package's GBV of {deal.pool_balance:,.2f}"
        )
