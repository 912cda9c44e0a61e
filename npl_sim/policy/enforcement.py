"""Enforcement: performance, collateral auctions, guarantors, other assets, garnishment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import (
    Currency,
    Hazard,
    Jurisdiction,
    Months,
    PerYear,
    Rate,
    Share,
    Spec,
    Text,
    Volatility,
    WholeMonths,
)
from npl_sim.core.layout import MAX_REAUCTIONS, MAX_ROUNDS
from npl_sim.policy.distributions import Duration, ShareDistribution, certain


class AuctionRound(Spec):
    """One round of an auction."""

    reserve: Annotated[
        float, Field(ge=0.0, le=2.0, json_schema_extra={"unit": "share of appraisal"})
    ]
    """Reserve price as a share of the court's appraisal."""
    months: Months = 0.0
    """Time before the round, counted from the appraisal or the end of the round before."""
    bidders: Annotated[
        float | None, Field(gt=0.0, le=100.0, json_schema_extra={"unit": "bidders"})
    ] = None
    """Mean number of bidders; defaults to a price that is a single valuation."""
    window: Months = 0.0
    """Time that a sell-off stays open; the first bidder who meets the reserve buys at it."""
    acceptance_probability: Share | None = None
    """Probability that the creditor accepts the item at this reserve if the round fails.

    Defaults to 0 before the last round, and to acceptance_against_debt_probability in the last.
    """


class AssetClass(Spec):
    """One class of a debtor's other assets: how it is found, frozen and turned into cash."""

    name: Text
    """Name of the class: deposits, vehicles, ..."""
    legal_class: Literal["deposit", "movable", "immovable", "other"] = "other"
    """Class in law, which bounds the term of a freeze."""
    ownership_probability: Share = 1.0
    """Probability that a debtor owns such assets; joint debtors may each own some."""
    coverage: ShareDistribution = certain(0.0)
    """Their worth as a share of the claim, before dissipation."""
    discovery_probability: Share = 0.0
    """Probability that enforcement finds them where they were not frozen."""
    freeze_probability: Share = 0.0
    """Probability that preservation finds and freezes them."""
    freeze_months: Months = 36.0
    """Term of a freeze."""
    renewal_probability: Share = 1.0
    """Probability that a freeze is renewed in time at the end of each term."""
    dissipation_rate: Annotated[
        float, Field(ge=0.0, le=10.0, json_schema_extra={"unit": "per year"})
    ] = 0.0
    """Rate at which unfrozen assets vanish."""
    competing_seizure_rate: PerYear = 0.0
    """Intensity of a first seizure by another creditor."""
    waitlisted_share: Share = 0.0
    """Share that is left for a creditor whose seizure comes after another's."""
    realization_duration: Duration = certain(3.0)
    """From the application for enforcement to cash."""


class OtherCourt(Spec):
    """How an item is turned into cash that another court seized first."""

    sale_duration: Duration = certain(36.0)
    """From our application until that court has the item appraised for its own auction. The
    default is one term of a freeze of real estate."""
    transfer_probability: Share = 0.0
    """Probability that it hands the item to our court when the law lets our court ask."""
    transfer_duration: Duration = certain(6.0)
    """From that request until our court has the item appraised."""


class CollateralTerms(Spec):
    """How one kind of collateral is valued and turned into cash."""

    jurisdiction: Jurisdiction | None = None
    """Country in which such collateral lies and is sold; defaults to not stated."""
    currency: Currency | None = None
    """Currency in which it is valued and sold; defaults to not stated."""

    past_growth: Rate = 0.0
    """Log growth of values that brings an appraisal from its date to the valuation date."""
    aging_volatility: Volatility = 0.0
    """Uncertainty that an appraisal gains with age; grows with the square root of time."""

    appraisal_error: Annotated[float, Field(ge=0.0, le=3.0, json_schema_extra={"unit": "log"})] = (
        0.0
    )
    """Standard deviation of the log of true value over appraisal; constant in time, mean one."""
    drift_volatility: Volatility = 0.0
    """Idiosyncratic drift away from the index; grows with the square root of time, mean one."""
    seizure_duration: Duration = certain(0.0)
    """From the application for enforcement to the court's appraisal."""
    rounds: tuple[AuctionRound, ...] = Field(
        default=(AuctionRound(reserve=0.0),), min_length=1, max_length=MAX_ROUNDS
    )
    """Auction rounds in order; the last may be a sell-off."""
    court_appraisal_error: Annotated[
        float, Field(ge=0.0, le=3.0, json_schema_extra={"unit": "log"})
    ] = 0.0
    """Standard deviation of the log of the court's appraisal over value, fresh at each one."""
    no_bidder_probability: Share = 0.0
    """Probability that an item finds no bidder in any auction; it is decided once for the item."""
    forced_sale_discount: Share = 0.0
    """Mean shortfall of a bidder's valuation below market value."""
    bid_volatility: Annotated[float, Field(ge=0.0, le=3.0, json_schema_extra={"unit": "log"})] = (
        0.0
    )
    """Standard deviation of the log of a bidder's valuation."""
    bid_correlation: Share = 0.0
    """Correlation of the log valuations of one item by its bidders, in all its auctions."""
    withdrawal_probability: Share = 0.0
    """Probability that an auction is withdrawn; its round is then announced again."""
    winner_default_probability: Share = 0.0
    """Probability that a winner does not pay; the round is held again, where all winners pay."""
    deposit: Share = 0.0
    """Deposit that such a winner forfeits to the claim, as a share of the reserve."""
    reauctions: Annotated[
        int, Field(ge=0, le=MAX_REAUCTIONS, json_schema_extra={"unit": "auctions"})
    ] = 0
    """How often an item that all rounds left unsold is appraised anew and put up again."""
    reappraisal_months: Months = 0.0
    """Time from the last failed round to the new appraisal."""
    surplus_required: bool = False
    """Whether reserves must cover prior liens, costs and taxes (no-surplus rule)."""
    cost: Share = 0.0
    """Auction and appraisal costs as a share of the price."""
    tax: Share = 0.0
    """Transfer taxes borne by the estate as a share of the price."""
    acceptance_against_debt_probability: Share = 0.0
    """Probability that the creditor takes an unsold item at the last reserve against the debt."""
    surplus_payment_probability: Share = 1.0
    """Probability that the creditor pays in cash what an accepted item is worth above the debt.

    Otherwise such an item is not accepted and stays up for auction.
    """
    resale_duration: Duration = certain(12.0)
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

    @model_validator(mode="after")
    def costs_leave_something(self) -> CollateralTerms:
        if self.surplus_required and self.cost + self.tax >= 1.0:
            raise ValueError(
                f"cost {self.cost:g} and tax {self.tax:g} take the whole price, so that no "
                "reserve leaves a surplus; expected a sum below 1"
            )
        return self

    @property
    def acceptance(self) -> tuple[float, ...]:
        """Probability that the creditor accepts the item at each round's reserve if it fails."""
        last = len(self.rounds) - 1
        return tuple(
            (self.acceptance_against_debt_probability if r == last else 0.0)
            if step.acceptance_probability is None
            else step.acceptance_probability
            for r, step in enumerate(self.rounds)
        )

    @property
    def longest_auction(self) -> float:
        """Time from the first appraisal to the end of the last auction. [months]

        Withdrawals and defaults of winners may add to it.
        """
        cycle = sum(r.months + r.window for r in self.rounds)
        return (self.reauctions + 1) * cycle + self.reauctions * self.reappraisal_months


class Enforcement(Spec):
    """Performance of a judgment, and its enforcement."""

    performance_probability: Share = 0.0
    """Probability that the debtor performs the judgment voluntarily and in full."""
    performance_delay: Duration = certain(0.0)
    """From judgment to voluntary performance."""
    performance_window: Months = 0.0
    """Time that the judgment gives for performance; enforcement is applied for after it."""
    application_delay: Months = 0.0
    """Further time before enforcement is applied for."""
    assets: tuple[AssetClass, ...] = Field(default=(), max_length=16)
    """Classes of the debtors' other assets, in the order in which they are turned into cash."""
    search_duration: Duration = certain(3.0)
    """From the application to the end of the search, when garnishment may start."""
    garnishment_probability: Share = 0.0
    """Probability of an income that can be garnished."""
    garnishment_share: Hazard = 0.0
    """Monthly garnishment as a share of the claim at the application."""
    garnishment_months: WholeMonths = 36
    """Longest garnishment."""
    guarantor_payment_probability: Share = 0.0
    """Probability that a guarantor pays. It is one event for all loans of the guarantor."""
    guarantor_in_default_factor: Share = 1.0
    """Multiplies it for a guarantor who is also a borrower of the package."""
    guarantor_share: ShareDistribution = certain(1.0)
    """Share of the remaining claim that the guarantor pays, up to the guarantee's cap."""
    guarantor_delay: Duration = certain(6.0)
    """From the application to the guarantor's payment."""
    resumption_probability: Share = 0.0
    """Probability that an enforcement terminated for lack of assets is resumed."""
    resumption_delay: Duration = certain(24.0)
    """From termination to cash after resumption."""
    resumption_share: ShareDistribution = certain(0.0)
    """Share of the remaining claim recovered after resumption."""
    other_court: OtherCourt = OtherCourt()
    """Sale of items that another court seized first."""
