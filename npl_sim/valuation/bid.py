"""The bid: the price at which a buyer's own cash earns the target return under its measure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import NplSimError
from npl_sim.core.language import gettext as _
from npl_sim.stats.risk import Estimate
from npl_sim.stats.roots import brent_root
from npl_sim.valuation.break_even import IrrDistribution, irr_distribution
from npl_sim.valuation.buyer import BuyerCase, Ledger
from npl_sim.valuation.own_returns import multiple_of, rates_on
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.spec import Pricing

CLOSE = 1e-12
"""Relative precision of a solved price: far below a cent."""

MOST_STEPS = 100


@dataclass(frozen=True)
class Bid:
    """Bid of a buyer with its returns and risks.

    Attributes
    ----------
    price
        The bid; its error is that of simulation. [package currency]
    measure
        Description of the target that it fulfills.
    target
        Return on the buyer's own money. [per year]
    before_information
        The bid before the discount for undisclosed information. [package currency]
    break_even
        Price that earns exactly the target, shape (scenarios,), or (scenarios, draws) with several
        draws. [package currency]
    ledger
        The buyer's cash at the bid.
    irr
        Return on the buyer's own money by scenario at the bid; None without an outlay.
    irr_of_mean
        Rate of return of the buyer's weighted mean cash at the bid; NaN if there is none. A bid
        in expectation earns the target in this sense. [per year]
    multiple
        Undiscounted multiple of the mean own cash: months of inflow over months of outflow; NaN
        without an outflow.
    value
        Present value at the target of the buyer's own cash at the bid. [package currency]
    lender_loss
        Expected debt that is never repaid. Its error is unknown if no scenario has any.
        [package currency]
    lender_hit
        Probability that some debt is never repaid.
    """

    price: Estimate
    measure: str
    target: float
    before_information: Estimate
    break_even: np.ndarray
    ledger: Ledger
    irr: IrrDistribution | None
    irr_of_mean: float
    multiple: float
    value: Estimate
    lender_loss: Estimate
    lender_hit: Estimate


def break_even_prices(case: BuyerCase) -> np.ndarray:
    """Return the price that earns exactly the target in each draw, shape (scenarios x draws,).

    In every scenario the buyer's value falls as the price rises. A bracket is narrowed by regula
    falsi (Illinois). A scenario that loses money at a price of 0 has a negative price: the seller
    would have to pay the buyer.
    """
    if case.is_linear:
        # The value is linear in the price on each side of 0.
        at_nothing = case.value(0.0)
        return np.where(
            at_nothing > 0.0,
            at_nothing / _unit_cost(case, 1.0),
            at_nothing / _unit_cost(case, -1.0),
        )
    at_nothing = case.value(0.0)
    reach = np.abs(at_nothing).max() + 1.0
    low, high = np.zeros(case.scenarios), np.full(case.scenarios, reach)
    f_low = at_nothing.copy()
    f_high = case.value(high)
    for _step in range(60):
        short = f_high > 0.0
        if not short.any():
            break
        high[short] *= 2.0
        f_high = case.value(high)
    # A negative price draws no debt and leaves no outlay to deduct: the price is the loss itself.
    lost = at_nothing <= 0.0
    side = np.zeros(case.scenarios)
    for _step in range(MOST_STEPS):
        width = f_low - f_high
        safe = np.where(width > 0.0, width, 1.0)
        middle = np.where(width > 0.0, (low * -f_high + high * f_low) / safe, 0.5 * (low + high))
        f = case.value(middle)
        up = f > 0.0
        f_high = np.where(up & (side == 1.0), 0.5 * f_high, f_high)
        f_low = np.where(~up & (side == -1.0), 0.5 * f_low, f_low)
        low, f_low = np.where(up, middle, low), np.where(up, f, f_low)
        high, f_high = np.where(up, high, middle), np.where(up, f_high, f)
        side = np.where(up, 1.0, -1.0)
        if np.all((np.abs(f) <= CLOSE * reach) | lost | (high - low <= CLOSE * reach)):
            break
    return np.where(lost, at_nothing / _unit_cost(case, -1.0), middle)


def _unit_cost(case: BuyerCase, sign: float) -> float:
    """Return the present value of a price of 1 with its transaction costs.

    Effects on debt, tax and capital are left out. A negative price bears no transaction costs.
    """
    return float(case.paid @ case.discount) + (case.purchase_cost if sign > 0.0 else 0.0)


def _root(function: Callable[[float], float], reach: float) -> float:
    """Return the root of a falling function that is positive at 0."""
    high = max(reach, 1.0)
    for _step in range(60):
        if function(high) < 0.0:
            break
        high *= 2.0
    else:
        raise NplSimError(
            "the buyer's value does not fall as the price rises; "
            "expected a debt and payments that leave part of the price to the buyer"
        )
    return float(brent_root(function, 0.0, high, xtol=1e-9 * high, rtol=1e-14, maxiter=200))


def _measure(case: BuyerCase, buyer: Buyer) -> Callable[[np.ndarray], Estimate]:
    """Return the statistic of the buyer's value that is 0 at the bid."""
    if buyer.measure == "shortfall":
        level = float(buyer.level or 0.0)
        return lambda value: case.sample.expected_shortfall(
            case.by_scenario(value), level, case.confidence
        )
    return lambda value: case.sample.mean(case.by_scenario(value), case.confidence)


def target_text(buyer: Buyer, target: float) -> str:
    """Describe the target that the bid must fulfill."""
    level = 100.0 * float(buyer.level or 0.0)
    return {
        "expectation": _("{target:.2%} earned in expectation").format(target=target),
        "probability": _("{target:.2%} earned with probability {level:g}%").format(
            target=target, level=level
        ),
        "quantile": _("{level:g}% quantile of the price that earns {target:.2%}").format(
            level=level, target=target
        ),
        "shortfall": _(
            "{target:.2%} earned in the mean of the worst {level:g}% of scenarios"
        ).format(target=target, level=level),
    }[buyer.measure]


Solved = tuple[Estimate, np.ndarray]
"""Bid before any information discount, and the break-even price of each draw.

Unit: package currency.
"""


def solve_bid(case: BuyerCase) -> Solved:
    """Return the bid before any information discount, and the break-even price of each draw.

    A bid in expectation or at an expected shortfall has the error of the delta method. It is the
    error of the measured value over its slope in the price. A quantile has the error of
    `Sample.quantile`.
    """
    prices = break_even_prices(case)
    return price_by_measure(case, case.buyer, prices), prices


def price_by_measure(case: BuyerCase, buyer: Buyer, prices: np.ndarray) -> Estimate:
    """Return the price that fulfills a measure, before any information discount.

    Parameters
    ----------
    case
        The buyer's cash.
    buyer
        Its measure and level count; all other terms are those of `case`.
    prices
        Break-even prices of the draws (`break_even_prices`). [package currency]
    """
    if buyer.measure in ("probability", "quantile"):
        level = float(buyer.level or 0.0)
        level = 1.0 - level if buyer.measure == "probability" else level
        return case.sample.quantile(case.by_scenario(prices), level, case.confidence)
    measure = _measure(case, buyer)
    at_nothing = measure(case.value(0.0))
    if case.is_linear or at_nothing.value <= 0.0:
        # A negative price draws no debt and leaves no outlay to deduct, so the value is linear
        # in it for every buyer.
        return at_nothing.scaled(1.0 / _unit_cost(case, at_nothing.value))
    price = _root(lambda p: measure(case.value(p)).value, float(np.abs(prices).max()))
    step = 1e-4 * max(abs(price), 1.0)
    slope = (measure(case.value(price)).value - measure(case.value(price + step)).value) / step
    found = measure(case.value(price))
    unit = 1.0 / slope if slope > 0.0 else float("nan")
    reach_low, reach_high = (found.low - found.value) * unit, (found.high - found.value) * unit
    return Estimate(price, found.se * unit, price + reach_low, price + reach_high, case.confidence)


def kept_share(buyer: Buyer, before: float) -> float:
    """Return the factor that applies the information discount; above 1 for a negative bid."""
    return 1.0 - buyer.information_discount if before >= 0.0 else 1.0 + buyer.information_discount


def discounted(buyer: Buyer, before: Estimate) -> Estimate:
    """Return a bid after the buyer's information discount."""
    return before.scaled(kept_share(buyer, before.value))


def quoted_bid(flows: Cash, buyer: Buyer, pricing: Pricing) -> tuple[Estimate, str, Solved]:
    """Return the buyer's bid, a description of its target, and the solution of `solve_bid`.

    The bid is after the information discount.

    Parameters
    ----------
    flows, buyer, pricing
        As for `buyer_bid`.
    """
    case = BuyerCase(flows, buyer, pricing)
    solved = solve_bid(case)
    price = discounted(buyer, solved[0])
    return price, target_text(buyer, case.target), solved


def buyer_bid(flows: Cash, buyer: Buyer, pricing: Pricing, solved: Solved | None = None) -> Bid:
    """Return the bid of a buyer with its returns and risks.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    buyer, pricing
        Terms of the buyer; `pricing` supplies those that the buyer does not state.
    solved
        Solution of `solve_bid` for the same arguments; defaults to solving here.

    Raises
    ------
    NplSimError
        If the buyer's value is positive at every price.
    """
    case = BuyerCase(flows, buyer, pricing)
    before, prices = solve_bid(case) if solved is None else solved
    price = discounted(buyer, before)
    ledger, sample = case.ledger(price.value), case.sample
    value = np.einsum("sm,m->s", np.ascontiguousarray(ledger.own.T), case.discount)
    outlay, mean = case.laid_out(price.value), ledger.own_mean
    found, of_mean = rates_on(ledger.own, outlay, case.timing), float("nan")
    rates = None
    if found is not None:
        rates = irr_distribution(sample, found, case.target, pricing.quantiles, case.confidence)
        alone = rates_on(mean[:, None], outlay, case.timing)
        of_mean = math.nan if alone is None else float(alone.rate[0])
    debt = case.by_scenario(ledger.debt)
    loss = sample.mean(debt, case.confidence)
    if buyer.debt is not None and not debt.any():
        # No scenario has a loss, so its error cannot be estimated.
        loss = Estimate(0.0, float("nan"), 0.0, float("inf"), case.confidence)
    return Bid(
        price=price,
        measure=target_text(buyer, case.target),
        target=case.target,
        before_information=before,
        break_even=case.by_scenario(prices),
        ledger=ledger,
        irr=rates,
        irr_of_mean=of_mean,
        multiple=multiple_of(mean),
        value=sample.mean(case.by_scenario(value), case.confidence),
        lender_loss=loss,
        lender_hit=sample.probability(debt > 1e-6, case.confidence),
    )
