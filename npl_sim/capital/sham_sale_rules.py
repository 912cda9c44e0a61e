"""Chinese rules on sham sales, as dated reference data, and what each of them says of a contract."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from npl_sim.core.errors import NplSimError
from npl_sim.core.fields import Share, Spec, Text
from npl_sim.resources import read_resource, validated

__all__ = [
    "ABSENT",
    "Feature",
    "Limits",
    "Rule",
    "RuleResult",
    "Scope",
    "Sign",
    "Status",
    "chinese_rules",
    "judge_rules",
    "limits",
    "read_rules",
]

Feature = Literal[
    "explicit_repurchase",
    "implicit_repurchase",
    "income_swap",
    "yield_guarantee",
    "risk_retained",
    "rigid_redemption",
    "nested_products",
    "bridge",
    "mutual_holding",
    "own_wealth_product",
    "non_qualified_investors",
    "buyer_no_management_company",
    "personal_secured",
    "personal_unsecured_outside_pilot",
    "capital_released_on_income_right",
    "involvement_left_out_of_npl",
]
"""What a rule may ask of a contract: of its words, of its figures, or of facts beside it."""

Scope = Literal["any", "outright_sale", "income_right", "management_company"]
"""Which sales a rule speaks of."""

Reading = Literal["read", "quotation", "secondary", "memory"]
"""What was read of a rule: its text, parts of it, what others say of it, or nothing."""

Status = Literal["broken", "not tested", "not broken"]
"""What a rule says of a contract."""

RESOURCE = "sham_sales_china.yaml"


class Rule(Spec):
    """One rule of one notice."""

    name: Text
    """Short name of the rule."""
    number: Text
    """Number of the notice."""
    title: Text
    """What the notice is about."""
    article: Text = ""
    """Article; empty: not noted."""
    since: date
    """First day on which it binds; contracts signed earlier are not judged by it."""
    scope: Scope
    """Which sales it speaks of."""
    what: Text
    """What it forbids or asks for."""
    broken_by: Annotated[tuple[Feature, ...], Field(min_length=1)]
    """Features of a contract that break it."""
    text: Reading
    """What was read of it."""
    source: Text
    """Where it was read, or is said to be."""
    read_on: date | None
    """Day on which it was read; none: it was not."""

    @property
    def citation(self) -> str:
        """Number and article, with the first day."""
        article = f", art. {self.article}" if self.article else ""
        return f"{self.number}{article}, since {self.since}"

    @property
    def reading(self) -> str:
        """What was read of it, in words."""
        origin = {
            "read": "text read",
            "quotation": "read in quotation",
            "secondary": "text not read, secondary source",
            "memory": "from memory, not verified",
        }[self.text]
        return (
            origin
            if self.read_on is None or self.text == "memory"
            else f"{origin} on {self.read_on}"
        )


class Limits(Spec):
    """What the figures of a contract are held against: assumptions, for no notice names a number."""

    retained_at_most: Share
    """Share of variability, expected loss or tail that may stay with the seller."""
    letter_moves_at_most: Share
    """Share of the same, or of the price, by which a side letter may move what stays."""
    whole_at_least: Share
    """Probability from which an investor counts as made whole."""
    nesting_at_most: Annotated[int, Field(ge=1, le=10, json_schema_extra={"unit": "count"})]
    """Products one above the other."""
    pilot_from: date
    """First day of the pilot for personal loans."""
    pilot_until: date
    """Its last day."""


class _File(Spec):
    as_of: date
    limits: Limits
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]


def read_rules(content: Any, name: str) -> tuple[Limits, tuple[Rule, ...]]:
    """Return limits and rules from plain data.

    Parameters
    ----------
    content
        Data of the file: as_of, limits and rules.
    name
        Name of the file in messages.

    Raises
    ------
    NplSimError
        With every fault of the data, each with its key.
    """
    found = validated(_File, content, name)
    return found.limits, tuple(sorted(found.rules, key=lambda rule: rule.since))


@functools.cache
def _shipped() -> tuple[Limits, tuple[Rule, ...]]:
    content = read_resource(RESOURCE)
    for rule in content["rules"]:
        rule["article"] = str(rule.get("article", ""))
    return read_rules(content, RESOURCE)


def chinese_rules() -> tuple[Rule, ...]:
    """Return the rules that ship with the package, oldest first."""
    return _shipped()[1]


def limits() -> Limits:
    """Return what figures are held against."""
    return _shipped()[0]


@dataclass(frozen=True)
class Sign:
    """Whether a contract has a feature, and what shows it.

    Attributes
    ----------
    present
        Whether it has; none: not known.
    why
        What shows it, with the figure; where it is not known, the fact or figure that is missing.
    """

    present: bool | None
    why: str = ""


ABSENT = Sign(False)
"""A feature that a contract has not."""


@dataclass(frozen=True)
class RuleResult:
    """What one rule says of a contract.

    Attributes
    ----------
    rule
        The rule.
    status
        ``broken``, ``not broken`` or ``not tested``.
    features
        Features that break it.
    why
        What breaks it, or what is missing to test it.
    """

    rule: Rule
    status: Status
    features: tuple[Feature, ...] = ()
    why: tuple[str, ...] = ()


def judge_rules(
    signs: Mapping[Feature, Sign],
    signed: date | None = None,
    scopes: Mapping[Scope, bool | None] | Collection[Scope] = get_args(Scope),
    rules: tuple[Rule, ...] | None = None,
) -> tuple[RuleResult, ...]:
    """Return what each rule says of a contract, oldest first.

    Parameters
    ----------
    signs
        Features of the contract; one that is left out is not known.
    signed
        Day of the contract; rules that came later are left out. None: all rules.
    scopes
        What kinds of sale the contract is; a kind may be not known (None). Rules for other kinds are left out, rules for
        any never are.
    rules
        The rules to hold it against; none: those that ship.

    Raises
    ------
    NplSimError
        If a feature is unknown.
    """
    unknown = sorted(set(signs) - set(get_args(Feature)))
    if unknown:
        raise NplSimError(
            f"features: got {unknown[0]!r}; expected some of {', '.join(get_args(Feature))}"
        )
    kinds = dict(scopes) if isinstance(scopes, Mapping) else dict.fromkeys(scopes, True)
    kinds["any"] = True
    return tuple(
        _judged(rule, signs, kinds[rule.scope])
        for rule in (chinese_rules() if rules is None else rules)
        if kinds.get(rule.scope, False) is not False and (signed is None or rule.since <= signed)
    )


def _judged(rule: Rule, signs: Mapping[Feature, Sign], applies: bool | None) -> RuleResult:
    found = {
        f: signs.get(f, Sign(None, f"{f.replace('_', ' ')}: not given")) for f in rule.broken_by
    }
    hit = tuple(f for f, sign in found.items() if sign.present)
    missing = tuple(dict.fromkeys(sign.why for sign in found.values() if sign.present is None))
    if hit and applies:
        return RuleResult(rule, "broken", hit, tuple(dict.fromkeys(found[f].why for f in hit)))
    if not hit and not missing:
        return RuleResult(rule, "not broken")
    if hit:
        kind = rule.scope.replace("_", " ")
        missing = (
            f"broken if it is a sale to a {kind}, which is not stated: "
            + "; ".join(dict.fromkeys(found[f].why for f in hit)),
        )
    return RuleResult(rule, "not tested", hit, missing)
