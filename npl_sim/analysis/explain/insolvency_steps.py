"""Insolvency of one loan's debtor in words: when, and what the estate would pay."""

from __future__ import annotations

import math
from collections.abc import Iterator

from npl_sim.analysis.explain.steps import money, percent
from npl_sim.core.layout import Stage, Status
from npl_sim.engine.compile_model import Model
from npl_sim.policy.insolvency import Insolvency
from npl_sim.policy.policy import Policy

YEARS = 5
"""Years over which the probability of an acceptance is stated."""


def insolvency(policy: Policy, model: Model) -> Iterator[str]:
    """Yield hazard, proceeding and estate of the debtor, where it is or may become insolvent."""
    loan, terms = model.package.loans[0], policy.insolvency or Insolvency()
    hazard, status = 12.0 * float(loan["insolvency_hazard"]), Status(loan["insolvency_status"])
    if hazard == 0.0 and status == Status.NONE:
        return
    if loan["stage"] == Stage.INSOLVENCY:
        word = status.name.lower()
        yield f"Insolvency: {word}, under way for {loan['stage_elapsed']:.1f} months"
    else:
        within = 1.0 - math.exp(-YEARS * hazard)
        yield (
            f"Insolvency of the debtor: accepted with {percent(within)} within {YEARS} years; "
            f"the package claims {money(loan['debtor_claims'])} from it"
        )
    if status == Status.PETITION:
        yield (
            f"  a petition is pending: accepted with "
            f"{percent(terms.petition_acceptance_probability)} after "
            f"{terms.petition_duration.mean:.1f} months on average"
        )
    yield from _proceeding(terms)


def _proceeding(terms: Insolvency) -> Iterator[str]:
    """Yield the form of the proceeding and what it pays."""
    yield (
        "  acceptance stops interest and enforcement; guarantors stay liable; reorganization "
        f"with {percent(terms.reorganization_probability)}, else liquidation"
    )
    yield (
        f"  liquidation: {terms.duration.mean:.1f} months on average, collateral "
        f"{percent(terms.estate_sale_discount)} below market; free assets "
        f"{percent(terms.free_assets.mean)} of all claims, none with "
        f"{percent(terms.no_distribution_probability)}"
    )
    if terms.reorganization_probability > 0.0:
        plan = terms.plan
        yield (
            f"  plan: {percent(plan.secured_share)} of the covered claim and "
            f"{percent(plan.ordinary_share)} of the rest in {plan.term} installments"
        )
