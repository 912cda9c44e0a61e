"""Pilot runs: continuation values of loans, for sale prices and tests of restructuring plans.

A pilot simulates the package twice on the same random numbers, which differ from those of the
main run. The first simulation ends in the month of the sale or offer and gives the state of each
loan. The second one continues to the horizon and gives the later cash. Present values are then
regressed, by policy and stage, on the secured and the unsecured claim, with coefficients of at
least zero. Longstaff and Schwartz (Review of Financial Studies 14, 2001) introduced the
regression of continuation values on the state.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.layout import TILE, Stage
from npl_sim.engine.policy_rows import policy_rows
from npl_sim.policy.expert_terms import Experts, ManualCash
from npl_sim.policy.policy import Policy
from npl_sim.policy.restructuring import Restructuring, first_installment
from npl_sim.policy.sale import Sale
from npl_sim.stats.discount import discount_factor
from npl_sim.tape.id_keys import keys_in

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

LOAN_PATHS = 400_000
"""Loan paths of a pilot; they give a share of the claim to about a thousandth."""

MOST_LOANS = 1500
FEWEST = 50
"""Least loan paths of a stage for separate coefficients; other stages share theirs."""

PILOT_SEED = 0x9E3779B97F4A7C15
"""Changes the seed, so that a pilot never uses the scenarios of its main run."""

Record = Callable[["Study", "LoanTable", np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Pilot:
    """Continuation value as shares of the unsecured and the secured claim."""

    sale_unsecured: np.ndarray
    """At the sale, shape (policies, stages); NaN where the policy sets its own prices."""
    sale_secured: np.ndarray
    """As `sale_unsecured`, of the secured claim."""
    kept_unsecured: np.ndarray
    """In collection at the offer, without a plan, shape (policies,); NaN without a test."""
    kept_secured: np.ndarray
    """As `kept_unsecured`, of the secured claim."""


def sample_loans(table: LoanTable, rows: np.ndarray, most: int = MOST_LOANS) -> LoanTable:
    """Return a table with at most `most` of the given loans, selected by their ids."""
    loans = table.loans[rows]
    keys = keys_in(loans, "loan_id")
    loans = loans.iloc[np.sort(np.argsort(keys, kind="stable")[:most])]
    ids = set(loans["loan_id"])
    return dataclasses.replace(
        table,
        loans=loans,
        collateral=table.collateral[table.collateral["loan_id"].isin(ids)],
        guarantors=table.guarantors[table.guarantors["loan_id"].isin(ids)],
    )


def _from(month: int, rate: float, horizon: int) -> np.ndarray:
    """Return factors that discount cash after `month` to that month; 0 for earlier cash."""
    later = np.arange(horizon + 1) - month
    return np.where(later > 0, discount_factor(rate, np.maximum(later, 0) / 12.0), 0.0)


def _remaining(
    study: Study,
    table: LoanTable,
    policy: Policy,
    after: Policy,
    month: int,
    rate: float,
    record: Record,
) -> np.ndarray:
    """Return value after `month`, stage, claim and secured part of loan paths, shape (paths, 4).

    `policy` applies up to the month and `after` to the horizon. Both must agree up to the month.
    """
    simulation = study.simulation.model_copy(
        update={
            "scenarios": TILE * min(128, max(2, -(-LOAN_PATHS // (TILE * len(table.loans))))),
            "seed": study.simulation.seed ^ PILOT_SEED & (2**63 - 1),
            "detail": "totals",
            "group_by": "stage",
        }
    )
    # Continuation values are those of the model: an expert's path has no state at the sale.
    base = {
        "simulation": simulation,
        "contracts": (),
        "experts": Experts(),
        "manual_cash": ManualCash(),
    }
    sold = policy.model_copy(update={"sale": Sale(month=month)})
    until = study.model_copy(update={**base, "policies": (sold,)})
    on = study.model_copy(update={**base, "policies": (after,)})
    factors = _from(month, rate, study.simulation.horizon_months)
    states = record(until, table, factors)
    states[:, :, 0] = record(on, table, factors)[:, :, 0]
    return states.reshape(-1, 4)


def _shares(paths: np.ndarray) -> tuple[float, float]:
    """Regress values on the unsecured and the secured claim; return the two shares."""
    from scipy.optimize import nnls  # imported late: it takes 0.1 s

    state = np.stack([paths[:, 2] - paths[:, 3], paths[:, 3]], axis=1)
    size = np.maximum(paths[:, 2], 1e-9)
    # The weights keep a large loan from dominating the fit.
    shares, _ = nnls(state / size[:, None] ** 0.5, paths[:, 0] / size**0.5)
    return float(shares[0]), float(shares[1])


def free_policy(policy: Policy) -> Policy:
    """Return the policy without terms that need a pilot and without placement contracts."""
    agencies = tuple(a.model_copy(update={"contract": ""}) for a in policy.collection.agencies)
    changes: dict[str, object] = {
        "collection": policy.collection.model_copy(update={"agencies": agencies})
    }
    if policy.restructuring is not None:
        changes["restructuring"] = policy.restructuring.model_copy(update={"npv_test": None})
    if policy.sale is not None and policy.sale.buyer_return is not None:
        changes["sale"] = None
    return policy.model_copy(update={**changes, "applies_to": type(policy.applies_to)()})


def run_pilot(study: Study, table: LoanTable, record: Record) -> Pilot | None:
    """Return the estimates for the study's sale prices and plan tests; none if it has neither.

    Parameters
    ----------
    study, table
        Assumptions and loans.
    record
        Simulates a study and returns its loan paths (see `simulate.record_paths`).
    """
    needed = [
        (p.sale is not None and p.sale.buyer_return is not None)
        or (p.restructuring is not None and p.restructuring.npv_test is not None)
        for p in study.policies
    ]
    if not any(needed):
        return None
    secured = table.loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy()
    rows = policy_rows(study.policies, table.loans, secured)
    count, stages = len(study.policies), len(Stage)
    sale, kept = np.full((2, count, stages), np.nan), np.full((2, count), np.nan)
    pilot = Pilot(*sale, *kept)
    for i, policy in enumerate(study.policies):
        if needed[i] and (rows == i).any():
            loans = sample_loans(table, rows == i)
            _price_sale(study, loans, policy, i, pilot, record)
            _value_without_plan(study, loans, policy, i, pilot, record)
    return pilot


def _price_sale(
    study: Study, loans: LoanTable, policy: Policy, i: int, pilot: Pilot, record: Record
) -> None:
    sale, free = policy.sale, free_policy(policy)
    if sale is None or sale.buyer_return is None or sale.month >= study.simulation.horizon_months:
        return
    paths = _remaining(study, loans, free, free, sale.month, sale.buyer_return, record)
    open_paths = paths[paths[:, 2] > 0.0]
    common = _shares(open_paths) if len(open_paths) else (0.0, 0.0)
    for stage in Stage:
        here = open_paths[open_paths[:, 1] == stage]
        shares = _shares(here) if len(here) >= FEWEST else common
        pilot.sale_unsecured[i, stage], pilot.sale_secured[i, stage] = shares


def _value_without_plan(
    study: Study, loans: LoanTable, policy: Policy, i: int, pilot: Pilot, record: Record
) -> None:
    offer = policy.restructuring
    if offer is None or offer.npv_test is None:
        return
    without = free_policy(policy).model_copy(update={"restructuring": None})
    paths = _remaining(
        study, loans, without, without, max(1, offer.offer_month), offer.npv_test.rate, record
    )
    here = paths[(paths[:, 2] > 0.0) & (paths[:, 1] == Stage.COLLECTION)]
    if len(here):
        pilot.kept_unsecured[i], pilot.kept_secured[i] = _shares(here)


def write_pilot_prices(policies: Sequence[Policy], pilot: Pilot, terms: np.ndarray) -> None:
    """Write the estimated sale prices into the TERMS records."""
    for i, policy in enumerate(policies):
        if policy.sale is not None and policy.sale.buyer_return is not None:
            terms["sale_unsecured_price"][i] = np.nan_to_num(pilot.sale_unsecured[i])
            terms["sale_secured_price"][i] = np.nan_to_num(pilot.sale_secured[i])


def plan_value(
    offer: Restructuring, claim: np.ndarray, kept_share: np.ndarray, rate: float
) -> np.ndarray:
    """Return the expected present value of a plan at the month of its offer. [package currency]

    Parameters
    ----------
    offer
        Terms of the plan; the redefault hazard counts at the factor's mean.
    claim
        Claims, shape (loans,). [package currency]
    kept_share
        Value of a claim without a plan, as a share of it. A redefault recovers this share of the
        rest of the claim.
    rate
        Return. [per year]
    """
    payment = first_installment(offer, claim)
    balloon = claim * (1.0 - offer.haircut) * offer.balloon
    value = np.zeros(len(claim))
    last = offer.grace_months + offer.term
    for month in range(1, last + 1):
        factor = discount_factor(rate, month / 12.0)
        alive = np.exp(-offer.redefault_hazard * month)
        before = np.exp(-offer.redefault_hazard * (month - 1))
        due = payment if month > offer.grace_months else np.zeros(len(claim))
        if month == last:
            due = due + balloon
        left = np.maximum(claim - payment * max(0, month - 1 - offer.grace_months), 0.0)
        value += factor * (alive * due + (before - alive) * kept_share * left)
    return value


def passes_npv_tests(
    policies: Sequence[Policy], pilot: Pilot, loans: np.ndarray, table: LoanTable
) -> np.ndarray:
    """Return which loans are worth more with a plan than without one, shape (loans,).

    Parameters
    ----------
    policies, pilot
        Terms and estimates.
    loans
        LOAN records in the order of the tape.
    table
        The tape; its collateral counts at the current appraisal above prior liens.
    """
    claim = loans["principal"] + loans["interest_and_fees"]
    items = table.collateral
    above = np.maximum(
        items["appraisal_value"].fillna(0.0) - items["prior_liens"].fillna(0.0), 0.0
    )
    by_loan = above.groupby(items["loan_id"]).sum().reindex(table.loans["loan_id"])
    secured = np.minimum(by_loan.fillna(0.0).to_numpy(), claim)
    passes = np.ones(len(loans), dtype=bool)
    for i, policy in enumerate(policies):
        offer = policy.restructuring
        if offer is None or offer.npv_test is None or np.isnan(pilot.kept_unsecured[i]):
            continue
        kept = pilot.kept_unsecured[i] * (claim - secured) + pilot.kept_secured[i] * secured
        share = np.divide(kept, claim, out=np.zeros(len(claim)), where=claim > 0.0)
        with_plan = plan_value(offer, claim, share, offer.npv_test.rate)
        worse = with_plan < (1.0 + offer.npv_test.margin) * kept
        passes &= ~(worse & (loans["policy"] == i))
    return passes
