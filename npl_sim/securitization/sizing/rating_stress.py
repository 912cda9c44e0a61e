"""Collections cut and delayed after closing, as agencies do by rating."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from npl_sim.securitization.collections import Collections, DatedFlows
from npl_sim.securitization.dates import add_months, month_end
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.ratings import Stress
from npl_sim.securitization.waterfall.compiled_terms import Terms, prepare


def stressed_flows(flows: DatedFlows, deal: Deal, stress: Stress) -> DatedFlows:
    """Return flows of which those after closing are cut and come later.

    What was collected by closing is known, and stays. Costs are spent all the same: they come
    later, but are not cut. Of the series for triggers the present value of closed positions is
    cut, too.

    Parameters
    ----------
    flows
        Cash of the package by date.
    deal
        The deal, for its closing date.
    stress
        Haircut and delay.
    """
    after = np.array([d > deal.closing_date for d in flows.dates])
    keep = np.where(after, 1.0 - stress.haircut, 1.0)
    moved = [
        add_months(d, stress.delay_months, d == month_end(d)) if later else d
        for d, later in zip(flows.dates, after, strict=True)
    ]
    days = sorted(set(moved))
    place = {day: i for i, day in enumerate(days)}
    at = [place[day] for day in moved]

    def shifted(amounts: np.ndarray) -> np.ndarray:
        table = np.zeros((flows.scenarios, len(days)))
        for n, column in enumerate(at):
            table[:, column] += amounts[:, n]
        return table

    return DatedFlows(
        tuple(days),
        shifted(flows.received * keep),
        shifted(flows.costs),
        {
            name: shifted(x * keep if name == "closed_pv" else x)
            for name, x in flows.extras.items()
        },
    )


def stressed_terms(terms: Terms, flows: DatedFlows, stress: Stress) -> Terms:
    """Return terms on stressed collections; the business plan stays what it was before the stress.

    Parameters
    ----------
    terms
        Terms on the flows as they are.
    flows
        Cash of the package by date.
    stress
        Haircut and delay.
    """
    index = None
    if terms.index is not None:
        index = np.broadcast_to(terms.index, (len(terms.dates), flows.scenarios)).T
    found = prepare(terms.deal, stressed_flows(flows, terms.deal, stress), index)
    return replace(found, plan=terms.plan, plan_left=terms.plan_left)


def mean_scenario(terms: Terms) -> Terms:
    """Return mean collections and rates as one scenario, with the business plan kept.

    Rates are means of rates with their caps and floors, as the scenarios pay them.
    """

    def mean(table: np.ndarray) -> np.ndarray:
        return table.mean(axis=1, keepdims=True)

    cash = terms.cash
    one = Collections(
        mean(cash.received),
        mean(cash.costs),
        mean(cash.receipt_years),
        {name: mean(x) for name, x in cash.extras.items()},
        cash.before_cutoff.mean(keepdims=True),
        cash.to_seller.mean(keepdims=True),
        cash.after_last.mean(keepdims=True),
    )
    return terms.mapped(one, mean)
