"""Convert amounts row by row by a currency column; refuse rows without an exchange rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import column_text
from npl_sim.tables.currencies import bears_other
from npl_sim.tape.parsed import Parsed
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.spec import TapeSpec


def row_rates(parsed: Parsed, spec: TapeSpec) -> np.ndarray:
    """Return the exchange rate of each row; NaN without one. [package currency per unit]"""
    if "currency" not in parsed.places:
        return np.ones(len(parsed.frame))
    return _rates(parsed.frame["currency"], spec)


def _rates(code: pd.Series, spec: TapeSpec) -> np.ndarray:
    known = {"": 1.0, spec.currency: 1.0, **spec.exchange_rates}
    return code.map(known).to_numpy(dtype=np.float64)


def convert(parsed: Parsed, role: Role, spec: TapeSpec, stated: Mapping[str, str] = {}) -> Parsed:
    """Return the rows of a table with every amount in the currency of the package.

    Parameters
    ----------
    parsed
        Rows as read; those in a currency without a rate are noted as errors.
    role
        The table.
    spec
        Currency of the package and exchange rates.
    stated
        Amount column to the currency that its header or a title names; a row in another one is
        an error.
    """
    if "currency" not in parsed.places:
        return parsed
    code, log, text = parsed.frame["currency"], parsed.log, parsed.text("currency")
    unknown = np.isnan(row_rates(parsed, spec))
    expected = (
        f"{spec.currency}, the package's currency, or a rate for this one in tape.exchange_rates"
    )
    log.error("currency", unknown, text, expected)
    blank = parsed.empty["currency"] & _has_content(parsed)
    if not parsed.empty["currency"].all():
        expected = f"a currency: {spec.currency} was assumed"
        log.warn("currency", blank, text, expected, confirm="currency")
    other = (
        ~unknown & (code != spec.currency).to_numpy(dtype=bool) & (code != "").to_numpy(dtype=bool)
    )
    log.warn("currency", other, text, f"{spec.currency}: converted at tape.exchange_rates")
    for name, named in stated.items():
        if named:
            same = [named, ""] if named == spec.currency else [named]
            apart = ~code.isin(same).to_numpy(dtype=bool) & ~parsed.empty[name]
            expected = (
                f"{named}, which the header or title of {name} names; where that is right, "
                f"{spec.key(role, 'columns')}: {{currency: null}} leaves this column unread"
            )
            log.error("currency", apart, text, expected)
    _check_marks(parsed, role, code.mask(code == "", spec.currency))
    return _with_rates(parsed, role, code, spec)


def convert_beside(
    items: Parsed, loans: Parsed, role: Role, spec: TapeSpec, stated: Mapping[str, str]
) -> Parsed:
    """Return rows converted by the currency column of the loans beside them.

    Parameters
    ----------
    items
        Rows as read, one per loan row.
    loans
        The loan rows, with a currency column.
    role
        The table of the items.
    spec
        Currency of the package and exchange rates.
    stated
        Amount column to the currency that its header names; a row in another one is an error.
    """
    code = loans.frame["currency"]
    known = code.mask(code == "", spec.currency)
    for name, named in stated.items():
        if named:
            apart = (known != named).to_numpy(dtype=bool) & ~items.empty[name]
            expected = (
                f"an amount in the currency of its row: the header or title of {name} names "
                f"{named}"
            )
            items.log.error(name, apart, items.text(name), expected)
    _check_marks(items, role, known)
    return _with_rates(items, role, code, spec)


def _check_marks(parsed: Parsed, role: Role, code: pd.Series) -> None:
    """Report amounts that bear the mark of a currency other than their row's."""
    for column in SCHEMAS[role]:
        name = column.name
        if column.type != "amount" or name not in parsed.places:
            continue
        cells = column_text(parsed.raw.frame[parsed.places[name]]).reset_index(drop=True)
        for one in code.unique():
            here = np.flatnonzero((code == one).to_numpy(dtype=bool))
            bad = np.zeros(len(cells), dtype=bool)
            bad[here] = bears_other(cells.iloc[here], str(one))
            expected = (
                f"an amount in {one}, which the row names: this one bears another currency's mark"
            )
            parsed.log.error(name, bad, parsed.text(name), expected)


def in_currency_of(totals: Parsed, records: Parsed) -> Parsed:
    """Return lines of totals in the single currency of the records, which they rarely repeat."""
    codes = records.frame["currency"].unique() if "currency" in records.places else []
    if len(codes) != 1:
        return totals
    code = totals.frame["currency"]
    named = code.mask(code == "", codes[0])
    return replace(totals, frame=totals.frame.assign(currency=named))


def _has_content(parsed: Parsed) -> np.ndarray:
    """Return the rows that hold anything beside a currency."""
    empty = [cells for name, cells in parsed.empty.items() if name != "currency"]
    return ~np.logical_and.reduce(empty) if empty else np.ones(len(parsed.frame), dtype=bool)


def _with_rates(parsed: Parsed, role: Role, code: pd.Series, spec: TapeSpec) -> Parsed:
    """Return a table with each amount converted from its row's currency; NaN without a rate."""
    factor = _rates(code, spec)
    frame = parsed.frame.copy()
    for column in SCHEMAS[role]:
        # A constant of the study is in package currency already.
        if column.type == "amount" and column.name in parsed.places:
            frame[column.name] = frame[column.name] * factor
    return replace(parsed, frame=frame)
