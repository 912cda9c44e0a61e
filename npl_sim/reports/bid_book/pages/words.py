"""Names of inputs, risks, settings and downside cases, in the language of the report."""

from __future__ import annotations

import math

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.pages.view import number, signed


def input_name(name: str) -> str:
    """Return the name of an input (`changes.CHANGES`, `unsourced.GROUPS`)."""
    return {
        "collateral prices": _("Collateral prices"),
        "borrowers' cooperation": _("Payments of debtors"),
        "duration of legal steps": _("Duration of legal steps"),
        "forced-sale discount": _("Discount at auctions"),
        "reserve prices of auctions": _("Reserve prices of auctions"),
        "rounds of auctions": _("Rounds of auctions"),
        "costs of work-out": _("Costs of work-out"),
        "recovery lag": _("Delay of all cash"),
        "required return": _("Required return"),
        "servicing fee": _("Servicing fee"),
        "insolvency": _("Insolvency of firms"),
        "redefaults": _("Plans that fail"),
        "discounts of settlements": _("Discounts of settlements"),
        "prices of a final sale": _("Price of the final sale"),
        "acceptance against debt": _("Property taken against debt"),
        "outcome of suits": _("Lawsuits won"),
        "guarantors": _("Guarantors who pay"),
        "voluntary performance": _("Judgments paid without enforcement"),
        "other assets and garnishment": _("Other assets and wages"),
    }.get(name, name)


def risk_name(name: str) -> str:
    """Return what goes wrong with an input, as a short sentence."""
    return {
        "collateral prices": _("Property falls further."),
        "borrowers' cooperation": _("Debtors pay less."),
        "duration of legal steps": _("Courts take longer."),
        "forced-sale discount": _("Auction bidders pay less."),
        "reserve prices of auctions": _("Reserve prices are set wrong."),
        "rounds of auctions": _("Courts hold another number of rounds."),
        "costs of work-out": _("Work-out costs more."),
        "recovery lag": _("Cash comes late."),
        "servicing fee": _("Servicing costs more."),
        "insolvency": _("More firms go bankrupt."),
        "redefaults": _("Payment plans break."),
        "discounts of settlements": _("Settlements need larger discounts."),
        "prices of a final sale": _("The final sale brings less."),
        "acceptance against debt": _("Less property can be taken against debt."),
        "outcome of suits": _("Fewer lawsuits are won."),
        "guarantors": _("Fewer guarantors pay."),
        "voluntary performance": _("Fewer judgments are paid."),
        "other assets and garnishment": _("Fewer other assets are found."),
    }.get(name, input_name(name))


def setting_text(name: str, unit: str, setting: float) -> str:
    """Return the setting of an input, such as ``20% lower`` or ``+6 months``."""
    if not math.isfinite(setting):
        return _("a fifth worse")
    if unit == "multiple":
        size = number(abs(100.0 * (setting - 1.0)))
        lower, higher = _("{size}% lower"), _("{size}% higher")
        return (lower if setting < 1.0 else higher).format(size=size)
    if unit == "percentage points":
        return _("{change} points").format(change=signed(setting))
    if unit == "rounds":
        return _("{change} rounds").format(change=signed(setting))
    return _("{change} months").format(change=signed(setting))


def figure_unit(unit: str) -> str:
    """Return the unit of the main figures of an assumption (`key_assumptions.MAIN`)."""
    return {
        "% a year": _("% a year"),
        "% a month": _("% a month"),
        "% of market value": _("% of market value"),
        "% of appraisal": _("% of appraisal"),
        "% of failed auctions": _("% of failed auctions"),
        "% of receipts": _("% of receipts"),
        "% of contacts": _("% of contacts"),
        "% of claim": _("% of claim"),
        "% of suits": _("% of suits"),
        "% of guarantors": _("% of guarantors"),
        "% of judgments": _("% of judgments"),
        "% of debtors": _("% of debtors"),
        "months": _("months"),
    }.get(unit, unit)


def security_name(security: str) -> str:
    """Return whether loans are secured (`comparables.Comparables`)."""
    return {"secured": _("secured"), "unsecured": _("unsecured")}.get(security, security)


def case_name(name: str) -> str:
    """Return the name of a downside case (`adverse.DOWNSIDES`)."""
    return {
        "as_modeled": _("As modeled"),
        "property_slump": _("Property slump"),
        "slow_courts": _("Slow courts"),
        "both_and_debtors": _("Both, and debtors pay less"),
    }.get(name, name)


def case_clause(name: str) -> str:
    """Return what happens in a downside case, as the beginning of a sentence."""
    return {
        "property_slump": _("If property slumps"),
        "slow_courts": _("If courts are slow"),
        "both_and_debtors": _("If property, courts and debtors all fail us"),
    }.get(name, name)


def state_name(state: str) -> str:
    """Return the state of the sources of an assumption."""
    return {
        "published": _("published"),
        "partly": _("partly published"),
        "assumption": _("assumption, with a reason"),
        "none": _("our assumption"),
    }.get(state, state)
