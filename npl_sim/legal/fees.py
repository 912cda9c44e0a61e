"""Fee schedules in brackets, as statutes write them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Spec, Text, must_rise
from npl_sim.core.layout import MAX_BRACKETS


class Bracket(Spec):
    """One bracket of a fee schedule."""

    up_to: (
        Annotated[float, Field(gt=0.0, json_schema_extra={"unit": "package currency"})] | None
    ) = None
    """Upper end of the bracket; none for the last."""
    rate: Annotated[
        float, Field(ge=0.0, le=1.0, json_schema_extra={"unit": "share of the amount"})
    ] = 0.0
    """Rate on the part of the amount inside the bracket."""
    fixed: Money = 0.0
    """Amount charged once the bracket is reached."""


class FeeSchedule(Spec):
    """A fee that rises with the amount, bracket by bracket."""

    brackets: tuple[Bracket, ...] = Field(default=(), max_length=MAX_BRACKETS)
    """Brackets in rising order, the last without an upper end; defaults to no fee."""
    cap: Money | None = None
    """Most that is charged; defaults to no cap."""
    source: Text = ""
    """Law or tariff."""

    @model_validator(mode="after")
    def brackets_rise_to_no_end(self) -> FeeSchedule:
        ends = [b.up_to for b in self.brackets]
        if ends and (ends[-1] is not None or None in ends[:-1]):
            raise ValueError(
                "expected every bracket but the last to have up_to, and the last none"
            )
        rising = [e for e in ends if e is not None]
        must_rise(rising, "the ends of the brackets do not rise; expected rising up_to")
        return self

    def fee(self, amount: float) -> float:
        """Return the fee on `amount`. [package currency]"""
        total, lower = 0.0, 0.0
        for bracket in self.brackets:
            upper = float("inf") if bracket.up_to is None else bracket.up_to
            total += bracket.fixed + bracket.rate * (min(amount, upper) - lower)
            if amount <= upper:
                break
            lower = upper
        return min(total, float("inf") if self.cap is None else self.cap)
