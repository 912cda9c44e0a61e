"""Accounting and regulatory facts of a contract, used by the verdict only."""

from __future__ import annotations

from datetime import date
from typing import Literal

from npl_sim.accounting.facts import PassThrough
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.capital.facts import BankBook, CapitalRules, Downturn
from npl_sim.capital.loan_kinds import Holding
from npl_sim.capital.sham_sale_rules import Feature
from npl_sim.channels.terms.classes import StatedDeal
from npl_sim.core.fields import Money, Share, Spec, Text


class Accounting(Spec):
    """Facts about the sale besides its cash."""

    form: Literal["outright_sale", "income_right", "securitization"] = "outright_sale"
    """What is transferred: loans, a right to their income, or loans for notes (see `deal`)."""
    country: Literal["china", "other"] = "china"
    """Country whose rules apply."""
    signed: date | None = None
    """Date of the contract; defaults to a test against all rules."""
    to_management_company: bool = False
    """The buyer is an asset management company."""
    seller_controls_vehicle: bool | None = None
    """The bank controls the buying vehicle (IFRS 10); defaults to a decision from cash."""
    vehicle_transfers_rights: bool = False
    """If the bank controls it: the vehicle transfers the rights to outsiders."""
    transfers_contractual_rights: bool = True
    """The contractual rights to the cash are transferred."""
    pass_through: PassThrough | None = None
    """If they are not: the pass-through tests; defaults to not met."""
    true_sale_opinion: bool | None = None
    """Whether counsel confirms a true sale; if false, the bank keeps the rights."""
    transferee_can_sell: bool | None = None
    """The buyer can sell the whole package unconditionally; defaults to not known."""
    readily_obtainable: bool = False
    """The package can be bought in a market; used for a call and a repurchase."""
    put_deters_sale: bool = True
    """The buyer would not sell the package without its put; used for a put."""
    carrying_amount: Money | None = None
    """Net carrying amount; defaults to GBV less the study's provisions, or to the fair value."""
    fair_value: Money | None = None
    """Fair value; defaults to the mean present value after the cost of work-out."""
    specific_provisions: Money | None = None
    """Specific provisions; defaults to face less carrying amount."""
    residential: bool = False
    """Whether the loans are secured by residential property."""
    own_wealth_products: tuple[Text, ...] = ()
    """Holders that are wealth products of the bank."""
    non_qualified_investors: bool = False
    """Whether individuals may invest."""
    bridge: bool = False
    """Whether the vehicle is only a bridge."""
    asset_management_products: tuple[Text, ...] | None = None
    """Vehicles and holders that are asset management products; defaults to not known."""
    package_holds: tuple[Holding, ...] | None = None
    """Kinds of loans in the package; defaults to those on the study's tape."""
    personal_pilot: bool | None = None
    """Whether unsecured personal loans are sold under the pilot; defaults to not known."""
    known_features: tuple[Feature, ...] = ()
    """Known features that the rules forbid, such as mutual_holding."""
    thresholds: Thresholds = Thresholds()
    """Thresholds of "substantially all", and the statistic that decides."""
    capital_rules: CapitalRules = CapitalRules()
    """Parameters of the capital rules."""
    bank: BankBook | None = None
    """The bank's whole loan book; without it NPL ratio and coverage are not shown."""
    reported_rwa: Money | None = None
    """Risk-weighted assets that the bank still reports; defaults to the notes kept, or 0."""
    deal: StatedDeal | None = None
    """Statements about a securitization; its classes follow from the vehicles."""
    approach: Literal["standardized", "internal_ratings"] = "standardized"
    """The bank's approach to credit risk."""
    downturn_lgd: Share | None = None
    """Under internal ratings: downturn loss given default; alternative to `downturn`."""
    downturn: Downturn | None = None
    """Under internal ratings: means from which the downturn loss is derived."""
    best_estimate_loss: Share | None = None
    """Under internal ratings: best estimate of the expected loss."""

    @property
    def rights_pass(self) -> bool:
        """Whether the contractual rights to the cash pass to the buyer."""
        return (
            self.transfers_contractual_rights
            and self.form != "income_right"
            and self.true_sale_opinion is not False
        )
