"""The seller's result at closing: cash, value retained, gain or loss, price discount.

Cash at closing is what the notes sold bring, less closing costs and what accounts hold at closing.
A tranche is sold at its issue price, or at the present value of its mean cash at the yield that
buyers require. A yield with a risk premium counts as known, without error. Retained notes are
valued at the required yield, else at the seller's own rate. Their value has a distribution over
the scenarios, reported by its mean and the mean of its worst part. The result at closing is cash
plus value retained less the carrying amount after provisions. It is a result only if the package
is derecognized, which is not assessed here.

Non-refundable purchase price discount (CRE45; CRR article 269a): outstanding amount at transfer
less the price of tranches sold and the outstanding amount of tranches kept. A discount of at least
half of the amount, with at least 90 % of it non-performing, makes a qualifying NPE securitization.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.core.errors import DealError
from npl_sim.securitization.results.tranches import relative_losses, weighted_lives
from npl_sim.securitization.sizing.limits import exact
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.seller import Horizontal, Seller
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk
from npl_sim.stats.discount import discount_factor
from npl_sim.stats.risk import Estimate

QUALIFYING_DISCOUNT, QUALIFYING_SHARE = 0.5, 0.9
"""Least discount and least non-performing share of a qualifying securitization (Basel Framework
CRE45)."""


@dataclass(frozen=True)
class SellerResult:
    """The seller's result of a securitization; amounts in package currency."""

    notes: pd.DataFrame
    """By tranche: balance, kept, sold, price (share of par) and its error, proceeds, value_kept
    and its error, worst_kept (mean of the worst scenarios)."""
    proceeds: Estimate
    """What the notes sold bring."""
    closing_costs: float
    reserves: float
    """Paid from it at closing."""
    cash: Estimate
    """Cash at closing."""
    interim: Estimate
    """Collections between cut-off and closing that stay with the seller."""
    kept_balance: float
    """Balances kept."""
    kept_value: Estimate
    kept_worst: Estimate
    """Value of what is kept: mean, and mean of the worst scenarios."""
    net_carrying: float
    """Carrying amount after provisions."""
    day_one: Estimate
    """Cash, interim collections and value kept, less the carrying amount after provisions."""
    discount: Estimate
    """Non-refundable purchase price discount. [share of the package's amount]"""
    qualifying: bool
    """Whether discount and non-performing share make it a qualifying NPE securitization."""
    shortfall_level: float
    """Share of scenarios that are the worst."""


def kept_balances(deal: Deal, seller: Seller) -> dict[str, float]:
    """Return what the seller keeps of each tranche. [package currency]

    Raises
    ------
    DealError
        If all tranches together do not reach the share of a horizontal retention.
    """
    retention = seller.retention
    if not isinstance(retention, Horizontal):
        share = deal.retained if retention is None else retention.share
        return {t.name: share * t.balance for t in deal.tranches}
    left = retention.share * (deal.pool_balance if retention.of == "pool_balance" else deal.notes)
    if left > deal.notes * (1.0 + 1e-12):
        raise DealError(
            f"deal {deal.name!r}: the seller is to keep a first loss of {left:,.2f}, more than "
            f"all notes ({deal.notes:,.2f}); expected a smaller share, or one of notes"
        )
    kept = {}
    for tranche in reversed(deal.tranches):
        kept[tranche.name] = min(tranche.balance, left)
        left -= kept[tranche.name]
    return {t.name: kept[t.name] for t in deal.tranches}


def required_rates(run: DealRun, seller: Seller) -> dict[str, float]:
    """Return the yields that buyers require, risk premia included, by tranche. [per year]"""
    rates = {}
    for item in seller.required_yields:
        premium = 0.0
        if item.loss_multiple > 0.0:
            lives = weighted_lives(run, item.tranche)
            life = (
                float(np.nanmean(lives)) if np.isfinite(lives).any() else run.terms.dates.years[-1]
            )
            premium = item.loss_multiple * float(relative_losses(run, item.tranche).mean()) / life
        rates[item.tranche] = item.rate + premium
    return rates


def price_values(run: DealRun, required: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return the sale price of each tranche by scenario, shape (S,). [package currency]

    Parameters
    ----------
    run
        The deal carried out.
    required
        Yields that buyers require, by tranche; others are sold at their issue prices. [per year]
    """
    values = {}
    for tranche in run.deal.tranches:
        if tranche.name in required:
            values[tranche.name] = _worth(run, tranche.name, required[tranche.name])
        else:
            values[tranche.name] = np.full(run.scenarios, tranche.price * tranche.balance)
    return values


def _worth(run: DealRun, name: str, rate: float) -> np.ndarray:
    return run.tranches[name].cash @ discount_factor(rate, run.terms.dates.years)


def seller_result(run: DealRun, seller: Seller, confidence: float = 0.95) -> SellerResult:
    """Return what the seller has.

    Parameters
    ----------
    run
        The deal carried out.
    seller
        The seller's books and what it keeps.
    confidence
        Confidence of intervals.
    """
    deal, count = run.deal, run.scenarios
    kept = kept_balances(deal, seller)
    required = required_rates(run, seller)
    prices = price_values(run, required)
    proceeds, worth_kept, rows = np.zeros(count), np.zeros(count), []
    for tranche in deal.tranches:
        name, balance = tranche.name, tranche.balance
        share = kept[name] / balance if balance > 0.0 else 0.0
        sold = (1.0 - share) * prices[name]
        worth = share * _worth(run, name, required.get(name, seller.retained_rate))
        price = risk.mean(prices[name], confidence).scaled(
            1.0 / balance if balance > 0.0 else np.nan
        )
        mean = risk.mean(worth, confidence)
        worst = risk.expected_shortfall(worth, seller.shortfall_level, confidence)
        row = {"tranche": name, "balance": balance, "kept": kept[name]}
        row |= {"sold": balance - kept[name], "price": price.value, "price_se": price.se}
        row |= {"proceeds": sold.mean(), "value_kept": mean.value, "value_kept_se": mean.se}
        rows.append(row | {"worst_kept": worst.value})
        proceeds, worth_kept = proceeds + sold, worth_kept + worth
    reserves = sum(a.initial for a in deal.accounts)
    cash = proceeds - deal.closing_costs - reserves
    interim = run.terms.cash.to_seller
    net_carrying = seller.gross_carrying - seller.provisions
    discount = risk.mean(1.0 - (proceeds + sum(kept.values())) / deal.pool_balance, confidence)
    return SellerResult(
        notes=pd.DataFrame(rows),
        proceeds=risk.mean(proceeds, confidence),
        closing_costs=deal.closing_costs,
        reserves=reserves,
        cash=risk.mean(cash, confidence),
        interim=risk.mean(interim, confidence) if interim.any() else exact(0.0, confidence),
        kept_balance=sum(kept.values()),
        kept_value=risk.mean(worth_kept, confidence),
        kept_worst=risk.expected_shortfall(worth_kept, seller.shortfall_level, confidence),
        net_carrying=net_carrying,
        day_one=risk.mean(cash + interim + worth_kept - net_carrying, confidence),
        discount=discount,
        qualifying=discount.value >= QUALIFYING_DISCOUNT
        and seller.non_performing_share >= QUALIFYING_SHARE,
        shortfall_level=seller.shortfall_level,
    )
