"""Each loan's part in the price, in the bid and in the risk; the parts sum to the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.engine.simulate import loan_values
from npl_sim.flows.package import PackageFlows
from npl_sim.layout import Stage
from npl_sim.stats.discount import discount_factors, present_value
from npl_sim.valuation.breakdown import check_sum
from npl_sim.valuation.contribution import share_cents

if TYPE_CHECKING:
    from npl_sim.engine.lower import Model
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.bid import Bid
    from npl_sim.valuation.price import PriceDistribution

__all__ = ["Contributions", "bid_by_loan", "by_part", "contributions"]


@dataclass(frozen=True)
class Contributions:
    """Contributions by loan.

    Attributes
    ----------
    loans
        The loans with, in package currency: mean, sd, shortfall (contributions to the price's mean,
        standard deviation and expected shortfall), diversified (part of the loan's own standard deviation
        that the package takes away, a share) and bid_cents (in whole cents).
    """

    loans: pd.DataFrame


def _fee_shares(flows: PackageFlows, means: np.ndarray, same_discount: bool) -> np.ndarray:
    """Return each loan's share of what the walk of single loans does not show: fees on the totals of placements.

    Parameters
    ----------
    flows
        Simulated cash.
    means
        Each loan's mean value without the fees. [package currency]
    same_discount
        Whether the loans of `flows`, whose values hold the fees, were discounted alike.
    """
    loans = flows.loans
    if same_discount:
        weight = np.abs(means - loans["pv_mean"].to_numpy())
    else:
        stage = loans["stage"].astype(str).str.lower()
        weight = np.where(stage == Stage.COLLECTION.name.lower(), loans["received_mean"], 0.0)
    total = float(weight.sum())
    return weight / total if total > 0.0 else np.zeros(len(weight))


def _spread_fees(whole: float, parts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the parts with what is missing of the whole."""
    return parts + (whole - float(parts.sum())) * shares


def _weights_of_bid(result: PriceDistribution, bid: Bid, study: Study) -> np.ndarray:
    """Return the weight of each scenario, or draw of it, in what the bid must fulfil."""
    buyer, sample = study.buyer, result.sample
    if buyer.measure in ("probability", "quantile"):
        level = float(buyer.level or 0.5)
        level = 1.0 - level if buyer.measure == "probability" else level
        return sample.quantile_weights(bid.break_even, level)
    if buyer.measure == "shortfall":
        return sample.shortfall_weights(bid.break_even, float(buyer.level or 0.5))
    return sample.weights_of(bid.break_even)


def contributions(
    study: Study, table: LoanTable, result: PriceDistribution, bid: Bid, model: Model | None = None
) -> Contributions:
    """Walk the scenarios again and return what each loan brings and bears.

    Parameters
    ----------
    study, table
        What was priced.
    result
        Its price; its scenarios are walked again.
    bid
        The buyer's bid, which is shared among the loans by their contribution to what it must fulfil, at
        the buyer's target; costs, tax and funding follow the value.
    model
        The lowered study, where the caller has it.
    """
    flows, pricing = result.flows, study.pricing
    discount = discount_factors(pricing.required_return, flows.months, pricing.cash_timing)
    sample, pv = result.sample, result.pv
    measures = [
        sample.weights_of(pv),
        sample.sd_weights(pv),
        sample.shortfall_weights(pv, pricing.shortfall_level),
    ]
    wholes = [float((weights * pv).sum()) for weights in measures]
    drawn = flows.loan_draws if flows.loan_draws.size else None
    values = loan_values(study, table, np.stack(measures), discount, model, loan_draws=drawn)
    same = (flows.discount_rate, flows.cash_timing) == (pricing.required_return, pricing.cash_timing)
    shares = _fee_shares(flows, values[0], same)
    parts = np.stack([_spread_fees(w, v, shares) for w, v in zip(wholes, values, strict=True)])
    scale = float(np.abs(flows.loans["received_mean"]).sum() + np.abs(flows.loans["costs_mean"]).sum())
    for name, whole, part in zip(("mean", "standard deviation", "shortfall"), wholes, parts, strict=True):
        check_sum(f"contributions to the {name}", part, float(whole), scale)
    at_target = discount_factors(bid.target, flows.months, pricing.cash_timing)
    weights = _weights_of_bid(result, bid, study)
    own = loan_values(study, table, weights[None], at_target, model, loan_draws=drawn)[0]
    at_bid = sample.by_scenario(present_value(flows.all_net(), bid.target, pricing.cash_timing))
    own = _spread_fees(float((weights * at_bid).sum()), own, shares)
    columns = ["loan_id", "borrower_id", "product", "segment", "region", "stage", "gbv", "pv_sd", "p_any"]
    loans = flows.loans[[*columns, "months_to_cash"]].copy()
    loans["mean"], loans["sd"], loans["shortfall"] = parts
    with np.errstate(divide="ignore", invalid="ignore"):
        loans["diversified"] = np.where(loans["pv_sd"] > 0.0, 1.0 - loans["sd"] / loans["pv_sd"], np.nan)
    loans["bid_cents"] = bid_by_loan(bid.price.value, own)
    return Contributions(loans)


def bid_by_loan(bid: float, values: np.ndarray) -> np.ndarray:
    """Return each loan's part of a bid in whole cents; the parts sum to the bid exactly.

    A loan that costs more than it brings has a negative part: the bid would be higher without it.
    """
    return share_cents(bid, values)


def by_part(loans: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the contributions summed by an attribute of the loans, largest GBV first."""
    label = loans[by].astype(object).where(loans[by].notna(), "not given").astype(str)
    sums = loans.groupby(label, sort=True)[["gbv", "mean", "sd", "shortfall", "bid_cents"]].sum()
    sums.insert(0, "loans", label.value_counts().reindex(sums.index))
    return sums.sort_values("gbv", ascending=False, kind="stable").rename_axis(by).reset_index()
