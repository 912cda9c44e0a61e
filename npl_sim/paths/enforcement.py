"""Enforcement of a title: performance, collateral auctions, guarantors, other assets, garnishment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from npl_sim.base import Hazard, Months, Rate, Share, Spec, Volatility, WholeMonths
from npl_sim.layout import MAX_ROUNDS
from npl_sim.paths.distributions import Duration, ShareDistribution, certain

__all__ = ["AuctionRound", "CollateralTerms", "Enforcement"]


class AuctionRound(Spec):
    """One round of an auction."""

    reserve: Annotated[float, Field(ge=0.0, le=2.0, json_schema_extra={"unit": "share of appraisal"})]
    """Reserve price as a share of the court's appraisal."""
    months: Months = 0.0
    """Time before the round, counted from the appraisal or the round before."""


class CollateralTerms(Spec):
    """How one kind of collateral is valued and turned into cash."""

    appraisal_error: Annotated[float, Field(ge=0.0, le=3.0, json_schema_extra={"unit": "log"})] = 0.0
    """Standard deviation of the log of true value over appraisal; constant in time, mean one."""
    drift_volatility: Volatility = 0.0
    """Idiosyncratic drift away from the index; grows with the square root of time, mean one."""
    seizure: Duration = certain(0.0)
    """From the application for enforcement to the court's appraisal."""
    rounds: tuple[AuctionRound, ...] = Field(
        default=(AuctionRound(reserve=0.0),), min_length=1, max_length=MAX_ROUNDS
    )
    """Auction rounds in order; the last may be a sell-off."""
    forced_sale_discount: Share = 0.0
    """Mean shortfall of the best bid below market value."""
    bid_volatility: Annotated[float, Field(ge=0.0, le=3.0, json_schema_extra={"unit": "log"})] = 0.0
    """Standard deviation of the log of the best bid, drawn afresh in each round."""
    cost: Share = 0.0
    """Auction and appraisal costs as a share of the price."""
    tax: Share = 0.0
    """Transfer taxes borne by the estate as a share of the price."""
    accept_in_kind: Share = 0.0
    """Probability that the creditor takes an unsold item at the last reserve against the debt."""
    resale: Duration = certain(12.0)
    """From acceptance to resale of an item taken in kind."""
    resale_discount: Share = 0.0
    """Shortfall of the resale price below market value."""
    holding_cost: Rate = 0.0
    """Cost of holding an item taken in kind, as a share of its value a year."""

    @model_validator(mode="after")
    def reserves_fall(self) -> CollateralTerms:
        reserves = [r.reserve for r in self.rounds]
        if any(b > a for a, b in zip(reserves, reserves[1:], strict=False)):
            raise ValueError(f"reserves {reserves} rise; expected each round at or below the last")
        return self


class Enforcement(Spec):
    """What happens between a title and the end of enforcement."""

    perform: Share = 0.0
    """Probability that the debtor performs the judgment voluntarily and in full."""
    perform_delay: Duration = certain(0.0)
    """From judgment to voluntary performance."""
    performance_window: Months = 0.0
    """Time that the judgment gives for performance; enforcement is applied for after it."""
    apply_delay: Months = 0.0
    """Further time before enforcement is applied for."""
    find_assets: Share = 0.0
    """Probability of finding other assets where none were frozen."""
    asset_coverage: ShareDistribution = certain(0.0)
    """Other attachable assets as a share of the claim, before dissipation."""
    dissipation: Annotated[float, Field(ge=0.0, le=10.0, json_schema_extra={"unit": "per year"})] = 0.0
    """Rate at which unfrozen assets vanish."""
    search: Duration = certain(3.0)
    """From the application to cash from other assets, or to the finding that there are none."""
    garnish: Share = 0.0
    """Probability of an income that can be garnished."""
    garnish_share: Hazard = 0.0
    """Monthly garnishment as a share of the claim at the application."""
    garnish_months: WholeMonths = 36
    """Longest garnishment."""
    guarantor_pays: Share = 0.0
    """Probability that a guarantor can be made to pay."""
    guarantor_share: ShareDistribution = certain(1.0)
    """Share of the remaining claim that the guarantor pays, up to the guarantee's cap."""
    guarantor_delay: Duration = certain(6.0)
    """From the application to the guarantor's payment."""
    revival: Share = 0.0
    """Probability that an enforcement closed for want of assets is revived."""
    revival_delay: Duration = certain(24.0)
    """From closure to cash after revival."""
    revival_share: ShareDistribution = certain(0.0)
    """Share of the remaining claim recovered after revival."""
