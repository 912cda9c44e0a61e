"""Terms of the buyer and of the seller of a package."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text, WholeMonths, must_rise
from npl_sim.valuation.selling_terms import Bidders, LaterSales, ProvisionTerms
from npl_sim.valuation.spec import FeeShare, Level, Return

Overhead = Annotated[float, Field(ge=0.0, le=0.2, json_schema_extra={"unit": "per year"})]
"""Annual overheads as a share of GBV; special servicers charge up to about 2 %. [per year]"""

PerAnnum = Annotated[float, Field(ge=0.0, le=1.0, json_schema_extra={"unit": "per year"})]
Weight = Annotated[float, Field(ge=0.0, le=12.5, json_schema_extra={"unit": "multiple"})]


class Installment(Spec):
    """A part of the price that is paid later."""

    month: WholeMonths
    """Month in which it is paid; 0: at closing."""
    share: Share
    """Share of the price."""


class Tax(Spec):
    """Tax on the buyer's profit, settled at the end of every twelfth month and at the horizon.

    Losses are carried forward. Losses not used by the horizon expire.
    """

    rate: Share
    """Rate on the profit."""
    recovery: Literal["price_first", "as_collected"] = "as_collected"
    """When the price is deducted. price_first: cash repays the price before there is a profit;
    as_collected: in proportion to expected receipts."""


class Debt(Spec):
    """A loan without recourse for part of the price, repaid from the cash."""

    loan_to_price: Annotated[
        float, Field(ge=0.0, lt=1.0, json_schema_extra={"unit": "share of price"})
    ]
    """Amount borrowed at closing."""
    rate: PerAnnum
    """Nominal rate. A twelfth is due each month; interest that cash does not cover is added to the
    debt."""
    sweep: Annotated[float, Field(gt=0.0, le=1.0, json_schema_extra={"unit": "share of 1"})] = 1.0
    """Share of the cash left after interest that repays the debt before it matures."""
    months: WholeMonths = 60
    """Maturity; from then on all cash repays it."""
    fee: FeeShare = 0.0
    """Arrangement fee, a share of the amount borrowed."""


class Capital(Spec):
    """Regulatory capital required for an asset, and its cost above its return elsewhere."""

    risk_weight: Weight = 1.0
    """Risk weight of the amount outstanding."""
    ratio: Share = 0.105
    """Capital held against risk-weighted assets."""
    cost: PerAnnum = 0.08
    """Cost of capital above its return elsewhere."""


class Buyer(Spec):
    """Terms of a buyer: required return, measure of the bid, costs, tax, debt and capital."""

    target_irr: Return | None = None
    """Return on the buyer's own money; defaults to the target of `pricing`."""
    measure: Literal["expectation", "probability", "quantile", "shortfall"] = "expectation"
    """How the target must be earned: in expectation, or with the probability `level`. ``quantile``
    takes the quantile `level` of the price that earns exactly the target. ``shortfall`` takes the
    mean of the worst `level` of scenarios."""
    level: Level | None = None
    """Level of the measure; omitted for ``expectation``."""
    opening_level: Level | None = None
    """Probability of earning the target at the opening price; 0.85 if omitted. The opening price
    is never above the bid."""
    limit_level: Level | None = None
    """Probability of earning the target at the walk-away price; omitted: earned on average. The
    walk-away price is never below the bid and leaves nothing for undisclosed information."""
    purchase_cost: FeeShare | None = None
    """Transaction costs as a share of the price; defaults to those of `pricing`."""
    fixed_cost: Money = 0.0
    """Costs of due diligence and transfer at closing that do not depend on the price."""
    servicing_rate: FeeShare | None = None
    """Own servicing as a share of receipts; defaults to `pricing.servicing_rate`."""
    overhead_rate: Overhead = 0.0
    """Overheads as a share of GBV."""
    overhead_months: WholeMonths = 60
    """Months over which overheads run."""
    turnover_tax: FeeShare = 0.0
    """Turnover tax, a share of receipts."""
    onboarding_months: WholeMonths = 0
    """Months by which the handover of files delays all cash."""
    information_discount: Annotated[
        float, Field(ge=0.0, lt=1.0, json_schema_extra={"unit": "share of 1"})
    ] = 0.0
    """Share of the price deducted for undisclosed information."""
    payments: tuple[Installment, ...] = Field(default=(), max_length=60)
    """Deferred payment of the price, shares summing to 1; defaults to all at closing."""
    tax: Tax | None = None
    """Tax on profit."""
    debt: Debt | None = None
    """Borrowed part of the price."""
    capital: Capital | None = None
    """Charge for regulatory capital on the part of the price not yet recovered."""

    @model_validator(mode="after")
    def measure_has_its_level(self) -> Buyer:
        if (self.level is None) != (self.measure == "expectation"):
            wanted = "none" if self.measure == "expectation" else "a level between 0 and 1"
            raise ValueError(
                f"level is {self.level}; expected {wanted} with measure: {self.measure}"
            )
        return self

    @model_validator(mode="after")
    def payments_make_the_price(self) -> Buyer:
        total = sum(p.share for p in self.payments)
        if self.payments and abs(total - 1.0) > 1e-9:
            raise ValueError(f"shares of the payments sum to {total:g}; expected 1")
        months = [p.month for p in self.payments]
        must_rise(
            months, "months of the payments do not rise; expected each to be later than the last"
        )
        return self

    @model_validator(mode="after")
    def debt_is_less_than_what_is_paid(self) -> Buyer:
        at_closing = sum(p.share for p in self.payments if p.month == 0) if self.payments else 1.0
        if self.debt is not None and self.debt.loan_to_price > at_closing:
            raise ValueError(
                f"loan_to_price is {self.debt.loan_to_price:g}; expected at most the share of the "
                f"price paid at closing, {at_closing:g}"
            )
        return self


class Seller(Spec):
    """Terms of the seller: discount rate, costs of work-out and of a sale, provisions, tax."""

    discount_rate: Return = 0.06
    """Rate at which the seller discounts, such as the loans' original effective interest rate."""
    servicing_rate: FeeShare | None = None
    """Own cost of work-out as a share of receipts; defaults to `pricing.servicing_rate`."""
    overhead_rate: Overhead = 0.0
    """Overheads as a share of the GBV not yet closed."""
    provision_coverage: dict[Text, Share] = Field(default={}, max_length=1000)
    """Provisions as a share of GBV by value of `provision_coverage_by`. The entry `default`
    applies to all other values."""
    provision_coverage_by: Literal["segment", "product", "region", "stage"] = "segment"
    """Loan attribute by which the provision coverage ratio is stated."""
    sale_cost: FeeShare = 0.0
    """Costs of the sale as a share of the price."""
    tax_rate: Share = 0.0
    """Tax on profit; losses offset other income at once."""
    tax_basis: Literal["gbv", "book"] = "gbv"
    """Amount that is deductible from the proceeds: gbv if provisions were not deductible, else
    book."""
    capital: Capital | None = None
    """Capital required for the book value while the seller holds the package."""
    bidders: Bidders | None = None
    """Bidders that the seller expects; without them no start price is determined."""
    later_sales: LaterSales = (6, 12)
    """Months of later sales that are compared with a sale now, rising."""
    provision: ProvisionTerms = ProvisionTerms()
    """Stage 3 provision and minimum provision."""

    @model_validator(mode="after")
    def later_sales_rise(self) -> Seller:
        must_rise(
            self.later_sales, "later_sales do not rise; expected each to be later than the last"
        )
        return self
