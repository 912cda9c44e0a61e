"""Concentration of a package by loan, borrower, segment, product and region."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd


def effective_number(amounts: np.ndarray) -> float:
    """Return the effective number of names: 1 over the Herfindahl-Hirschman index.

    Negative amounts count as 0. The number is NaN if no amount is positive.
    """
    positive = np.maximum(amounts, 0.0)
    total = math.fsum(positive)
    return float(total**2 / math.fsum(positive**2)) if total > 0.0 else float("nan")


def concentration(loans: pd.DataFrame, top: int = 10) -> pd.DataFrame:
    """Return the concentration by loan, borrower, segment, product and region.

    Parameters
    ----------
    loans
        Rows with loan_id, borrower_id, segment, product, region, gbv and value. [package currency]
    top
        Number of largest names whose share is reported.

    Returns
    -------
    pandas.DataFrame
        Rows by attribute: names, effective_number_gbv, effective_number_value, top_gbv, top_value
        (shares of the `top` largest) and largest (name of the largest by value).
    """
    rows = []
    for by in ("loan_id", "borrower_id", "segment", "product", "region"):
        sums = loans.groupby(loans[by].astype(str), sort=True)[["gbv", "value"]].sum()
        row: dict[str, object] = {"by": by.removesuffix("_id"), "names": len(sums)}
        for name in ("gbv", "value"):
            amounts = sums[name].to_numpy()
            # Exact in any order, so masked names give the same bits.
            total = math.fsum(amounts)
            row[f"effective_number_{name}"] = effective_number(amounts)
            biggest = np.sort(amounts)[::-1][:top].sum()
            row[f"top_{name}"] = float(biggest / total) if total else float("nan")
        row["largest"] = str(sums["value"].idxmax())
        rows.append(row)
    return pd.DataFrame(rows)


def largest(loans: pd.DataFrame, by: str, top: int = 10) -> pd.DataFrame:
    """Return the rows with the largest absolute amounts in a column, largest first."""
    order = np.argsort(-np.abs(loans[by].to_numpy()), kind="stable")[:top]
    return loans.iloc[order].reset_index(drop=True)
