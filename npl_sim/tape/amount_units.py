"""Settle the unit and currency of each amount column from settings, headers and title rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from npl_sim.tables.files import RawFile
from npl_sim.tape.headers import Match
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.units import (
    Statement,
    header_statement,
    plain_statement,
    title_statement,
    unread_scale,
    unread_title,
    without_yuan,
)


@dataclass(frozen=True)
class Settled:
    """Match of a file with the unit of each amount, the errors, and notes."""

    match: Match
    errors: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Stated:
    """What is known of a file's currencies before its amounts are read."""

    checked: bool = False
    """Whether the currency of the package is known, so that another one is refused or converted.
    """
    by_row: bool = False
    """Whether a column names the currency of each row."""
    below: Mapping[int, str] = field(default_factory=dict)
    """Position of a column to the unit that a row below the headers states."""


@dataclass(frozen=True)
class _Title:
    """Unit and currency stated by the rows around a table, and where they are stated."""

    unit: float | None
    currency: str
    sure: str
    where: str


def _title(raw: RawFile, errors: list[str]) -> _Title:
    """Return what title rows, notes below the table and the sheet name state."""
    unit: float | None = None
    currency, sure, where = "", "", ""
    label = raw.source.file
    sheet = label.partition("[")[2].rstrip("]") if label.endswith("]") else ""
    named = title_statement(sheet)  # a sheet such as 贷款(万元)
    if named.unit not in (None, 1.0):
        unit, where = named.unit, f"the name of the sheet, {sheet!r},"
    for row, texts in raw.above:
        # The term and its value may be in neighboring cells.
        for text in (*texts, " ".join(texts)):
            statement = title_statement(text)
            if statement.unit is not None:
                if unit is not None and statement.unit != unit:
                    errors.append(
                        f"row {row}: {text!r} states a unit of {statement.unit:,g}, {where} of "
                        f"{unit:,g}; expected one"
                    )
                unit, where = statement.unit, f"row {row}, {text!r}"
            currency = currency or statement.currency
            sure = sure or title_statement(without_yuan(text)).currency
    return _Title(unit, currency, sure, where)


def _header(header: str, below: str) -> tuple[Statement, str]:
    """Return what a header and the unit row below it state, and the certain currency."""
    statement, under = header_statement(header), plain_statement(below.strip("()（）[]"))
    sure = header_statement(without_yuan(header)).currency
    sure = sure or plain_statement(without_yuan(below)).currency
    return Statement(statement.unit or under.unit, statement.currency or under.currency), sure


def _unit(
    name: str, header: str, below: str, title: _Title, spec: TapeSpec, role: Role
) -> tuple[float, str, bool]:
    """Return the unit of an amount column, an error, and whether the unit is stated."""
    own = spec.column_units.get(name)
    if own is not None:
        return own, "", True
    key, stated = spec.unit_key(role)
    # A bare currency in a header, (EUR), says nothing against a unit of the whole file.
    statements = [
        (value, source)
        for value, source in (
            (header_statement(header).unit, f"header {header!r}"),
            (
                plain_statement(below.strip("()（）[]")).unit,
                f"the row below the headers, {below!r},",
            ),
            (title.unit, title.where),
            (stated, f"the study's {key}"),
        )
        if value is not None
    ]
    if header_statement(header).unit is None and unread_scale(header):
        return (
            1.0,
            (
                f"{name}: header {header!r} holds a unit that is not understood; expected "
                f"one such as (万元) or (EUR thousands) "
                f"at its end, or tape.column_units: {{{name}: ...}}"
            ),
            False,
        )
    if not statements:
        return 1.0, "", False
    first, source = statements[0]
    for value, other in statements[1:]:
        if value != first:
            return (
                first,
                (
                    f"{name}: {source} states a unit of {first:,g}, {other} of "
                    f"{value:,g}; expected the same, or "
                    f"tape.column_units: {{{name}: ...}}"
                ),
                True,
            )
    return first, "", True


def _rate(code: str, spec: TapeSpec) -> float | None:
    """Return the package currency per unit of a currency; None without a stated rate."""
    if code in ("", spec.currency):
        return 1.0
    return spec.exchange_rates.get(code)


def _currencies(
    name: str, heads: list[tuple[Statement, str]], title: _Title, by_row: bool, errors: list[str]
) -> str:
    """Return the currency of an amount column; an error if added headers name several."""
    if by_row:
        codes = {sure or title.sure for _, sure in heads}
    else:
        codes = {statement.currency or title.currency for statement, _ in heads}
    if len(codes) > 1:
        names = ", ".join(sorted(code or "none" for code in codes))
        errors.append(
            f"{name}: its headers state different currencies ({names}); expected one for "
            f"amounts that add up"
        )
    return sorted(codes)[-1]


def _title_notes(
    raw: RawFile, title: _Title, key: str, stated: float | None, errors: list[str]
) -> list[str]:
    """Return a note on a unit taken from the title; add an error for one not understood."""
    if stated is not None:
        return []
    if title.unit is None:
        unread = [(row, text) for row, texts in raw.above for text in texts if unread_title(text)]
        errors += [
            f"row {row}: {text!r} states a unit that is not understood; expected {key} to state it"
            for row, text in unread[:1]
        ]
    elif title.unit != 1.0:
        return [f"{title.where} states the unit of the amounts: {title.unit:,g} was used"]
    return []


def settle_units(
    raw: RawFile, role: Role, match: Match, spec: TapeSpec, stated: Stated = Stated()
) -> Settled:
    """Return the units of a file's amounts, in package currency.

    Parameters
    ----------
    raw
        The file, with the rows around its table.
    role
        The table that it holds.
    match
        Where its columns stand.
    spec
        The study's statements on units and exchange rates.
    stated
        What is known of its currencies, and the units in a row below the headers.
    """
    errors: list[str] = []
    title = _title(raw, errors)
    notes = _title_notes(raw, title, *spec.unit_key(role), errors)
    units: dict[str, float] = {}
    currencies: dict[str, str] = {}
    known: set[str] = set()
    for column in SCHEMAS[role]:
        name = column.name
        if column.type != "amount" or name not in match.at:
            continue
        places = (match.at[name], *match.more.get(name, ()))
        below = [stated.below.get(p, "") for p in places]
        found = [
            _unit(name, raw.headers[p], b, title, spec, role)
            for p, b in zip(places, below, strict=True)
        ]
        errors += [fault for _, fault, _ in found if fault]
        if all(is_stated for _, _, is_stated in found):
            known.add(name)
        if len({unit for unit, _, _ in found}) > 1:
            errors.append(
                f"{name}: its headers state different units; expected one unit for "
                f"amounts that add up"
            )
        unit = found[0][0]
        heads = [_header(raw.headers[p], b) for p, b in zip(places, below, strict=True)]
        code = (
            _currencies(name, heads, title, stated.by_row, errors)
            if stated.checked or stated.by_row
            else ""
        )
        currencies[name] = code
        # Where a column names the currency row by row, what the header names must agree with it:
        # see `convert`.
        rate = 1.0 if stated.by_row else _rate(code, spec)
        if rate is None:
            errors.append(
                f"{name}: header or title states {code}, the package is in "
                f"{spec.currency}; expected the same, "
                f"or tape.exchange_rates: {{{code}: {spec.currency} per {code}}}"
            )
        unit *= rate or 1.0
        units[name] = unit
    if any(
        plain_statement(text.strip("()（）[]")).unit not in (None, 1.0)
        for text in stated.below.values()
    ):
        notes.append(
            f"the row below the headers states units: "
            f"{', '.join(dict.fromkeys(stated.below.values()))}"
        )
    settled = replace(match, units=units, currencies=currencies, stated=frozenset(known))
    return Settled(settled, tuple(dict.fromkeys(errors)), tuple(notes))
