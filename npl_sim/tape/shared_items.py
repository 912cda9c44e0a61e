"""Collateral ids under several loans: one shared item, or separate numbering per loan.

The study says which (`tape.collateral_scope`); equal values prove neither, so that nothing is
guessed.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from npl_sim.tables.findings import Finding, FindingLog
from npl_sim.tape.parsed import Parsed, among

Scope = Literal["file", "loan"] | None

_CONTENT = ("kind", "appraisal_value", "appraisal_date")
_EXAMPLES = 3


def settle_shared(
    table: Parsed, frame: pd.DataFrame, loans: pd.DataFrame, scope: Scope
) -> pd.DataFrame:
    """Return collateral rows with ids under several loans read as the study states.

    One item: its value and prior liens are split by the loans' gross book value, to the cent.
    Items of their own: each gets an id of its own.

    Parameters
    ----------
    table
        Collateral rows as read; its log takes the findings.
    frame
        The same rows, completed.
    loans
        Completed loan rows.
    scope
        `tape.collateral_scope`.
    """
    log = table.log
    twice = frame.duplicated(["loan_id", "collateral_id"], keep=False)
    log.error(
        "collateral_id", twice, frame["collateral_id"], "an id that occurs once under its loan"
    )
    shared = (frame["collateral_id"].duplicated(keep=False) & ~twice).to_numpy(dtype=bool)
    if not shared.any():
        return frame
    gbv = loans.drop_duplicates("loan_id").set_index("loan_id")["gbv"]
    if scope is None:
        log.about_file(_undecided(table, frame, shared, gbv))
        return frame
    if scope == "loan":
        own = frame["loan_id"] + "/" + frame["collateral_id"]
        return frame.assign(
            collateral_id=frame["collateral_id"].where(~pd.Series(shared, index=frame.index), own)
        )
    _disagreements(table, frame, shared)
    return _split_items(log, frame.copy(), shared, twice.to_numpy(dtype=bool), gbv)


def _undecided(table: Parsed, frame: pd.DataFrame, shared: np.ndarray, gbv: pd.Series) -> Finding:
    """Return the error that asks whether equal ids are one item, with both totals."""
    rows = frame[shared]
    groups = rows.groupby("collateral_id", sort=False)["appraisal_value"]
    own, one = float(rows["appraisal_value"].sum()), float(groups.max().sum())
    ids = list(dict.fromkeys(rows["collateral_id"].tolist()))
    shown = ", ".join(map(repr, ids[:_EXAMPLES])) + (", ..." if len(ids) > _EXAMPLES else "")
    where = ", ".join(_row(table.log, r) for r in table.log.rows[shared][:_EXAMPLES].tolist())
    where += ", ..." if len(rows) > _EXAMPLES else ""
    expected = (
        f"a stated scope of collateral ids: {len(rows):,} rows (rows {where}) with "
        f"{len(ids):,} equal ids ({shown}) are under several loans. As shared items they are "
        f"worth {one:,.2f}, as separate items {own:,.2f}. Set tape.collateral_scope to file "
        "(one id is one item) or loan (ids begin anew under each loan)"
    )
    name = table.log.headers.get("collateral_id", "collateral_id")
    column = "collateral_id" if name == "collateral_id" else f"collateral_id ({name})"
    total = float(gbv.reindex(rows["loan_id"].unique()).sum(min_count=1))
    return Finding(
        "error", table.log.file, column, expected, 1, (table.raw.header_row,), (ids[0],), gbv=total
    )


def _row(log: FindingLog, key: int) -> str:
    """Return a row label for messages, with the file if there are several."""
    file, row = log.place(key)
    return f"{row} of {file}" if log.parts else str(row)


def _disagreements(table: Parsed, frame: pd.DataFrame, shared: np.ndarray) -> None:
    """Report ids whose rows differ in kind, value or date, on all of their rows."""
    ids, rows = frame["collateral_id"], pd.Series(table.log.rows, index=frame.index)
    for name in _CONTENT:
        content = frame[name].map(str, na_action=None).where(frame[name].notna(), "")
        differ = shared & (content.groupby(ids).transform("nunique") > 1).to_numpy(dtype=bool)
        if not differ.any():
            continue
        first = ids[differ].iloc[0]
        at = np.flatnonzero((ids == first).to_numpy(dtype=bool))
        cells = table.text(name)(at).tolist()
        usual = max(dict.fromkeys(cells), key=cells.count)
        odd = ", ".join(
            f"row {_row(table.log, rows.iloc[i])} has {c!r}"
            for i, c in zip(at, cells, strict=True)
            if c != usual
        )
        like = next(
            _row(table.log, rows.iloc[i]) for i, c in zip(at, cells, strict=True) if c == usual
        )
        expected = (
            f"the same {name} in every row of a collateral id, as collateral_scope: file "
            f"says that it is one item: "
            f"for {first!r} {odd}, row {like} {usual!r}"
        )
        log = table.log
        log.error(name, differ, table.text(name), expected)


def _split_items(
    log: FindingLog, frame: pd.DataFrame, shared: np.ndarray, twice: np.ndarray, gbv: pd.Series
) -> pd.DataFrame:
    """Split each shared item over its loans by GBV; rows that cannot be split are errors."""
    own = frame["loan_id"].map(gbv)
    unknown = twice | (shared & own.isna().to_numpy(dtype=bool))
    stuck = shared & among(frame["collateral_id"], frame["collateral_id"][unknown].unique())
    expected = (
        "an item all of whose loans are on the tape with a known claim: else its value cannot "
        "be split over them"
    )
    log.error("collateral_id", stuck, frame["collateral_id"], expected)
    liens = frame.groupby("collateral_id")["prior_liens"].transform("nunique").to_numpy() > 1
    expected = "the same prior_liens in every row of one item: the largest is used"
    log.warn("prior_liens", shared & liens, frame["prior_liens"].copy(), expected)
    expected = "an id under one loan: the item secures several, its value is split by their GBV"
    log.warn("collateral_id", shared & ~stuck, frame["collateral_id"], expected)
    for _, rows in frame[shared & ~stuck].groupby("collateral_id", sort=False):
        weight = np.maximum(own.loc[rows.index].to_numpy(dtype=np.float64), 0.0)
        weight = (
            weight / weight.sum() if weight.sum() > 0.0 else np.full(len(rows), 1.0 / len(rows))
        )
        for name in ("appraisal_value", "prior_liens"):
            amount = float(rows[name].max())
            if np.isfinite(amount):
                frame.loc[rows.index, name] = _split(amount, weight)
    return frame


def _split(amount: float, weight: np.ndarray) -> np.ndarray:
    """Split an amount by weights that sum to one, in whole cents, the largest remainders first."""
    cents = round(amount * 100)
    parts = np.floor(weight * cents).astype(np.int64)
    left = cents - int(parts.sum())
    parts[np.argsort(parts - weight * cents, kind="stable")[:left]] += 1
    return np.asarray(parts / 100.0)
