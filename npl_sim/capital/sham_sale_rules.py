"""Chinese rules on sham sales, as dated reference data, and their test on a contract."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Field

from npl_sim.core.errors import NplSimError
from npl_sim.core.fields import Share, Spec, Text
from npl_sim.core.language import gettext as _
from npl_sim.resources import read_resource, validated

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
"""Feature of a contract that a rule may forbid: in its terms, figures or related facts."""

Scope = Literal["any", "outright_sale", "income_right", "management_company"]
"""Sales to which a rule applies."""

Reading = Literal["read", "quotation", "secondary", "memory"]
"""Evidence for a rule: its text, quoted parts, a secondary source, or memory."""

Status = Literal["broken", "not tested", "not broken"]
"""Result of a rule for a contract."""

RESOURCE = "sham_sales_china.yaml"


class Rule(Spec):
    """One rule of one notice."""

    name: Text
    """Short name of the rule."""
    number: Text
    """Number of the notice."""
    title: Text
    """Subject of the notice."""
    article: Text = ""
    """Article, if it is known."""
    since: date
    """Effective date; it does not apply to contracts signed earlier."""
    scope: Scope
    """Sales to which it applies."""
    what: Text
    """What it forbids or requires."""
    broken_by: Annotated[tuple[Feature, ...], Field(min_length=1)]
    """Features of a contract that break it."""
    text: Reading
    """Evidence for the rule."""
    source: Text
    """Source of the evidence."""
    read_on: date | None
    """Day on which it was read, if it was."""

    @property
    def citation(self) -> str:
        """Number and article, with the effective date."""
        article = _(", art. {article}").format(article=self.article) if self.article else ""
        return _("{number}{article}, since {since}").format(
            number=self.number, article=article, since=self.since
        )

    @property
    def reading(self) -> str:
        """Evidence for the rule, as text."""
        origin = {
            "read": _("text read"),
            "quotation": _("read in quotation"),
            "secondary": _("text not read, secondary source"),
            "memory": _("from memory, not verified"),
        }[self.text]
        dated = self.read_on is not None and self.text != "memory"
        return (
            _("{origin} on {read_on}").format(origin=origin, read_on=self.read_on)
            if dated
            else origin
        )


class Limits(Spec):
    """Limits for the figures of a contract; assumptions, since no notice names a number."""

    retained_at_most: Share
    """Largest share of variability, expected loss or tail that may stay with the seller."""
    letter_moves_at_most: Share
    """Largest effect of a side letter on these shares, or on the price."""
    whole_at_least: Share
    """Probability from which an investor counts as fully repaid."""
    nesting_at_most: Annotated[int, Field(ge=1, le=10, json_schema_extra={"unit": "count"})]
    """Most products nested in each other."""
    pilot_from: date
    """First day of the pilot scheme for personal loans."""
    pilot_until: date
    """Last day of the pilot scheme."""


class _File(Spec):
    as_of: date
    limits: Limits
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]


def read_rules(content: Any, name: str) -> tuple[Limits, tuple[Rule, ...]]:
    """Return the limits and rules that plain data holds.

    Parameters
    ----------
    content
        Data of the file: as_of, limits and rules.
    name
        Name of the file in messages.

    Raises
    ------
    NplSimError
        With every error in the data, each with its key.
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
    """Return the limits for the figures of a contract."""
    return _shipped()[0]


class Sign(NamedTuple):
    """Presence of a feature in a contract, with the evidence."""

    present: bool | None
    """Whether the contract has the feature; None if not known."""
    why: str = ""
    """Evidence with the figure, or the missing fact if presence is not known."""


ABSENT = Sign(False)
"""Sign of a feature that is absent."""


class RuleResult(NamedTuple):
    """Result of one rule for a contract."""

    rule: Rule
    """The rule."""
    status: Status
    """``broken``, ``not broken`` or ``not tested``."""
    features: tuple[Feature, ...] = ()
    """Features that break the rule."""
    why: tuple[str, ...] = ()
    """Evidence of the breach, or the facts missing for the test."""


def judge_rules(
    signs: Mapping[Feature, Sign],
    signed: date | None = None,
    scopes: Mapping[Scope, bool | None] | Collection[Scope] = get_args(Scope),
    rules: tuple[Rule, ...] | None = None,
) -> tuple[RuleResult, ...]:
    """Test a contract against each rule, oldest rule first.

    Parameters
    ----------
    signs
        Features of the contract; a feature that is left out is not known.
    signed
        Date of the contract; later rules are left out. Defaults to all rules.
    scopes
        Kinds of sale that the contract is; None if a kind is not known. Rules for other kinds are
        left out.
    rules
        Rules to test; defaults to the shipped rules.

    Raises
    ------
    NplSimError
        If a feature is unknown.
    """
    if unknown := sorted(set(signs) - set(get_args(Feature))):
        raise NplSimError(
            f"features: got {unknown[0]!r}; expected some of {', '.join(get_args(Feature))}"
        )
    kinds = dict(scopes) if isinstance(scopes, Mapping) else dict.fromkeys(scopes, True)
    kinds["any"] = True
    return tuple(
        _tested(rule, signs, kinds[rule.scope])
        for rule in (chinese_rules() if rules is None else rules)
        if kinds.get(rule.scope, False) is not False and (signed is None or rule.since <= signed)
    )


def _tested(rule: Rule, signs: Mapping[Feature, Sign], applies: bool | None) -> RuleResult:
    unknown = {
        f: Sign(None, _("{replace}: not given").format(replace=f.replace("_", " ")))
        for f in rule.broken_by
    }
    found = {f: signs.get(f, unknown[f]) for f in rule.broken_by}
    hit = tuple(f for f, sign in found.items() if sign.present)
    evidence = tuple(dict.fromkeys(found[f].why for f in hit))
    missing = tuple(dict.fromkeys(sign.why for sign in found.values() if sign.present is None))
    if hit and applies:
        return RuleResult(rule, "broken", hit, evidence)
    if hit:
        kind = rule.scope.replace("_", " ")
        missing = (
            _("broken if it is a sale to a {kind}, which is not stated: {evidence}").format(
                kind=kind, evidence="; ".join(evidence)
            ),
        )
    return RuleResult(rule, "not tested" if hit or missing else "not broken", hit, missing)
