"""Where "substantially all" begins: practice and not rule, so a parameter that every verdict repeats."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from npl_sim.core.fields import Share, Spec, Text

__all__ = ["Thresholds"]


class Thresholds(Spec):
    """Shares of variability at which risks and rewards count as transferred or as retained.

    IFRS 9 3.2.7 names no number. 10 % and 90 % are what firms commonly use.
    """

    transferred_at_most: Share = 0.10
    """Substantially all is transferred where the seller's variability after the sale is at most this share of that before."""
    retained_at_least: Share = 0.90
    """Substantially all is retained where it is at least this share."""
    likely_loss_quantile: Share = 0.95
    """Losses up to this quantile count as likely to occur: who makes them good has full recourse."""
    variable_returns_at_least: Share = 0.50
    """Share of a vehicle's variable returns from which the seller bears most of them, and controls it where it directs it."""
    statistic: Text = "mean_absolute_deviation"
    """The statistic that decides; all others are shown beside it."""

    @model_validator(mode="after")
    def shares_are_inside(self) -> Self:
        """Every loss is below the largest, and nobody bears less than nothing."""
        for name in ("likely_loss_quantile", "variable_returns_at_least"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise ValueError(
                    f"{name}: got {getattr(self, name):g}; expected more than 0 and less than 1"
                )
        return self

    @model_validator(mode="after")
    def transferred_is_below_retained(self) -> Self:
        """One share cannot be both."""
        if self.transferred_at_most >= self.retained_at_least:
            raise ValueError(
                f"transferred_at_most: got {self.transferred_at_most:g}; expected less than retained_at_least, "
                f"which is {self.retained_at_least:g}"
            )
        return self

    def assumptions(self) -> tuple[str, ...]:
        """Return what a reader must be told of these numbers."""
        return (
            f"{100 * self.transferred_at_most:g} % and {100 * self.retained_at_least:g} % of variability as the ends of "
            "'substantially all' are practice and not rule: IFRS 9 3.2.7 names no number",
            f"the statistic that decides ({self.statistic.replace('_', ' ')}) is a choice: IFRS 9 3.2.7 names none",
        )
