"""Terms of a deal: dates, tranches, accounts, claims, triggers and orders of payment."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from npl_sim.core.fields import Money, Share, Spec, Text
from npl_sim.securitization.terms.accounts import Account
from npl_sim.securitization.terms.calendar import BusinessPlan, CleanUpCall, DayCount, Schedule
from npl_sim.securitization.terms.claims import Claim, Hedge
from npl_sim.securitization.terms.rates import Index, NoRate, RateWord
from npl_sim.securitization.terms.steps import Step
from npl_sim.securitization.terms.structure import Structure
from npl_sim.securitization.terms.triggers import Trigger


class Tranche(Spec):
    """A class of notes. The file lists the most senior first."""

    name: Text
    """Name, to which steps refer."""
    balance: Money
    """Original balance."""
    coupon: RateWord = NoRate()
    """Interest on the balance."""
    day_count: DayCount | None = None
    """Day count of the interest; defaults to that of the deal."""
    interest_on_unpaid: bool = True
    """Whether interest that is not paid itself bears interest."""
    deferrable: bool = False
    """Whether unpaid interest is put off under the notes' terms; it is owed all the same, and told
    as deferred."""
    price: Annotated[
        float, Field(gt=0.0, le=100.0, json_schema_extra={"unit": "share of par"})
    ] = 1.0
    """Issue price."""
    rating: Text = ""
    """Rating at closing, as published; used by sizing only where it is asked to."""


class TermSource(Spec):
    """Where terms of the deal come from."""

    terms: tuple[Text, ...] = Field(min_length=1)
    """Keys of the terms, such as `tranches.0.coupon` or `schedule`."""
    source: Text
    """Address or document; where `assumption`, why it was assumed."""
    assumption: bool = False
    """Whether the terms are assumed and not published."""


class Published(Spec):
    """A published figure, kept for comparison and used for nothing."""

    name: Text
    """What it is."""
    value: Annotated[
        float, Field(ge=-1e15, le=1e15, json_schema_extra={"unit": "as the key unit says"})
    ]
    """The figure."""
    unit: Text = ""
    """Its unit."""
    source: Text
    """Address or document."""


class DealTerms(Spec):
    """Terms of a securitization of bad loans; `Deal` adds the checks across them."""

    name: Text
    """Name of the deal."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    """Currency, three capital letters."""
    cutoff_date: date
    """Collections after this date belong to the deal (see `interim_collections`)."""
    closing_date: date
    """Issue of the notes, from which interest runs."""
    legal_final: date
    """Last payment date."""
    schedule: Schedule
    """Payment dates and collection periods."""
    day_count: DayCount = "act_365"
    """Day count of fees, premia, hedges and income, and of tranches that name none."""
    pool_balance: Annotated[
        float, Field(gt=0.0, le=1e15, json_schema_extra={"unit": "package currency"})
    ]
    """Gross book value of the package at cut-off."""
    interim_collections: Literal["deal", "seller"] = "deal"
    """Whose the collections between cut-off and closing are: deal or seller."""
    index: Index | None = None
    """Reference rate of floating coupons; if omitted, the collections must state it."""
    business_plan: BusinessPlan | None = None
    """Net collections expected at closing, for triggers and the call."""
    tranches: tuple[Tranche, ...] = Field(min_length=1, max_length=50)
    """Classes of notes, most senior first."""
    accounts: tuple[Account, ...] = Field(default=(), max_length=50)
    """Accounts beside the cash at hand."""
    collection_account: RateWord = NoRate()
    """What collections earn until they are paid out."""
    claims: tuple[Claim, ...] = Field(default=(), max_length=100)
    """Who is owed what besides the notes."""
    hedges: tuple[Hedge, ...] = Field(default=(), max_length=20)
    """Hedges of interest rates."""
    triggers: tuple[Trigger, ...] = Field(default=(), max_length=50)
    """What is tested on every payment date."""
    event_of_default: tuple[Text, ...] = ()
    """Triggers that accelerate the notes."""
    steps: tuple[Step, ...] = Field(min_length=1, max_length=100)
    """Order of payments."""
    steps_after_default: tuple[Step, ...] = Field(default=(), max_length=100)
    """Order of payments once accelerated; defaults to `steps`."""
    clean_up_call: CleanUpCall | None = None
    """Clean-up call; defaults to no sale before the legal final date."""
    closing_costs: Money = 0.0
    """Costs paid from the proceeds at closing."""
    other_cash: Money = 0.0
    """Cash at closing from others than the buyers of notes, such as a loan that fills the
    reserve."""
    retained: Share = 0.0
    """Share of every tranche that the seller keeps (vertical retention)."""
    sources: tuple[TermSource, ...] = Field(default=(), max_length=200)
    """Where the terms come from."""
    published: tuple[Published, ...] = Field(default=(), max_length=200)
    """Published figures to compare with."""
    structure: Structure | None = None
    """What is asked of the deal where it is being structured; the waterfall does not look at
    it."""

    def tranche(self, name: str) -> Tranche:
        """Return a tranche by name."""
        return next(t for t in self.tranches if t.name == name)

    @property
    def notes(self) -> float:
        """Sum of the original balances. [package currency]"""
        return sum(t.balance for t in self.tranches)

    @property
    def orders(self) -> dict[str, tuple[Step, ...]]:
        """The orders of payment by their key."""
        both = {"steps": self.steps, "steps_after_default": self.steps_after_default}
        return {key: steps for key, steps in both.items() if steps}
