"""A legal regime: periods, caps and fees as dated data with their sources."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from npl_sim.base import Months, Rate, Share, Spec, Text
from npl_sim.paths.fees import FeeSchedule

__all__ = ["ContactCap", "LegalRegime"]


class ContactCap(Spec):
    """Most contacts that the law or a binding code allows on one channel."""

    channel: Literal["call", "letter", "visit"]
    """The channel."""
    per_month: Annotated[float, Field(ge=0.0, le=1000.0, json_schema_extra={"unit": "contacts per month"})]
    """Most contacts a month for one account."""
    rule: Text
    """The rule, as it is cited to a user whose study exceeds it."""
    assumption: bool = False
    """True where the number could not be traced to a published rule."""


class LegalRegime(Spec):
    """The law under which a package is worked out. The empty regime knows no fees and no periods."""

    name: Text = "none"
    """Name of the regime."""
    as_of: date | None = None
    """Date at which the law was read."""
    sources: tuple[Text, ...] = ()
    """Where each rule comes from."""
    limitation_months: Months | None = None
    """Limitation period of the claim; none: it does not run out."""
    enforcement_window_months: Months | None = None
    """Period to apply for enforcement of a judgment; none: unlimited."""
    accrual_cap: Rate | None = None
    """Most interest, penalties included, that may run on the principal; none: as contracted."""
    security_cap: Share = 1.0
    """Most security that a court may ask for preservation, as a share of the amount."""
    contact_caps: tuple[ContactCap, ...] = Field(default=(), max_length=20)
    """Caps on collection contacts."""
    court_fee: FeeSchedule = FeeSchedule()
    """Fee for accepting a case, on the amount claimed; advanced by the plaintiff."""
    arbitration_fee: FeeSchedule = FeeSchedule()
    """Fee for an arbitration, on the amount claimed."""
    enforcement_fee: FeeSchedule = FeeSchedule()
    """Fee for enforcement, on the amount obtained; taken out of it."""
    preservation_fee: FeeSchedule = FeeSchedule()
    """Fee for preservation, on the amount preserved."""
    payment_order_factor: Share = 1.0
    """Fee of a payment order as a share of the court fee."""
    summary_factor: Share = 1.0
    """Fee in summary procedure as a share of the court fee."""
    mediation_factor: Share = 1.0
    """Fee of a case that ends by mediation or withdrawal as a share of the court fee."""
