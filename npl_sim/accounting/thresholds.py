"""Thresholds of "substantially all": practice and not a rule, so every verdict repeats them."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from npl_sim.core.fields import Share, Spec, Text
from npl_sim.core.language import gettext as _


class Thresholds(Spec):
    """Shares of variability at which risks and rewards count as transferred or as retained.

    IFRS 9 3.2.7 names no number. Firms commonly use 10 % and 90 %.
    """

    transferred_at_most: Share = 0.10
    """Largest share of variability after the sale at which substantially all is transferred."""
    retained_at_least: Share = 0.90
    """Smallest share of variability after the sale at which substantially all is retained."""
    likely_loss_quantile: Share = 0.95
    """Quantile up to which losses count as likely; a seller that covers them gives recourse."""
    variable_returns_at_least: Share = 0.50
    """Share of a vehicle's variable returns from which the seller bears most of them."""
    statistic: Text = "mean_absolute_deviation"
    """Statistic that decides; all others are shown beside it."""

    @model_validator(mode="after")
    def thresholds_are_consistent(self) -> Self:
        """Check that shares lie inside 0 and 1 and that the two thresholds do not cross."""
        for name in ("likely_loss_quantile", "variable_returns_at_least"):
            if not 0.0 < (value := getattr(self, name)) < 1.0:
                raise ValueError(f"{name}: got {value:g}; expected more than 0 and less than 1")
        low, high = self.transferred_at_most, self.retained_at_least
        if low >= high:
            raise ValueError(
                f"transferred_at_most: got {low:g}; expected less than retained_at_least, "
                f"which is {high:g}"
            )
        return self

    def assumptions(self) -> tuple[str, ...]:
        """Return the assumptions behind these numbers."""
        low, high = 100 * self.transferred_at_most, 100 * self.retained_at_least
        return (
            _(
                "{low:g} % and {high:g} % of variability as the limits of 'substantially "
                "all' are practice and not rule: IFRS 9 3.2.7 names no number"
            ).format(low=low, high=high),
            _(
                "the statistic that decides ({replace}) is a choice: IFRS 9 3.2.7 names none"
            ).format(replace=self.statistic.replace("_", " ")),
        )
