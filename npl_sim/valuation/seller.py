"""Hold value of a package to its owner, reservation price and day-one effects of a sale.

The hold value is the net cash after the seller's own cost, discounted at the seller's rate. It is
net of tax and of the cost of capital for the book value as that runs off. A sale yields the price
less its costs, less tax on the difference to the tax basis. At the reservation price the two are
equal::

    price (1 - c) - t (price (1 - c) - basis)  =  hold value

with c the costs of the sale and t the tax rate. Tax on the hold value applies to cash less the
part of the basis that the cash recovers, in proportion to expected receipts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import NplSimError
from npl_sim.core.layout import Stage
from npl_sim.stats.discount import discount_factors, present_value
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.parties import Seller
from npl_sim.valuation.recovery import draw_means
from npl_sim.valuation.spec import Pricing


@dataclass(frozen=True)
class DayOne:
    """Day-one effects of a sale at a price on the seller's accounts.

    Attributes
    ----------
    price, proceeds
        Price, and price less the costs of the sale. [package currency]
    book_value, provisions
        Gross book value less provisions, and the provisions. [package currency]
    result, result_after_tax
        Profit or loss on the day of sale. [package currency]
    provision_released
        Part of the provisions that the proceeds make unnecessary. [package currency]
    capital_freed
        Regulatory capital that the book value required. [package currency]
    """

    price: float
    proceeds: float
    book_value: float
    provisions: float
    result: float
    result_after_tax: float
    provision_released: float
    capital_freed: float


@dataclass(frozen=True)
class HoldValue:
    """Hold value of a package, and the seller's reservation price.

    Attributes
    ----------
    reservation
        Reservation price, below which the seller holds the package. [package currency]
    prices
        Reservation price of each scenario, shape (scenarios,), or (scenarios, draws) with
        several draws. [package currency]
    value
        Hold value. [package currency]
    parts
        Contributions to the hold value: cash before own cost, own cost, overheads, tax, cost of
        capital. They sum to `value`. [package currency]
    book_value, provisions
        Book value and provisions of the seller. [package currency]
    """

    reservation: Estimate
    prices: np.ndarray
    value: Estimate
    parts: dict[str, float]
    book_value: float
    provisions: float


class SellerCase:
    """Valuation of a package by its owner.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    seller, pricing
        Terms of the seller; `pricing` supplies those that the seller does not state.

    Raises
    ------
    NplSimError
        If a value of the attribute has no provision coverage ratio and there is no default.
    """

    def __init__(self, flows: Cash, seller: Seller, pricing: Pricing) -> None:
        self.seller = seller
        self.confidence = pricing.confidence
        self.timing = pricing.cash_timing
        self.sample = flows.sample
        # The seller's own cost of work-out replaces the servicing of the study.
        received, costs = flows.receipts_and_costs(draws="every")
        own = pricing.servicing_rate if seller.servicing_rate is None else seller.servicing_rate
        self.before_cost = received - costs
        self.own_cost = -own * received
        self.expected = self.sample.average(draw_means(self.sample, received))
        total = self.expected.sum()
        self.recovered = self.expected / total if total > 0.0 else np.zeros_like(self.expected)
        still_open = (
            1.0 - flows.stage_gbv[Stage.CLOSED] / flows.gbv if flows.gbv > 0.0 else np.zeros(1)
        )
        self.overhead = np.zeros(flows.months + 1)
        self.overhead[1:] = -seller.overhead_rate / 12.0 * flows.gbv * still_open[: flows.months]
        self.gbv = flows.gbv
        self.provisions = provisions_of(flows, seller)
        self.book_value = self.gbv - self.provisions
        self.basis = self.gbv if seller.tax_basis == "gbv" else self.book_value
        self.discount = discount_factors(seller.discount_rate, flows.months, self.timing)

    def capital_charge(self) -> np.ndarray:
        """Return the cost of capital of each month from month 1, shape (months,).

        Unit: package currency.
        """
        capital = self.seller.capital
        # The book value outstanding falls in proportion to the expected receipts.
        standing = 1.0 - np.concatenate([[0.0], np.cumsum(self.recovered)[:-1]])
        if capital is None:
            return np.zeros(len(standing) - 1)
        return (
            capital.risk_weight
            * capital.ratio
            * capital.cost
            / 12.0
            * self.book_value
            * standing[1:]
        )

    def capital_cost(self) -> float:
        """Return the present value of the cost of capital while the book value runs off."""
        return float(self.capital_charge() @ self.discount[1:])

    def hold_values(self) -> np.ndarray:
        """Return the hold value of each scenario, shape (scenarios,) or (scenarios, draws).

        Unit: package currency.
        """
        t = self.seller.tax_rate
        cash = self._present(self.before_cost + self.own_cost)
        fixed = float(self.overhead @ self.discount)
        shield = self.basis * float(self.recovered @ self.discount)
        return (1.0 - t) * (cash + fixed) + t * shield - self.capital_cost()

    def price_of(self, value: np.ndarray | float) -> np.ndarray:
        """Return the sale price that leaves the seller with a given hold value."""
        t, c = self.seller.tax_rate, self.seller.sale_cost
        if t >= 1.0 or c >= 1.0:
            raise NplSimError(
                "seller: tax_rate or sale_cost is 1 and leaves no proceeds; expected less than 1"
            )
        return np.asarray((np.asarray(value) - t * self.basis) / ((1.0 - t) * (1.0 - c)))

    def prices(self) -> np.ndarray:
        """Return the reservation price, shape (scenarios,) or (scenarios, draws).

        Unit: package currency.
        """
        return self.price_of(self.hold_values())

    def _present(self, cash: np.ndarray) -> np.ndarray:
        return self.sample.by_scenario(present_value(cash, self.seller.discount_rate, self.timing))

    def parts(self) -> dict[str, float]:
        """Return the contributions to the mean hold value; they sum to the mean of `hold_values`.

        Unit: package currency.
        """
        t = self.seller.tax_rate
        gross = self.sample.mean(self._present(self.before_cost)).value
        cost = self.sample.mean(self._present(self.own_cost)).value
        overhead = float(self.overhead @ self.discount)
        shield = self.basis * float(self.recovered @ self.discount)
        return {
            "cash before own cost": gross,
            "own cost": cost,
            "overheads": overhead,
            "tax": -t * (gross + cost + overhead - shield),
            "cost of capital": -self.capital_cost(),
        }

    def day_one(self, price: float) -> DayOne:
        """Return the day-one effects of a sale at a price."""
        t, capital = self.seller.tax_rate, self.seller.capital
        proceeds = price * (1.0 - self.seller.sale_cost)
        result = proceeds - self.book_value
        freed = 0.0 if capital is None else capital.risk_weight * capital.ratio * self.book_value
        return DayOne(
            price=price,
            proceeds=proceeds,
            book_value=self.book_value,
            provisions=self.provisions,
            result=result,
            result_after_tax=(1.0 - t) * result,
            provision_released=min(max(result, 0.0), self.provisions),
            capital_freed=freed,
        )


def check_coverage(loans: pd.DataFrame, seller: Seller) -> None:
    """Check that every loan has a provision coverage ratio, or none has.

    Parameters
    ----------
    loans
        Loans with the attribute `provision_coverage_by`.
    seller
        Terms of the seller.

    Raises
    ------
    NplSimError
        If some loans have no ratio and there is no default.
    """
    missing = sorted(
        set(loans[seller.provision_coverage_by].astype(str)) - set(seller.provision_coverage)
    )
    if seller.provision_coverage and missing and "default" not in seller.provision_coverage:
        raise NplSimError(
            f"seller.provision_coverage: no share for {seller.provision_coverage_by} "
            f"{', '.join(missing[:5])}; expected one for each, or a default"
        )


def provisions_of(flows: Cash, seller: Seller) -> float:
    """Return the seller's provisions for a package; 0 if the study states none.

    Unit: package currency.

    Raises
    ------
    NplSimError
        If some loans have no provision coverage ratio and there is no default.
    """
    if not seller.provision_coverage:
        return 0.0
    check_coverage(flows.loans, seller)
    attribute = flows.loans[seller.provision_coverage_by].astype(str)
    default = seller.provision_coverage.get("default")
    share = attribute.map(lambda name: seller.provision_coverage.get(name, default)).to_numpy(
        dtype=float
    )
    return float(np.sum(share * flows.loans["gbv"].to_numpy()))


def hold_value(flows: Cash, seller: Seller, pricing: Pricing) -> HoldValue:
    """Return the hold value of a package to its owner, and the reservation price.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    seller, pricing
        Terms of the seller; `pricing` supplies those that the seller does not state.

    Raises
    ------
    NplSimError
        If provisions are missing for some loans, or a sale leaves no proceeds.
    """
    case = SellerCase(flows, seller, pricing)
    value, prices = case.hold_values(), case.prices()
    return HoldValue(
        reservation=case.sample.mean(prices, case.confidence),
        prices=prices,
        value=case.sample.mean(value, case.confidence),
        parts=case.parts(),
        book_value=case.book_value,
        provisions=case.provisions,
    )
