"""What who decides on an option, or agrees on a value, can know by the date. docs/channel.md section 5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.channel.funding import worth_of_undertakings
from npl_sim.channel.outcomes import Outcomes
from npl_sim.channel.remaining_value import planned, value_left
from npl_sim.channel.run import ChannelRun, run_channel
from npl_sim.channel.statistics import Weighted
from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.channel.terms.prices import AtMonth, FairValue, Formula, RepurchasePrice
from npl_sim.channel.terms.undertakings import BuyerPut, IncomeSwap, Repurchase, SellerCall
from npl_sim.core.errors import ChannelError

__all__ = ["LEAST_INFORMATION", "refuse_uninformed", "worth_in_band"]

LEAST_INFORMATION = 0.01
"""Standard deviation of what is known, over that of the value left, below which nothing is known. [share of 1]"""


@dataclass(frozen=True)
class _Judged:
    """A place in which somebody judges the value left."""

    place: str
    knowledge: str
    months: tuple[int, ...]


def refuse_uninformed(contract: ChannelContract, outcomes: Outcomes) -> None:
    """Refuse a value left that is judged from cash, on a date before which no cash tells anything.

    The value would be the same mean in every scenario: an option at the money would be free, and a price at fair
    value would be a fixed price.

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
    for judged in _judged(contract, outcomes, plan):
        for knowledge in ("perfect", judged.knowledge):
            if knowledge not in views:
                views[knowledge] = value_left(outcomes, plan, knowledge)
        for month in judged.months:
            left, thought = views["perfect"][:, month], views[judged.knowledge][:, month]
            before = outcomes.running[:, month - 1]
            spread, scale = _spread(outcomes, left), max(float(np.abs(left).max()), 1e-300)
            known = min(_spread(outcomes, before), _spread(outcomes, thought))
            if spread > 1e-9 * scale and known <= LEAST_INFORMATION * spread:
                raise ChannelError(
                    f"contract {contract.name!r}: {judged.place}: got {judged.knowledge!r}, and the cash before month {month} "
                    f"tells nothing of the value left then (standard deviation {spread:,.2f}): every scenario would be judged "
                    "by the same mean; expected a later month, or knowledge: perfect, which gives the most that an option "
                    "can be worth"
                )


def _spread(outcomes: Outcomes, values: np.ndarray) -> float:
    return Weighted(values, outcomes.probability, sample=False).sd


def _judged(contract: ChannelContract, outcomes: Outcomes, plan: np.ndarray) -> Iterator[_Judged]:
    """Yield each place in which the value left is judged from cash."""
    for i, promise in enumerate(contract.undertakings):
        where = f"undertakings.{i} ({promise.name})"
        if isinstance(promise, SellerCall | BuyerPut):
            yield from _of_price(promise.strike, f"{where}: strike.knowledge", promise.months)
            if promise.knowledge != "perfect":
                yield _Judged(f"{where}: knowledge", promise.knowledge, promise.months)
        elif isinstance(promise, Repurchase):
            yield from _of_price(
                promise.price, f"{where}: price.knowledge", _months(promise, outcomes, plan)
            )
        elif (
            isinstance(promise, IncomeSwap)
            and promise.final == "cash"
            and promise.knowledge != "perfect"
        ):
            last = outcomes.months if promise.last_month is None else promise.last_month
            yield _Judged(f"{where}: knowledge", promise.knowledge, (last + 1,))


def _of_price(price: RepurchasePrice, place: str, months: tuple[int, ...]) -> Iterator[_Judged]:
    """Yield a price that follows the value left, unless it follows what comes in truth."""
    share = (
        price.share
        if isinstance(price, FairValue)
        else price.of_value
        if isinstance(price, Formula)
        else 0.0
    )
    knowledge = getattr(price, "knowledge", "perfect")
    if share != 0.0 and knowledge != "perfect":
        yield _Judged(place, knowledge, months)


def _months(promise: Repurchase, outcomes: Outcomes, plan: np.ndarray) -> tuple[int, ...]:
    """Return the months in which a repurchase falls due in some scenario."""
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
    """Return what each undertaking costs the bank, beside the same where everybody knows what will come.

    Parameters
    ----------
    run
        The contract, carried out.
    outcomes
        Cash of the package.

    Returns
    -------
    pandas.DataFrame
        As `worth_of_undertakings`, with ``cost_known`` and ``p_package_back_known``: the cost, and the probability that
        the package comes back, where every option is judged with perfect knowledge; NaN where no undertaking is judged
        from cash. An option is worth at most that.
    """
    worth = worth_of_undertakings(run)
    known = _known(run.contract)
    if known is None:
        return worth.assign(cost_known=np.nan, p_package_back_known=np.nan)
    other = worth_of_undertakings(run_channel(known, outcomes))
    return worth.assign(cost_known=other["cost"], p_package_back_known=other["p_package_back"])


def _known(contract: ChannelContract) -> ChannelContract | None:
    """Return the contract with options judged by what comes in truth; none where they already are."""
    made = tuple(
        promise.model_copy(update={"knowledge": "perfect"})
        if isinstance(promise, SellerCall | BuyerPut)
        else promise
        for promise in contract.undertakings
    )
    return (
        None
        if made == contract.undertakings
        else contract.model_copy(update={"undertakings": made})
    )
