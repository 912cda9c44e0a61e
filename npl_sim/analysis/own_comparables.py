"""The user's own comparables: prices of other packages, and the range that they imply.

Each product of the package is a class. Its comparables are those of the same asset class, country,
age and security that were agreed before the valuation date. Their prices over gross book value
give quantiles; fewer than `FEWEST` comparables determine nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.published import place_of
from npl_sim.core.errors import TableError
from npl_sim.tables.cash_file import open_table
from npl_sim.tables.cash_table import CashTable, shown_names, unknown
from npl_sim.tables.cell_types import column_text
from npl_sim.tables.columns import Column, Notation

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

FEWEST = 3
"""Fewest comparables that determine a range. [comparables]"""

OLDEST_YEARS = 5
"""Greatest age of a comparable at the valuation date. [years]"""

AGE_MONTHS, AGE_FACTOR = 12.0, 2.0
"""Loans are of one age within so many months, or within this factor."""

SECURED_GAP = 0.25
"""Greatest difference of secured shares. [share of GBV]"""

LEVELS = (0.25, 0.5, 0.75)
"""Quantiles of a range: quartiles and median. [probability]"""

MIXED = "mixed"
"""Asset class of a comparable of several products; it is compared with the whole package."""

PACKAGE = "package"
UNKNOWN, INSIDE, BELOW, ABOVE = "not determined", "inside", "below", "above"

REQUIRED = ("date", "price", "gbv", "asset_class", "source")
OPTIONAL = ("principal", "age_months", "secured_share", "place")
COLUMNS = (*REQUIRED, *OPTIONAL)

_NUMBERS = {
    "price": Column("price", "amount", "Price."),
    "gbv": Column("gbv", "amount", "Gross book value.", above_minimum=True),
    "principal": Column("principal", "amount", "Principal.", above_minimum=True),
    "age_months": Column("age_months", "number", "Age.", "months", maximum=1200.0),
    "secured_share": Column("secured_share", "rate", "Secured share.", maximum=1.0),
}


@dataclass(frozen=True)
class OwnComparables:
    """Range that the user's own comparables imply for a package."""

    table: pd.DataFrame
    """Rows by class, the package last. [share of GBV, unless stated otherwise]

    - asset_class, gbv [package currency]
    - comparables: number matched
    - low, median, high: quartiles and median of price over GBV; NaN if not determined
    - model: the model's price over GBV
    - verdict: position of the model: inside, below, above, not determined
    """
    file: str
    """Name of the file."""
    stored: int
    """Number of comparables in the file."""

    @property
    def package(self) -> pd.Series:
        """Row of the whole package."""
        return self.table.iloc[-1]


def read_comparables(path: Path, currency: str = "") -> pd.DataFrame:
    """Read a store of comparables.

    Parameters
    ----------
    path
        Delimited text file, workbook or Parquet file with the columns `COLUMNS`.
    currency
        Currency with which marks of amounts must agree; defaults to any.

    Returns
    -------
    pandas.DataFrame
        One row per comparable; missing optional values are NaN or empty.

    Raises
    ------
    TableError
        If the file cannot be read or a value is impossible: with file, row and column.
    """
    table = open_table("comparables", path, COLUMNS, currency)
    for name in table.cells:
        if name not in COLUMNS:
            raise unknown(table.where, name, COLUMNS, f"expected {', '.join(COLUMNS)}")
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise TableError(
            f"{table.where}: lacks {shown_names(missing)}; expected the columns "
            f"{', '.join(REQUIRED)}"
        )
    found = pd.DataFrame({"date": _dates(table)})
    notation = Notation(
        decimal=table.mark(
            [n for n in ("price", "gbv", "principal") if n in table],
            [n for n in ("secured_share",) if n in table],
        ),
        currency=currency,
    )
    for name, column in _NUMBERS.items():
        found[name] = _numbers(table, column, notation) if name in table else math.nan
    for name in ("asset_class", "source"):
        found[name] = table.names(name, f"the {name.replace('_', ' ')}").to_numpy()
    found["asset_class"] = [
        re.sub(r"[\s\-]+", "_", text.strip().casefold()) for text in found["asset_class"]
    ]
    found["place"] = _places(table)
    return found


def _dates(table: CashTable) -> np.ndarray:
    text = table.names("date", "a date such as 2025-03-31").str.slice(0, 10)
    dates = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    table.refuse("date", {"a date such as 2025-03-31": dates.isna().to_numpy()})
    return dates.to_numpy()


def _numbers(table: CashTable, column: Column, notation: Notation) -> np.ndarray:
    """Return a column of numbers; an empty cell of an optional column is NaN."""
    if column.name in REQUIRED:
        return table.numbers(column, notation)
    empty = (column_text(table.cells[column.name]) == "").to_numpy()
    values = np.full(len(table), math.nan)
    if not empty.all():
        kept = CashTable(
            table.where,
            {column.name: table.cells[column.name][~empty].reset_index(drop=True)},
            table.rows[~empty],
            table.raw,
            (),
            table.merged,
            table.currency,
        )
        values[~empty] = kept.numbers(column, notation)
    return values


def _places(table: CashTable) -> np.ndarray:
    if "place" not in table:
        return np.full(len(table), "", dtype=object)
    text = column_text(table.cells["place"]).str.strip().str.upper()
    wrong = ~text.str.fullmatch(r"([A-Z]{2})?").to_numpy(dtype=bool)
    table.refuse("place", {"a country of two letters such as CN, or nothing": wrong})
    return text.to_numpy(dtype=object)


def own_comparables(
    study: Study, table: LoanTable, result: PriceDistribution, store: pd.DataFrame
) -> OwnComparables:
    """Return the range that comparables imply for a priced package.

    Parameters
    ----------
    study, table, result
        What was priced, and its price.
    store
        Comparables (`read_comparables`).

    Notes
    -----
    The range of the package adds those of its classes, as if all classes were at the same
    quantile. Where a class is not determined, comparables of mixed packages decide.
    """
    loans = table.loans
    value = result.flows.loans["pv_mean"].to_numpy(dtype=np.float64)
    secured = loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy()
    product = loans["product"].to_numpy(dtype=object)
    recent = _recent(store, study.valuation_date, place_of(study.legal))
    rows = []
    for name in [*sorted(set(product)), PACKAGE]:
        own = np.ones(len(loans), dtype=bool) if name == PACKAGE else product == name
        gbv = loans["gbv"].to_numpy(dtype=np.float64)[own]
        total = math.fsum(gbv)
        if total <= 0.0:
            continue
        age = math.fsum(gbv * loans["age_months"].to_numpy(dtype=np.float64)[own]) / total
        share = math.fsum(gbv[secured[own]]) / total
        label = MIXED if name == PACKAGE else name
        matched = recent[_alike(recent, str(label), age, share)]
        ratios = (matched["price"] / matched["gbv"]).to_numpy(dtype=np.float64)
        ends = np.quantile(ratios, LEVELS) if len(ratios) >= FEWEST else np.full(3, math.nan)
        rows.append((name, total, len(ratios), *ends, math.fsum(value[own]) / total))
    columns = ["asset_class", "gbv", "comparables", "low", "median", "high", "model"]
    frame = pd.DataFrame(rows, columns=columns)
    if len(frame):
        _add_package(frame, result.mean.value)
        frame["verdict"] = list(_verdicts(frame))
    return OwnComparables(
        frame, "" if study.comparables is None else study.comparables.name, len(store)
    )


def _recent(store: pd.DataFrame, at: date, place: str) -> pd.DataFrame:
    """Return the comparables of a country agreed in the years before a date."""
    day = pd.Timestamp(at)
    fresh = (store["date"] <= day) & (store["date"] >= day - pd.DateOffset(years=OLDEST_YEARS))
    here = (store["place"] == "") | (store["place"] == place) if place else True
    return store[fresh & here]


def _alike(store: pd.DataFrame, name: str, age: float, secured: float) -> pd.Series:
    """Return which comparables are of an asset class, age and secured share; gaps match."""
    ages, shares = store["age_months"], store["secured_share"]
    near = (ages - age).abs() <= AGE_MONTHS
    near |= (ages >= age / AGE_FACTOR) & (ages <= age * AGE_FACTOR)
    same = (shares - secured).abs() <= SECURED_GAP
    return (store["asset_class"] == name) & (near | ages.isna()) & (same | shares.isna())


def _add_package(frame: pd.DataFrame, price: float) -> None:
    """Set the row of the package: the sum of its classes, where each is determined."""
    last, classes = len(frame) - 1, frame.iloc[:-1]
    total = float(frame.loc[last, "gbv"])
    frame.loc[last, "model"] = price / total
    if len(classes) and classes["low"].notna().all():
        for name in ("low", "median", "high"):
            frame.loc[last, name] = math.fsum(classes["gbv"] * classes[name]) / total
        frame.loc[last, "comparables"] = int(classes["comparables"].sum())


def _verdicts(frame: pd.DataFrame) -> Iterator[str]:
    for row in frame.itertuples():
        if math.isnan(row.low):
            yield UNKNOWN
        else:
            yield BELOW if row.model < row.low else ABOVE if row.model > row.high else INSIDE
