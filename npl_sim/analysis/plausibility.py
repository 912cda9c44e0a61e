"""Plausibility of a tape and of a result: what no sound package of loans shows, as issues.

Nothing here changes a number. An error says that the number must not be used before its inputs are checked; a
warning says what is unusual, against which bound, and where the bound comes from.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.published import PublishedRange, balance_bounds, place_of, published_ranges
from npl_sim.issues import Issue

if TYPE_CHECKING:
    from npl_sim.flows.package import PackageFlows
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

__all__ = [
    "Headline",
    "bid_issues",
    "cash_issues",
    "flow_issues",
    "headline_issues",
    "result_issues",
    "sale_issues",
    "tape_issues",
]

COLLATERAL_MULTIPLE = 20.0
"""Appraised value of a loan's collateral over its claim from which it is told. [multiple of the claim]"""

PACKAGE_MULTIPLE = 5.0
"""The same of all secured loans together. [multiple of their claims]"""

INTEREST_MULTIPLE = 3.0
"""Accrued interest over principal from which a loan is told. [multiple of principal]"""

FAR = 1.5
"""A segment below the lowest published figure over this, or above the highest times this, is told. [multiple]"""

FEWEST = 10
"""Loans of a segment from which it is compared with published figures. [loans]"""

SALE_MULTIPLE = 2.0
"""Price of a sale over what the package is worth if kept from which it is told. [multiple]"""

SLACK = 1e-9
"""Relative rounding that no comparison counts."""


@dataclass(frozen=True)
class Headline:
    """The figures of a result that stand at the head of an output.

    Attributes
    ----------
    name
        What the mean is called, such as ``mean price``.
    mean
        Mean. [package currency]
    gbv
        GBV of the package. [package currency]
    bid
        Price that earns the target return; NaN: none. [package currency]
    highest
        Highest quantile shown, and its level; NaN: none. [package currency]
    highest_level
        Level of that quantile.
    """

    name: str
    mean: float
    gbv: float
    bid: float = math.nan
    highest: float = math.nan
    highest_level: float = math.nan


def _of(amount: float, gbv: float) -> str:
    """Return an amount in words, with its share of GBV."""
    return (
        f"{_short(amount)}, {amount / gbv:,.1%} of GBV"
        if gbv > 0.0 and abs(amount / gbv) < 1e4
        else _short(amount)
    )


def _short(amount: float) -> str:
    """Return an amount; one too large to be read digit by digit in powers of ten."""
    return f"{amount:,.2f}" if abs(amount) < 1e15 else f"{amount:.3g}"


def headline_issues(figures: Headline) -> Iterator[Issue]:
    """Yield what is impossible or absurd about the headline of a result."""
    mean, gbv, name = figures.mean, figures.gbv, figures.name
    advice = "do not use it before the study's rates, units and the tape are checked"
    if not math.isfinite(mean):
        yield Issue("error", "result", f"the {name} is not a finite number; {advice}", gbv)
    elif mean < 0.0:
        yield Issue("error", "result", f"the {name} is below zero ({_of(mean, gbv)}); {advice}", gbv)
    elif mean > gbv * (1.0 + SLACK):
        yield Issue(
            "error",
            "result",
            f"the {name} ({_of(mean, gbv)}) is above the gross book value of {_short(gbv)}; {advice}",
            gbv,
        )
    if figures.bid < 0.0:
        yield Issue("error", "result", f"the bid is below zero ({_of(figures.bid, gbv)}); {advice}", gbv)
    if figures.highest > gbv * (1.0 + SLACK) and not mean > gbv * (1.0 + SLACK):
        yield Issue(
            "warning",
            "result",
            f"the {100.0 * figures.highest_level:g}% quantile of the price ({_of(figures.highest, gbv)}) is above the gross book "
            f"value of {_short(gbv)}; expected a claim to recover at most what is owed",
            gbv,
        )


def cash_issues(name: str, mean: float, gbv: float) -> tuple[Issue, ...]:
    """Return what is absurd about an amount that was not priced here: the cash of a deal, one side of a comparison.

    Parameters
    ----------
    name
        What the amount is called.
    mean
        Mean over the scenarios. [package currency]
    gbv
        GBV of the package. [package currency]
    """
    return tuple(headline_issues(Headline(name, mean, gbv)))


def bid_issues(bid: float, gbv: float) -> tuple[Issue, ...]:
    """Return what is impossible about the price that a buyer would pay. [package currency]"""
    return tuple(headline_issues(Headline("bid", 0.0, gbv, bid)))


def sale_issues(price: float, worth: float, gbv: float) -> tuple[Issue, ...]:
    """Return what is implausible about the price of a sale that somebody stated.

    Parameters
    ----------
    price
        Price of the sale. [package currency]
    worth
        Expected present value of the package if kept. [package currency]
    gbv
        GBV of the package. [package currency]
    """
    found = []
    if price > gbv * (1.0 + SLACK):
        text = f"the sale price ({_of(price, gbv)}) is above the gross book value of {_short(gbv)}"
        found.append(Issue("warning", "result", f"{text}; expected a price below what is owed", gbv))
    if price > SALE_MULTIPLE * max(worth, 0.0) and price > 0.0:
        times = f", {price / worth:,.1f} times" if worth > 0.0 else ", above"
        text = f"the sale price is {_short(price)}{times} what the package is worth if kept ({_short(worth)})"
        found.append(
            Issue(
                "warning",
                "result",
                f"{text}; expected at most {SALE_MULTIPLE:g} times: who pays the rest?",
                gbv,
            )
        )
    return tuple(found)


def result_issues(study: Study, table: LoanTable, result: PriceDistribution) -> tuple[Issue, ...]:
    """Return what is implausible about a priced package.

    Parameters
    ----------
    study, table
        What was assumed, and the loans.
    result
        What came out.
    """
    level = max(result.quantiles, default=math.nan)
    highest = result.quantiles[level].value if result.quantiles else math.nan
    figures = Headline("mean price", result.mean.value, result.gbv, result.bid.value, highest, level)
    return _judged(study, table, figures, result.flows.loans)


def flow_issues(study: Study, table: LoanTable, flows: PackageFlows) -> tuple[Issue, ...]:
    """Return what is implausible about simulated cash at its present value, before it is priced.

    Parameters
    ----------
    study, table
        What was assumed, and the loans.
    flows
        Simulated cash.
    """
    figures = Headline("mean present value", float(flows.loans["pv_mean"].sum()), flows.gbv)
    return _judged(study, table, figures, flows.loans)


def _judged(study: Study, table: LoanTable, figures: Headline, loans: pd.DataFrame) -> tuple[Issue, ...]:
    found = list(headline_issues(figures))
    if any(issue.severity == "error" for issue in found):
        return tuple(found)  # segments of an absurd total say nothing more
    return (*found, *_published(study, table, loans))


def _published(study: Study, table: LoanTable, loans: pd.DataFrame) -> Iterator[Issue]:
    """Yield segments whose price or recovery lies far outside what was published for their kind and country."""
    place = place_of(study.legal)
    secured = loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy()
    product = loans["product"].to_numpy(dtype=object)
    every = [entry for entry in published_ranges() if not place or entry.place == place]
    for measure, column, name in (
        ("price_of_gbv", "pv_mean", "the price"),
        ("recovery_of_gbv", "received_mean", "expected recovery, undiscounted,"),
    ):
        entries = [entry for entry in every if entry.measure == measure]
        for label, hit in _segments(entries, product, secured):
            known = [entry for entry in entries if _segment(entry) == label]
            gbv = float(loans["gbv"].to_numpy(dtype=np.float64)[hit].sum())
            if int(hit.sum()) < FEWEST or gbv <= 0.0:
                continue
            share = float(loans[column].to_numpy(dtype=np.float64)[hit].sum()) / gbv
            low, high = min(e.low for e in known), max(e.high for e in known)
            if low / FAR <= share <= high * FAR:
                continue
            side, entry = (
                ("below", min(known, key=lambda e: e.low))
                if share < low
                else ("above", max(known, key=lambda e: e.high))
            )
            where = "" if place else "; the study's law tells no country, so figures of every country count"
            yield Issue(
                "warning",
                f"result, {label}",
                f"{name} is {share:.1%} of GBV, far {side} the published {entry}{where}",
                gbv,
            )


def _segment(entry: PublishedRange) -> str:
    """Return the name of the segment that an entry is about."""
    kind = ", ".join(entry.products) or "all loans"
    return kind if entry.security == "any" else f"{kind}, {entry.security}"


def _segments(
    entries: list[PublishedRange], product: np.ndarray, secured: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each segment that entries are about, and which loans are in it."""
    for entry in {_segment(entry): entry for entry in entries}.values():
        hit = np.isin(product, entry.products) if entry.products else np.ones(len(product), dtype=bool)
        if entry.security != "any":
            hit &= secured == (entry.security == "secured")
        yield _segment(entry), hit


def tape_issues(study: Study, table: LoanTable) -> tuple[Issue, ...]:
    """Return what is out of proportion on a tape: collateral, interest, and median balances.

    Parameters
    ----------
    study, table
        What is assumed, and the loans.
    """
    return (*_collateral(table), *_interest(table), *_medians(study, table))


def _many(count: int) -> str:
    return f"{count:,} loan{'s' if count != 1 else ''}"


def _collateral(table: LoanTable) -> Iterator[Issue]:
    loans = table.loans
    value = (
        table.collateral.groupby("loan_id")["appraisal_value"]
        .sum()
        .reindex(loans["loan_id"])
        .fillna(0.0)
        .to_numpy(dtype=float)
    )
    claim = loans["gbv"].to_numpy(dtype=float)
    hit = value > COLLATERAL_MULTIPLE * claim
    if hit.any():
        first = int(np.argmax(np.where(hit, value / np.maximum(claim, 1e-300), 0.0)))
        yield Issue(
            "warning",
            "collateral, appraisal_value",
            f"{_many(int(hit.sum()))} with collateral appraised above {COLLATERAL_MULTIPLE:g} times the claim, such as "
            f"{loans['loan_id'].iloc[first]!r}: {_short(value[first])} for a claim of {_short(claim[first])}; check the unit and the "
            "scope of collateral ids",
            float(claim[hit].sum()),
        )
    secured = value > 0.0
    total, owed = float(value[secured].sum()), float(claim[secured].sum())
    if secured.any() and total > PACKAGE_MULTIPLE * owed:
        yield Issue(
            "warning",
            "collateral, appraisal_value",
            f"collateral of the package is appraised at {_short(total)}, {total / owed:,.1f} times the claims of {_short(owed)} that "
            f"it secures; expected at most {PACKAGE_MULTIPLE:g} times: check the unit and the scope of collateral ids",
            owed,
        )


def _interest(table: LoanTable) -> Iterator[Issue]:
    loans = table.loans
    principal, interest = (loans[name].to_numpy(dtype=float) for name in ("principal", "accrued_interest"))
    hit = interest > INTEREST_MULTIPLE * principal
    if hit.any():
        first = int(np.argmax(np.where(hit, interest, 0.0)))
        yield Issue(
            "warning",
            "loans, accrued_interest",
            f"{_many(int(hit.sum()))} with accrued interest above {INTEREST_MULTIPLE:g} times principal, such as "
            f"{loans['loan_id'].iloc[first]!r}: {_short(interest[first])} on {_short(principal[first])}; check units and columns",
            float(loans["gbv"].to_numpy(dtype=float)[hit].sum()),
        )


def _medians(study: Study, table: LoanTable) -> Iterator[Issue]:
    loans = table.loans
    for bound in balance_bounds():
        if bound.currency != study.currency:
            continue
        for product in bound.products:
            gbv = loans["gbv"].to_numpy(dtype=float)[(loans["product"] == product).to_numpy()]
            if len(gbv) == 0:
                continue
            median = float(np.median(gbv))
            if not bound.low <= median <= bound.high:
                yield Issue(
                    "warning",
                    f"loans, product {product}",
                    f"the median balance of {_many(len(gbv))} is {_short(median)} {study.currency}; expected {bound.low:,.0f} to "
                    f"{bound.high:,.0f}: check tape.amount_unit, the unit in the headers and the product codes",
                    float(gbv.sum()),
                )
