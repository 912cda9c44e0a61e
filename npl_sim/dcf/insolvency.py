"""Insolvency of debtors in the second method: a mixture over the month of acceptance.

The loans are valued as if all debtors became insolvent in the same month, for some months, and as
if none did. Each loan mixes these values by its own probabilities. Insolvency is independent of
everything else but the mean of cooperation. docs/insolvency.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.context import OpenClaims, PolicyContext
from npl_sim.dcf.estate import pay_estates
from npl_sim.dcf.facts import Loans
from npl_sim.dcf.market_moments import MarketMoments, normal_nodes
from npl_sim.policy.insolvency import AgeBands, Insolvency, SizeBands
from npl_sim.policy.policy import Policy

if TYPE_CHECKING:
    from npl_sim.study.model import Study

EDGES = (0, 3, 7, 14, 24, 44, 80, 140, 240, 600)
"""Ends of the intervals of months whose acceptances are valued at their middle."""

Cash = Callable[[Policy, int, list[OpenClaims] | None], PolicyContext]
"""Values the loans of a policy up to a month; open claims go into the list, if there is one."""


def hazards(study: Study, policy: Policy, loans: Loans) -> np.ndarray:
    """Return the hazard of each loan at the mean of cooperation. [per month]"""
    terms = policy.insolvency
    if terms is None or terms.hazard == 0.0:
        return np.zeros(len(loans.policy))
    hazard = np.full(len(loans.policy), terms.hazard / 12.0)
    if terms.size is not None:
        hazard *= _band(terms.size, terms.size.from_claims, loans.debtor_claims)
    if terms.age is not None:
        hazard *= _band(terms.age, terms.age.from_age, loans.debtor_age)
    if policy.debtor_type == "natural_person":
        law = study.legal.personal_insolvency
        if law is None or (law.effective is not None and law.effective > study.valuation_date):
            return np.zeros(len(hazard))
        if law.regions:
            regions = {name.strip().casefold().replace(" ", "_") for name in law.regions}
            hazard *= np.isin(loans.region, sorted(regions))
    return np.where(loans.stage == "insolvency", 0.0, hazard)


def _band(bands: SizeBands | AgeBands, lower: tuple[float, ...], values: np.ndarray) -> np.ndarray:
    at = np.searchsorted(np.array(lower), values, side="right") - 1
    return np.array(bands.multipliers)[np.maximum(at, 0)]


def survival(
    terms: Insolvency, market: MarketMoments, hazard: np.ndarray, months: int
) -> np.ndarray:
    """Return the probability of no acceptance by each month, shape (loans, months + 1)."""
    nodes, weights = normal_nodes(7)
    running = market.cooperation.running(-terms.cooperation_loading, np.ones(months), 1, nodes)
    alive = np.exp(-hazard[:, None, None] * running[None, :, :])
    return np.asarray(np.einsum("n,inm->im", weights, alive))


def mixed_cash(
    study: Study, policy: Policy, market: MarketMoments, loans: Loans, end: int, cash: Cash
) -> np.ndarray:
    """Return expected cash with insolvencies, shape (loans, kinds, end + 1).

    Parameters
    ----------
    study, policy, market
        Study, policy and moments of the market.
    loans
        The loans.
    end
        Month of the sale, or the horizon.
    cash
        Values them.
    """
    total = cash(policy, end, None).cash
    hazard, terms = hazards(study, policy, loans), policy.insolvency
    if terms is None or not hazard.any():
        return total
    alive = survival(terms, market, hazard, end)
    solvent = total.copy()
    guarantors = solvent[:, Kind.GUARANTOR].cumsum(axis=1)
    total = total * alive[:, end - 1][:, None, None]
    kept = policy.model_copy(update={"sale": None, "residual_share": 0.0})
    edges = [m for m in EDGES if m < end - 1] + [end - 1]
    for first, last in zip(edges, edges[1:], strict=False):
        month = min(max(1, round((first + last + 1) / 2)), end - 1)
        chance = alive[:, first] - alive[:, last]
        found: list[OpenClaims] = []
        context = cash(kept, month, found)
        whole = np.maximum(guarantors[:, -1], 1e-300)
        unpaid = np.where(guarantors[:, -1] > 0.0, 1.0 - guarantors[:, month] / whole, 1.0)
        claims = OpenClaims.joined(found, context.items.most)
        after = pay_estates(context, claims, terms, end, unpaid)
        after[:, :, : month + 1] += context.cash
        total += chance[:, None, None] * after
    return total
