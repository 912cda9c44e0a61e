"""Insolvency of one loan's debtor in words: when, and what the estate would pay."""

from __future__ import annotations

import math
from collections.abc import Iterator

from npl_sim.analysis.explain.steps import money, percent
from npl_sim.core.language import gettext as _
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
        yield _("Insolvency: {word}, under way for {stage_elapsed:.1f} months").format(
            word=word, stage_elapsed=loan["stage_elapsed"]
        )
    else:
        within = 1.0 - math.exp(-YEARS * hazard)
        yield (
            _(
                "Insolvency of the debtor: accepted with {within} within {years} years; "
                "the package claims {debtor_claims} from it"
            ).format(
                within=percent(within), years=YEARS, debtor_claims=money(loan["debtor_claims"])
            )
        )
    if status == Status.PETITION:
        yield (
            _(
                "  a petition is pending: accepted with {petition_acceptance_probability} "
                "after {mean:.1f} months on average"
            ).format(
                petition_acceptance_probability=percent(terms.petition_acceptance_probability),
                mean=terms.petition_duration.mean,
            )
        )
    yield from _proceeding(terms)


def _proceeding(terms: Insolvency) -> Iterator[str]:
    """Yield the form of the proceeding and what it pays."""
    yield (
        _(
            "  acceptance stops interest and enforcement; guarantors stay liable; "
            "reorganization with {reorganization_probability}, else liquidation"
        ).format(reorganization_probability=percent(terms.reorganization_probability))
    )
    yield (
        _(
            "  liquidation: {mean:.1f} months on average, collateral "
            "{estate_sale_discount} below market; free assets {mean2} of all claims, "
            "none with {no_distribution_probability}"
        ).format(
            mean=terms.duration.mean,
            estate_sale_discount=percent(terms.estate_sale_discount),
            mean2=percent(terms.free_assets.mean),
            no_distribution_probability=percent(terms.no_distribution_probability),
        )
    )
    if terms.reorganization_probability > 0.0:
        plan = terms.plan
        yield (
            _(
                "  plan: {secured_share} of the covered claim and {ordinary_share} of the "
                "rest in {term} installments"
            ).format(
                secured_share=percent(plan.secured_share),
                ordinary_share=percent(plan.ordinary_share),
                term=plan.term,
            )
        )
