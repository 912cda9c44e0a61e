"""Undertakings of the bank besides the sale. docs/channel.md section 5."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.channels.terms.prices import Knowledge, PricePart, RepurchasePrice, When
from npl_sim.channels.terms.rates import MarketRate, YearlyRate
from npl_sim.channels.terms.vehicles import Months, Name
from npl_sim.core.fields import Money, Share, Spec, WholeMonths, must_rise


class _Named(Spec):
    name: Name
    """Name of the undertaking."""


class Repurchase(_Named):
    """Obligation of the bank to buy the package back."""

    kind: Literal["repurchase"]
    """Kind of undertaking."""
    at: When
    """Due date."""
    price: RepurchasePrice
    """Payment of the bank."""
    share: Share = 1.0
    """Share of the package that is bought back."""


class _Option(_Named):
    months: tuple[Months, ...] = Field(min_length=1, max_length=200)
    """Months of possible exercise, before their cash."""
    strike: RepurchasePrice
    """Payment of the bank."""
    share: Share = 1.0
    """Share of the package that is bought back."""
    knowledge: Knowledge = "plan"
    """Holder's estimation method for the value left."""

    @model_validator(mode="after")
    def months_rise(self) -> _Option:
        """Refuse months out of order."""
        must_rise(
            self.months,
            f"months {list(self.months)} do not rise; expected each later than the one before",
        )
        return self


class SellerCall(_Option):
    """Right of the bank to buy the package back."""

    kind: Literal["call"]
    """Kind of undertaking."""


class BuyerPut(_Option):
    """Right of the buyer to return the package."""

    kind: Literal["put"]
    """Kind of undertaking."""


class FixedLeg(Spec):
    """Fixed rate."""

    kind: Literal["fixed"]
    """Kind of leg."""
    rate: YearlyRate
    """Yearly rate on the notional."""


class IndexPoint(Spec):
    """Point of a reference rate."""

    month: WholeMonths
    """Month from which the rate applies."""
    rate: MarketRate
    """Yearly rate."""


class FloatingLeg(Spec):
    """Reference rate plus a spread."""

    kind: Literal["floating"]
    """Kind of leg."""
    index: tuple[IndexPoint, ...] = Field(min_length=1, max_length=1200)
    """Reference rate by month, starting at month 0."""
    spread: MarketRate = 0.0
    """Spread over the reference rate."""
    floor: MarketRate = 0.0
    """Lowest rate of the leg."""

    @model_validator(mode="after")
    def months_rise_from_zero(self) -> FloatingLeg:
        """Refuse a path that does not start at month 0 or is out of order."""
        months = [p.month for p in self.index]
        if months[0] != 0 or any(b <= a for a, b in zip(months, months[1:], strict=False)):
            raise ValueError(f"index months {months}; expected to rise from 0")
        return self


Leg = Annotated[FixedLeg | FloatingLeg, Field(discriminator="kind")]


class Collateral(Spec):
    """Cash collateral that the bank posts under a swap."""

    initial: Share = 0.0
    """Share of the notional, posted at closing."""
    variation: PricePart = 0.0
    """Share of the shortfall below plan that is posted in addition."""
    threshold: Share = 0.0
    """Shortfall, as a share of the plan, that is not covered."""


class IncomeSwap(_Named):
    """Swap of the collections against a rate on the price."""

    kind: Literal["income_swap"]
    """Kind of undertaking."""
    leg: Leg
    """Payment of the bank."""
    notional: PricePart = 1.0
    """Notional, as a multiple of the sale price."""
    pass_back: Share = 1.0
    """Share of the package's cash that goes back to the bank."""
    first_month: Months = 3
    """Month of the first settlement."""
    every: Months = 3
    """Months between settlements."""
    last_month: Months | None = None
    """Month of the last settlement; defaults to the horizon."""
    netting: bool = True
    """Whether only the net amount is paid."""
    final: Literal["none", "physical", "cash"] = "physical"
    """End: nothing, the notional against the package, or the notional less the value left."""
    knowledge: Knowledge = "plan"
    """Estimation method for the value left if it ends in cash."""
    collateral: Collateral = Collateral()
    """Cash collateral."""


Reference = Literal["face", "price"] | Money


class Guarantee(_Named):
    """Guarantee of the first losses by the bank."""

    kind: Literal["guarantee"]
    """Kind of undertaking."""
    reference: Reference = "price"
    """Amount below which cumulative cash is a loss: face, price or an amount."""
    share: Share = 1.0
    """Share of the loss that is paid."""
    deductible: Money = 0.0
    """Loss that is not covered."""
    cap: Money | None = None
    """Highest payment; defaults to no limit."""
    cap_share: PricePart | None = None
    """Highest payment, as a share of the reference; defaults to no limit."""
    month: WholeMonths | None = None
    """Month of settlement; defaults to the horizon."""
    of: Name | None = None
    """Vehicle that is paid; defaults to the first."""


class TopUp(_Named):
    """Deficiency undertaking: the bank pays the shortfall of a note."""

    kind: Literal["top_up"]
    """Kind of undertaking."""
    of: Name
    """Note that is topped up."""
    share: Share = 1.0
    """Share of the shortfall that is paid."""
    covers: tuple[Literal["interest", "principal"], ...] = ("interest", "principal")
    """Parts of the note that are topped up."""
    per_date: Money | None = None
    """Highest payment on a date; defaults to no limit."""
    lifetime: Money | None = None
    """Highest total payment; defaults to no limit."""


Undertaking = Annotated[
    Repurchase | SellerCall | BuyerPut | IncomeSwap | Guarantee | TopUp,
    Field(discriminator="kind"),
]
"""Promise of the bank."""
