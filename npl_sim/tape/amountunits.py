"""Settle the unit and currency of each amount column from key, header and title rows; disagreement is an error."""

from __future__ import annotations

from dataclasses import dataclass, replace

from npl_sim.tables.files import RawFile
from npl_sim.tape.headers import Match
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.units import Statement, header_statement, title_statement

__all__ = ["Settled", "settle_units"]


@dataclass(frozen=True)
class Settled:
    """The match of a file with the unit of each amount, the faults met, and what was settled by the file alone."""

    match: Match
    faults: tuple[str, ...]
    notes: tuple[str, ...]


def _title(raw: RawFile, faults: list[str]) -> tuple[Statement, str]:
    """Return what the rows above the headers state, and where."""
    unit: float | None = None
    currency, where = "", ""
    for row, texts in raw.above:
        # The word and its value may stand in neighboring cells.
        for text in (*texts, " ".join(texts)):
            said = title_statement(text)
            if said.unit is not None:
                if unit is not None and said.unit != unit:
                    faults.append(
                        f"row {row}: {text!r} states a unit of {said.unit:,g}, a row above it {unit:,g}; expected one"
                    )
                unit, where = said.unit, f"row {row}, {text!r}"
            currency = currency or said.currency
    return Statement(unit, currency), where


def _unit(
    name: str, header: str, title: Statement, where: str, spec: TapeSpec, role: Role
) -> tuple[float, str]:
    """Return the unit of one amount column; a fault where two statements disagree."""
    own = spec.column_units.get(name)
    if own is not None:
        return own, ""
    key, stated = spec.unit_key(role)
    in_header = header_statement(header).unit
    # A bare currency in a header, (EUR), says nothing against a unit of the whole file.
    said = [
        (value, source)
        for value, source in (
            (in_header, f"header {header!r}"),
            (title.unit if in_header is None or title.unit != 1.0 else None, where),
            (stated, f"the study's {key}"),
        )
        if value is not None
    ]
    if not said:
        return 1.0, ""
    first, source = said[0]
    for value, other in said[1:]:
        if value != first:
            return first, (
                f"{name}: {source} states a unit of {first:,g}, {other} of {value:,g}; expected the same, or "
                f"tape.column_units: {{{name}: ...}}"
            )
    return first, ""


def _rate(code: str, spec: TapeSpec) -> float | None:
    """Return package currency per unit of a currency; None where no rate is stated."""
    if code in ("", spec.currency):
        return 1.0
    return spec.exchange_rates.get(code)


def settle_units(raw: RawFile, role: Role, match: Match, spec: TapeSpec, checked: bool) -> Settled:
    """Return the units of a file's amounts, in package currency.

    Parameters
    ----------
    raw
        The file, with the rows above its headers.
    role
        The table that it holds.
    match
        Where its columns stand.
    spec
        The study's statements on units and exchange rates.
    checked
        Whether the currency of the package is known, so that another one is refused or converted.
    """
    faults: list[str] = []
    notes: list[str] = []
    title, where = _title(raw, faults)
    if title.unit is not None and title.unit != 1.0 and spec.unit_key(role)[1] is None:
        notes.append(f"{where} states the unit of the amounts: {title.unit:,g} was used")
    units: dict[str, float] = {}
    currencies: dict[str, str] = {}
    for column in SCHEMAS[role]:
        if column.type != "amount" or column.name not in match.at:
            continue
        places = (match.at[column.name], *match.more.get(column.name, ()))
        found = [_unit(column.name, raw.headers[p], title, where, spec, role) for p in places]
        faults += [fault for _, fault in found if fault]
        if len({unit for unit, _ in found}) > 1:
            faults.append(
                f"{column.name}: its headers state different units; expected one unit for amounts that add up"
            )
        unit = found[0][0]
        if checked and "currency" not in match.at:  # a currency column says it row by row
            code = header_statement(raw.headers[places[0]]).currency or title.currency
            rate = _rate(code, spec)
            if rate is None:
                faults.append(
                    f"{column.name}: header or title states {code}, the package is in {spec.currency}; expected the same, "
                    f"or tape.exchange_rates: {{{code}: {spec.currency} per {code}}}"
                )
            unit *= rate or 1.0
            currencies[column.name] = code or spec.currency
        units[column.name] = unit
    return Settled(
        replace(match, units=units, currencies=currencies), tuple(dict.fromkeys(faults)), tuple(notes)
    )
