"""Information available when an option or a value is decided. docs/channel.md section 5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from npl_sim.channels.funding import worth_of_undertakings
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.remaining_value import planned, value_left
from npl_sim.channels.run import ChannelRun, run_channel
from npl_sim.channels.statistics import Weighted
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.channels.terms.prices import AtMonth, FairValue, Formula, RepurchasePrice
from npl_sim.channels.terms.undertakings import BuyerPut, IncomeSwap, Repurchase, SellerCall
from npl_sim.core.errors import ChannelError

LEAST_INFORMATION = 0.01
"""Smallest standard deviation of known cash, over that of the value left. [share of 1]"""


class _Estimate(NamedTuple):
    """Term of a contract that uses an estimate of the value left."""

    place: str
    knowledge: str
    months: tuple[int, ...]


def refuse_uninformed(contract: ChannelContract, outcomes: Outcomes) -> None:
    """Refuse an estimate of the value left from cash that carries no information.

    The estimate would be the same mean in every scenario. An option at the money would be free,
    and a price at fair value would be a fixed price.

    Parameters
    ----------
    contract
        The contract, without its side letter.
    outcomes
        Cash of the package.

    Raises
    ------
    ChannelError
        At the first such date, with key, value and what was expected.
    """
    plan = planned(contract, outcomes)
    views: dict[str, np.ndarray] = {}
    for term in _estimates(contract, outcomes, plan):
        for knowledge in ("perfect", term.knowledge):
            if knowledge not in views:
                views[knowledge] = value_left(outcomes, plan, knowledge)
        for month in term.months:
            left, estimate = views["perfect"][:, month], views[term.knowledge][:, month]
            spread, scale = _spread(outcomes, left), max(float(np.abs(left).max()), 1e-300)
            before = _spread(outcomes, outcomes.running[:, month - 1])
            known = min(before, _spread(outcomes, estimate))
            if spread > 1e-9 * scale and known <= LEAST_INFORMATION * spread:
                raise ChannelError(
                    f"contract {contract.name!r}: {term.place}: got {term.knowledge!r}, and the "
                    f"cash before month {month} tells nothing of the value left then (standard "
                    f"deviation {spread:,.2f}). Every scenario would use the same mean; expected "
                    "a later month, or knowledge: perfect, the upper bound of an option's value"
                )


def _spread(outcomes: Outcomes, values: np.ndarray) -> float:
    return Weighted(values, outcomes.probability, sample=False).sd


def _estimates(
    contract: ChannelContract, outcomes: Outcomes, plan: np.ndarray
) -> Iterator[_Estimate]:
    """Yield each term that estimates the value left from cash."""
    for i, u in enumerate(contract.undertakings):
        where = f"undertakings.{i} ({u.name})"
        if isinstance(u, SellerCall | BuyerPut):
            yield from _of_price(u.strike, f"{where}: strike.knowledge", u.months)
            if u.knowledge != "perfect":
                yield _Estimate(f"{where}: knowledge", u.knowledge, u.months)
        elif isinstance(u, Repurchase):
            months = _months(u, outcomes, plan)
            yield from _of_price(u.price, f"{where}: price.knowledge", months)
        elif isinstance(u, IncomeSwap) and u.final == "cash" and u.knowledge != "perfect":
            last = outcomes.months if u.last_month is None else u.last_month
            yield _Estimate(f"{where}: knowledge", u.knowledge, (last + 1,))


def _of_price(price: RepurchasePrice, place: str, months: tuple[int, ...]) -> Iterator[_Estimate]:
    """Yield a price that follows an estimate of the value left from cash."""
    follows = (isinstance(price, FairValue) and price.share != 0.0) or (
        isinstance(price, Formula) and price.of_value != 0.0
    )
    knowledge = getattr(price, "knowledge", "perfect")
    if follows and knowledge != "perfect":
        yield _Estimate(place, knowledge, months)


def _months(promise: Repurchase, outcomes: Outcomes, plan: np.ndarray) -> tuple[int, ...]:
    """Return the months in which a repurchase is due in some scenario."""
    at = promise.at
    if isinstance(at, AtMonth):
        return (at.month,)
    last = outcomes.months if at.last_test is None else min(at.last_test, outcomes.months)
    counted = outcomes.probability > 0.0
    return tuple(
        month
        for month in range(at.first_test, last + 1, at.every)
        if (outcomes.running[counted, month - 1] < at.below * plan[month - 1]).any()
    )


def worth_in_band(run: ChannelRun, outcomes: Outcomes) -> pd.DataFrame:
    """Return the cost of each undertaking, beside its cost with perfect knowledge.

    Parameters
    ----------
    run
        The simulated contract.
    outcomes
        Cash of the package.

    Returns
    -------
    pandas.DataFrame
        As `worth_of_undertakings`, with ``cost_known`` and ``p_package_back_known``: the cost, and
        the probability of a return of the package, if all options use perfect knowledge. NaN if no
        option is estimated from cash. The known cost is an upper bound of an option's value.
    """
    worth, contract = worth_of_undertakings(run), run.contract
    undertakings = tuple(
        u.model_copy(update={"knowledge": "perfect"})
        if isinstance(u, SellerCall | BuyerPut)
        else u
        for u in contract.undertakings
    )
    if undertakings == contract.undertakings:
        return worth.assign(cost_known=np.nan, p_package_back_known=np.nan)
    perfect = contract.model_copy(update={"undertakings": undertakings})
    known = worth_of_undertakings(run_channel(perfect, outcomes))
    return worth.assign(cost_known=known["cost"], p_package_back_known=known["p_package_back"])
