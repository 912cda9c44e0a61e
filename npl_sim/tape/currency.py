"""Convert amounts row by row where a column names their currency; without a rate the row is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from npl_sim.tables.currencies import bears_other
from npl_sim.tables.files import column_text
from npl_sim.tape.parsed import Parsed
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.spec import TapeSpec

__all__ = ["convert", "row_rates"]


def row_rates(parsed: Parsed, spec: TapeSpec) -> np.ndarray:
    """Return what one unit of the currency that each row names is worth; NaN: no rate. [package currency per unit]"""
    if "currency" not in parsed.places:
        return np.ones(len(parsed.frame))
    rates = {"": 1.0, spec.currency: 1.0, **spec.exchange_rates}
    return parsed.frame["currency"].map(rates).to_numpy(dtype=np.float64)


def convert(parsed: Parsed, role: Role, spec: TapeSpec) -> Parsed:
    """Return the rows of a table with every amount in the currency of the package.

    Parameters
    ----------
    parsed
        Rows as read; those in a currency without a rate are noted as errors.
    role
        The table.
    spec
        Currency of the package and exchange rates.
    """
    if "currency" not in parsed.places:
        return parsed
    code, notes = parsed.frame["currency"], parsed.notes
    factor = row_rates(parsed, spec)
    unknown = np.isnan(factor)
    told = f"{spec.currency}, the package's currency, or a rate for this one in tape.exchange_rates"
    notes.error("currency", unknown, parsed.text("currency"), told)
    blank = parsed.empty["currency"]
    if not blank.all():
        notes.warn(
            "currency",
            blank,
            parsed.text("currency"),
            f"a currency: {spec.currency} was assumed",
            confirm="currency",
        )
    other = ~unknown & (code != spec.currency).to_numpy(dtype=bool) & (code != "").to_numpy(dtype=bool)
    notes.warn(
        "currency", other, parsed.text("currency"), f"{spec.currency}: converted at tape.exchange_rates"
    )
    frame = parsed.frame.copy()
    for column in SCHEMAS[role]:
        # A constant of the study is in package currency already.
        if column.type == "amount" and column.name in parsed.places:
            _refuse_marks(parsed, column.name, code.where(code != "", spec.currency))
            frame[column.name] = frame[column.name] * factor
    return replace(parsed, frame=frame)


def _refuse_marks(parsed: Parsed, name: str, code: pd.Series) -> None:
    """Note as errors the amounts that bear the mark of another currency than their row names."""
    text = column_text(parsed.raw.frame[parsed.places[name]]).reset_index(drop=True)
    for currency in code.unique():
        here = (code == currency).to_numpy(dtype=bool)
        other = np.zeros(len(text), dtype=bool)
        other[here] = bears_other(text[here], currency)
        expected = f"an amount in {currency}, which the row names: this one bears another currency's mark"
        parsed.notes.error(name, other, text, expected)
