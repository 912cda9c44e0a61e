"""Explanation of collection: settlements, payments, contacts, agencies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from npl_sim.analysis.explain.steps import money, percent
from npl_sim.core.language import gettext as _
from npl_sim.core.layout import Stage
from npl_sim.engine.compile_model import Model
from npl_sim.kernels.collection import filing_month

if TYPE_CHECKING:
    from npl_sim.policy.policy import Policy


def collection_steps(policy: Policy, model: Model) -> Iterator[str]:
    """Yield what collection brings and costs, and with whom."""
    loan, tables = model.package.loans[0], model.collection
    terms = model.package.terms[loan["policy"]]
    if loan["stage"] != Stage.COLLECTION:
        return
    claim = float(loan["principal"] + loan["interest_and_fees"])
    filing = filing_month(loan, terms, claim)
    last = int(
        min(x for x in (tables.last[0], model.horizon, filing if filing >= 0 else model.horizon))
    )
    yield (
        _("Collection, months 1 to {last}").format(last=last)
        if last
        else _("Collection: none, the loan goes straight on")
    )
    if last == 0:
        return
    hazard = tables.settle[0, 1 : last + 1] + tables.cure[0, 1 : last + 1]
    settles = float(tables.settle[0, 1 : last + 1].sum())
    yield (
        _("  settlement or cure by then for a borrower of average response: {sum}").format(
            sum=percent(1 - math.exp(-float(hazard.sum() * loan["responsiveness"])))
        )
        + (
            _(", {settles} of these a settlement").format(settles=percent(settles / hazard.sum()))
            if hazard.sum() > 0
            else ""
        )
    )
    yield (
        _(
            "  a settlement grants a discount of {discount} in month 1 and {discount2} "
            "in month {last}"
        ).format(
            discount=percent(tables.discount[0, 1]),
            discount2=percent(tables.discount[0, last]),
            last=last,
        )
    )
    yield (
        _(
            "  partial payments: {sum} of the claim on average, by the {payer_share} "
            "of borrowers who pay at all"
        ).format(
            sum=percent(float(tables.pay[0, 1 : last + 1].sum())),
            payer_share=percent(policy.collection.payer_share),
        )
    )
    yield _("  contacts cost {sum} in all").format(
        sum=money(float(tables.cost[0, 1 : last + 1].sum()))
    )
    yield from _agencies(policy, model, last)


def _agencies(policy: Policy, model: Model, last: int) -> Iterator[str]:
    """Yield the placements with agencies, and the promises of settlements."""
    tables = model.collection
    for agency in policy.collection.agencies:
        if agency.from_month < last:
            until = min(last, agency.from_month + agency.months)
            yield (
                _(
                    "  months {from_month} to {until}: with {agency}, commission {commission} "
                    "of what is collected"
                ).format(
                    from_month=agency.from_month + 1,
                    until=until,
                    agency=agency.name,
                    commission=percent(float(tables.commission[0, until])),
                )
                + (
                    _(", and the contract {contract!r} on the placement's totals").format(
                        contract=agency.contract
                    )
                    if agency.contract
                    else ""
                )
            )
    if policy.collection.promise is not None:
        promise = policy.collection.promise
        yield (
            _(
                "  a settlement is promised {months} months ahead, and {kept_probability} "
                "of promises are kept"
            ).format(months=promise.months, kept_probability=percent(promise.kept_probability))
        )
