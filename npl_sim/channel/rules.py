"""China's rules against sales that are none, as dated data, and which of them a contract breaks.

What was read is marked verified: the notice of 2016 on income rights in its text, the notices of 2009 and 2017 in
quotation. The notice of 2016 on purchases by asset management companies was not found and is from memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from npl_sim.base import Spec, Text
from npl_sim.channel.facts import Facts
from npl_sim.errors import NplSimError

__all__ = ["RULES_CHINA", "Breach", "Feature", "Rule", "Scope", "breaches", "features_of"]

Feature = Literal[
    "explicit_repurchase",
    "implicit_repurchase",
    "yield_guarantee",
    "own_wealth_product",
    "non_qualified_investors",
    "income_swap",
    "bridge",
    "mutual_holding",
    "capital_released_on_income_right",
    "involvement_left_out_of_npl",
]


Scope = Literal["any", "income_right", "management_company"]
ALL: tuple[Scope, ...] = get_args(Scope)


class Rule(Spec):
    """One rule of one notice."""

    name: Text
    """Short name of the notice."""
    scope: Scope
    """Which sales it speaks of: any, of income rights, or to asset management companies."""
    since: date
    """First day on which it binds; deals signed earlier are not judged by it."""
    citation: Text
    """Where to find it."""
    what: Text
    """What it forbids or asks for."""
    triggers: tuple[Feature, ...]
    """Features of a contract that break it."""
    verified: bool
    """Whether its words were read, in full or in quotation."""


TRANSFER_2009 = "Yin Jian Fa (2009) No. 113, on transfers of credit assets"
CBRC_2017 = "CBRC 2017, on arbitrage and cross-dealing in banking"
INCOME_2016 = "Yin Jian Ban Fa (2016) No. 82, on transfers of income rights of credit assets"
AMC_2016 = "Yin Jian Fa (2016) No. 56, on purchases of bad assets by asset management companies"

RULES_CHINA: tuple[Rule, ...] = (
    Rule(
        name="real transfer",
        scope="any",
        since=date(2009, 12, 23),
        citation=f"{TRANSFER_2009} (day of issue from memory)",
        what="a transfer must be real: no repurchase, open or tacit, now or later; a swap that brings the collections back is "
        "read as one",
        triggers=("explicit_repurchase", "implicit_repurchase", "income_swap"),
        verified=True,
    ),
    Rule(
        name="no bridge, no mutual holding, no repurchase",
        scope="any",
        since=date(2017, 1, 1),
        citation=f"{CBRC_2017} (first day of the year; the day was not seen)",
        what="bad assets may not be moved out through a bridge, by holding each other's, or with repurchase, open or tacit",
        triggers=("explicit_repurchase", "implicit_repurchase", "bridge", "mutual_holding"),
        verified=True,
    ),
    Rule(
        name="income rights: no repurchase",
        scope="income_right",
        since=date(2016, 4, 27),
        citation=INCOME_2016,
        what="the seller may not bear an obligation to repurchase in any manner, open or tacit; a swap that brings the "
        "collections back is read as one",
        triggers=("explicit_repurchase", "implicit_repurchase", "income_swap"),
        verified=True,
    ),
    Rule(
        name="income rights: own wealth products",
        scope="income_right",
        since=date(2016, 4, 27),
        citation=INCOME_2016,
        what="wealth products of the seller may not buy its income rights, directly or indirectly",
        triggers=("own_wealth_product",),
        verified=True,
    ),
    Rule(
        name="income rights: qualified institutions only",
        scope="income_right",
        since=date(2016, 4, 27),
        citation=INCOME_2016,
        what="only qualified institutional investors may buy income rights of bad loans; money of individuals may not come in "
        "through layers",
        triggers=("non_qualified_investors",),
        verified=True,
    ),
    Rule(
        name="income rights: full capital",
        scope="income_right",
        since=date(2016, 4, 27),
        citation=f"{INCOME_2016}, section 2(1)",
        what="the seller holds full capital on the original loans after the transfer",
        triggers=("capital_released_on_income_right",),
        verified=True,
    ),
    Rule(
        name="income rights: NPL figures",
        scope="income_right",
        since=date(2016, 4, 27),
        citation=f"{INCOME_2016}, section 2(2)",
        what="what stays by continuing involvement counts in the NPL balance, the NPL ratio and the coverage",
        triggers=("involvement_left_out_of_npl",),
        verified=True,
    ),
    Rule(
        name="asset management companies: real and clean",
        scope="management_company",
        since=date(2016, 3, 17),
        citation=f"{AMC_2016} (not found; text and day from memory)",
        what="purchases must be real and clean: no repurchase, no guarantee of the yield, no service as a mere channel",
        triggers=("explicit_repurchase", "implicit_repurchase", "yield_guarantee", "income_swap", "bridge"),
        verified=False,
    ),
)


@dataclass(frozen=True)
class Breach:
    """A rule that a contract breaks.

    Attributes
    ----------
    rule
        Short name of the rule.
    since
        First day on which it binds.
    citation
        Where to find it.
    what
        What it forbids or asks for.
    features
        What in the contract breaks it.
    verified
        Whether its words were read.
    """

    rule: str
    since: date
    citation: str
    what: str
    features: tuple[Feature, ...]
    verified: bool


def breaches(
    features: Iterable[Feature],
    signed: date | None = None,
    scopes: Collection[Scope] = ALL,
    rules: tuple[Rule, ...] = RULES_CHINA,
) -> tuple[Breach, ...]:
    """Return the rules that a contract with these features breaks, oldest first.

    Parameters
    ----------
    features
        What the contract, and what is known beside it, contains.
    signed
        Day of the contract; rules that came later are left out. None: all rules.
    scopes
        What kinds of sale the contract is; rules for other kinds are left out, rules for any never are.
    rules
        The rules to hold it against.
    """
    found = set(features)
    unknown = sorted(found - set(get_args(Feature)))
    if unknown:
        raise NplSimError(f"features: got {unknown[0]!r}; expected some of {', '.join(get_args(Feature))}")
    broken = [
        Breach(rule.name, rule.since, rule.citation, rule.what, hit, rule.verified)
        for rule in rules
        if (hit := tuple(f for f in rule.triggers if f in found))
        and (rule.scope == "any" or rule.scope in scopes)
        and (signed is None or rule.since <= signed)
    ]
    return tuple(sorted(broken, key=lambda breach: breach.since))


def features_of(facts: Facts) -> tuple[Feature, ...]:
    """Return the features that the facts of a transfer show by themselves.

    A call is the seller's right and no obligation, so it is none of them unless it is all but sure to be used; side letters and
    buyers are not in the facts.

    Parameters
    ----------
    facts
        The transfer, as the derecognition tree sees it.
    """
    found: list[Feature] = []
    if facts.repurchase not in ("none", "call_option") or facts.option_moneyness == "deep_in":
        found.append("explicit_repurchase")
    if facts.total_return_swap:
        found.append("income_swap")
    if facts.full_recourse:
        found.append("yield_guarantee")
    return tuple(found)
