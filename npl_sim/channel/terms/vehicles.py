"""Words for vehicles: what they owe to whom, their fees and taxes. docs/channel.md sections 2 and 6."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.channel.terms.rates import YearlyRate
from npl_sim.core.fields import Money, Share, Spec, WholeMonths

__all__ = [
    "BANK",
    "RESERVED",
    "ChannelDefault",
    "Claim",
    "DeferredPrice",
    "Excess",
    "Fee",
    "Layer",
    "Note",
    "Residual",
    "Servicing",
    "Tax",
    "outright_sale",
]

BANK = "bank"
RESERVED = ("debtors", "workout", BANK, "channel", "servicer", "tax", "collateral")
"""Names of those who take part in every contract."""

Name = Annotated[str, Field(min_length=1, max_length=60, json_schema_extra={"unit": "text"})]
Months = Annotated[int, Field(ge=1, le=1200, json_schema_extra={"unit": "months"})]


class Fee(Spec):
    """What the channel takes."""

    upfront: Money = 0.0
    """Paid at closing."""
    per_year: Share = 0.0
    """Yearly rate on what the layer needed at closing."""


class Tax(Spec):
    """Tax that leaks at the vehicle."""

    on: Literal["receipts", "profit"]
    """What is taxed: receipts from its asset, or what comes in beyond what it paid."""
    rate: Share
    """Rate."""


class _Held(Spec):
    name: Name
    """Name of the claim."""
    holder: Name
    """Who is paid: bank, a later layer, or the name of an investor."""


class Note(_Held):
    """A claim funded at closing, with a return."""

    kind: Literal["note"]
    """Kind of claim."""
    share: Share
    """Share of what the layer needs that its holder pays at closing."""
    rate: YearlyRate = 0.0
    """Yearly return on what is outstanding."""
    principal: Literal["pass_through", "at_maturity"] = "pass_through"
    """Whether principal is paid as cash allows, or not before maturity."""
    maturity: WholeMonths | None = None
    """Month in which principal is due; none: the horizon."""


class DeferredPrice(Spec):
    """A part of the price that is paid later, if the layer has the cash."""

    kind: Literal["deferred_price"]
    """Kind of claim."""
    name: Name = "deferred price"
    """Name of the claim."""
    share: Share
    """Share of the sale price."""
    month: WholeMonths = 0
    """Month from which it is owed."""

    @property
    def holder(self) -> str:
        """Who is paid."""
        return BANK


class Excess(_Held):
    """A share of what is left once every note is repaid."""

    kind: Literal["excess"]
    """Kind of claim."""
    share: Share
    """Share of what is left."""


class Residual(_Held):
    """All that is left."""

    kind: Literal["residual"]
    """Kind of claim."""
    name: Name = "residual"
    """Name of the claim."""
    share: Share = 0.0
    """Share of what the layer needs that its holder pays at closing."""


Claim = Annotated[Note | DeferredPrice | Excess | Residual, Field(discriminator="kind")]
"""What a layer owes."""


class Layer(Spec):
    """A vehicle: what it owes, in the order of payment."""

    name: Name
    """Name of the vehicle."""
    claims: tuple[Claim, ...] = Field(min_length=1, max_length=30)
    """Who is paid what, in order; the last is the residual."""
    fee: Fee = Fee()
    """What the channel takes."""
    tax: Tax | None = None
    """Tax at the vehicle; none: transparent."""
    pay_every: Months = 1
    """Months between distributions."""

    @model_validator(mode="after")
    def residual_is_last(self) -> Layer:
        """Refuse cash without an owner, and funding that does not meet the need."""
        if not isinstance(self.claims[-1], Residual):
            raise ValueError(
                "claims end without a residual; expected one, last, so that all cash has an owner"
            )
        if sum(isinstance(c, Residual) for c in self.claims) > 1:
            raise ValueError("claims hold two residuals; expected one, last")
        names = [c.name for c in self.claims]
        if len(set(names)) < len(names):
            raise ValueError(
                f"claims {', '.join(names)}: a name stands twice; expected names of their own"
            )
        funded = sum(c.share for c in self.claims if isinstance(c, Note | Residual))
        if abs(funded - 1.0) > 1e-9:
            raise ValueError(f"shares of notes and residual sum to {funded:.12g}; expected 1")
        return self

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes."""
        return tuple(c for c in self.claims if isinstance(c, Note))

    @property
    def funded(self) -> tuple[Note | Residual, ...]:
        """The claims that are paid for at closing."""
        return tuple(c for c in self.claims if isinstance(c, Note | Residual))


def outright_sale() -> tuple[Layer, ...]:
    """Return the layer of a contract that names none: a buyer who keeps everything."""
    whole = Residual(kind="residual", name="package", holder="investors", share=1.0)
    return (Layer(name="buyer", claims=(whole,)),)


class Servicing(Spec):
    """The fee of who works the loans out after the sale."""

    by: Literal["bank", "servicer"] = "servicer"
    """Who services: the bank itself, or a third party."""
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
    """What the work costs or a third party would ask, as a share of receipts."""


class ChannelDefault(Spec):
    """Default of who runs a vehicle."""

    of: Name
    """Layer whose operator may default."""
    hazard: Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "per year"})]
    """Hazard of default a year."""
    recovery: Share = 0.0
    """Share of each later payment that arrives."""
