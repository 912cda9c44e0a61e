"""Settle or ask the unit of amounts where nothing states it, by the size of the amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from npl_sim.tables.cell_types import column_text
from npl_sim.tables.columns import Notation
from npl_sim.tape.proposal.model import CodeProposal, Option, Question
from npl_sim.tape.proposal.opened import Opened
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.units import header_statement

_SCALES = {"china": (1.0, 1e3, 1e4, 1e6, 1e8), "": (1.0, 1e3, 1e6)}
_NAMES = {1.0: "1", 1e3: "1,000", 1e4: "10,000 (万)", 1e6: "1,000,000", 1e8: "100,000,000 (亿)"}
_LOW: Mapping[str, float] = {
    "credit_card": 100.0,
    "consumer": 300.0,
    "sme": 3_000.0,
    "mortgage": 5_000.0,
    "corporate": 20_000.0,
}
"""Median balance of a product below which the unit is hardly 1. [package currency]"""
_UNKNOWN = 300.0
"""The same for other products. [package currency]"""
_BALANCE: Mapping[str, tuple[str, ...]] = {
    "loans": ("principal", "gbv"),
    "collateral": ("appraisal_value", "prior_liens", "secured_cap"),
    "guarantors": ("cap",),
}
_RATIO = 50.0
"""Ratio of median values to median claims beyond which their units differ."""


@dataclass
class Units:
    """Units of a tape as settled, and the questions left."""

    settings: dict[str, Any] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    factor: dict[tuple[str, str], float] = field(default_factory=dict)
    """Table and canonical amount to its unit."""
    source: dict[tuple[str, str], str] = field(default_factory=dict)
    """Table and canonical amount to where the unit comes from; missing: 1 is assumed."""
    median: float = 0.0
    """Median balance of the loans. [package currency]"""


def settle_table_units(
    units: Units,
    role: Role,
    tables: Sequence[Opened],
    codes: Sequence[CodeProposal],
    notation: Notation,
    jurisdiction: str,
) -> None:
    """Settle the units of one table.

    Parameters
    ----------
    units
        Receives units, settings and questions; the loans come first.
    role
        The table.
    tables
        Its sheets.
    codes
        Proposed codes, which name the products.
    notation
        How numbers are written.
    jurisdiction
        china, italy, or empty.
    """
    prefix = {"loans": "", "collateral": "collateral_", "guarantors": "guarantor_"}[role]
    for one in tables:
        _fault(units, role, prefix, one, jurisdiction)
        inside = "items." if role == "collateral" and one.role == "loans" else ""
        found = one.items if inside else one.found
        for column in SCHEMAS[role]:
            name = column.name
            if column.type == "amount" and name in found:
                units.factor[role, name] = one.units.get(inside + name, 1.0)
                if inside + name in one.stated:
                    units.source[role, name] = _source(one, found[name].positions[0])
    open_ones = [n for r, n in units.factor if r == role and (r, n) not in units.source]
    if not open_ones or any(q.id == f"unit.{role}" for q in units.questions):
        return
    default, why = _evidence(units, role, tables, codes, notation, jurisdiction)
    if not why:
        for name in open_ones:
            units.factor[role, name] = default
        return
    for name in open_ones:
        units.factor[role, name] = default
        units.source[role, name] = f"taken by size: {why}"
    every = len(open_ones) == sum(r == role for r, _ in units.factor)
    _ask(units, role, prefix, (open_ones, every), (default, why), tables, jurisdiction, notation)


def _source(one: Opened, at: int) -> str:
    """Return what states the unit of a column."""
    note = next((n for n in one.notes if "states the unit" in n), "")
    header = one.header(at)
    if header_statement(header).unit is not None:
        return f"header {header!r}"
    if at in one.below:
        return f"the row below the headers, {one.below[at]!r}"
    return note.partition(" states the unit")[0] or "the title"


def _options(
    role: str, prefix: str, names: tuple[Sequence[str], bool], jurisdiction: str
) -> tuple[Option, ...]:
    open_ones, every = names
    found = []
    for scale in _SCALES.get(jurisdiction, _SCALES[""]):
        settings = (
            {f"{prefix}amount_unit": scale}
            if every
            else {"column_units": dict.fromkeys(open_ones, scale)}
        )
        text = f"Amounts of {role} are in units of {_NAMES[scale]}"
        found.append(Option(f"{scale:.0f}", text, settings))
    return tuple(found)


def _ask(
    units: Units,
    role: str,
    prefix: str,
    names: tuple[Sequence[str], bool],
    taken: tuple[float, str],
    tables: Sequence[Opened],
    jurisdiction: str,
    notation: Notation,
) -> None:
    options = _options(role, prefix, names, jurisdiction)
    default, why = taken
    key = f"{default:.0f}"
    if role != "loans":  # a value far from all claims is no other reading
        ratio = _ratio(units, _values(role, tables, notation))
        likely = tuple(o for o in options if o.key == key or _alike(ratio * float(o.key)))
        options = likely if len(likely) > 1 else options
    if not any(one.key == key for one in options):
        settings = {f"{prefix}amount_unit": default}
        options += (Option(key, f"Amounts of {role} are in units of {default:,.0f}", settings),)
    text = f"In which unit are the amounts of {role} ({', '.join(names[0])})? {why}."
    count = sum(len(one.records.rows) for one in tables)
    units.questions.append(Question(f"unit.{role}", text, options, key, names[0][0], count))
    chosen = next(one for one in options if one.key == key)
    if default != 1.0 or "amount_unit" in units.settings:
        merge(units.settings, chosen.settings)


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add settings to others, mapping by mapping; None at the top level takes a key away."""
    for key, value in more.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, Mapping):
            own = dict(into.get(key) or {})
            for name, inner in value.items():
                own[name] = {**own.get(name, {}), **inner} if isinstance(inner, Mapping) else inner
            into[key] = own
        else:
            into[key] = value


def _fault(units: Units, role: Role, prefix: str, one: Opened, jurisdiction: str) -> None:
    """Ask for the unit of a sheet whose own statements contradict each other."""
    if not one.errors or any(q.id == f"unit.{role}" for q in units.questions):
        return
    found = one.items if role == "collateral" and one.role == "loans" else one.found
    names = [c.name for c in SCHEMAS[role] if c.type == "amount" and c.name in found]
    if not names:
        return
    options = tuple(
        Option(o.key, o.text, {"column_units": dict.fromkeys(names, float(o.key))})
        for o in _options(role, prefix, (names, False), jurisdiction)
    )
    text = f"In which unit are the amounts of {role}? {one.seen.label}: {one.errors[0]}."
    units.questions.append(
        Question(f"unit.{role}", text, options, "1", names[0], len(one.records.rows))
    )
    merge(units.settings, options[0].settings)


def _evidence(
    units: Units,
    role: str,
    tables: Sequence[Opened],
    codes: Sequence[CodeProposal],
    notation: Notation,
    jurisdiction: str,
) -> tuple[float, str]:
    """Return the likely unit of amounts without one, and why it is in doubt; empty: it is 1."""
    own = {units.factor[r, n] for r, n in units.source if r == role}
    if len(own) == 1 and own != {1.0}:
        unit = own.pop()
        return unit, f"other amounts of the sheet are in units of {unit:,.0f}"
    if role == "loans":
        return _loan_evidence(tables, codes, notation, jurisdiction)
    known = {units.factor[r, n] for r, n in units.factor if r == "loans"}
    if len(known) != 1 or known == {1.0}:
        return 1.0, ""
    unit = known.pop()
    follows = "amount_unit" in units.settings  # the unit of the loans holds for all tables
    values = _values(role, tables, notation)
    claims = units.median
    if len(values) == 0 or claims <= 0.0:
        return unit, f"nothing states it, and the loans are in units of {unit:,.0f}"
    ratio = _ratio(units, values)
    if _alike(ratio):
        return 1.0, (
            f"nothing states it; in units of 1 the median is {ratio:,.2g} times that of the loans"
        )
    if follows:
        return unit, ""
    return unit, (
        f"nothing states it; in units of 1 the median is {ratio:,.2g} times that of the loans, "
        f"which are in units of {unit:,.0f}"
    )


def _ratio(units: Units, values: np.ndarray) -> float:
    """Return the median of amounts over that of the loans; 0 if it is not known."""
    known = len(values) and units.median > 0.0
    return float(np.median(values)) / units.median if known else 0.0


def _alike(ratio: float) -> bool:
    return 1.0 / _RATIO <= ratio <= _RATIO


def _values(role: str, tables: Sequence[Opened], notation: Notation) -> np.ndarray:
    """Return the positive amounts of the first balance that a table has, in its own unit."""
    found = []
    for one in tables:
        places = one.items if role == "collateral" and one.role == "loans" else one.found
        name = next((n for n in _BALANCE[role] if n in places), None)
        if name is not None:
            values = one.amounts(places[name].positions[0], notation)
            found.append(values[values > 0.0])
    return np.concatenate(found) if found else np.zeros(0)


def _loan_evidence(
    tables: Sequence[Opened],
    codes: Sequence[CodeProposal],
    notation: Notation,
    jurisdiction: str,
) -> tuple[float, str]:
    """Return the likely unit of loans by the median balance of each product."""
    product_of = {c.code: c.value for c in codes if c.field == "product"}
    small: list[tuple[str, float]] = []
    for one in tables:
        name = next((n for n in _BALANCE["loans"] if n in one.found), None)
        if name is None:
            continue
        values = one.amounts(one.found[name].positions[0], notation)
        products = (
            column_text(one.records.frame[one.found["product"].positions[0]]).map(product_of)
            if "product" in one.found
            else None
        )
        groups = (
            [("", np.ones(len(values), dtype=bool))]
            if products is None
            else [(str(p), (products == p).to_numpy(dtype=bool)) for p in set(products.dropna())]
        )
        for product, at in groups:
            own = values[at & (values > 0.0)]
            if len(own) and float(np.median(own)) < _LOW.get(product, _UNKNOWN):
                small.append((product or "loan", float(np.median(own))))
    if not small:
        return 1.0, ""
    product, median = max(small, key=lambda pair: pair[1])
    default = 1e4 if jurisdiction == "china" else 1e3
    return default, f"nothing states it, and the median {product} balance is {median:,.2f}"


def loan_median(units: Units, tables: Sequence[Opened], notation: Notation) -> float:
    """Return the median balance of the loans. [package currency]"""
    values = _values("loans", tables, notation)
    factor = units.factor.get(("loans", "principal"), units.factor.get(("loans", "gbv"), 1.0))
    return float(np.median(values)) * factor if len(values) else 0.0
