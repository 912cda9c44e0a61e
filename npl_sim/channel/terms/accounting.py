"""Words that only the verdict reads: what an accountant and a supervisor ask of a contract."""

from __future__ import annotations

from datetime import date
from typing import Literal

from npl_sim.accounting.facts import PassThrough
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.capital.facts import BankBook, CapitalRules, Downturn
from npl_sim.capital.loan_kinds import Holding
from npl_sim.capital.sham_sale_rules import Feature
from npl_sim.channel.terms.classes import StatedDeal
from npl_sim.core.fields import Money, Share, Spec, Text

__all__ = ["Accounting"]


class Accounting(Spec):
    """Facts of the sale beside its cash."""

    form: Literal["outright_sale", "income_right", "securitisation"] = "outright_sale"
    """What is transferred: the loans, the right to their income, or the loans against notes (see `deal`)."""
    country: Literal["china", "other"] = "china"
    """Whose notices apply."""
    signed: date | None = None
    """Day of the contract; none: judged by all rules."""
    to_management_company: bool = False
    """The buyer is an asset management company."""
    seller_controls_vehicle: bool | None = None
    """The bank controls the buying vehicle (IFRS 10); none: not known, and cash is asked."""
    vehicle_transfers_rights: bool = False
    """Where it does: the vehicle itself hands the rights to outsiders."""
    transfers_contractual_rights: bool = True
    """The contractual rights to the cash are handed over."""
    pass_through: PassThrough | None = None
    """Where they are not: the three tests; none: not met."""
    true_sale_opinion: bool | None = None
    """Whether counsel holds the sale for a true sale; none: not known. Without it the rights count as kept."""
    transferee_can_sell: bool | None = None
    """The buyer can sell the whole package, alone and without conditions; none: not known."""
    readily_obtainable: bool = False
    """The package can be bought in a market; packages of loans rarely can. Read for a call and a repurchase."""
    put_deters_sale: bool = True
    """The buyer would not sell the package without its put. Read for a put."""
    carrying_amount: Money | None = None
    """Net carrying amount; none: GBV less the provisions of the study's seller, or else the fair value."""
    fair_value: Money | None = None
    """Fair value; none: the mean present value after the cost of work-out."""
    specific_provisions: Money | None = None
    """Provisions held; none: face less carrying amount."""
    residential: bool = False
    """Whether the loans are secured by residential property."""
    own_wealth_products: tuple[Text, ...] = ()
    """Holders that are wealth products of the bank itself."""
    non_qualified_investors: bool = False
    """Whether money of individuals may come in."""
    bridge: bool = False
    """Whether the vehicle is a mere bridge."""
    asset_management_products: tuple[Text, ...] | None = None
    """Vehicles and holders that are products of asset management; none: not known."""
    package_holds: tuple[Holding, ...] | None = None
    """Kinds of loans in the package; none: as the tape of the study shows."""
    personal_pilot: bool | None = None
    """Whether unsecured personal loans are sold under the pilot; none: not known."""
    known_features: tuple[Feature, ...] = ()
    """What is known beside the contract that the notices speak of, such as mutual_holding."""
    thresholds: Thresholds = Thresholds()
    """Where "substantially all" begins, and the statistic that decides."""
    capital_rules: CapitalRules = CapitalRules()
    """Numbers of the capital rules."""
    bank: BankBook | None = None
    """The bank's whole loan book; none: NPL ratio and coverage are not shown."""
    reported_rwa: Money | None = None
    """Risk-weighted assets that the bank itself still reports; none: nothing, or the notes that it keeps."""
    deal: StatedDeal | None = None
    """What is stated of a securitisation beside its cash; its classes follow from `vehicles`."""
    approach: Literal["standardised", "internal_ratings"] = "standardised"
    """How the bank weighs the loans."""
    downturn_lgd: Share | None = None
    """Under internal ratings: loss given default in a downturn; or else `downturn`."""
    downturn: Downturn | None = None
    """Under internal ratings: means from which it is derived."""
    best_estimate_loss: Share | None = None
    """Under internal ratings: best estimate of the expected loss."""
