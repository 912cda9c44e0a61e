"""Differences between the files of two tapes, loan by loan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.tape.id_keys import without_keys

if TYPE_CHECKING:
    from npl_sim.tape.table import LoanTable


def tape_changes(first: LoanTable, second: LoanTable) -> pd.DataFrame:
    """Return the loans that were removed, added or changed, by the data of their files.

    Parameters
    ----------
    first, second
        Two tapes as of one date.

    Returns
    -------
    pandas.DataFrame
        Rows by loan: loan_id, what (went, came, changed), columns (names of what changed, with
        commas), and gbv_first, gbv_second. [package currency]
    """
    a, b = (without_keys(t.loans).set_index("loan_id") for t in (first, second))
    stated = first.stated_ages | second.stated_ages
    rows = [(i, "went", "", g, 0.0) for i, g in a.loc[~a.index.isin(b.index), "gbv"].items()]
    rows += [(i, "came", "", 0.0, g) for i, g in b.loc[~b.index.isin(a.index), "gbv"].items()]
    stay = a.index[a.index.isin(b.index)]
    columns = [c for c in a.columns if c in b.columns]
    differs = pd.DataFrame(
        {
            c: ~_same(a.loc[stay, c].to_numpy(object), b.loc[stay, c].to_numpy(object))
            for c in columns
        },
        index=stay,
    )
    # An age that follows from dates is not data of a file: the dates are compared.
    differs["age_months"] &= stay.isin(stated)
    for name in ("collateral", "guarantors"):
        differs[name] = _items_differ(getattr(first, name), getattr(second, name), stay)
    for i in stay[differs.any(axis=1)]:
        row = differs.loc[i]
        rows.append((i, "changed", ", ".join(row.index[row]), a.at[i, "gbv"], b.at[i, "gbv"]))
    return pd.DataFrame(rows, columns=["loan_id", "what", "columns", "gbv_first", "gbv_second"])


def _same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    empty = pd.isna(a) & pd.isna(b)
    filled = ~(pd.isna(a) | pd.isna(b))
    same: np.ndarray = empty.copy()
    same[filled] = a[filled] == b[filled]
    return same


def _items_differ(first: pd.DataFrame, second: pd.DataFrame, loans: pd.Index) -> np.ndarray:
    """Return whether the collateral or guarantors of each loan differ."""
    a, b = (
        pd.util.hash_pandas_object(f.astype(str), index=False)
        .groupby(f["loan_id"].to_numpy())
        .sum()
        for f in (without_keys(first), without_keys(second))
    )
    nothing = np.uint64(0)
    return (
        a.reindex(loans, fill_value=nothing) != b.reindex(loans, fill_value=nothing)
    ).to_numpy()
