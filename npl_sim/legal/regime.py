"""A legal regime: periods, caps and fees as dated data with their sources."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Currency, Jurisdiction, Months, Rate, Share, Spec, Text, must_rise
from npl_sim.legal.fees import FeeSchedule
from npl_sim.legal.limitation import LimitationRule

Distribution = Literal["seizure_order", "pro_rata"]
"""How creditors without security on an item share its proceeds: in the order of their seizures,
or in proportion to their claims."""

AssetClass = Literal["deposit", "movable", "immovable", "other"]
"""Kinds of assets whose freezes may have different terms."""

PerDay = Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "contacts per day"})]
PerWeek = Annotated[
    float, Field(ge=0.0, le=500.0, json_schema_extra={"unit": "contacts per week"})
]
PerMonth = Annotated[
    float, Field(ge=0.0, le=1000.0, json_schema_extra={"unit": "contacts per month"})
]
Hour = Annotated[float, Field(ge=0.0, le=24.0, json_schema_extra={"unit": "hour of day"})]


class ContactCap(Spec):
    """Most contacts that the law or a binding code allows by one contact method."""

    method: Literal["call", "letter", "visit"]
    """The contact method."""
    counted_per: Literal["borrower", "account"] = "borrower"
    """Whether the contacts count for each borrower or for each loan."""
    per_day: PerDay | None = None
    """Most contacts on one day; defaults to no cap."""
    per_week: PerWeek | None = None
    """Most contacts in seven days; defaults to no cap."""
    per_month: PerMonth | None = None
    """Most contacts a month; defaults to no cap."""
    rule: Text
    """The rule, as it is cited to a user whose study exceeds it."""
    assumption: bool = False
    """True where the number could not be traced to a published rule."""

    @model_validator(mode="after")
    def something_is_capped(self) -> ContactCap:
        if self.per_day is None and self.per_week is None and self.per_month is None:
            raise ValueError(
                "no number was given; expected at least one of per_day, per_week, per_month"
            )
        return self


class QuietHours(Spec):
    """Hours of the day at which borrowers must be left alone, by every contact method."""

    begin: Hour
    """Hour from which no contact is made."""
    end: Hour
    """Hour from which contacts are made again; below begin: on the next morning."""
    rule: Text
    """The rule, as it is cited to a user whose study breaks it."""
    assumption: bool = False
    """True where the hours could not be traced to a published rule."""

    @model_validator(mode="after")
    def hours_differ(self) -> QuietHours:
        if self.begin == self.end:
            raise ValueError(
                f"begin and end are both {self.begin:g}; expected two different hours"
            )
        return self

    def overlap(self, first: float, last: float) -> bool:
        """Return whether contacts made from `first` to `last` reach into the quiet hours."""
        if self.begin > self.end:
            return first < self.end or last > self.begin
        return first < self.end and last > self.begin


class PersonalInsolvency(Spec):
    """Insolvency of natural persons: where the law knows it, and since when."""

    effective: date | None = None
    """First day of the rules; defaults to always."""
    regions: tuple[Text, ...] = Field(default=(), max_length=200)
    """Regions with such rules; defaults to the whole country."""
    source: Text
    """Law."""


class LegalRegime(Spec):
    """Legal regime of a work-out. The empty regime has no fees and no periods."""

    name: Text = "none"
    """Name of the regime."""
    jurisdiction: Jurisdiction | None = None
    """Country whose law it is; defaults to not stated."""
    currency: Currency | None = None
    """Currency of the amounts in its fee schedules; defaults to not stated."""
    as_of: date | None = None
    """Date at which the law was read."""
    sources: tuple[Text, ...] = ()
    """Where each rule comes from; the word assumption in one draws a warning."""

    limitation: tuple[LimitationRule, ...] = Field(default=(), max_length=20)
    """Limitation periods by date; defaults to claims that do not expire."""
    limitation_long_stop_months: Months | None = None
    """Longest life of a claim from its default, whatever the restarts; defaults to no limit."""
    enforcement_window_months: Months | None = None
    """Period to apply for enforcement of a judgment; defaults to unlimited."""

    accrual_cap: Rate | None = None
    """Most interest, penalties included, on the principal; defaults to the contract."""
    judgment_delay_rate: Rate = 0.0
    """Default interest on the unpaid principal of a judgment, after the performance period."""

    contact_caps: tuple[ContactCap, ...] = Field(default=(), max_length=20)
    """Caps on collection contacts."""
    quiet_hours: QuietHours | None = None
    """Hours without contacts; defaults to contacts at all hours."""

    security_cap_in_suit: Share = 1.0
    """Most security for preservation in a pending suit, as a share of the amount."""
    security_cap_before_suit: Share = 1.0
    """Most security for preservation before suit, as a share of the amount."""
    freeze_months: dict[AssetClass, Months] = Field(default={}, max_length=4)
    """Longest term of a freeze by kind of asset. A kind that is not listed needs no renewal."""
    reserve_floors: tuple[Share, ...] = Field(default=(), max_length=20)
    """Lowest lawful reserve by auction round, as a share of the appraisal. The last repeats."""
    reserve_source: Text = ""
    """Where the floors come from, as it is cited to a user whose study goes below them."""

    company_distribution: Distribution = "seizure_order"
    """How ordinary creditors of a company share an item, outside insolvency."""
    person_distribution: Distribution = "seizure_order"
    """How ordinary creditors of a natural person share an item."""
    waitlist_transfer_months: Months | None = None
    """Time after which a court next in line may ask for an item that the first court has not
    sold; defaults to never."""
    distribution_source: Text = ""
    """Where these three rules come from."""

    court_fee: FeeSchedule = FeeSchedule()
    """Fee for accepting a case, on the amount claimed; advanced by the plaintiff."""
    arbitration_fee: FeeSchedule = FeeSchedule()
    """Fee for an arbitration, on the amount claimed."""
    enforcement_fee: FeeSchedule = FeeSchedule()
    """Fee for enforcement, on the amount obtained; taken out of it."""
    preservation_fee: FeeSchedule = FeeSchedule()
    """Fee for preservation, on the amount preserved."""
    administrator_fee: FeeSchedule = FeeSchedule()
    """Remuneration of an insolvency administrator, on the free assets that are distributed."""
    administrator_collateral_factor: Share = 1.0
    """Remuneration for the sale of collateral as a share of that schedule on the proceeds."""
    insolvency_court_fee: FeeSchedule = FeeSchedule()
    """Court fee of an insolvency proceeding, on the free assets; taken out of them."""
    personal_insolvency: PersonalInsolvency | None = None
    """Insolvency of natural persons; defaults to a law without it."""
    payment_order_fee_factor: Share = 1.0
    """Fee of a payment order as a share of the court fee."""
    summary_fee_factor: Share = 1.0
    """Fee in summary procedure as a share of the court fee."""
    mediation_fee_factor: Share = 1.0
    """Fee of a case that ends by mediation or withdrawal as a share of the court fee."""
    cost_shifting: Share = 1.0
    """Share of the advanced court fees that a losing debtor must refund."""
    lawyer_fee_shifting: Share = 0.0
    """Share of the lawyer's fixed fee that a losing debtor must refund."""

    @model_validator(mode="after")
    def limitation_rules_rise(self) -> LegalRegime:
        dates = [r.effective for r in self.limitation]
        if None in dates[1:]:
            raise ValueError(
                "a limitation rule after the first has no date; expected effective for each"
            )
        known = [d for d in dates if d is not None]
        must_rise(
            known, "the dates of the limitation rules do not rise; expected the oldest rule first"
        )
        return self

    @model_validator(mode="after")
    def long_stop_stops_something(self) -> LegalRegime:
        if self.limitation_long_stop_months is not None and not self.limitation:
            raise ValueError(
                "limitation_long_stop_months without a rule in limitation; expected both"
            )
        return self

    @model_validator(mode="after")
    def floors_fall(self) -> LegalRegime:
        if any(b > a for a, b in zip(self.reserve_floors, self.reserve_floors[1:], strict=False)):
            raise ValueError(
                f"reserve_floors {list(self.reserve_floors)} rise; "
                "expected each at or below the last"
            )
        return self

    def distribution_of(self, debtor_type: str | None) -> Distribution:
        """Return how ordinary creditors of a kind of debtor share an item.

        A kind that is not stated gets the order of seizures where the law knows it.
        """
        if debtor_type == "company":
            return self.company_distribution
        if debtor_type == "natural_person":
            return self.person_distribution
        rules = (self.company_distribution, self.person_distribution)
        return "seizure_order" if "seizure_order" in rules else "pro_rata"

    def reserve_floor(self, round_number: int) -> float:
        """Return the lowest lawful reserve of a round, counted from 0. [share of the appraisal]"""
        if not self.reserve_floors:
            return 0.0
        return self.reserve_floors[min(round_number, len(self.reserve_floors) - 1)]

    def security_cap(self, before_suit: bool) -> float:
        """Return the most security that may be asked for preservation. [share of the amount]"""
        return self.security_cap_before_suit if before_suit else self.security_cap_in_suit
