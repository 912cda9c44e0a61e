"""Words for triggers: what is tested on every payment date, and when a trigger is cured."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from npl_sim.core.fields import Rate, Share, Spec, Text

Times = Annotated[int, Field(ge=1, le=2000, json_schema_extra={"unit": "payment dates"})]
Ratio = Annotated[float, Field(gt=0.0, le=100.0, json_schema_extra={"unit": "ratio"})]


class _Trigger(Spec):
    name: Text
    """Name, to which conditions refer."""
    consecutive: Times = 1
    """Failed tests in a row that make it active."""
    cure_after: Times | None = None
    """Consecutive passed tests that cure it; if omitted, it cannot be cured."""
    first_test: Times = 1
    """Number of the first payment date on which it is tested."""


class CollectionRatio(_Trigger):
    """Cumulative net collections against the business plan (CCR)."""

    kind: Literal["collection_ratio"]
    """Kind of trigger."""
    below: Ratio
    """Ratio below which the test fails."""


class ServicerReplacement(_Trigger):
    """Cumulative net collections so far below plan that the servicer is replaced."""

    kind: Literal["servicer_replacement"]
    """Kind of trigger."""
    below: Ratio
    """Ratio below which the test fails."""


class ProfitabilityRatio(_Trigger):
    """Present value of net collections of closed positions against their target (PVCPR)."""

    kind: Literal["profitability_ratio"]
    """Kind of trigger."""
    below: Ratio
    """Ratio below which the test fails."""
    proxy_rate: Rate | None = None
    """Discount rate of all collections and the plan, if the cash flows do not identify closed
    positions. If omitted, they must."""


class InterestShortfall(_Trigger):
    """Interest left unpaid on the date before."""

    kind: Literal["interest_shortfall"]
    """Kind of trigger."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose interest is looked at."""
    tolerance: Share = 1e-9
    """Unpaid interest, as a share of the original balance, that is not counted."""


class CumulativeLoss(_Trigger):
    """Collections that fell short, as a share of the pool."""

    kind: Literal["cumulative_loss"]
    """Kind of trigger."""
    measure: Literal["plan", "resolved"] = "plan"
    """Whether collections are set against the plan, or against the balance of claims closed."""
    above: Share
    """Share of the pool above which the test fails."""


class BalanceTrigger(_Trigger):
    """Tranches paid down to a share of their original balance."""

    kind: Literal["balance"]
    """Kind of trigger."""
    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose balances count."""
    at_most: Share
    """Share of the original balances at or below which the test fails."""


class DateTrigger(_Trigger):
    """A date that has come."""

    kind: Literal["from_date"]
    """Kind of trigger."""
    date: date
    """First payment date on which the test fails."""


def limit_of(trigger: Trigger) -> tuple[str, float] | None:
    """Return the failing side of a test and its limit; None for a date."""
    if isinstance(trigger, CollectionRatio | ServicerReplacement | ProfitabilityRatio):
        return "below", trigger.below
    if isinstance(trigger, CumulativeLoss):
        return "above", trigger.above
    if isinstance(trigger, InterestShortfall):
        return "above", trigger.tolerance
    return ("at most", trigger.at_most) if isinstance(trigger, BalanceTrigger) else None


Trigger = Annotated[
    CollectionRatio
    | ServicerReplacement
    | ProfitabilityRatio
    | InterestShortfall
    | CumulativeLoss
    | BalanceTrigger
    | DateTrigger,
    Field(discriminator="kind"),
]
"""Something that is tested on every payment date."""
