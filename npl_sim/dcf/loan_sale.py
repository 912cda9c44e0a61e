"""Sale month, and price at the buyer's required return on the remaining value.

docs/model.md section 4.8.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from npl_sim.core.errors import ProgramError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.dcf.market_moments import Factor, MarketMoments
from npl_sim.market.spec import Market
from npl_sim.policy.sale import Sale

CELLS = 400


def month_of_sale(
    sale: Sale | None, market: MarketMoments, spec: Market, horizon: int
) -> int | None:
    """Return the month of the sale; none without a sale within the horizon.

    A sale that waits for a factor is made in its expected month.
    """
    if sale is None:
        return None
    month = sale.month
    if sale.wait_for is not None and sale.until is not None:
        factor = _named(market, spec, sale.wait_for.factor)
        month = round(
            _expected_passage(factor, sale.wait_for.at_least, sale.month, sale.until, horizon)
        )
    return month if month <= horizon else None


def _named(market: MarketMoments, spec: Market, name: str) -> Factor:
    factors = (market.cooperation, market.congestion, *market.indices)
    return factors[spec.factor_names.index(name)]


def _expected_passage(factor: Factor, level: float, first: int, last: int, horizon: int) -> float:
    """Return the expected month in which a factor first reaches a level, from `first` to `last`.

    The density of the log deviation moves from month to month on a grid. The mass above the level
    is removed.
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


def remaining_value(cash: np.ndarray, sale: Sale, month: int, servicing: float) -> np.ndarray:
    """Return cash in which the price of a buyer replaces all cash after a month.

    Parameters
    ----------
    cash
        Expected cash without the sale, shape (loans, kinds, months + 1). [package currency]
    sale
        Terms of the sale; the buyer pays the expected value at their required return.
    month
        Month of the sale.
    servicing
        Servicing fee, which the buyer pays too. [share of receipts]
    """
    if sale.buyer_return is None:
        raise ProgramError("sale.buyer_return is missing; expected a value by earlier checks")
    after = cash[:, :, month + 1 :]
    later = after.sum(axis=1) - servicing * after[:, KIND_IS_INFLOW].sum(axis=1)
    monthly = (1.0 + sale.buyer_return) ** (-1.0 / 12.0)
    price = later @ monthly ** np.arange(1, later.shape[1] + 1)
    sold = cash[:, :, : month + 1].copy()
    sold[:, Kind.SALE, month] += np.maximum(price, 0.0) * (1.0 - sale.bulk_discount)
    return sold
