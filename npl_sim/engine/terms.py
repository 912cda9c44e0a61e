"""Kernel records of policies, collateral terms and fee schedules, filled by tables of links."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from npl_sim.core.layout import FEES, FeeRow, Route
from npl_sim.core.record_links import (
    ASSET,
    ASSET_LINKS,
    AUCTION,
    AUCTION_LINKS,
    TERMS,
    TERMS_LINKS,
    Link,
    LinkKind,
)
from npl_sim.engine.quantiles import QuantileTables
from npl_sim.legal.fees import FeeSchedule
from npl_sim.legal.limitation import period_months
from npl_sim.legal.regime import LegalRegime
from npl_sim.market.spec import Market
from npl_sim.policy.enforcement import CollateralTerms, Enforcement
from npl_sim.policy.insolvency import Insolvency
from npl_sim.policy.litigation import Litigation, Preservation
from npl_sim.policy.policy import Policy
from npl_sim.policy.sale import Sale
from npl_sim.stats.discount import discount_factor


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else value


def _value_at(spec: Any, keys: Sequence[str]) -> Any:
    """Return the value at a path of keys. A list gives the values of its entries."""
    for key in keys:
        spec = (
            [getattr(entry, key) for entry in spec]
            if isinstance(spec, tuple)
            else getattr(spec, key)
        )
    return spec


def _converted(link: Link, value: Any, tables: QuantileTables) -> Any:
    """Return the value of a key as the record field holds it."""
    match link.kind:
        case LinkKind.NUMBER:
            return _or_infinite(value)
        case LinkKind.MONTHLY:
            return value / 12.0
        case LinkKind.QUANTILES:
            return tables.row(value)
        case LinkKind.CODE:
            return Route[value.upper()]
        case LinkKind.COUNT:
            return len(value)
        case _:
            return value


def _fill(row: np.void, links: Sequence[Link], spec: Any, tables: QuantileTables) -> None:
    """Fill the fields of one record, except those that are derived or come with their rows."""
    for link in links:
        if link.kind in (LinkKind.DERIVED, LinkKind.ROWS):
            continue
        *sections, key = link.path.split(".")
        if link.kind is LinkKind.PRESENT:
            row[link.field] = _value_at(spec, [*sections, key]) is not None
            continue
        section = _value_at(spec, sections)
        if section is None:
            row[link.field] = link.absent
        elif link.kind is LinkKind.SCHEDULE:
            numbers = [_or_infinite(x) for x in _value_at(section, [key])]
            row[link.field][: len(numbers)] = numbers
        else:
            row[link.field] = _converted(link, _value_at(section, [key]), tables)


class _Terms:
    """Sections that the paths of `TERMS_LINKS` name: those of a policy, the law and the market.

    A loan may be in court, enforcement or insolvency on the tape although its policy has no such
    section. The defaults of the section apply to it.
    """

    def __init__(self, policy: Policy, legal: LegalRegime, market: Market) -> None:
        self.legal, self.market, self.policy = legal, market, policy
        self.litigation = policy.litigation or Litigation()
        self.enforcement = policy.enforcement or Enforcement()
        self.insolvency = policy.insolvency or Insolvency()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.policy, name)


def _preservation_terms(preservation: Preservation | None) -> dict[str, float]:
    """Return delay [months], premium and deposit [shares of the claim] of preservation."""
    if preservation is None:
        return {}
    cash = preservation.form == "cash"
    return {
        "preservation_delay": 0.0 if preservation.before_suit else preservation.delay,
        "security_deposit": preservation.security if cash else 0.0,
        "security_cost": 0.0 if cash else preservation.security * preservation.premium,
    }


def _sale_decay(sale: Sale | None) -> float:
    """Return the decay of the unsecured sale price with age. [per month]"""
    return math.log(2.0) / sale.half_life if sale is not None and sale.half_life else 0.0


DERIVED_FIELDS: dict[str, str] = {
    "plan_discount_factor": "the required return of a year as the discount factor of a month",
    "preservation_delay": "0 where preservation comes before the suit",
    "security_cost": "security times premium, for a guarantee letter",
    "security_deposit": "the security, where it is lodged in cash",
    "sale_decay": "ln 2 over the half-life; 0 where age does not matter",
    "limitation_months": "the period of the rule in force at the valuation date",
}
"""Fields of TERMS that no single key gives, and how they follow from the keys."""


def compile_policies(
    policies: Sequence[Policy],
    legal: LegalRegime,
    valuation_date: date,
    market: Market,
    required_return: float,
    tables: QuantileTables,
) -> np.ndarray:
    """Return one TERMS record for each policy."""
    terms = np.zeros(len(policies), dtype=TERMS)
    for row, policy in zip(terms, policies, strict=True):
        _fill(row, TERMS_LINKS, _Terms(policy, legal, market), tables)
        # A section by default is not a section of the study, so the policy itself is read.
        row["litigate"] = policy.litigation is not None
        row["enforce"] = policy.enforcement is not None
        preservation = policy.litigation.preservation if policy.litigation else None
        derived = {
            "limitation_months": period_months(legal.limitation, valuation_date),
            "plan_discount_factor": discount_factor(required_return, 1.0 / 12.0),
            "sale_decay": _sale_decay(policy.sale),
            **_preservation_terms(preservation),
        }
        for field, value in derived.items():
            row[field] = value
    return terms


def compile_assets(
    policies: Sequence[Policy], terms: np.ndarray, tables: QuantileTables
) -> np.ndarray:
    """Return the ASSET records of all policies, and write their ranges into `terms`."""
    classes = [() if p.enforcement is None else p.enforcement.assets for p in policies]
    assets = np.zeros(sum(map(len, classes)), dtype=ASSET)
    end = 0
    for row, asset_classes in zip(terms, classes, strict=True):
        row["asset_begin"], row["asset_end"] = end, end + len(asset_classes)
        for asset_class in asset_classes:
            _fill(assets[end], ASSET_LINKS, asset_class, tables)
            end += 1
    return assets


def compile_auctions(kinds: Mapping[str, CollateralTerms], tables: QuantileTables) -> np.ndarray:
    """Return one AUCTION record for each kind of collateral, in the order of `kinds`."""
    auctions = np.zeros(max(1, len(kinds)), dtype=AUCTION)
    for row, kind in zip(auctions, kinds.values(), strict=False):
        _fill(row, AUCTION_LINKS, kind, tables)
        row["acceptance"][: len(kind.rounds)] = kind.acceptance
    return auctions


def compile_fees(legal: LegalRegime) -> np.ndarray:
    """Return one FEES record for each schedule, in the order of `FeeRow`."""
    fees = np.zeros(len(FeeRow), dtype=FEES)
    for code in FeeRow:
        _fill_schedule(fees[code], getattr(legal, f"{code.name.lower()}_fee"))
    return fees


def _fill_schedule(row: np.void, schedule: FeeSchedule) -> None:
    row["brackets"] = len(schedule.brackets)
    row["cap"] = _or_infinite(schedule.cap)
    lower = base = 0.0
    for i, bracket in enumerate(schedule.brackets):
        upper = _or_infinite(bracket.up_to)
        base += bracket.fixed
        row["upper"][i] = upper
        row["rate"][i] = bracket.rate
        row["base"][i] = base
        if math.isfinite(upper):
            base += bracket.rate * (upper - lower)
            lower = upper
