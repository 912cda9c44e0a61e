"""Buyer's own cash at a price, in the order of events.

Months run from closing at the valuation date (month 0). In each month, scenario by scenario:

1. The package pays its net cash before servicing, delayed by the months of onboarding. Servicing,
   turnover tax (both shares of the receipts) and overheads are deducted.
2. The installment of the price that is due is paid. At closing the transaction costs are paid too,
   and the debt is drawn less its fee.
3. In every twelfth month and in the last one, tax is paid on the year's profit. Profit is the cash
   of step 1 less accrued interest, the deductible part of the outlay and losses carried forward.
4. Cash pays the interest, then the sweep's share of the remainder (all of it from maturity on).
   Unpaid interest is added to the debt. Debt that remains at the end is the lender's loss.
5. The capital charge is due on the part of the outlay that cash has not yet repaid.
6. The rest is the buyer's own cash; it is negative if the buyer pays in.

No step uses later cash, except that the deduction `as_collected` follows the expected receipts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.cashflows.protocol import Cash
from npl_sim.stats.discount import discount_factors
from npl_sim.stats.sample import Sample
from npl_sim.valuation.own_returns import delayed
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.spec import Pricing
from npl_sim.valuation.tax_and_capital import TaxAndCapital

ITEMS = (
    "package",
    "servicing",
    "levy",
    "overhead",
    "price",
    "purchase cost",
    "debt drawn",
    "debt fee",
    "interest",
    "repayment",
    "tax",
    "capital charge",
)
"""Items of the buyer's cash in the order of events; they sum to the buyer's own cash."""


@dataclass(frozen=True)
class Ledger:
    """The buyer's cash at one price.

    Attributes
    ----------
    own
        The buyer's own cash, shape (months + 1, scenarios x draws). [package currency]
    own_mean
        Its weighted mean, to which the items sum, shape (months + 1,). [package currency]
    items
        Weighted mean of each item, by name, shape (months + 1,). [package currency]
    debt
        Debt owed at the end of the horizon, shape (scenarios x draws,). [package currency]
    debt_mean
        Weighted mean debt at the end of each month, shape (months + 1,). [package currency]
    """

    own: np.ndarray
    own_mean: np.ndarray
    items: dict[str, np.ndarray]
    debt: np.ndarray
    debt_mean: np.ndarray


class BuyerCase:
    """Cash of a package to one buyer.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    buyer, pricing
        Terms of the buyer; `pricing` supplies those that the buyer does not state.
    plain
        Whether to use only the first draw of each scenario, with equal weights. A run without
        control variates and replicates does the same.
    cost_multiple
        Factor on the costs of work-out, for sensitivities.

    Notes
    -----
    Arrays have one column for each draw of each scenario, draws of a scenario side by side.
    """

    def __init__(
        self,
        flows: Cash,
        buyer: Buyer,
        pricing: Pricing,
        plain: bool = False,
        cost_multiple: float = 1.0,
    ) -> None:
        self.buyer = buyer
        self.gbv = flows.gbv
        self.sample = Sample.plain(flows.scenarios) if plain else flows.sample
        open_target = pricing.required_return if pricing.target_irr is None else pricing.target_irr
        self.target = open_target if buyer.target_irr is None else buyer.target_irr
        self.purchase_cost = (
            pricing.purchase_cost if buyer.purchase_cost is None else buyer.purchase_cost
        )
        self.timing = pricing.cash_timing
        self.confidence = pricing.confidence
        lag = buyer.onboarding_months
        # The buyer's own servicing replaces that of the study.
        receipts, costs = flows.receipts_and_costs(draws="first" if plain else "every")
        self._weights = self.sample.weights_of(
            self.sample.by_scenario(np.zeros(len(receipts)))
        ).ravel()
        received = delayed(np.ascontiguousarray(receipts.T), lag)
        if cost_multiple != 1.0:
            costs = cost_multiple * costs
        self.received = received
        """Receipts of the package, shape (months + 1, scenarios x draws). [package currency]"""
        self.package = delayed(np.ascontiguousarray((receipts - costs).T), lag)
        own = pricing.servicing_rate if buyer.servicing_rate is None else buyer.servicing_rate
        self.servicing_rate = own
        self.months = flows.months
        self.overhead = np.zeros(self.months + 1)
        until = min(buyer.overhead_months, self.months)
        self.overhead[1 : until + 1] = -buyer.overhead_rate * self.gbv / 12.0
        self.pool = self.package + self.servicing + self.turnover_tax + self.overhead[:, None]
        """Cash of the package after servicing, turnover tax and overheads, shape of `received`.
        [package currency]"""
        expected = self.mean(received)
        total = expected.sum()
        self.deducted = (
            expected / total if total > 0.0 else np.eye(1, self.months + 1, self.months)[0]
        )
        self.discount = discount_factors(self.target, self.months, self.timing)
        paid = np.zeros(self.months + 1)
        for part in buyer.payments:
            # An installment due after the horizon is paid in the last month.
            paid[min(part.month, self.months)] += part.share
        if not buyer.payments:
            paid[0] = 1.0
        self.paid = paid

    @property
    def servicing(self) -> np.ndarray:
        """The buyer's servicing, 0 or less, shape of `received`. [package currency]"""
        return -self.servicing_rate * self.received

    @property
    def turnover_tax(self) -> np.ndarray:
        """The buyer's turnover tax, 0 or less, shape of `received`. [package currency]"""
        return -self.buyer.turnover_tax * self.received

    @property
    def scenarios(self) -> int:
        """Number of draws of all scenarios."""
        return self.pool.shape[1]

    def mean(self, amounts: np.ndarray) -> np.ndarray:
        """Return the weighted mean along the last axis, that of scenarios and draws.

        Unit: package currency.
        """
        # einsum and not a matrix product: the order of its additions does not depend on threads.
        return np.einsum("s,...s->...", self._weights, amounts)

    def by_scenario(self, values: np.ndarray) -> np.ndarray:
        """Return values of the columns, shape (scenarios,), or (scenarios, draws)."""
        return self.sample.by_scenario(values)

    def laid_out(self, price: float) -> float:
        """Return the buyer's own money at closing: price due, costs and fee, less the debt.

        Unit: package currency.
        """
        debt = self.buyer.debt
        borrowed = 0.0 if debt is None else debt.loan_to_price * (1.0 - debt.fee)
        bought = max(price, 0.0)
        return (
            price * float(self.paid[0])
            + bought * (self.purchase_cost - borrowed)
            + self.buyer.fixed_cost
        )

    def unlevered(self, price: float) -> np.ndarray:
        """Return the cash without debt, income tax and capital charge, shape of `received`.

        Parameters
        ----------
        price
            Price. [package currency]
        """
        own = self.pool - (self.paid * price)[:, None]
        own[0] -= self.purchase_cost * max(price, 0.0) + self.buyer.fixed_cost
        return own

    def own(self, price: float) -> np.ndarray:
        """Return the buyer's own cash at a price, shape of `received`. [package currency]"""
        return self._cash_at(np.full(self.scenarios, float(price)), None)[0]

    @property
    def is_linear(self) -> bool:
        """Whether the buyer's cash is linear in the price, in every scenario."""
        return self.buyer.tax is None and self.buyer.debt is None and self.buyer.capital is None

    def value(self, price: np.ndarray | float) -> np.ndarray:
        """Return the present value of the buyer's own cash at the target, shape (scenarios,).

        Parameters
        ----------
        price
            Price, or one for each scenario. [package currency]
        """
        own, _ = self._cash_at(np.broadcast_to(np.asarray(price, float), (self.scenarios,)), None)
        return np.einsum("ms,m->s", own, self.discount)

    def ledger(self, price: float) -> Ledger:
        """Return the buyer's cash at a price, item by item."""
        items = {name: np.zeros(self.months + 1) for name in ITEMS}
        owed = np.zeros(self.months + 1)
        own, debt = self._cash_at(np.full(self.scenarios, float(price)), items, owed)
        items["package"] = self.mean(self.package)
        items["servicing"] = self.mean(self.servicing)
        items["levy"] = self.mean(self.turnover_tax)
        items["overhead"] = self.overhead.copy()
        return Ledger(own, self.mean(own), items, debt, owed)

    def _cash_at(
        self,
        price: np.ndarray,
        items: dict[str, np.ndarray] | None,
        owed: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        buyer, months = self.buyer, self.months
        # A negative price bears no costs, draws no debt and leaves nothing to deduct.
        bought = np.maximum(price, 0.0)
        cost = self.purchase_cost * bought + buyer.fixed_cost
        outlay = bought + cost
        if buyer.debt is not None:
            outlay = outlay + buyer.debt.fee * buyer.debt.loan_to_price * bought
        own = self.pool - np.multiply.outer(self.paid, price)
        own[0] -= cost
        debt = np.zeros_like(price)
        note = _Notes(items)
        note("price", -self.paid * self.mean(price))
        note("purchase cost", -float(self.mean(cost)), 0)
        if buyer.debt is not None:
            debt = buyer.debt.loan_to_price * bought
            own[0] += debt * (1.0 - buyer.debt.fee)
            note("debt drawn", float(self.mean(debt)), 0)
            note("debt fee", -buyer.debt.fee * float(self.mean(debt)), 0)
            if owed is not None:
                owed[0] = self.mean(debt)
        if self.is_linear:
            return own, debt
        accounts = TaxAndCapital(buyer, self.pool, self.deducted, outlay)
        for m in range(1, months + 1):
            interest = np.zeros_like(price)
            if buyer.debt is not None:
                interest = debt * (buyer.debt.rate / 12.0)
            tax = accounts.tax(m, interest)
            own[m] -= tax
            note("tax", -float(self.mean(tax)), m)
            if buyer.debt is not None:
                free = np.maximum(own[m], 0.0)
                interest_paid = np.minimum(interest, free)
                debt = debt + (interest - interest_paid)
                share = 1.0 if m >= buyer.debt.months else buyer.debt.sweep
                repaid = np.minimum(debt, share * (free - interest_paid))
                debt = debt - repaid
                own[m] -= interest_paid + repaid
                note("interest", -float(self.mean(interest_paid)), m)
                note("repayment", -float(self.mean(repaid)), m)
                if owed is not None:
                    owed[m] = self.mean(debt)
            charge = accounts.capital_charge(m)
            own[m] -= charge
            note("capital charge", -float(self.mean(charge)), m)
        return own, debt


class _Notes:
    """Recorder of mean amounts by item; does nothing without items."""

    def __init__(self, items: dict[str, np.ndarray] | None) -> None:
        self.items = items

    def __call__(self, item: str, amount: np.ndarray | float, month: int | None = None) -> None:
        if self.items is not None:
            self.items[item][slice(None) if month is None else month] += amount
