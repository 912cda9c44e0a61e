"""When loans are sold, and what a buyer pays who pays what is left in them. docs/model.md 4.8."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from npl_sim.core.errors import ProgramError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.dcf.market_moments import Factor, World
from npl_sim.market.spec import Market
from npl_sim.policy.sale import Sale

__all__ = ["month_of_sale", "remaining_value"]

CELLS = 400


def month_of_sale(words: Sale | None, world: World, market: Market, horizon: int) -> int | None:
    """Return the month of the sale; none: nothing is sold within the horizon.

    A sale that waits for a factor is taken to happen in its expected month.
    """
    if words is None:
        return None
    month = words.month
    if words.wait_for is not None and words.until is not None:
        factor = _named(world, market, words.wait_for.factor)
        month = round(
            _expected_passage(factor, words.wait_for.at_least, words.month, words.until, horizon)
        )
    return month if month <= horizon else None


def _named(world: World, market: Market, name: str) -> Factor:
    factors = (world.cooperation, world.congestion, *world.indices)
    return factors[market.factor_names.index(name)]


def _expected_passage(factor: Factor, level: float, first: int, last: int, horizon: int) -> float:
    """Return the expected month in which a factor first stands at a level or above, from `first` to `last`.

    The density of the log deviation is carried from month to month on a grid; what has passed is taken out.
    """
    variance = factor.variance
    widest = 6.0 * math.sqrt(float(variance[min(last, horizon)])) + 1e-9
    edges = np.linspace(-widest, widest, CELLS + 1)
    x = 0.5 * (edges[1:] + edges[:-1])
    barrier = np.full(horizon + 1, math.inf)
    for m in range(first, min(last, horizon) + 1):
        log = math.log(level) if level > 0.0 else -math.inf
        barrier[m] = log - factor.shift[m] + variance[m] / 2.0
    mass = np.zeros(CELLS)
    mass[CELLS // 2 - 1 : CELLS // 2 + 1] = 0.5
    expected, waiting = 0.0, 1.0
    for m in range(1, min(last, horizon) + 1):
        step = math.sqrt(max(variance[m] - factor.persistence**2 * variance[m - 1], 0.0))
        if step > 0.0:
            beyond = special.ndtr((edges[None, :] - factor.persistence * x[:, None]) / step)
            mass = mass @ np.diff(beyond, axis=1)
        passed = float(mass[x >= barrier[m]].sum())
        expected += m * passed
        waiting -= passed
        mass = np.where(x >= barrier[m], 0.0, mass)
    return expected + max(waiting, 0.0) * last


def remaining_value(cash: np.ndarray, words: Sale, month: int, servicing: float) -> np.ndarray:
    """Return cash with everything after a month replaced by what a buyer pays for it then.

    Parameters
    ----------
    cash
        Expected cash without the sale, shape (loans, kinds, months + 1). [package currency]
    words
        Terms of the sale; its buyer pays the expected value at his return.
    month
        Month of the sale.
    servicing
        Servicer's share of receipts, which the buyer bears too.
    """
    if words.buyer_return is None:
        raise ProgramError("words.buyer_return is missing; expected a value by earlier checks")
    later = cash[:, :, month + 1 :].sum(axis=1) - servicing * cash[
        :, KIND_IS_INFLOW, month + 1 :
    ].sum(axis=1)
    monthly = (1.0 + words.buyer_return) ** (-1.0 / 12.0)
    price = later @ monthly ** np.arange(1, later.shape[1] + 1)
    sold = cash[:, :, : month + 1].copy()
    sold[:, Kind.SALE, month] += np.maximum(price, 0.0) * (1.0 - words.bulk_discount)
    return sold
