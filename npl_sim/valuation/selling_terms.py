"""Terms of a sale for the seller: bidders, macroeconomic scenarios, provisions, minimum."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text, WholeMonths
from npl_sim.valuation.spec import FeeShare, Level, Return

MinimumRule = Literal["by_jurisdiction", "eu_backstop", "china_five_class", "none"]
"""Rule on minimum provisions.

by_jurisdiction takes that of the study's jurisdiction, none where no rule is known. eu_backstop is
the minimum loss coverage of Regulation (EU) 2019/630. china_five_class has the special provisions
by class of the Chinese guidelines of 2002.
"""


class Bidders(Spec):
    """Bidders of a sale: all expect the cash of the study, each asks for a return of its own.

    Required returns are independent draws of a triangular distribution. The highest bid comes from
    the bidder with the lowest return.
    """

    low: Return
    """Lowest required return of a bidder."""
    mode: Return
    """Most frequent required return."""
    high: Return
    """Highest required return of a bidder."""
    number: Annotated[int, Field(ge=1, le=100, json_schema_extra={"unit": "count"})] = 1
    """Number of bidders."""
    servicing_rate: FeeShare | None = None
    """Servicing of a bidder as a share of receipts; defaults to `pricing.servicing_rate`."""
    purchase_cost: FeeShare | None = None
    """Transaction costs as a share of the price; defaults to those of `pricing`."""
    chance_of_sale: Level = 0.8
    """Chance of a sale at which the start price is set."""

    @model_validator(mode="after")
    def returns_rise(self) -> Bidders:
        if not self.low <= self.mode <= self.high:
            raise ValueError(
                f"low {self.low:g}, mode {self.mode:g}, high {self.high:g}; expected returns that "
                "do not fall"
            )
        return self


class MacroScenario(Spec):
    """A macroeconomic scenario of the provision, with its probability."""

    name: Text
    """Name of the scenario."""
    weight: Share
    """Probability of the scenario."""
    stress: tuple[Text, ...] = ()
    """Stresses of the market that make it; defaults to the market as it stands."""


class BankTotals(Spec):
    """Totals of the seller's whole bank, this package included."""

    nonperforming: Money
    """Non-performing loans."""
    provisions: Money
    """Loan loss provisions, general ones included."""
    loans: Money
    """All loans."""

    @model_validator(mode="after")
    def parts_are_within_the_loans(self) -> BankTotals:
        if self.nonperforming > self.loans:
            raise ValueError(
                f"nonperforming is {self.nonperforming:g}, loans {self.loans:g}; expected at most "
                "all loans"
            )
        return self


class ProvisionTerms(Spec):
    """Terms of the stage 3 provision (IFRS 9, section 5.5) and of the minimum provision."""

    effective_rate: Return | None = None
    """Original effective interest rate; defaults to `seller.discount_rate`."""
    scenarios: tuple[MacroScenario, ...] = Field(default=(), max_length=20)
    """Macroeconomic scenarios; defaults to the market as it stands alone."""
    sale_probability: Share = 0.0
    """Probability that the package is sold and not worked out."""
    minimum: MinimumRule = "by_jurisdiction"
    """Rule on minimum provisions."""
    bank: BankTotals | None = None
    """Totals of the bank, for its coverage ratios before and after a sale; optional."""

    @model_validator(mode="after")
    def weights_sum_to_one(self) -> ProvisionTerms:
        total = sum(scenario.weight for scenario in self.scenarios)
        if self.scenarios and abs(total - 1.0) > 1e-9:
            raise ValueError(f"weights of the scenarios sum to {total:g}; expected 1")
        names = [scenario.name for scenario in self.scenarios]
        if len(set(names)) != len(names):
            raise ValueError("scenarios named twice; expected different names")
        return self


LaterSales = Annotated[tuple[WholeMonths, ...], Field(max_length=12)]
