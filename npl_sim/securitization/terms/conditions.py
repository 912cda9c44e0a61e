"""Words for conditions under which a step pays or a fee accrues."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npl_sim.core.fields import Spec, Text

PaymentNumber = Annotated[
    int, Field(ge=1, le=2000, json_schema_extra={"unit": "number of the payment date"})
]


class TriggerActive(Spec):
    """True while a trigger is active."""

    kind: Literal["trigger"]
    """Kind of condition."""
    name: Text
    """Name of the trigger."""


class Accelerated(Spec):
    """True once an event of default has accelerated the deal."""

    kind: Literal["accelerated"]
    """Kind of condition."""


class Outstanding(Spec):
    """True while any of the tranches has a balance."""

    kind: Literal["outstanding"]
    """Kind of condition."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Names of the tranches."""


class Redeemed(Spec):
    """True once all of the tranches are repaid."""

    kind: Literal["redeemed"]
    """Kind of condition."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Names of the tranches."""


class FromPayment(Spec):
    """True from a payment date on."""

    kind: Literal["from_payment"]
    """Kind of condition."""
    number: PaymentNumber
    """Number of the first payment date for which it holds, counted from 1."""


class NotOf(Spec):
    """True where a condition is not."""

    kind: Literal["not"]
    """Kind of condition."""
    of: Condition
    """The condition."""


class AllOf(Spec):
    """True where all conditions are."""

    kind: Literal["all"]
    """Kind of condition."""
    of: tuple[Condition, ...] = Field(min_length=1, max_length=20)
    """The conditions."""


class AnyOf(Spec):
    """True where any of the conditions is."""

    kind: Literal["any"]
    """Kind of condition."""
    of: tuple[Condition, ...] = Field(min_length=1, max_length=20)
    """The conditions."""


Condition = Annotated[
    TriggerActive | Accelerated | Outstanding | Redeemed | FromPayment | NotOf | AllOf | AnyOf,
    Field(discriminator="kind"),
]
"""Something that is true or false in a scenario on a date."""

for _model in (NotOf, AllOf, AnyOf):
    _model.model_rebuild()


def inner(condition: Condition) -> tuple[Condition, ...]:
    """Return a condition and all conditions inside it."""
    if isinstance(condition, NotOf):
        return (condition, *inner(condition.of))
    if isinstance(condition, AllOf | AnyOf):
        return (condition, *(c for part in condition.of for c in inner(part)))
    return (condition,)
