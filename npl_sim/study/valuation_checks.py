"""Validation of buyer, seller and margins against the rest of a study."""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.core.errors import shortened
from npl_sim.core.issues import Issue, error_at, warning_at
from npl_sim.study.model import Study
from npl_sim.valuation.margins import StressEffect


def _margins(study: Study) -> Iterator[Issue]:
    known = tuple(s.name for s in study.market.stresses)
    for i, margin in enumerate(study.prudence.margins):
        if isinstance(margin, StressEffect) and margin.stress not in known:
            expected = ", ".join(known) or "none, the market names no stresses"
            yield error_at(
                ("prudence", "margins", i, "stress"),
                f"got {shortened(margin.stress)!r}; expected one of: {expected}",
            )


def _deadlines_of_sides(study: Study) -> Iterator[Issue]:
    horizon = study.simulation.horizon_months
    for i, part in enumerate(study.buyer.payments):
        if part.month > horizon:
            yield warning_at(
                ("buyer", "payments", i, "month"),
                f"month {part.month} lies beyond the horizon of {horizon} months; it is paid in "
                "its last month",
            )
    if study.buyer.onboarding_months > horizon:
        yield error_at(
            ("buyer", "onboarding_months"),
            f"{study.buyer.onboarding_months} months reach beyond the horizon of {horizon}; "
            "expected less",
        )


def _seller_scenarios(study: Study) -> Iterator[Issue]:
    known = tuple(s.name for s in study.market.stresses)
    for i, scenario in enumerate(study.seller.provision.scenarios):
        for j, name in enumerate(scenario.stress):
            if name not in known:
                expected = ", ".join(known) or "none, the market names no stresses"
                yield error_at(
                    ("seller", "provision", "scenarios", i, "stress", j),
                    f"got {shortened(name)!r}; expected one of: {expected}",
                )


def _later_sales(study: Study) -> Iterator[Issue]:
    horizon = study.simulation.horizon_months
    for i, month in enumerate(study.seller.later_sales):
        if "later_sales" in study.seller.model_fields_set and not 0 < month < horizon:
            yield error_at(
                ("seller", "later_sales", i),
                f"got month {month}; expected a month after 0 and before the horizon of {horizon}",
            )


def _dates_of_experts(study: Study) -> Iterator[Issue]:
    """Report estimates made after the valuation date: they know what the price may not."""
    for i, row in enumerate(study.experts.rows):
        if row.date > study.valuation_date:
            yield error_at(
                ("experts", "rows", i, "date"),
                f"got {row.date}; expected a day up to the valuation date {study.valuation_date}",
            )


VALUE = (_margins, _deadlines_of_sides, _seller_scenarios, _later_sales, _dates_of_experts)
"""The checks, each a generator of issues."""
