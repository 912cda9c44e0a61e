"""Terms of claims beside the notes: fees, advances, premia, fixed returns, hedges."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Rate, Share, Spec, Text
from npl_sim.securitization.terms.conditions import Condition

PositiveRate = Annotated[float, Field(ge=0.0, le=10.0, json_schema_extra={"unit": "per year"})]


class PerYear(Spec):
    """A fixed amount a year."""

    kind: Literal["per_year"]
    """Kind of amount."""
    amount: Money
    """Amount for a year; a period counts by its year fraction."""


class PerDate(Spec):
    """A fixed amount on every payment date."""

    kind: Literal["per_date"]
    """Kind of amount."""
    amount: Money
    """Amount."""


class OfBalance(Spec):
    """A rate on balances."""

    kind: Literal["of_balance"]
    """Kind of amount."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose balances count."""
    rate: PositiveRate
    """Annual rate on the balances at the start of the date."""


class OfCollections(Spec):
    """A share of what the period collected."""

    kind: Literal["of_collections"]
    """Kind of amount."""
    share: Share
    """Share of the period's collections."""
    base: Literal["gross", "net"] = "gross"
    """Whether the share is taken of receipts, or of receipts less recovery costs."""


FeeAmount = Annotated[PerYear | PerDate | OfBalance | OfCollections, Field(discriminator="kind")]
"""How a fee is measured."""


class Fee(Spec):
    """A tax, expense or fee."""

    kind: Literal["fee"]
    """Kind of claim."""
    name: Text
    """Name, to which steps refer."""
    role: Literal["tax", "trustee", "paying_agent", "rating", "custodian", "servicer", "other"] = (
        "other"
    )
    """What it is paid for."""
    payee: Text = ""
    """Who receives it; empty: the name of the claim."""
    amounts: tuple[FeeAmount, ...] = Field(min_length=1, max_length=10)
    """Parts of the fee, which add up."""
    accrues_when: Condition | None = None
    """Condition under which it accrues; defaults to always."""
    carry: bool = True
    """Whether what is not paid stays owed; else it lapses."""


class RecoveryCosts(Spec):
    """Costs of collection that the servicer advances and claims back."""

    kind: Literal["recovery_costs"]
    """Kind of claim."""
    name: Text
    """Name, to which steps refer."""
    payee: Text = "servicer"
    """Who advances them."""
    rate: PositiveRate = 0.0
    """Annual rate on advances not yet paid back."""


class PremiumStep(Spec):
    """A premium rate that holds from a year of the deal on."""

    from_year: Annotated[int, Field(ge=0, le=100, json_schema_extra={"unit": "years"})]
    """Full years since closing from which it holds."""
    rate: PositiveRate
    """Annual rate on the balances."""


class GuaranteePremium(Spec):
    """Premium of a guarantee on tranches by age of the deal, as for the Italian GACS."""

    kind: Literal["guarantee_premium"]
    """Kind of claim."""
    name: Text
    """Name, to which steps refer."""
    payee: Text = "guarantor"
    """Who receives it."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches that are guaranteed."""
    rates: tuple[PremiumStep, ...] = Field(min_length=1, max_length=50)
    """Premium rates by age, rising from year 0."""

    @model_validator(mode="after")
    def years_rise(self) -> GuaranteePremium:
        """Refuse years that do not rise from 0."""
        years = [r.from_year for r in self.rates]
        if years[0] != 0 or any(b <= a for a, b in zip(years, years[1:], strict=False)):
            raise ValueError(f"rates hold from years {years}; expected years that rise from 0")
        return self


class FixedReturn(Spec):
    """Return at a fixed rate on a subordinated tranche, paid at a rank of its own."""

    kind: Literal["fixed_return"]
    """Kind of claim."""
    name: Text
    """Name, to which steps refer."""
    tranche: Text
    """Tranche whose balance earns it and to which it is paid."""
    rate: PositiveRate
    """Annual rate on the balance."""
    compounding: bool = False
    """Whether a return that is not paid itself earns the rate."""


Claim = Annotated[
    Fee | RecoveryCosts | GuaranteePremium | FixedReturn, Field(discriminator="kind")
]
"""An amount owed to somebody."""


class NotionalSchedule(Spec):
    """Notional amounts given date by date."""

    kind: Literal["schedule"]
    """Kind of notional."""
    amounts: tuple[Money, ...] = Field(min_length=1, max_length=2000)
    """Notional of each period; beyond the list 0."""


class NotionalOfBalance(Spec):
    """A notional that follows the balances of tranches."""

    kind: Literal["of_balance"]
    """Kind of notional."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose balances count."""
    share: Share = 1.0
    """Share of the balances."""


Notional = Annotated[NotionalSchedule | NotionalOfBalance, Field(discriminator="kind")]


class Swap(Spec):
    """The deal pays a fixed rate and receives the reference rate."""

    kind: Literal["swap"]
    """Kind of hedge."""
    name: Text
    """Name, to which steps refer."""
    payee: Text = "hedging counterparty"
    """The counterparty."""
    fixed: Rate
    """Rate that the deal pays."""
    notional: Notional
    """Amount on which rates are exchanged."""


class RateCap(Spec):
    """Interest rate cap: the deal receives the rate above a strike; premium at closing."""

    kind: Literal["rate_cap"]
    """Kind of hedge."""
    name: Text
    """Name."""
    strike: Rate
    """Rate above which the deal receives."""
    notional: Notional
    """Amount on which it receives."""


Hedge = Annotated[Swap | RateCap, Field(discriminator="kind")]
"""A hedge of interest rates."""
