"""Assumptions of the seller: origin of each figure, and its effect on the reservation price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.study.figure_sources import SELLER, SourcedFigure, sourced_figures, with_figures
from npl_sim.valuation.seller import SellerCase

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.study.model import Study

QUESTIONS = ("later_sales",)

LOW, HIGH = 0.8, 1.2
"""Settings of a figure, multiples; shares stay at or below 0.99."""

MOST = 0.99
"""Largest share that a setting may reach: a tax rate of 1 leaves no proceeds."""


def seller_figures(study: Study) -> tuple[SourcedFigure, ...]:
    """Return every number that a study states of the seller, with its origin.

    The months of later sales are questions and no beliefs.
    """
    found = sourced_figures(study, SELLER)
    return tuple(sourced for sourced in found if sourced.figure.path[1] not in QUESTIONS)


def seller_effects(study: Study, flows: Cash) -> pd.DataFrame:
    """Return the effect of each figure of the seller on the reservation price, largest first.

    The cash is that of the run; only the terms of the seller change, one at a time.

    Parameters
    ----------
    study
        The study; its section `seller` states the figures.
    flows
        Simulated cash.

    Returns
    -------
    pandas.DataFrame
        Rows by figure: key, value, state, origin, effect. The effect is half the distance between
        the reservation prices at the two settings. [package currency]
    """
    rows = []
    for sourced in seller_figures(study):
        figure = sourced.figure
        prices = []
        for multiple in (LOW, HIGH):
            value = figure.value * multiple
            is_share = figure.value <= 1.0 and figure.path[-1] != "risk_weight"
            value = min(value, MOST) if is_share else value
            changed = with_figures(study, {figure.path: value})
            prices.append(_reservation(changed, flows))
        effect = abs(prices[1] - prices[0]) / 2.0
        rows.append((figure.name, figure.value, sourced.state, sourced.origin, effect))
    frame = pd.DataFrame(rows, columns=["key", "value", "state", "origin", "effect"])
    return frame.sort_values(
        ["effect", "key"], ascending=[False, True], kind="stable", ignore_index=True
    )


def _reservation(study: Study, flows: Cash) -> float:
    case = SellerCase(flows, study.seller, study.pricing)
    return case.sample.mean(case.prices()).value
