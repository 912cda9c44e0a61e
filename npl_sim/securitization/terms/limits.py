"""Words for limits that the size of a tranche must keep."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Share, Spec, Text, WholeMonths

Times = Annotated[float, Field(gt=0.0, le=1000.0, json_schema_extra={"unit": "times"})]
Years = Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "years"})]
Errors = Annotated[float, Field(ge=0.0, le=10.0, json_schema_extra={"unit": "standard errors"})]


class _ByRating(Spec):
    rating: Text | None = None
    """Rating whose row of the structure's table, at the tranche's mean weighted average life, is
    the limit."""
    at_most: Share | None = None
    """The limit itself, instead of a rating."""
    errors: Errors = 0.0
    """Standard errors that are added to the estimate before it is held against the limit."""

    @model_validator(mode="after")
    def one_limit(self) -> _ByRating:
        """Refuse none or two."""
        if (self.rating is None) == (self.at_most is None):
            raise ValueError("expected either rating or at_most, and not both")
        return self


class ExpectedLossLimit(_ByRating):
    """Limit on the expected present-value loss, as a share of the balance."""

    kind: Literal["expected_loss"]
    """Kind of limit."""


class DefaultProbabilityLimit(_ByRating):
    """Probability that interest is short (of a deferrable tranche: lost) or principal is lost."""

    kind: Literal["default_probability"]
    """Kind of limit."""


class NetCoverLimit(Spec):
    """Net collections over the balances of this tranche and those before it."""

    kind: Literal["net_cover"]
    """Kind of limit."""
    at_least: Times
    """Least cover."""
    quantile: Share = 0.05
    """Level of the scenarios' covers that is looked at."""


class InterestCoverLimit(Spec):
    """Least ratio, over the dates, of cash before the tranche's interest to the interest owed."""

    kind: Literal["interest_cover"]
    """Kind of limit."""
    at_least: Times
    """Least cover."""
    quantile: Share = 0.05
    """Level of the scenarios' covers that is looked at."""


class StressLimit(Spec):
    """No loss on mean collections that are cut and delayed by rating, as agencies do."""

    kind: Literal["stress"]
    """Kind of limit."""
    rating: Text | None = None
    """Rating whose row of the structure's stresses is borne."""
    haircut: Share | None = None
    """Share of the collections after closing that does not come, instead of a rating."""
    delay_months: WholeMonths = 0
    """Months by which they come later, with `haircut`."""

    @model_validator(mode="after")
    def one_stress(self) -> StressLimit:
        """Refuse none or two."""
        if (self.rating is None) == (self.haircut is None):
            raise ValueError("expected either rating or haircut, and not both")
        return self


class AdvanceRateLimit(Spec):
    """Balances of this tranche and those before it against an amount."""

    kind: Literal["advance_rate"]
    """Kind of limit."""
    of: Literal["pool_balance", "purchase_price", "mean_collections"] = "pool_balance"
    """Gross book value, the price paid for the package, or mean net collections."""
    at_most: Times
    """Highest ratio."""


class WalLimit(Spec):
    """Weighted average life."""

    kind: Literal["wal"]
    """Kind of limit."""
    at_most: Years
    """Longest life."""
    quantile: Share | None = None
    """Level of the distribution of lives; defaults to the mean."""


class RedeemedLimit(Spec):
    """Repaid some time before the legal final date."""

    kind: Literal["redeemed"]
    """Kind of limit."""
    years_before_legal_final: Years = 0.0
    """Length of the tail after the last repayment."""
    probability: Share = 1.0
    """Least probability."""


Limit = Annotated[
    ExpectedLossLimit
    | DefaultProbabilityLimit
    | NetCoverLimit
    | InterestCoverLimit
    | StressLimit
    | AdvanceRateLimit
    | WalLimit
    | RedeemedLimit,
    Field(discriminator="kind"),
]
"""Something that the size of a tranche must keep."""


def limit_text(limit: Limit) -> str:
    """Return a limit as short text."""
    if isinstance(limit, ExpectedLossLimit | DefaultProbabilityLimit):
        what = limit.kind.replace("_", " ")
        return (
            f"{what} of {limit.rating}" if limit.rating else f"{what} at most {limit.at_most:.4%}"
        )
    if isinstance(limit, NetCoverLimit | InterestCoverLimit):
        return f"{limit.kind.replace('_', ' ')} {limit.quantile:.3g} quantile"
    if isinstance(limit, StressLimit):
        if limit.rating:
            return f"stress of {limit.rating}"
        return f"stress {limit.haircut:.0%} off, {limit.delay_months} months later"
    if isinstance(limit, AdvanceRateLimit):
        return f"advance rate on {limit.of.replace('_', ' ')}"
    if isinstance(limit, WalLimit):
        return "weighted average life" + (
            "" if limit.quantile is None else f", {limit.quantile:.3g} quantile"
        )
    tail = limit.years_before_legal_final
    return f"repaid {tail:g} years before legal final" if tail else "repaid by legal final"
