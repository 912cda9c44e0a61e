"""Words for the steps of an order of payments, and for caps on what a step may pay."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text, must_rise
from npl_sim.securitization.terms.conditions import Condition

AVAILABLE = "available"
"""Name of the cash at hand."""

PositiveRate = Annotated[float, Field(ge=0.0, le=10.0, json_schema_extra={"unit": "per year"})]


class CapPerDate(Spec):
    """At most an amount on a date."""

    kind: Literal["per_date"]
    """Kind of cap."""
    amount: Money
    """Amount."""


class CapPerYear(Spec):
    """At most an amount in the payment dates of a calendar year."""

    kind: Literal["per_year"]
    """Kind of cap."""
    amount: Money
    """Amount."""


class LifetimeCap(Spec):
    """At most an amount over the life of the deal."""

    kind: Literal["lifetime"]
    """Kind of cap."""
    amount: Money
    """Amount."""


class CapOfCollections(Spec):
    """At most a share of the period's receipts."""

    kind: Literal["of_collections"]
    """Kind of cap."""
    share: Share
    """Share."""


class CapOfBalance(Spec):
    """At most a rate on balances."""

    kind: Literal["of_balance"]
    """Kind of cap."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose balances count."""
    rate: PositiveRate
    """Annual rate on the balances as they are at the step."""


class CapOfAvailable(Spec):
    """At most a share of the cash at hand when the step is reached."""

    kind: Literal["of_available"]
    """Kind of cap."""
    share: Share
    """Share."""


Cap = Annotated[
    CapPerDate | CapPerYear | LifetimeCap | CapOfCollections | CapOfBalance | CapOfAvailable,
    Field(discriminator="kind"),
]
"""A bound on what a step may pay."""


class AllDue(Spec):
    """Balances are repaid as far as the cash reaches."""

    kind: Literal["all"] = "all"
    """Kind of amount."""


class BalancePoint(Spec):
    """A balance to be reached."""

    payment: Annotated[
        int, Field(ge=1, le=2000, json_schema_extra={"unit": "number of the payment date"})
    ]
    """Number of the payment date from which it holds."""
    share: Share
    """Share of the original balance that may be left."""


class TargetBalance(Spec):
    """Balances are paid down to a target."""

    kind: Literal["target_balance"]
    """Kind of amount."""
    points: tuple[BalancePoint, ...] = Field(min_length=1, max_length=500)
    """Targets by payment date, rising in date; before the first nothing is repaid."""

    @model_validator(mode="after")
    def payments_rise(self) -> TargetBalance:
        """Refuse numbers that do not rise."""
        numbers = [p.payment for p in self.points]
        must_rise(numbers, f"points are for payments {numbers}; expected rising numbers")
        return self


class Scheduled(Spec):
    """Balances are repaid by fixed amounts; what was missed is made up."""

    kind: Literal["scheduled"]
    """Kind of amount."""
    amounts: tuple[Money, ...] = Field(min_length=1, max_length=2000)
    """Amount of each payment date for each tranche; beyond the list 0."""


class _Step(Spec):
    name: Text = ""
    """Name in ledgers; empty: made from what the step does."""


class _Paying(_Step):
    sources: tuple[Text, ...] = Field(default=(AVAILABLE,), min_length=1, max_length=20)
    """Where the cash is taken from, in this order: the cash at hand or accounts."""
    caps: tuple[Cap, ...] = Field(default=(), max_length=10)
    """Bounds, which all hold."""
    when: Condition | None = None
    """Condition under which the step pays; defaults to always."""


class Pay(_Paying):
    """Pays claims, in proportion where there are several."""

    kind: Literal["pay"]
    """Kind of step."""
    of: tuple[Text, ...] = Field(min_length=1, max_length=50)
    """Names of the claims or swaps."""


class PayInterest(_Paying):
    """Pays interest owed on tranches, in proportion where there are several."""

    kind: Literal["interest"]
    """Kind of step."""
    to: tuple[Text, ...] = Field(min_length=1, max_length=50)
    """Names of the tranches."""


class PayPrincipal(_Paying):
    """Repays tranches."""

    kind: Literal["principal"]
    """Kind of step."""
    to: tuple[Text, ...] = Field(min_length=1, max_length=50)
    """Names of the tranches."""
    order: Literal["sequential", "pro_rata"] = "sequential"
    """Whether tranches are repaid one after the other, or in proportion."""
    amount: Annotated[AllDue | TargetBalance | Scheduled, Field(discriminator="kind")] = AllDue()
    """What is repaid on a date."""


class ReserveTopUp(_Paying):
    """Fills an account to its target, and releases what lies above it."""

    kind: Literal["reserve"]
    """Kind of step."""
    account: Text
    """Name of the account."""


class ExcessShare(_Paying):
    """Pays a share of the cash at hand, such as the servicer's part of an over-recovery."""

    kind: Literal["excess_share"]
    """Kind of step."""
    payee: Text = "servicer"
    """Who receives it."""
    share: Share
    """Share of the cash at hand when the step is reached."""


class PayResidual(_Step):
    """Pays all that is left."""

    kind: Literal["residual"]
    """Kind of step."""
    to: Text | None = None
    """Tranche that receives it."""
    payee: (
        Annotated[str, Field(min_length=1, max_length=2000, json_schema_extra={"unit": "text"})]
        | None
    ) = None
    """Who else receives it."""

    @model_validator(mode="after")
    def one_receiver(self) -> PayResidual:
        """Refuse none or two."""
        if (self.to is None) == (self.payee is None):
            raise ValueError(
                "expected either to (a tranche) or payee (somebody else), and not both"
            )
        return self


Step = Annotated[
    Pay | PayInterest | PayPrincipal | ReserveTopUp | ExcessShare | PayResidual,
    Field(discriminator="kind"),
]
"""One rank of an order of payments."""


def step_label(step: Step) -> str:
    """Return the name of a step in ledgers."""
    if step.name:
        return step.name
    if isinstance(step, Pay):
        return ", ".join(step.of)
    if isinstance(step, PayInterest | PayPrincipal):
        return f"{step.kind} {', '.join(step.to)}"
    if isinstance(step, ReserveTopUp):
        return step.account if "reserve" in step.account.lower() else f"reserve {step.account}"
    receiver = step.payee if isinstance(step, ExcessShare) else step.to or step.payee
    return f"{step.kind.replace('_', ' ')} {receiver}"
