"""Outcomes of a package for a contract: simulated from a study, or read from a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.issues import Issue
from npl_sim.core.provenance import file_hash
from npl_sim.resources.shipped import opened
from npl_sim.runs.recorded_paths import recorded_file, recorded_texts
from npl_sim.runs.simulation import Clock
from npl_sim.tape.issues import LISTED_BY

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.channels.outcomes import Outcomes
    from npl_sim.channels.result import CarryingAmount
    from npl_sim.channels.terms.contract import ChannelContract
    from npl_sim.core.progress import Listener
    from npl_sim.runs.simulation import Simulation
    from npl_sim.runs.study_session import StudySession
    from npl_sim.study.model import Study


@dataclass(frozen=True)
class ChannelCash:
    """Outcomes of a package for a contract, with their origin."""

    outcomes: Outcomes
    """Cash of the package by scenario."""
    currency: str = ""
    """Currency of the amounts."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Entries of a run's manifest on the origin of the cash."""
    notes: tuple[str, ...] = ()
    """Notes on a table of outcomes."""
    issues: tuple[Issue, ...] = ()
    """Issues of the study, its tape and its simulated cash, or of a table of outcomes."""
    listed_by: str = LISTED_BY
    """Command or key that lists every issue."""
    carrying_amount: CarryingAmount | None = None
    """Carrying amount in the accounts of the seller; None if not known."""
    holdings: Mapping[str, float] | None = None
    """Gross book value by kind of loan; None if not known. [package currency]"""
    simulation: Simulation | None = None
    """Simulation that the cash comes from; None for a table of outcomes."""
    clock: Clock = field(default_factory=Clock)
    """Seconds by phase."""


def simulated_outcomes(contract: ChannelContract, simulation: Simulation) -> ChannelCash:
    """Return the outcomes of a simulated package for a contract."""
    from npl_sim.channels.outcomes import outcomes_of_flows
    from npl_sim.study.fingerprint import study_hash

    study, cash = simulation.study.study, simulation.cash
    rate = contract.discount_rate
    if rate is None:
        rate = study.pricing.required_return
    outcomes = outcomes_of_flows(cash, rate, contract.face)
    facts = {
        "study": study.name,
        "study_sha256": study_hash(study),
        "tape": [vars(s) for s in simulation.study.table.sources],
        "seed": study.simulation.seed,
        "threads": study.simulation.threads,
        "scenarios": outcomes.scenarios,
    }
    return ChannelCash(
        outcomes,
        study.currency,
        facts,
        issues=simulation.study.issues(cash),
        carrying_amount=carrying_amount(study, cash),
        holdings=kinds_of_loans(simulation.study, cash),
        simulation=simulation,
        clock=simulation.clock,
    )


def carrying_amount(study: Study, cash: Cash) -> CarryingAmount | None:
    """Return the carrying amount of the seller, where the study states provisions."""
    from npl_sim.channels.result import CarryingAmount
    from npl_sim.valuation.seller import provisions_of

    seller = study.seller
    if seller is None or not seller.provision_coverage:
        return None
    provisions = provisions_of(cash, seller)
    return CarryingAmount(
        cash.gbv - provisions,
        f"GBV {cash.gbv:,.2f} less provisions {provisions:,.2f}, by the study's "
        "seller.provision_coverage",
    )


def kinds_of_loans(study: StudySession, cash: Cash) -> dict[str, float]:
    """Return the gross book value by kind of loan, from the tape. [package currency]"""
    from npl_sim.capital.loan_kinds import holdings

    loans = cash.loans
    secured = loans["loan_id"].isin(study.table.collateral["loan_id"]).to_numpy()
    return holdings(loans["product"], secured, loans["gbv"].to_numpy())


def read_outcomes(
    path: Path, contract: ChannelContract, seed: int, listener: Listener
) -> ChannelCash:
    """Read a table of weighted outcomes for a contract.

    Parameters
    ----------
    path
        Table (.csv, .parquet).
    contract
        Terms of the contract.
    seed
        Seed of the random numbers.
    listener
        Receives the notes on the table.
    """
    from npl_sim.channels import outcome_table

    clock, rate = Clock(), contract.discount_rate
    currency = contract.currency or ""
    path = opened(path)
    with clock.phase("read"):
        outcomes, notes = outcome_table.read_outcomes(
            path, contract.face, rate or 0.0, seed, currency
        )
    if rate is None and outcomes.months > 0:
        undiscounted = (
            "discount_rate is not given: amounts of different months are compared undiscounted"
        )
        notes = (*notes, undiscounted)
    notes = tuple(recorded_texts(notes, {"outcomes": path}))
    for line in notes:
        listener.message(f"note: {line}")
    facts = {
        "outcomes": {"file": recorded_file(path, "outcomes"), "sha256": file_hash(path)},
        "seed": seed,
        "scenarios": outcomes.scenarios,
    }
    issues = tuple(Issue("warning", "", line) for line in notes)
    listed_by = "the key notes of summary.json"
    return ChannelCash(outcomes, currency, facts, notes, issues, listed_by, clock=clock)
