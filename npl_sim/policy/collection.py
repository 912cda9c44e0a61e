"""Collection by the creditor and by agencies: contact methods, their effect and their cost."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import (
    Hazard,
    Loading,
    Money,
    Months,
    Share,
    Spec,
    Text,
    WholeMonths,
    must_rise,
)
from npl_sim.policy.distributions import Multiplier, certain

Contacts = Annotated[
    float, Field(ge=0.0, le=1000.0, json_schema_extra={"unit": "contacts per month"})
]
PerDay = Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "contacts per day"})]
Hour = Annotated[float, Field(ge=0.0, le=24.0, json_schema_extra={"unit": "hour of day"})]

DAYS_OF_CONTACT = 30
"""Days a month over which contacts are spread where no other number is given. [days]"""


class ContactMethod(Spec):
    """How borrowers are contacted, and the effect of a contact.

    The effect of a contact halves with every `half_life` months of age since default.
    """

    method: Literal["call", "letter", "visit"]
    """Contact method; the legal regime caps its contacts."""
    contacts_per_month: Contacts
    """Effort spent on each account."""
    cost_per_contact: Money = 0.0
    """Cost of one contact."""
    settle_per_contact: Hazard = 0.0
    """Hazard of a settlement that one contact a month adds."""
    cure_per_contact: Hazard = 0.0
    """Hazard of a cure that one contact a month adds."""
    pay_per_contact: Hazard = 0.0
    """Rate at which partial payments run the claim down, that one contact a month adds."""
    reach_per_contact: Share = 0.0
    """Probability that a contact reaches the debtor so that the limitation clock restarts."""
    half_life: (
        Annotated[float, Field(gt=0.0, le=1e6, json_schema_extra={"unit": "months"})] | None
    ) = None
    """Age since default that halves the effect of a contact; defaults to no effect of age."""
    contact_exponent: Annotated[
        float, Field(gt=0.0, le=1.0, json_schema_extra={"unit": "power"})
    ] = 1.0
    """Power of the number of contacts. 1 is proportional; below 1, the effect diminishes."""
    maximum_per_day: PerDay | None = None
    """Most contacts made on one day.
    Defaults to contacts spread evenly over 30 days a month."""
    hours: tuple[Hour, Hour] = (9.0, 18.0)
    """First and last hour of the day at which contacts are made."""

    @property
    def busiest_day(self) -> float:
        """Most contacts made on one day. [contacts per day]"""
        even = self.contacts_per_month / DAYS_OF_CONTACT
        return even if self.maximum_per_day is None else self.maximum_per_day

    @model_validator(mode="after")
    def days_hold_the_month(self) -> ContactMethod:
        even = self.contacts_per_month / DAYS_OF_CONTACT
        if self.maximum_per_day is not None and self.maximum_per_day < even * (1 - 1e-9):
            raise ValueError(
                f"maximum_per_day is {self.maximum_per_day:g}, but "
                f"{self.contacts_per_month:g} contacts a month are {even:g} a day; "
                "expected at least that"
            )
        return self

    @model_validator(mode="after")
    def hours_rise(self) -> ContactMethod:
        if self.hours[0] >= self.hours[1]:
            raise ValueError(
                f"hours are {self.hours[0]:g} to {self.hours[1]:g}; "
                "expected the first before the last"
            )
        return self


class AgeBands(Spec):
    """A share by bands of age since default: each band reaches from its first age to the next."""

    from_age: tuple[Months, ...] = Field(min_length=1, max_length=100)
    """First age of each band, rising; below the first the share is zero."""
    shares: tuple[Share, ...] = Field(min_length=1, max_length=100)
    """The share in each band."""

    @model_validator(mode="after")
    def ages_rise(self) -> AgeBands:
        if len(self.from_age) != len(self.shares):
            raise ValueError(
                f"{len(self.from_age)} ages and {len(self.shares)} shares; expected as many"
            )
        must_rise(
            self.from_age, "ages do not rise; expected each band to begin after the one before"
        )
        return self


class Promise(Spec):
    """A settlement comes as a promise to pay, which may be broken."""

    months: WholeMonths = 1
    """From the promise to its due month."""
    kept_probability: Share = 1.0
    """Probability that it is kept; a broken one sends the account back to the collectors."""


class Agency(Spec):
    """A placement with an outside collector, who replaces the creditor's own contact methods."""

    name: Text
    """Name of the agency."""
    from_month: WholeMonths
    """The placement covers the months after this one."""
    months: Annotated[int, Field(ge=1, le=1200, json_schema_extra={"unit": "months"})]
    """How many months the accounts stay with the agency before they are recalled."""
    contact_methods: tuple[ContactMethod, ...] = Field(default=(), max_length=20)
    """Contacts made by the agency, at the creditor's cost where a cost is given."""
    commission: Share | AgeBands = 0.0
    """Share of the collections during the placement, or shares by age since default."""
    contract: Text = ""
    """Name of the contract on the totals of the placement; defaults to no contract."""
    monthly_fee: Money = 0.0
    """Fixed fee for each account and month."""


class RecoveryCurve(Spec):
    """Expected cumulative voluntary recovery as a share of the claim, as a vintage table.

    Straight lines join the points; before the first point the curve rises from zero at month 0.
    Nothing is paid after the last point. Loans that stay in collection reproduce the table exactly
    in expectation at every age. The whole claim bounds the effect of cooperation, which is raised
    until the mean equals that of the table.
    """

    months: tuple[WholeMonths, ...] = Field(min_length=1, max_length=600)
    """Months at which the curve is known, rising."""
    cumulative: tuple[Share, ...] = Field(min_length=1, max_length=600)
    """Share of the claim recovered by then."""
    clock: Literal["valuation", "default"] = "valuation"
    """Whether months count from the valuation date or from each loan's default. From default, a
    loan of age a recovers (C(a+m) - C(a)) / (1 - C(a))."""

    @model_validator(mode="after")
    def curve_rises(self) -> RecoveryCurve:
        if len(self.months) != len(self.cumulative):
            raise ValueError(
                f"{len(self.months)} months and {len(self.cumulative)} values; expected as many"
            )
        must_rise(self.months, "months do not rise; expected each to be later than the one before")
        must_rise(
            self.cumulative, "cumulative falls somewhere; expected a rising curve", or_stay=True
        )
        if self.months[0] == 0 and self.cumulative[0] > 0:
            raise ValueError(
                "cumulative is above zero at month 0; expected the curve to start at 0"
            )
        return self


class AgeSchedule(Spec):
    """A share that depends on age since default, linear between points and flat beyond them."""

    ages: tuple[Months, ...] = Field(default=(0.0,), min_length=1, max_length=100)
    """Ages since default, rising."""
    shares: tuple[Share, ...] = Field(default=(0.0,), min_length=1, max_length=100)
    """The share at each age."""

    @model_validator(mode="after")
    def ages_rise(self) -> AgeSchedule:
        if len(self.ages) != len(self.shares):
            raise ValueError(
                f"{len(self.ages)} ages and {len(self.shares)} shares; expected as many"
            )
        must_rise(self.ages, "ages do not rise; expected each to be above the one before")
        return self


class Collection(Spec):
    """Collection of a loan before any legal action."""

    months: WholeMonths = 1200
    """Last month of collection. Later the loan is dormant unless another route takes it."""
    contact_methods: tuple[ContactMethod, ...] = Field(default=(), max_length=20)
    """Contacts made by the creditor in every month without a placement."""
    agencies: tuple[Agency, ...] = Field(default=(), max_length=20)
    """Placements, in time order, not overlapping."""
    settle_hazard: Hazard = 0.0
    """Hazard of a settlement without any effort."""
    cure_hazard: Hazard = 0.0
    """Hazard of a cure without any effort."""
    payment_rate: Hazard = 0.0
    """Rate at which partial payments run the claim down without any effort."""
    reach_hazard: Hazard = 0.0
    """Rate of events that restart the limitation clock without any effort."""
    curve: RecoveryCurve | None = None
    """Voluntary recovery as a vintage table, in place of the payment rates."""
    settlement_discount: AgeSchedule = AgeSchedule()
    """Discount that a settlement grants, by age since default at the settlement."""
    promise: Promise | None = None
    """Promises to pay before a settlement; defaults to settlements that are paid at once."""
    payer_share: Annotated[
        float, Field(gt=0.0, le=1.0, json_schema_extra={"unit": "share of 1"})
    ] = 1.0
    """Share of borrowers who make partial payments at all; the others make none."""
    frailty: Multiplier = certain(1.0)
    """Spread of the settlement and cure hazards between borrowers."""
    cooperation_loading: Loading = 1.0
    """How strongly payments and hazards follow the cooperation factor."""

    @model_validator(mode="after")
    def agencies_do_not_overlap(self) -> Collection:
        for a, b in zip(self.agencies, self.agencies[1:], strict=False):
            if a.from_month + a.months > b.from_month:
                raise ValueError(
                    f"agency {a.name!r} has the accounts until month "
                    f"{a.from_month + a.months} and {b.name!r} from month {b.from_month}; "
                    "expected placements that do not overlap"
                )
        return self

    @model_validator(mode="after")
    def curve_or_payment_rates(self) -> Collection:
        everyone = (*self.contact_methods, *(c for a in self.agencies for c in a.contact_methods))
        if self.curve and (self.payment_rate or any(c.pay_per_contact for c in everyone)):
            raise ValueError(
                "both a curve and payment rates were given; expected one way to say what is paid"
            )
        return self

    @model_validator(mode="after")
    def payers_can_pay_the_curve(self) -> Collection:
        if self.curve and self.curve.cumulative[-1] > self.payer_share:
            raise ValueError(
                f"the curve ends at {self.curve.cumulative[-1]:g} but only "
                f"{self.payer_share:g} of borrowers pay; "
                "expected payer_share at least as large as the curve's end"
            )
        return self
