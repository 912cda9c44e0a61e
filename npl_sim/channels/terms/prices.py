"""Prices and dates of a sale, a repurchase or an option. docs/channel.md sections 3 and 5."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from npl_sim.channels.terms.rates import YearlyRate
from npl_sim.core.fields import Money, Spec, WholeMonths

Knowledge = Literal["perfect", "plan", "estimate"]
"""Estimation method for the value left."""

PricePart = Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "share of 1"})]
"""A multiple of an amount. [share of 1]"""

Signed = Annotated[float, Field(ge=-1e15, le=1e15, json_schema_extra={"unit": "package currency"})]

Multiple = Annotated[float, Field(ge=-100.0, le=100.0, json_schema_extra={"unit": "share of 1"})]


class AmountPrice(Spec):
    """Price as an amount."""

    kind: Literal["amount"]
    """Kind of price."""
    amount: Money
    """The price."""


class ShareOfFace(Spec):
    """Price as a share of the face amount."""

    kind: Literal["share_of_face"]
    """Kind of price."""
    share: PricePart
    """Share of the face amount."""


class ShareOfValue(Spec):
    """Price as a share of the package's mean present value."""

    kind: Literal["share_of_value"]
    """Kind of price."""
    share: PricePart = 1.0
    """Share of the mean present value at the contract's discount rate."""


SalePrice = Annotated[AmountPrice | ShareOfFace | ShareOfValue, Field(discriminator="kind")]
"""Price of the package."""


class _Bounded(Spec):
    floor: Money = 0.0
    """Lowest price."""
    cap: Money | None = None
    """Highest price; defaults to no limit."""

    @model_validator(mode="after")
    def cap_is_not_below_floor(self) -> Any:
        """Refuse a cap below the floor."""
        if self.cap is not None and self.cap < self.floor:
            raise ValueError(
                f"got cap {self.cap:g} below floor {self.floor:g}; "
                "expected a cap of at least the floor"
            )
        return self


class FixedPrice(_Bounded):
    """Price fixed at the sale."""

    kind: Literal["fixed"]
    """Kind of price."""
    amount: Money
    """The price."""


class PlusCarry(_Bounded):
    """Sale price plus a return for the buyer, in substance a loan."""

    kind: Literal["plus_carry"]
    """Kind of price."""
    carry: YearlyRate
    """Effective annual return."""
    deduct_collections: bool = True
    """Whether the buyer's collections are deducted, with the same return."""


class Par(_Bounded):
    """Face amount less collections."""

    kind: Literal["par"]
    """Kind of price."""
    share: PricePart = 1.0
    """Share of the face amount."""


class Formula(_Bounded):
    """Sum of terms."""

    kind: Literal["formula"]
    """Kind of price."""
    constant: Signed = 0.0
    """Fixed part."""
    of_price: Multiple = 0.0
    """Multiple of the sale price, which grows by `carry`."""
    carry: YearlyRate = 0.0
    """Effective annual growth of the sale price part."""
    of_face: Multiple = 0.0
    """Multiple of the face amount."""
    of_collections: Multiple = 0.0
    """Multiple of the buyer's collections so far, deducted."""
    of_value: Multiple = 0.0
    """Multiple of the value left."""
    knowledge: Knowledge = "plan"
    """Estimation method for the value left."""


class FairValue(_Bounded):
    """Estimated value of the package on the day."""

    kind: Literal["fair_value"]
    """Kind of price."""
    share: PricePart = 1.0
    """Share of the value left."""
    knowledge: Knowledge = "plan"
    """Estimation method for the value left."""


RepurchasePrice = Annotated[
    FixedPrice | PlusCarry | Par | Formula | FairValue, Field(discriminator="kind")
]
"""Price paid when the package comes back."""


class AtMonth(Spec):
    """Fixed date."""

    kind: Literal["month"]
    """Kind of date."""
    month: Annotated[int, Field(ge=1, le=1200, json_schema_extra={"unit": "months"})]
    """Month; the package is transferred before its cash."""


class AtTrigger(Spec):
    """First test in which cumulative net cash is below plan."""

    kind: Literal["below_plan"]
    """Kind of date."""
    below: Annotated[float, Field(gt=0.0, le=100.0, json_schema_extra={"unit": "share of 1"})]
    """Share of the plan below which the test fails."""
    first_test: Annotated[int, Field(ge=1, le=1200, json_schema_extra={"unit": "months"})] = 12
    """First month with a test of the cash before that month."""
    every: Annotated[int, Field(ge=1, le=1200, json_schema_extra={"unit": "months"})] = 12
    """Months between tests."""
    last_test: WholeMonths | None = None
    """Last month with a test; defaults to the horizon."""


When = Annotated[AtMonth | AtTrigger, Field(discriminator="kind")]
"""Due date of a repurchase."""
