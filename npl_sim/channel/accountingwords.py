"""Words that only the verdict reads: what an accountant and a supervisor ask of a contract."""

from __future__ import annotations

from datetime import date
from typing import Literal

from npl_sim.base import Money, Spec, Text

__all__ = ["Accounting", "PassThroughTests"]


class PassThroughTests(Spec):
    """The three tests of a seller that keeps the rights but passes the cash on (IFRS 9 3.2.5)."""

    pays_only_if_collected: bool
    """No obligation to pay unless the same amounts are collected."""
    may_not_sell_or_pledge: bool
    """The asset may not be sold or pledged."""
    remits_without_delay: bool
    """Collections are passed on without material delay."""


class Accounting(Spec):
    """Facts of the sale beside its cash."""

    form: Literal["outright_sale", "income_right"] = "outright_sale"
    """What is transferred: the loans, or the right to their income."""
    country: Literal["china", "other"] = "china"
    """Whose notices apply."""
    signed: date | None = None
    """Day of the contract; none: judged by all rules."""
    to_management_company: bool = False
    """The buyer is an asset management company."""
    seller_controls_vehicle: bool = False
    """The bank controls the buying vehicle (IFRS 10)."""
    transfers_contractual_rights: bool = True
    """The contractual rights to the cash are handed over."""
    pass_through: PassThroughTests | None = None
    """Where they are not: the three tests; none: not met."""
    transferee_can_sell: bool = True
    """The buyer can sell the whole package, alone and without conditions."""
    carrying_amount: Money | None = None
    """Net carrying amount; none: the fair value."""
    fair_value: Money | None = None
    """Fair value; none: the mean present value."""
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
