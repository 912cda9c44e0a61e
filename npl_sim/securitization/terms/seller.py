"""Terms of the seller's side: what the seller keeps and what buyers require."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text

Yield = Annotated[float, Field(ge=-0.9, le=10.0, json_schema_extra={"unit": "per year"})]
"""An effective annual rate at which cash is discounted."""


class Vertical(Spec):
    """The seller keeps a share of every tranche."""

    kind: Literal["vertical"]
    """Kind of retention."""
    share: Share
    """Share of every tranche."""


class Horizontal(Spec):
    """The seller keeps the first loss: tranches from the last up, until they reach a share."""

    kind: Literal["horizontal"]
    """Kind of retention."""
    share: Share
    """Share that the balances kept reach."""
    of: Literal["pool_balance", "notes"] = "pool_balance"
    """Of what: the package's gross book value, or the notes (its net value after the discount)."""


class RequiredYield(Spec):
    """What buyers of a tranche require: its price is the mean cash at this rate."""

    tranche: Text
    """Tranche."""
    rate: Yield
    """Effective annual rate."""
    loss_multiple: Annotated[
        float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "times"})
    ] = 0.0
    """What is added for risk: this many times the expected loss a year (expected loss over mean
    life)."""


class Seller(Spec):
    """The seller's side of closing."""

    gross_carrying: Money
    """Carrying amount in the seller's books before provisions."""
    provisions: Money
    """Provisions against it."""
    retention: Annotated[Vertical | Horizontal, Field(discriminator="kind")] | None = None
    """Notes that the seller keeps; defaults to the vertical share `retained` of the deal."""
    required_yields: tuple[RequiredYield, ...] = ()
    """Tranches that are sold at what their mean cash is worth to buyers; others at the deal's
    issue prices."""
    retained_rate: Yield
    """Rate at which the seller values what is kept, where buyers require none."""
    shortfall_level: Annotated[
        float, Field(gt=0.0, lt=1.0, json_schema_extra={"unit": "share of 1"})
    ] = 0.05
    """Worst share of scenarios over which the value kept is also averaged."""
    non_performing_share: Share = 1.0
    """Share of the package that is non-performing (W)."""

    @model_validator(mode="after")
    def provisions_fit(self) -> Seller:
        """Refuse provisions above what they are made for."""
        if self.provisions > self.gross_carrying:
            raise ValueError(
                f"provisions are {self.provisions:,.2f}, above gross_carrying of "
                f"{self.gross_carrying:,.2f}; expected at most that"
            )
        return self
