"""Tapes in one file, and the same tapes in several."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.table import LoanTable

DAY = date(2026, 6, 30)


COUNT = 17


def loans() -> pd.DataFrame:
    """Return a small tape as text, with ids out of order and an empty cell."""
    i = np.arange(COUNT)
    return pd.DataFrame(
        {
            "loan_id": [f"L{(7 * k) % COUNT:03d}" for k in i],
            "borrower_id": [f"B{k % 5}" for k in i],
            "stage": ["collection"] * COUNT,
            "product": ["term"] * COUNT,
            "principal": [f"{1000.1 + 37.37 * k:.2f}" for k in i],
            "accrued_interest": [f"{10.0 * k:.2f}" for k in i],
            "default_date": [
                f"{1 + k:02d}/{1 + (k + 3) % 12:02d}/2024" for k in i
            ],  # 17/05 settles the order of all
            "contract_rate": [f"{5 + k % 4}.5%" for k in i],
            "region": ["north" if k % 3 else "" for k in i],
        }
    )


def items() -> pd.DataFrame:
    """Return collateral of every other loan."""
    ids = loans()["loan_id"][::2].tolist()
    return pd.DataFrame(
        {
            "loan_id": ids,
            "collateral_id": [f"C{k}" for k in range(len(ids))],
            "kind": ["house"] * len(ids),
            "appraisal_value": [f"{500.25 * (k + 1):.2f}" for k in range(len(ids))],
            "appraisal_date": ["2026-01-15"] * len(ids),
        }
    )


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table in the format of its suffix; amounts of a workbook or Parquet file are
    numbers."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
        return path
    typed = frame.copy()
    for name in ("principal", "accrued_interest", "appraisal_value"):
        if name in typed:
            typed[name] = typed[name].astype(float)
    typed = typed.reset_index(drop=True)
    if path.suffix == ".xlsx":
        typed.to_excel(path, index=False)
    else:
        typed.to_parquet(path, index=False)
    return path


def split(
    frame: pd.DataFrame, cuts: list[int], folder: Path, name: str, suffixes: list[str]
) -> list[Path]:
    """Write the rows between cuts to files of their own."""
    edges = [0, *sorted(cuts), len(frame)]
    pieces = [frame.iloc[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return [
        write(piece, folder / f"{name}_{i}{suffixes[i % len(suffixes)]}")
        for i, piece in enumerate(pieces)
    ]


def spec(
    loan_files: list[Path], item_files: list[Path] | None = None, **changes: object
) -> TapeSpec:
    """Return the terms of a tape in the given files."""
    return TapeSpec.model_validate(
        {"loans": loan_files, "collateral": item_files, "date_format": "auto", **changes}
    )


def same(one: LoanTable, other: LoanTable) -> None:
    """Assert that two tapes are the same to the bit."""
    for name in ("loans", "collateral", "guarantors"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert replace(one.reconciliation, files=()) == replace(other.reconciliation, files=())
    assert one.stated_ages == other.stated_ages
    assert one.other_readings == other.other_readings or len(one.other_readings) == len(
        other.other_readings
    )
