"""The facts of a transfer that an accountant asks for, as plain values."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text

__all__ = ["Facts", "Moneyness", "Part", "PassThrough", "Repurchase"]

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
    """The three tests of IFRS 9 3.2.5 for a seller that keeps the rights but passes the cash on."""

    pays_only_if_collected: bool
    """No obligation to pay the buyers unless the same amounts are collected (a)."""
    may_not_sell_or_pledge: bool
    """The contract forbids to sell or pledge the asset, other than as security to the buyers (b)."""
    remits_without_delay: bool
    """All collections are passed on without material delay, and not reinvested meanwhile but in cash (c)."""

    @property
    def passed(self) -> bool:
        """Whether all three hold."""
        return (
            self.pays_only_if_collected
            and self.may_not_sell_or_pledge
            and self.remits_without_delay
        )


class Facts(Spec):
    """One transfer of assets, as the contract and the simulation show it."""

    seller_controls_vehicle: bool = False
    """The seller controls the buying vehicle (IFRS 10), so that the tree is asked of both together."""
    vehicle_transfers_rights: bool = False
    """Read where the seller controls the vehicle: the vehicle itself hands the rights to outsiders."""
    part: Part = "whole"
    """What is transferred: the whole asset, or a part of the kind that may be judged by itself (3.2.2)."""
    transferred_share: Share = 1.0
    """Share of the cash flows that the buyer gets; below 1 the seller keeps the rest."""
    rights_expired: bool = False
    """The rights to the cash flows have ended, by payment, waiver or law."""
    transfers_contractual_rights: bool = True
    """The contractual rights to the cash flows are handed over."""
    pass_through: PassThrough | None = None
    """Where the rights are kept but the cash is passed on: the three tests."""
    variability: dict[str, Ratio] = Field(default_factory=dict)
    """The seller's variability after the sale over that before, by statistic."""
    repurchase: Repurchase = "none"
    """What brings the asset back."""
    repurchase_unconditional: bool = True
    """An obligation to repurchase that waits on no event; one that does, or is for a part, is judged by the figures."""
    option_moneyness: Moneyness | None = None
    """For a call or a put: whether it is highly likely (deep_in) or unlikely (deep_out) to be exercised."""
    option_strike: Money | None = None
    """For a call or a put on an asset at fair value: the price of exercise."""
    option_time_value: Money = 0.0
    """For a call or a put on an asset at fair value: its time value."""
    total_return_swap: bool = False
    """A swap brings the collections, and the gains and losses, of the whole asset back to the seller."""
    transferee_can_sell: bool | None = None
    """The buyer can sell the whole asset to an outsider, alone and without conditions (3.2.9); none: not known."""
    may_control_vehicle: bool = False
    """The seller bears most of the variable returns of the buying vehicle, and nothing shows that others direct it."""
    variable_returns_share: Ratio | None = None
    """Share of the variable returns of the buying vehicle that the seller bears; none: not known."""
    likely_losses_covered: bool | None = None
    """The seller makes good the losses that are likely to occur; none: where the guarantee covers the whole price."""
    readily_obtainable: bool = False
    """The asset can be bought in a market; packages of loans rarely can. Read for a call and a repurchase."""
    put_deters_sale: bool = True
    """The put is worth so much to the buyer that it would not sell the asset without it. Read for a put."""
    guarantee_cap: Money | None = None
    """Most that the seller could pay, or go without, for the buyer's losses; none: no guarantee and no subordination."""
    guarantee_fair_value: Money | None = None
    """Fair value of that promise; none: what the price exceeds the fair value of what is transferred by."""
    excess_spread_fair_value: Money = 0.0
    """Fair value of interest that the seller keeps beyond its share."""
    carrying_amount: Money
    """Net carrying amount of the whole asset when it is transferred."""
    fair_value: Money
    """Fair value of the whole asset."""
    proceeds: Money
    """Cash received for the transfer."""
    new_assets: Money = 0.0
    """Fair value of other assets that the seller gets, such as a deferred price."""
    new_liabilities: Money = 0.0
    """Fair value of other liabilities that the seller takes on, such as a swap."""
    valued_at: Text = "at fair value"
    """Measure of the rights and obligations created or kept, in words."""
    measured_at: Literal["amortised_cost", "fair_value"] = "amortised_cost"
    """How the asset was measured before the transfer."""

    @model_validator(mode="after")
    def facts_fit_together(self) -> Self:
        """Refuse facts that contradict each other, all at once."""
        faults = [text for wrong, text in self._checks() if wrong]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _checks(self) -> tuple[tuple[bool, str], ...]:
        option = self.repurchase in OPTIONS
        returns = (
            self.repurchase != "none" or self.total_return_swap or self.guarantee_cap is not None
        )
        return (
            (
                option and self.option_moneyness is None,
                f"option_moneyness: got nothing with repurchase {self.repurchase!r}; expected deep_in, near or deep_out",
            ),
            (
                not option
                and (self.option_moneyness is not None or self.option_strike is not None),
                f"option_moneyness, option_strike: expected neither with repurchase {self.repurchase!r}",
            ),
            (
                option and self.measured_at == "fair_value" and self.option_strike is None,
                "option_strike: got nothing; expected the price of exercise of an option on an asset at fair value",
            ),
            (
                not self.repurchase_unconditional and self.repurchase not in OBLIGATIONS,
                f"repurchase_unconditional: got false with repurchase {self.repurchase!r}; expected an obligation",
            ),
            (
                self.rights_expired and returns,
                "rights_expired: got true; expected no repurchase, swap or guarantee of a claim that has ended",
            ),
            (
                self.seller_controls_vehicle is False and self.vehicle_transfers_rights,
                "vehicle_transfers_rights: got true; expected false where the seller does not control the vehicle",
            ),
            (
                self.transferred_share == 0.0,
                "transferred_share: got 0; expected more than 0, up to 1",
            ),
            (
                self.part == "whole"
                and self.transferred_share < 1.0
                and self.guarantee_cap is None,
                f"transferred_share: got {self.transferred_share:g} of a whole; expected 1, or part: proportionate_share",
            ),
            (
                self.guarantee_fair_value is not None and self.guarantee_cap is None,
                "guarantee_fair_value: got an amount; expected none without guarantee_cap",
            ),
            (
                self.guarantee_cap is not None
                and self.guarantee_fair_value is None
                and self.implied_guarantee < 0.0,
                f"guarantee_fair_value: got nothing; expected an amount, since the price is {-self.implied_guarantee:,.2f} "
                "below the fair value of what is transferred",
            ),
        )

    @property
    def implied_guarantee(self) -> float:
        """What the buyer paid for the guarantee, if it paid fair value for the rest. [package currency]"""
        return (
            self.proceeds
            + self.excess_spread_fair_value
            - self.transferred_share * self.fair_value
        )

    @property
    def guarantee_value(self) -> float:
        """Fair value of the guarantee, given or implied; 0 without one. [package currency]"""
        if self.guarantee_cap is None:
            return 0.0
        return (
            self.implied_guarantee
            if self.guarantee_fair_value is None
            else self.guarantee_fair_value
        )

    @property
    def full_recourse(self) -> bool:
        """Whether the seller makes good the losses that are likely to occur, or could have to give back all it received."""
        if self.likely_losses_covered is not None:
            return self.likely_losses_covered
        return self.guarantee_cap is not None and 0.0 < self.proceeds <= self.guarantee_cap
