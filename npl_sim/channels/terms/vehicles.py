"""Vehicles: their claims, fees and taxes. docs/channel.md sections 2 and 6."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.channels.terms.rates import YearlyRate
from npl_sim.core.errors import of_kind
from npl_sim.core.fields import Money, Share, Spec, WholeMonths

BANK = "bank"
RESERVED = ("debtors", "workout", BANK, "channel", "servicer", "tax", "collateral")
"""Names of the parties to every contract."""

Name = Annotated[str, Field(min_length=1, max_length=60, json_schema_extra={"unit": "text"})]
Months = Annotated[int, Field(ge=1, le=1200, json_schema_extra={"unit": "months"})]


class Fee(Spec):
    """Fee of the channel."""

    upfront: Money = 0.0
    """Paid at closing."""
    per_year: Share = 0.0
    """Yearly rate on the vehicle's funding need at closing."""


class Tax(Spec):
    """Tax at the vehicle."""

    on: Literal["receipts", "profit"]
    """Tax base: receipts from the asset, or inflow beyond its cost."""
    rate: Share
    """Rate."""


class _HeldClaim(Spec):
    name: Name
    """Name of the claim."""
    holder: Name
    """Payee: bank, a later vehicle, or the name of an investor."""


class Note(_HeldClaim):
    """Claim funded at closing, with a return."""

    kind: Literal["note"]
    """Kind of claim."""
    share: Share
    """Share of the vehicle's funding need that its holder pays at closing."""
    rate: YearlyRate = 0.0
    """Yearly return on the outstanding amount."""
    principal: Literal["pass_through", "at_maturity"] = "pass_through"
    """Principal is paid as cash allows, or not before maturity."""
    maturity: WholeMonths | None = None
    """Month in which principal is due; defaults to the horizon."""


class DeferredPrice(Spec):
    """Part of the price that is paid later, if the vehicle has the cash."""

    kind: Literal["deferred_price"]
    """Kind of claim."""
    name: Name = "deferred price"
    """Name of the claim."""
    share: Share
    """Share of the sale price."""
    month: WholeMonths = 0
    """Month from which it is due."""

    @property
    def holder(self) -> str:
        """Payee."""
        return BANK


class Excess(_HeldClaim):
    """Share of the remaining cash once every note is repaid."""

    kind: Literal["excess"]
    """Kind of claim."""
    share: Share
    """Share of the remaining cash."""


class Residual(_HeldClaim):
    """Claim on all remaining cash."""

    kind: Literal["residual"]
    """Kind of claim."""
    name: Name = "residual"
    """Name of the claim."""
    share: Share = 0.0
    """Share of the vehicle's funding need that its holder pays at closing."""


Claim = Annotated[Note | DeferredPrice | Excess | Residual, Field(discriminator="kind")]
"""Claim on a vehicle."""


class Vehicle(Spec):
    """Vehicle and its claims, in the order of payment."""

    name: Name
    """Name of the vehicle."""
    claims: tuple[Claim, ...] = Field(min_length=1, max_length=30)
    """Claims in the order of payment; the last is the residual."""
    fee: Fee = Fee()
    """Fee of the channel."""
    tax: Tax | None = None
    """Tax at the vehicle; defaults to tax-transparent."""
    pay_every: Months = 1
    """Months between distributions."""

    @model_validator(mode="after")
    def residual_is_last(self) -> Vehicle:
        """Check that all cash has an owner and that funding meets the need."""
        if not isinstance(self.claims[-1], Residual):
            raise ValueError(
                "claims end without a residual; expected one, last, so that all cash has an owner"
            )
        if sum(isinstance(c, Residual) for c in self.claims) > 1:
            raise ValueError("claims hold two residuals; expected one, last")
        names = [c.name for c in self.claims]
        if len(set(names)) < len(names):
            raise ValueError(f"claims {', '.join(names)}: duplicate name; expected unique names")
        funded = sum(c.share for c in self.claims if isinstance(c, Note | Residual))
        if abs(funded - 1.0) > 1e-9:
            raise ValueError(f"shares of notes and residual sum to {funded:.12g}; expected 1")
        return self

    @property
    def residual(self) -> Residual:
        """The residual claim."""
        return of_kind(self.claims[-1], Residual, "residual")

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes."""
        return tuple(c for c in self.claims if isinstance(c, Note))

    @property
    def funded(self) -> tuple[Note | Residual, ...]:
        """The claims that are funded at closing."""
        return tuple(c for c in self.claims if isinstance(c, Note | Residual))


def outright_sale() -> tuple[Vehicle, ...]:
    """Return the only vehicle of an outright sale: a buyer that keeps everything."""
    whole = Residual(kind="residual", name="package", holder="investors", share=1.0)
    return (Vehicle(name="buyer", claims=(whole,)),)


class Servicing(Spec):
    """Servicing of the loans after the sale, and its fee."""

    by: Literal["bank", "servicer"] = "servicer"
    """Servicer: the bank, or a third party."""
    fixed_monthly: Money = 0.0
    """Fixed fee a month."""
    share: Share = 0.0
    """Share of receipts."""
    excess_share: Share = 0.0
    """Share of receipts beyond the hurdle."""
    hurdle_of_price: Annotated[
        float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "share of 1"})
    ] = 1.0
    """Hurdle of receipts, as a multiple of the sale price."""
    fair_share: Share = 0.0
    """Cost of the work, or market fee of a third party, as a share of receipts."""


class ChannelDefault(Spec):
    """Default of the operator of a vehicle."""

    of: Name
    """Vehicle whose operator may default."""
    hazard: Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "per year"})]
    """Yearly hazard rate of default."""
    recovery: Share = 0.0
    """Share of each later payment that arrives."""
