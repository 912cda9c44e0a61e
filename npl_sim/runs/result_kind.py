"""Whether a result is a price or simulated cash, without importing either."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from npl_sim.cashflows.protocol import Cash
    from npl_sim.valuation.price import PriceDistribution


def is_price(result: PriceDistribution | Cash) -> TypeIs[PriceDistribution]:
    """Return whether a result is a price; else it is simulated cash."""
    from npl_sim.valuation.price import PriceDistribution

    return isinstance(result, PriceDistribution)
