"""Words for accounts and for what they are to hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text
from npl_sim.securitization.terms.rates import NoRate, RateWord


class FixedTarget(Spec):
    """A fixed amount."""

    kind: Literal["fixed"]
    """Kind of target."""
    amount: Money
    """Amount that the account is to hold."""
    while_outstanding: tuple[Text, ...] = ()
    """Tranches during whose life the target applies; defaults to until the last date."""


class _Bounded(Spec):
    floor: Money = 0.0
    """Least target while there is one."""
    cap: Money | None = None
    """Highest target; defaults to no cap."""
    while_outstanding: tuple[Text, ...] = ()
    """Tranches during whose life the target applies; defaults to those of the target."""

    @model_validator(mode="after")
    def floor_below_cap(self) -> _Bounded:
        """Refuse a floor above the cap."""
        if self.cap is not None and self.floor > self.cap:
            raise ValueError(
                f"floor is {self.floor:g}, above the cap of {self.cap:g}; expected it at or below"
            )
        return self


class ShareTarget(_Bounded):
    """A share of balances."""

    kind: Literal["share_of"]
    """Kind of target."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose balances count."""
    share: Share
    """Share of the balances."""


class MultipleTarget(_Bounded):
    """A multiple of the interest and fees of the next period."""

    kind: Literal["multiple"]
    """Kind of target."""
    times: Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "times"})]
    """Multiple."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose next interest counts."""
    claims: tuple[Text, ...] = ()
    """Fees whose next amount counts."""


Target = Annotated[FixedTarget | ShareTarget | MultipleTarget, Field(discriminator="kind")]
"""What an account is to hold."""


class Account(Spec):
    """An account beside the cash at hand, such as a liquidity reserve."""

    name: Text
    """Name, to which steps refer; `available` is the cash at hand and not among them."""
    initial: Money = 0.0
    """What it holds at closing, paid from the proceeds of the notes and other cash."""
    target: Target | None = None
    """Target of reserve steps; without a target no reserve step may fill it."""
    sweep: bool = False
    """Whether all of it joins the cash at hand on every date, to be filled anew at its rank."""
    reinvestment: RateWord = NoRate()
    """What it earns between payment dates."""
