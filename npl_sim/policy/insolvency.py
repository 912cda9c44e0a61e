"""Insolvency of the debtor: hazard of acceptance, proceeding, estate, plan. docs/insolvency.md."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from npl_sim.core.fields import (
    Hazard,
    Loading,
    Money,
    Months,
    PerYear,
    Share,
    Spec,
    WholeMonths,
    must_rise,
)
from npl_sim.policy.distributions import Duration, ShareDistribution, certain
from npl_sim.policy.restructuring import Installments

Multiple = Annotated[float, Field(ge=0.0, le=1e6, json_schema_extra={"unit": "multiple"})]


class SizeBands(Spec):
    """Multiplier of the hazard by the package's claims on the debtor."""

    from_claims: tuple[Money, ...] = Field(min_length=1, max_length=50)
    """Lower ends of the bands, rising from 0."""
    multipliers: tuple[Multiple, ...] = Field(min_length=1, max_length=50)
    """Multiplier of each band."""

    @model_validator(mode="after")
    def bands_match(self) -> SizeBands:
        _match(self.from_claims, self.multipliers, "from_claims")
        return self


class AgeBands(Spec):
    """Multiplier of the hazard by the months since default at the valuation date."""

    from_age: tuple[Months, ...] = Field(min_length=1, max_length=50)
    """Lower ends of the bands, rising from 0."""
    multipliers: tuple[Multiple, ...] = Field(min_length=1, max_length=50)
    """Multiplier of each band."""

    @model_validator(mode="after")
    def bands_match(self) -> AgeBands:
        _match(self.from_age, self.multipliers, "from_age")
        return self


def _match(lower: tuple[float, ...], multipliers: tuple[float, ...], name: str) -> None:
    """Refuse bands that do not rise from 0 or do not match their multipliers."""
    if len(lower) != len(multipliers):
        raise ValueError(
            f"{len(lower)} {name} and {len(multipliers)} multipliers; expected as many"
        )
    if lower[0] != 0.0:
        raise ValueError(f"{name} begins at {lower[0]:g}; expected 0")
    must_rise(lower, f"{name} does not rise; expected each to be above the one before")


class InsolvencyPlan(Spec):
    """Confirmed plan of a reorganization, concordato or composition, and its failure."""

    secured_share: Share = 1.0
    """Share of the claim covered by collateral that the plan pays."""
    ordinary_share: Share = 0.0
    """Share of the rest of the claim that the plan pays."""
    term: Installments = 36
    """Number of equal monthly installments."""
    grace_months: WholeMonths = 0
    """Months between the confirmation and the first installment's month."""
    failure_hazard: Hazard = 0.0
    """Hazard of failure at the factor's mean; a failed plan ends in liquidation."""


class Insolvency(Spec):
    """Insolvency of the debtors: how often, how long, and what the estate pays."""

    hazard: PerYear = 0.0
    """Acceptances of a petition a year for a debtor with all multipliers one. No public figure is
    known for debtors of non-performing loans."""
    size: SizeBands | None = None
    """Multiplier of the hazard by size; defaults to one."""
    age: AgeBands | None = None
    """Multiplier of the hazard by age since default; defaults to one."""
    cooperation_loading: Loading = 0.0
    """How strongly the hazard rises when the cooperation factor falls."""
    group_correlation: Share = 0.0
    """Correlation of acceptances within a group of connected borrowers."""
    region_correlation: Share = 0.0
    """Correlation of acceptances within a region."""
    petition_acceptance_probability: Share = 1.0
    """Probability that a petition that is pending on the tape is accepted."""
    petition_duration: Duration = certain(1.0)
    """From the valuation date to the acceptance of a pending petition."""
    reorganization_probability: Share = 0.0
    """Probability that a proceeding begins as reorganization, not as liquidation."""
    plan_duration: Duration = certain(9.0)
    """From acceptance to the vote on a plan."""
    secured_vote_probability: Share = 1.0
    """Probability that the class of secured creditors accepts the plan."""
    ordinary_vote_probability: Share = 1.0
    """Probability that the class of ordinary creditors accepts the plan."""
    cram_down_probability: Share = 0.0
    """Probability that the court confirms a rejected plan that pays at least the liquidation."""
    plan: InsolvencyPlan = InsolvencyPlan()
    """Terms of a confirmed plan."""
    duration: Duration = certain(60.0)
    """From acceptance, or the failure of a plan, to the distribution of a liquidation."""
    no_distribution_probability: Share = 0.0
    """Probability that ordinary creditors of a liquidation receive nothing for want of assets."""
    no_distribution_duration: Duration = certain(60.0)
    """From acceptance to the closing of a liquidation without distribution."""
    collateral_time_share: Share = 1.0
    """Time to the sale of collateral as a share of the time to distribution or closing."""
    estate_sale_discount: Share = 0.0
    """Shortfall of the price of collateral in the estate's sale below market value."""
    no_bidder_discount: Share = 1.0
    """The same shortfall of an item that never finds a bidder in auctions; by default it brings
    nothing."""
    collateral_cost: Share = 0.0
    """Costs and taxes of the sale of collateral as a share of the price."""
    free_assets: ShareDistribution = certain(0.0)
    """Assets of the estate that secure nobody, as a share of all claims on the debtor."""
    cost_share: Share = 0.0
    """Costs and debts of the proceeding as a share of the free assets, besides scheduled fees."""
    other_claims: Multiple = 0.0
    """Claims of other creditors as a multiple of the package's claims on the debtor."""
    other_secured_share: Share = 0.0
    """Share of other creditors' claims that their own collateral pays."""
    employee_share: Share = 0.0
    """Share of other creditors' claims that are wages and the like, which rank before tax."""
    tax_share: Share = 0.0
    """Share of other creditors' claims that are tax and social insurance."""

    @model_validator(mode="after")
    def shares_fit(self) -> Insolvency:
        total = self.other_secured_share + self.employee_share + self.tax_share
        if total > 1.0 + 1e-9:
            raise ValueError(
                f"other_secured_share, employee_share and tax_share sum to {total:g}; "
                "expected at most 1"
            )
        total = self.group_correlation + self.region_correlation
        if total > 1.0 + 1e-9:
            raise ValueError(
                f"group_correlation and region_correlation sum to {total:g}; expected at most 1"
            )
        return self
