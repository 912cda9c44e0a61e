"""Facts of a transfer that the derecognition rules of IFRS 9 ask for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text

Part = Literal[
    "whole", "identified_cash_flows", "proportionate_share", "proportionate_share_of_identified"
]
Repurchase = Literal[
    "none", "fixed_price", "sale_price_plus_return", "fair_value", "call_option", "put_option"
]
Moneyness = Literal["deep_in", "near", "deep_out"]
Ratio = Annotated[float, Field(ge=0.0, le=1e6, json_schema_extra={"unit": "after / before"})]

OPTIONS = ("call_option", "put_option")
OBLIGATIONS = ("fixed_price", "sale_price_plus_return", "fair_value")


class PassThrough(Spec):
    """Pass-through tests of IFRS 9 3.2.5 for a seller that keeps the rights to the cash."""

    pays_only_if_collected: bool
    """The seller need not pay the buyers unless it collects the same amounts (a)."""
    may_not_sell_or_pledge: bool
    """The contract forbids selling or pledging the asset, except as security to the buyers (b)."""
    remits_without_delay: bool
    """The seller passes on all collections without material delay and holds only cash (c)."""

    @property
    def passed(self) -> bool:
        """Whether all three tests are met."""
        return (
            self.pays_only_if_collected
            and self.may_not_sell_or_pledge
            and self.remits_without_delay
        )


class TransferFacts(Spec):
    """One transfer of financial assets. Amounts are in package currency."""

    seller_controls_vehicle: bool = False
    """The seller controls the buying vehicle (IFRS 10); the tree then looks at both together."""
    vehicle_transfers_rights: bool = False
    """The controlled vehicle transfers the rights to outsiders."""
    part: Part = "whole"
    """What is transferred: the whole asset, or a part that may be judged separately (3.2.2)."""
    transferred_share: Share = 1.0
    """Share of the cash flows that the buyer gets; the seller keeps the rest."""
    rights_expired: bool = False
    """The rights to the cash flows have ended by payment, waiver or law."""
    transfers_contractual_rights: bool = True
    """The seller transfers the contractual rights to the cash flows."""
    pass_through: PassThrough | None = None
    """Pass-through tests if the rights are kept; defaults to tests not met."""
    variability: dict[str, Ratio] = Field(default_factory=dict)
    """The seller's variability after the sale over that before, by statistic."""
    repurchase: Repurchase = "none"
    """Term that brings the asset back."""
    repurchase_unconditional: bool = True
    """The repurchase depends on no event. Otherwise, or for a part, the statistics decide."""
    option_moneyness: Moneyness | None = None
    """For a call or a put: exercise is highly likely (deep_in), open, or unlikely (deep_out)."""
    option_strike: Money | None = None
    """For a call or a put on an asset at fair value: the exercise price."""
    option_time_value: Money = 0.0
    """For a call or a put on an asset at fair value: its time value."""
    total_return_swap: bool = False
    """A swap returns the collections, gains and losses of the whole asset to the seller."""
    transferee_can_sell: bool | None = None
    """The buyer can sell the whole asset, alone and unconditionally; defaults to not known."""
    may_control_vehicle: bool = False
    """The seller bears most of the vehicle's variable returns, and no one else directs it."""
    variable_returns_share: Ratio | None = None
    """The seller's share of the vehicle's variable returns; defaults to not known."""
    likely_losses_covered: bool | None = None
    """The seller covers likely losses; defaults to whether the guarantee covers the price."""
    readily_obtainable: bool = False
    """The asset can be bought in a market; loan packages rarely can. For calls and repurchases."""
    put_deters_sale: bool = True
    """The put is worth so much to the buyer that it would not sell the asset without it."""
    guarantee_cap: Money | None = None
    """The most that the seller could pay or forgo for the buyer's losses; defaults to none."""
    guarantee_fair_value: Money | None = None
    """Fair value of that promise; defaults to the price less the fair value transferred."""
    excess_spread_fair_value: Money = 0.0
    """Fair value of interest that the seller keeps beyond its share."""
    carrying_amount: Money
    """Net carrying amount of the whole asset at the transfer."""
    fair_value: Money
    """Fair value of the whole asset."""
    proceeds: Money
    """Cash received for the transfer."""
    new_assets: Money = 0.0
    """Fair value of other assets received, such as a deferred price."""
    new_liabilities: Money = 0.0
    """Fair value of other liabilities assumed, such as a swap."""
    valued_at: Text = "at fair value"
    """Measurement basis of the rights and obligations created or kept, as text."""
    measured_at: Literal["amortized_cost", "fair_value"] = "amortized_cost"
    """Measurement of the asset before the transfer."""

    @model_validator(mode="after")
    def check_consistency(self) -> Self:
        """Report all contradictions between facts together."""
        messages = [text for wrong, text in self._checks() if wrong]
        if messages:
            raise ValueError("; ".join(messages))
        return self

    def _checks(self) -> tuple[tuple[bool, str], ...]:
        option, guarantee = self.repurchase in OPTIONS, self.guarantee_cap is not None
        comes_back = self.repurchase != "none" or self.total_return_swap or guarantee
        has_option_terms = self.option_moneyness is not None or self.option_strike is not None
        implied = self.guarantee_fair_value is None
        return (
            (
                option and self.option_moneyness is None,
                f"option_moneyness: got nothing with repurchase {self.repurchase!r}; "
                "expected deep_in, near or deep_out",
            ),
            (
                not option and has_option_terms,
                "option_moneyness, option_strike: expected neither with repurchase "
                f"{self.repurchase!r}",
            ),
            (
                option and self.measured_at == "fair_value" and self.option_strike is None,
                "option_strike: got nothing; expected the exercise price of an option on an asset "
                "at fair value",
            ),
            (
                not self.repurchase_unconditional and self.repurchase not in OBLIGATIONS,
                f"repurchase_unconditional: got false with repurchase {self.repurchase!r}; "
                "expected an obligation",
            ),
            (
                self.rights_expired and comes_back,
                "rights_expired: got true; expected no repurchase, swap or guarantee of "
                "a claim that has ended",
            ),
            (
                not self.seller_controls_vehicle and self.vehicle_transfers_rights,
                "vehicle_transfers_rights: got true; expected false where the seller "
                "does not control the vehicle",
            ),
            (
                self.transferred_share == 0.0,
                "transferred_share: got 0; expected more than 0, up to 1",
            ),
            (
                self.part == "whole" and self.transferred_share < 1.0 and not guarantee,
                f"transferred_share: got {self.transferred_share:g} of a whole; "
                "expected 1, or part: proportionate_share",
            ),
            (
                not implied and not guarantee,
                "guarantee_fair_value: got an amount; expected none without guarantee_cap",
            ),
            (
                guarantee and implied and self.implied_guarantee < 0.0,
                "guarantee_fair_value: got nothing; expected an amount, since the price is "
                f"{-self.implied_guarantee:,.2f} below the fair value of the transferred asset",
            ),
        )

    @property
    def implied_guarantee(self) -> float:
        """Price paid for the guarantee if the rest sold at fair value. [package currency]"""
        transferred = self.transferred_share * self.fair_value
        return self.proceeds + self.excess_spread_fair_value - transferred

    @property
    def guarantee_value(self) -> float:
        """Fair value of the guarantee, given or implied; 0 without one. [package currency]"""
        if self.guarantee_cap is None:
            return 0.0
        given = self.guarantee_fair_value
        return self.implied_guarantee if given is None else given

    @property
    def full_recourse(self) -> bool:
        """Whether the seller covers likely losses, or could have to repay all proceeds."""
        if self.likely_losses_covered is not None:
            return self.likely_losses_covered
        return self.guarantee_cap is not None and 0.0 < self.proceeds <= self.guarantee_cap
