"""Agency contracts: fees that depend on the total collections of a placement.

A commission on each amount collected belongs to the placement itself (`collection.Agency`). The
terms here apply to a whole placement: all accounts placed with one agency for the same months,
whatever their policy. `cashflows.agency_fees` settles them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Currency, Money, Share, Spec, Text

PositiveShare = Annotated[float, Field(gt=0.0, le=1.0, json_schema_extra={"unit": "share of 1"})]


class CommissionTier(Spec):
    """One tier of a commission that depends on how much of the balance has been collected."""

    up_to: PositiveShare | None = None
    """Upper end of the tier, which belongs to it: cumulative collections as a share of the balance
    placed; none for the last."""
    rate: Share = 0.0
    """Commission as a share of what is collected."""


class Clawback(Spec):
    """Commission handed back when a placement misses its target."""

    target: PositiveShare
    """Share of the balance placed that is to be collected by the end of the placement."""
    share: Share
    """Share of the commission paid that is handed back where the target is missed."""
    linear: bool = False
    """Whether that share is multiplied by the part of the target that is missing."""


class Bonus(Spec):
    """A share of what is collected beyond the business plan, paid at the end of the placement."""

    above: Share
    """Collections of the business plan, as a share of the balance placed."""
    rate: Share
    """Share of the excess over the business plan that is paid to the agency."""


class AgencyContract(Spec):
    """What an agency is paid for a placement as a whole, beyond what each account costs."""

    name: Text
    """Name of the agency, to which placements refer."""
    currency: Currency | None = None
    """Currency of its fees; defaults to not stated."""
    tiers: tuple[CommissionTier, ...] = Field(default=(), max_length=20)
    """Commission tiers in rising order, the last one open; defaults to no commission."""
    tier_basis: Literal["marginal", "whole"] = "marginal"
    """`marginal`: a tier's rate applies to the collections inside the tier. `whole`: once the tier
    is reached, it applies to all collections of the placement so far."""
    setup: Money = 0.0
    """Fee at the start of the placement."""
    fixed_monthly: Money = 0.0
    """Retainer for each month of the placement."""
    minimum_fee: Money = 0.0
    """Minimum total fee of the placement; a shortfall is due at its end."""
    maximum_fee: Money | None = None
    """Maximum total fee at any date of the placement; defaults to no cap."""
    maximum_fee_share: Share | None = None
    """Maximum total fee at any date, as a share of the collections so far; defaults to no cap."""
    clawback: Clawback | None = None
    """Commission handed back when the target is missed; defaults to no clawback."""
    bonus: Bonus | None = None
    """Share of over-performance; defaults to no bonus."""

    @model_validator(mode="after")
    def tiers_rise_to_no_end(self) -> AgencyContract:
        ends = [t.up_to for t in self.tiers]
        if ends and (ends[-1] is not None or None in ends[:-1]):
            raise ValueError(
                f"the tiers end at {', '.join('none' if e is None else f'{e:g}' for e in ends)}; "
                "expected every tier but the last to have up_to, and the last none"
            )
        rising = [e for e in ends if e is not None]
        for a, b in zip(rising, rising[1:], strict=False):
            if b <= a:
                raise ValueError(
                    f"a tier up to {b:g} follows one up to {a:g}; expected rising up_to"
                )
        return self

    @model_validator(mode="after")
    def success_never_lowers_the_fee(self) -> AgencyContract:
        for a, b in zip(self.tiers, self.tiers[1:], strict=False):
            if self.tier_basis == "whole" and b.rate < a.rate:
                raise ValueError(
                    f"rate {b.rate:g} follows {a.rate:g} with tier_basis whole, so that "
                    "collecting more would lower the fee; expected rates that do not fall, or "
                    "tier_basis: marginal"
                )
        return self

    @model_validator(mode="after")
    def minimum_below_maximum(self) -> AgencyContract:
        if self.maximum_fee is not None and self.minimum_fee > self.maximum_fee:
            raise ValueError(
                f"minimum_fee is {self.minimum_fee:g} and maximum_fee {self.maximum_fee:g}; "
                "expected a minimum that is not above the maximum"
            )
        return self

    @model_validator(mode="after")
    def no_bonus_below_the_target(self) -> AgencyContract:
        if self.bonus and self.clawback and self.bonus.above < self.clawback.target:
            raise ValueError(
                f"the bonus begins above {self.bonus.above:g} of the balance but the clawback's "
                f"target is {self.clawback.target:g}; "
                "expected a bonus that begins at the target or above"
            )
        return self

    @property
    def settles_at_end(self) -> bool:
        """Whether some term can only be settled once the placement has ended."""
        return bool(self.minimum_fee or self.clawback or self.bonus)
