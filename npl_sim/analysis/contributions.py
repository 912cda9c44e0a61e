"""Contributions of each loan to price, bid and risk; they sum to the figures of the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.package.collateral import (
    CollateralCells,
    collateral_cells,
    grouped_by_set,
    proceeds,
)
from npl_sim.analysis.package.facts import item_cities
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.layout import Stage
from npl_sim.engine.loan_means import LoanMeans, loan_means, loan_values
from npl_sim.engine.simulate import compile_study
from npl_sim.stats.discount import discount_factors
from npl_sim.valuation.breakdown import check_sum
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.whole_units import share_cents

if TYPE_CHECKING:
    from npl_sim.engine.compile_model import Model
    from npl_sim.stats.risk import Estimate
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.bid import Bid
    from npl_sim.valuation.price import PriceDistribution


@dataclass(frozen=True)
class Contributions:
    """Contributions by loan."""

    loans: pd.DataFrame
    """The loans with the columns below. [package currency, unless stated]

    - mean, sd, shortfall: contributions to mean, standard deviation and expected shortfall
    - diversified: part of the standard deviation of the loan that the package removes [share]
    - value_to_buyer, value_to_buyer_se: mean at the return of the buyer, and its standard error
    - bid_cents, bid_se: bid [cents], and its standard error
    """
    package_effect: int
    """Bid of the package beyond the sum of its loans. [cents]"""
    cells: CollateralCells
    proceeds: pd.DataFrame
    """Collateral by kind and region, and its expected proceeds (see `package.collateral`)."""


def fee_shares(flows: Cash, means: np.ndarray, same_discount: bool) -> np.ndarray:
    """Return each loan's share of the fees on placement totals, which single loans do not bear.

    Parameters
    ----------
    flows
        Simulated cash.
    means
        Each loan's mean value without the fees. [package currency]
    same_discount
        Whether the loans of `flows`, whose values include the fees, had the same discount rate.
    """
    loans = flows.loans
    if same_discount:
        weight = np.abs(means - loans["pv_mean"].to_numpy())
    else:
        stage = loans["stage"].astype(str).str.lower()
        weight = np.where(stage == Stage.COLLECTION.name.lower(), loans["received_mean"], 0.0)
    total = float(weight.sum())
    return weight / total if total > 0.0 else np.zeros(len(weight))


def spread_fees(whole: float, parts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the parts with the rest of the whole spread over them."""
    return parts + (whole - float(parts.sum())) * shares


def contributions(
    study: Study, table: LoanTable, result: PriceDistribution, bid: Bid
) -> Contributions:
    """Simulate the scenarios again and return the contributions of each loan.

    Parameters
    ----------
    study, table
        What was priced.
    result
        Its price, whose scenarios are simulated again.
    bid
        The buyer's bid (see `quoted_by_loan`).
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
    cells = collateral_cells(table, item_cities(table))
    model = compile_study(*grouped_by_set(study, table, cells))
    values = loan_values(study, table, np.stack(measures), discount, model, flows.loan_replicates)
    same = (flows.discount_rate, flows.cash_timing) == (
        pricing.required_return,
        pricing.cash_timing,
    )
    shares = fee_shares(flows, values[0], same)
    parts = np.stack([spread_fees(w, v, shares) for w, v in zip(wholes, values, strict=True)])
    scale = float(
        np.abs(flows.loans["received_mean"]).sum() + np.abs(flows.loans["costs_mean"]).sum()
    )
    for name, whole, part in zip(
        ("mean", "standard deviation", "shortfall"), wholes, parts, strict=True
    ):
        check_sum(f"contributions to the {name}", part, float(whole), scale)
    value, error, cash = _values_to_buyer(study, table, result, bid, model)
    package = _package_to_buyer(study, result)
    if not study.contracts:
        check_sum("values to the buyer", value, package, scale)
    value = spread_fees(package, value, shares)
    columns = [
        "loan_id",
        "borrower_id",
        "product",
        "segment",
        "region",
        "stage",
        "gbv",
        "pv_sd",
        "p_any",
    ]
    loans = flows.loans[[*columns, "months_to_cash"]].copy()
    loans["mean"], loans["sd"], loans["shortfall"] = parts
    with np.errstate(divide="ignore", invalid="ignore"):
        loans["diversified"] = np.where(
            loans["pv_sd"] > 0.0, 1.0 - loans["sd"] / loans["pv_sd"], np.nan
        )
    quotes = quoted_by_loan(bid.price, value, error)
    loans["value_to_buyer"], loans["value_to_buyer_se"] = value, error
    loans["bid_cents"], loans["bid_se"] = quotes.cents, quotes.se
    found = proceeds(cells, model.groups, cash)
    return Contributions(loans, quotes.package_effect, cells, found)


def _package_to_buyer(study: Study, result: PriceDistribution) -> float:
    """Return the mean value of the loans at the buyer's return, after fees on placement totals."""
    case = BuyerCase(result.flows, study.buyer, study.pricing)
    cash = case.package + case.servicing + case.turnover_tax
    return result.sample.mean(case.by_scenario(np.einsum("ms,m->s", cash, case.discount))).value


def _values_to_buyer(
    study: Study, table: LoanTable, result: PriceDistribution, bid: Bid, model: Model
) -> LoanMeans:
    """Return the mean value of each loan at the buyer's return, its error, and the mean cash.

    Receipts are net of the buyer's servicing and turnover tax, and all cash is delayed by its
    onboarding. Costs of the package as a whole (overheads, fixed costs, tax, debt, capital) are
    in the bid but not in the loans.
    """
    buyer, pricing, flows = study.buyer, study.pricing, result.flows
    own = pricing.servicing_rate if buyer.servicing_rate is None else buyer.servicing_rate
    factors = discount_factors(bid.target, flows.months, pricing.cash_timing)
    month = np.arange(flows.months + 1)
    later = factors[np.minimum(month + buyer.onboarding_months, flows.months)]
    return loan_means(
        study, table, result.sample, later, own + buyer.turnover_tax, model, flows.loan_replicates
    )


@dataclass(frozen=True)
class Quotes:
    """Bid for a package, split into bids for its loans."""

    cents: np.ndarray
    """Bid for each loan, at least 0, shape (loans,). [cents]"""
    se: np.ndarray
    """Standard error of each, shape (loans,). [package currency]"""
    package_effect: int
    """Bid of the package beyond the sum of its loans. [cents]"""


def quoted_by_loan(bid: Estimate, value: np.ndarray, error: np.ndarray) -> Quotes:
    """Return bids for single loans in proportion to their value to the buyer.

    The bid for a loan without positive value is 0. A bid for the package below the sum of the
    values reduces the bids of all loans in proportion. A bid above it is not shared: the excess is
    the package effect. The bids and the package effect sum to the package's bid to the cent.

    Parameters
    ----------
    bid
        Bid of the package. [package currency]
    value, error
        Value of each loan at the buyer's return, and its standard error, shape (loans,). [package
        currency]

    Notes
    -----
    A bid is ``r v`` with r the package's bid over the sum of the values, at most 1. Its error has
    the part ``r se(v)`` of the loan and the part ``v r se(bid) / bid`` of the package. They are
    taken as independent. The bid and the sum of the values move together, so the second part is
    an upper bound.
    """
    worth = np.maximum(value, 0.0)
    total, price = float(worth.sum()), bid.value
    if price <= 0.0 or total <= 0.0:
        return Quotes(
            np.zeros(len(worth), dtype=np.int64), np.full(len(worth), np.nan), round(100.0 * price)
        )
    ratio = min(price / total, 1.0)
    cents = share_cents(min(price, total), worth)
    of_package = bid.se / price if ratio < 1.0 else 0.0
    se = np.where(worth > 0.0, np.hypot(ratio * error, ratio * worth * of_package), np.nan)
    return Quotes(cents, se, round(100.0 * price) - int(cents.sum()))


def by_part(loans: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the contributions summed by an attribute of the loans, largest GBV first."""
    label = loans[by].astype(object).where(loans[by].notna(), "not given").astype(str)
    sums = loans.groupby(label, sort=True)[["gbv", "mean", "sd", "shortfall", "bid_cents"]].sum()
    sums.insert(0, "loans", label.value_counts().reindex(sums.index))
    return sums.sort_values("gbv", ascending=False, kind="stable").rename_axis(by).reset_index()
