"""Each loan for its owner: hold value, reservation price, expected bid, and what is best.

The hold value is linear in the cash. A loan bears overheads by its GBV, and the cost of capital by
its book value. Its tax basis is its own. All three run off with the package, so the values of the
loans sum to those of the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.contributions import fee_shares, spread_fees
from npl_sim.engine.loan_means import loan_means
from npl_sim.engine.simulate import compile_study
from npl_sim.stats.discount import discount_factors
from npl_sim.valuation.breakdown import check_sum
from npl_sim.valuation.whole_units import rounded_parts

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.later_sale import BidderCosts
    from npl_sim.valuation.seller import SellerCase

SELL, KEEP, WRITE_OFF = "sell", "keep", "write off"
"""What is best for a loan: the largest of three values after tax."""

REACH = 1.96
"""Errors within which two values are not told apart."""

FACTS = ("loan_id", "borrower_id", "product", "segment", "region", "stage", "gbv")


@dataclass(frozen=True)
class SellerLoans:
    """Loans of a package for its owner.

    Attributes
    ----------
    loans
        One row a loan, in the order of the tape: facts of the loan and the columns below.
        [package currency, unless stated]

        - provisions: those of the books
        - hold_value, hold_value_se: value of keeping after tax and capital, and its error
        - reservation_cents, reservation_se: reservation price [cents], and its error
        - bid, bid_se: expected bid of a bidder, and its error
        - sale_value: what a sale at the expected bid leaves after tax
        - write_off_value: what a write-off leaves: the tax on the basis
        - best: sell, keep or write off
        - gain, gain_se: best value less the second best, and its error
        - is_open: whether the sampling error leaves open what is best
    by_segment
        Sums by segment, largest GBV first. The errors are upper bounds: the sums of the errors of
        the loans.
    rate
        Required return of the bidder. [per year]
    """

    loans: pd.DataFrame
    by_segment: pd.DataFrame
    rate: float


def provisions_by_loan(flows: Cash, case: SellerCase) -> np.ndarray:
    """Return the provisions of each loan; 0 if the study states none. [package currency]"""
    seller, loans = case.seller, flows.loans
    gbv = loans["gbv"].to_numpy(dtype=np.float64)
    if not seller.provision_coverage:
        return np.zeros(len(gbv))
    default = seller.provision_coverage.get("default")
    names = loans[seller.provision_coverage_by].astype(str)
    share = names.map(lambda name: seller.provision_coverage.get(name, default))
    return share.to_numpy(dtype=np.float64) * gbv


def seller_loans(
    study: Study,
    table: LoanTable,
    flows: Cash,
    case: SellerCase,
    rate: float,
    costs: BidderCosts,
    bid: float,
) -> SellerLoans:
    """Simulate the scenarios again and return each loan for its owner.

    Parameters
    ----------
    study, table, flows
        What was simulated.
    case
        Valuation of the package by its owner.
    rate, costs
        Required return and costs of the bidder that is expected.
    bid
        Expected bid for the package, to which the bids for the loans sum. [package currency]
    """
    model = compile_study(study, table)
    own = study.seller.servicing_rate
    own = study.pricing.servicing_rate if own is None else own
    factors = discount_factors(rate, flows.months, case.timing)
    draws = flows.loan_replicates
    markup = 1.0 + costs.purchase if bid > 0.0 else 1.0
    # The third pass is what a sale leaves before tax beyond what keeping leaves, loan by loan.
    beyond = (1.0 - case.seller.sale_cost) / markup * factors - case.discount
    means = [
        loan_means(study, table, case.sample, discount, servicing, model, draws)
        for discount, servicing in (
            (case.discount, own),
            (factors, costs.servicing),
            (beyond, own),
        )
    ]
    cash = case.before_cost + case.own_cost
    whole = case.sample.mean(
        case.sample.by_scenario(np.einsum("sm,m->s", cash, case.discount))
    ).value
    shares = fee_shares(flows, means[0][0], False)
    scale = float(flows.loans["received_mean"].sum() - flows.loans["costs_mean"].sum())
    if not study.contracts:
        check_sum("values of the loans to the seller", means[0][0], whole, scale)
        check_sum("bids for the loans", means[1][0] / markup, bid, scale)
    values = spread_fees(whole, means[0][0], shares)
    bids = spread_fees(bid, means[1][0] / markup, shares)
    loans = flows.loans[list(FACTS)].copy()
    loans["provisions"] = provisions_by_loan(flows, case)
    # The two servicing fees differ by a share of the receipts, whose error the bid bounds.
    unlike = abs(own - costs.servicing) / max(1.0 - costs.servicing, 0.01)
    paired = means[2][1] + unlike * means[1][1] / markup
    _value(loans, case, (values, means[0][1]), (bids, means[1][1] / markup), paired)
    return SellerLoans(loans, by_segment(loans), rate)


def _value(
    loans: pd.DataFrame,
    case: SellerCase,
    kept: tuple[np.ndarray, np.ndarray],
    bids: tuple[np.ndarray, np.ndarray],
    paired: np.ndarray,
) -> None:
    """Add the values of keeping, selling and writing off to the loans.

    `kept` and `bids` are means and their errors, `paired` is the error of the difference before
    tax of a sale and of keeping. [package currency]
    """
    t, c = case.seller.tax_rate, case.seller.sale_cost
    gbv, provisions = loans["gbv"].to_numpy(), loans["provisions"].to_numpy()
    basis = gbv if case.seller.tax_basis == "gbv" else gbv - provisions
    book = gbv - provisions
    shield = basis * float(case.recovered @ case.discount)
    overhead = _share(gbv) * float(case.overhead @ case.discount)
    capital = _share(book) * case.capital_cost()
    hold = (1.0 - t) * (kept[0] + overhead) + t * shield - capital
    price = (hold - t * basis) / ((1.0 - t) * (1.0 - c))
    loans["hold_value"], loans["hold_value_se"] = hold, (1.0 - t) * kept[1]
    whole = case.sample.mean(case.prices()).value
    check_sum("reservation prices of the loans", price, whole, float(np.abs(price).sum()))
    loans["reservation_cents"] = rounded_parts(100.0 * price, 100.0 * whole).astype(np.int64)
    loans["reservation_se"] = kept[1] / (1.0 - c)
    loans["bid"], loans["bid_se"] = bids
    sale = (1.0 - t) * (1.0 - c) * bids[0] + t * basis
    loans["sale_value"], loans["write_off_value"] = sale, t * basis
    # A sale at a price below 0 would pay the bidder: writing off is better then.
    choices = np.stack([np.where(bids[0] > 0.0, sale, -np.inf), hold, t * basis])
    order = np.argsort(-choices, axis=0, kind="stable")
    names = np.array([SELL, KEEP, WRITE_OFF], dtype=object)
    loans["best"] = names[order[0]]
    best, second = order[0], order[1]
    # Error of the difference of each pair, by the sum of their positions.
    errors = np.stack([paired, (1.0 - c) * bids[1], kept[1]]) * (1.0 - t)
    pair = best + second - 1
    error = np.take_along_axis(errors, pair[None], axis=0)[0]
    gap = np.take_along_axis(choices, best[None], 0) - np.take_along_axis(choices, second[None], 0)
    loans["gain"], loans["gain_se"] = gap[0], error
    loans["is_open"] = gap[0] < REACH * np.nan_to_num(error, nan=0.0)


def _share(amounts: np.ndarray) -> np.ndarray:
    """Return the share of each amount in the sum; 0 where the sum is 0."""
    total = float(amounts.sum())
    return amounts / total if total > 0.0 else np.zeros(len(amounts))


SUMMED = ("gbv", "provisions", "hold_value", "reservation_cents", "bid", "sale_value")


def by_segment(loans: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of the loans by segment, largest GBV first, with counts by what is best.

    Parameters
    ----------
    loans
        As in `SellerLoans.loans`.
    """
    label = loans["segment"].astype(str)
    grouped = loans.groupby(label, sort=True)
    frame = grouped[list(SUMMED)].sum()
    frame.insert(0, "loans", grouped.size())
    for error in ("reservation_se", "bid_se"):
        frame[error] = grouped[error].sum()
    for name in (SELL, KEEP, WRITE_OFF):
        frame[name.replace(" ", "_")] = (loans["best"] == name).groupby(label).sum()
    frame["open"] = loans["is_open"].groupby(label).sum()
    frame = frame.sort_values("gbv", ascending=False, kind="stable")
    return frame.rename_axis("segment").reset_index()


def by_choice(loans: pd.DataFrame) -> pd.DataFrame:
    """Return counts and sums by what is best: sell, keep, write off.

    Parameters
    ----------
    loans
        As in `SellerLoans.loans`.
    """
    rows = []
    for name in (SELL, KEEP, WRITE_OFF):
        chosen = loans[loans["best"] == name]
        sums = {column: chosen[column].sum() for column in SUMMED}
        row = {"best": name, "loans": len(chosen), "open": int(chosen["is_open"].sum())}
        rows.append({**row, **sums, "write_off_value": chosen["write_off_value"].sum()})
    return pd.DataFrame(rows)
