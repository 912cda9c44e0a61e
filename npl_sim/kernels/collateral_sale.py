"""Sale of a collateral item, acceptance against debt, and resale. docs/model.md 4.6."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of, owed, pay, post
from npl_sim.kernels.block_draws import draw_lane
from npl_sim.kernels.codes import COLLATERAL, COLLATERAL_STREAM, ENFORCING, HOLDING, IN_KIND, TAX
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.fees import Costs, distribute, fee, receive_with_lawyer
from npl_sim.kernels.item_value import value_at
from npl_sim.kernels.priority import share_at_sale

__all__ = ["accept", "forfeit", "sell"]


@compiled
def sell(block, s, item, at, price):
    """Sell an item at a price in lane `s`."""
    auction = block.package.auctions[item["terms"]]
    share = share_at_sale(block, s, item)
    proceeds = (price - item["liens"] - item["claims_ahead"]) * share
    base = min(proceeds, owed(block.lanes, s), item["cap"])
    court = fee(block.package.fees[ENFORCING], base)
    costs = Costs(auction["cost"] * price * share, auction["tax"] * price * share, court)
    distribute(block, s, COLLATERAL, month_of(at), proceeds, costs, item["cap"])


@compiled
def forfeit(block, s, item, at, deposit):
    """Receive the deposit of a winner who did not pay."""
    paid = min(deposit, owed(block.lanes, s), item["cap"])
    receive_with_lawyer(block, s, COLLATERAL, month_of(at), paid)
    pay(block.lanes, s, paid)


@compiled
def accept(block, s, item, at, reserve, pays_surplus):
    """Accept an item against the debt at a reserve. Return whether it is accepted.

    The creditor pays in cash what it is worth above the debt, or leaves it up for auction.
    """
    auction, month = block.package.auctions[item["terms"]], month_of(at)
    # Creditors of the same rank or before would have to be paid in cash.
    if item["claims_ahead"] > 0.0 or item["claims_beside"] > 0.0:
        return False
    due = min(owed(block.lanes, s), item["cap"])
    surplus = max(0.0, reserve - item["liens"] - due)
    if surplus > 0.0:
        if not pays_surplus:
            return False
        post(block, s, HOLDING, month, -surplus)
    if auction["tax"] > 0.0:
        post(block, s, TAX, month, -auction["tax"] * reserve)
    pay(block.lanes, s, min(reserve - item["liens"], due))
    resell(block, s, item, at)
    return True


@compiled
def resell(block, s, item, taken):
    """Hold an item accepted in kind at `taken`, and resell it at the end at the latest."""
    auction, end = block.package.auctions[item["terms"]], block.lanes["exit_month"][s]
    error_draw, drift_draw, _, _ = draw_lane(block, s, item["key"], COLLATERAL_STREAM, 0)
    resale, _, _, _ = draw_lane(block, s, item["key"], COLLATERAL_STREAM, 2)
    sold = taken + quantile(block.package.quantiles, auction["resale_duration"], resale)
    if month_of(sold) > end:
        sold = max(taken, float(end))
    month = month_of(sold)
    value = value_at(block, item, s, sold, normal(error_draw), normal(drift_draw))
    amount = max(0.0, value * (1.0 - auction["resale_discount"]) - item["liens"])
    receive_with_lawyer(block, s, IN_KIND, month, amount)
    if auction["holding_cost"] > 0.0:
        post(block, s, HOLDING, month, -auction["holding_cost"] * value * (sold - taken))
