"""Words for what the bank promises beside the sale. docs/channel.md section 5."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.channel.terms.prices import Knowledge, PricePart, RepurchasePrice, When
from npl_sim.channel.terms.rates import MarketRate, YearlyRate
from npl_sim.channel.terms.vehicles import Months, Name
from npl_sim.core.fields import Money, Share, Spec, WholeMonths

__all__ = [
    "BuyerPut",
    "Collateral",
    "FixedLeg",
    "FloatingLeg",
    "Guarantee",
    "IncomeSwap",
    "IndexPoint",
    "Leg",
    "Option",
    "Reference",
    "Repurchase",
    "SellerCall",
    "TopUp",
    "Undertaking",
]


class _Named(Spec):
    name: Name
    """Name of the undertaking."""


class Repurchase(_Named):
    """The bank must buy the package again."""

    kind: Literal["repurchase"]
    """Kind of undertaking."""
    at: When
    """When it falls due."""
    price: RepurchasePrice
    """What the bank pays."""
    share: Share = 1.0
    """Share of the package that is bought."""


class _Option(_Named):
    months: tuple[Months, ...] = Field(min_length=1, max_length=200)
    """Months in which it may be exercised, before their cash."""
    strike: RepurchasePrice
    """What the bank pays."""
    share: Share = 1.0
    """Share of the package that is bought."""
    knowledge: Knowledge = "plan"
    """How who decides judges the value left."""

    @model_validator(mode="after")
    def months_rise(self) -> _Option:
        """Refuse months out of order."""
        if any(b <= a for a, b in zip(self.months, self.months[1:], strict=False)):
            raise ValueError(
                f"months {list(self.months)} do not rise; expected each later than the one before"
            )
        return self


class SellerCall(_Option):
    """The bank may buy the package again."""

    kind: Literal["call"]
    """Kind of undertaking."""


class BuyerPut(_Option):
    """The buyer may give the package back."""

    kind: Literal["put"]
    """Kind of undertaking."""


Option = SellerCall | BuyerPut


class FixedLeg(Spec):
    """A fixed rate."""

    kind: Literal["fixed"]
    """Kind of leg."""
    rate: YearlyRate
    """Yearly rate on the notional."""


class IndexPoint(Spec):
    """A point of a reference rate."""

    month: WholeMonths
    """Month from which it holds."""
    rate: MarketRate
    """Yearly rate."""


class FloatingLeg(Spec):
    """A reference rate with a spread."""

    kind: Literal["floating"]
    """Kind of leg."""
    index: tuple[IndexPoint, ...] = Field(min_length=1, max_length=1200)
    """Reference rate by month, the first at month 0."""
    spread: MarketRate = 0.0
    """Added to it."""
    floor: MarketRate = 0.0
    """Least rate of the leg."""

    @model_validator(mode="after")
    def months_rise_from_zero(self) -> FloatingLeg:
        """Refuse a path that has holes or is out of order."""
        months = [p.month for p in self.index]
        if months[0] != 0 or any(b <= a for a, b in zip(months, months[1:], strict=False)):
            raise ValueError(f"index months {months}; expected to rise from 0")
        return self


Leg = Annotated[FixedLeg | FloatingLeg, Field(discriminator="kind")]


class Collateral(Spec):
    """Cash that the bank posts under a swap."""

    initial: Share = 0.0
    """Share of the notional, posted at closing."""
    variation: PricePart = 0.0
    """Share of the shortfall below plan that is posted on top."""
    threshold: Share = 0.0
    """Shortfall, as a share of the plan, that is not covered."""


class IncomeSwap(_Named):
    """Collections go back to the bank, which pays a rate on the price."""

    kind: Literal["income_swap"]
    """Kind of undertaking."""
    leg: Leg
    """What the bank pays."""
    notional: PricePart = 1.0
    """Notional, as a multiple of the sale price."""
    pass_back: Share = 1.0
    """Share of the package's cash that goes back."""
    first_month: Months = 3
    """First settlement."""
    every: Months = 3
    """Months between settlements."""
    last_month: Months | None = None
    """Last settlement; none: the horizon."""
    netting: bool = True
    """Whether only the difference is paid."""
    final: Literal["none", "physical", "cash"] = "physical"
    """What ends it: nothing, the notional against the package, or the notional less the value left."""
    knowledge: Knowledge = "plan"
    """How the value left is judged where it ends in cash."""
    collateral: Collateral = Collateral()
    """Cash posted."""


Reference = Literal["face", "price"] | Money


class Guarantee(_Named):
    """The bank bears the first losses."""

    kind: Literal["guarantee"]
    """Kind of undertaking."""
    reference: Reference = "price"
    """Amount below which cumulative cash counts as a loss: face, price or an amount."""
    share: Share = 1.0
    """Share of the loss that is paid."""
    deductible: Money = 0.0
    """Loss that is not covered."""
    cap: Money | None = None
    """Most that is paid; none: no limit."""
    cap_share: PricePart | None = None
    """Most that is paid, as a share of the reference; none: no limit."""
    month: WholeMonths | None = None
    """Month of settlement; none: the horizon."""
    of: Name | None = None
    """Layer that is paid; none: the first."""


class TopUp(_Named):
    """The bank pays what a note is short of."""

    kind: Literal["top_up"]
    """Kind of undertaking."""
    of: Name
    """Note that is topped up."""
    share: Share = 1.0
    """Share of the shortfall that is paid."""
    covers: tuple[Literal["interest", "principal"], ...] = ("interest", "principal")
    """What is topped up."""
    per_date: Money | None = None
    """Most that is paid on a date; none: no limit."""
    lifetime: Money | None = None
    """Most that is paid in all; none: no limit."""


Undertaking = Annotated[
    Repurchase | SellerCall | BuyerPut | IncomeSwap | Guarantee | TopUp,
    Field(discriminator="kind"),
]
"""A promise of the bank."""
