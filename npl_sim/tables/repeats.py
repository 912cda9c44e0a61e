"""Rows of a table of cash that repeat a scenario and date: counted, with their cash."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from npl_sim.core.errors import TableError

ADDED_SHARE = 0.5
"""Share of repeated dates that indicates a missing column scenario, and of copied rows that
indicates a doubled file."""

_SHOWN = 5


def _listed(rows: np.ndarray) -> str:
    text = ", ".join(str(r) for r in rows[:_SHOWN].tolist())
    return (
        f"rows {text}{', ...' if len(rows) > _SHOWN else ''}" if len(rows) > 1 else f"row {text}"
    )


def check_duplicate_rows(
    where: str, keys: Mapping[str, np.ndarray], amounts: Mapping[str, np.ndarray], rows: np.ndarray
) -> list[str]:
    """Return notes on rows that repeat the keys of an earlier row; their amounts still add up.

    Parameters
    ----------
    where
        What messages call the table.
    keys
        Columns that identify a row, such as scenario, month and kind, as numbers or names.
    amounts
        Amounts by name; rows in which all are 0 are left out.
    rows
        Row numbers. [row, from 1]

    Raises
    ------
    TableError
        If most rows are copies of others. Also if at most one scenario is named and repeated dates
        would add up scenarios.
    """
    cash = np.any([x != 0.0 for x in amounts.values()], axis=0)
    table = pd.DataFrame({**keys, **{f"amount {n}": x for n, x in amounts.items()}})[cash]
    rows = rows[cash]
    extra = table.duplicated(subset=list(keys)).to_numpy(dtype=bool)
    if not extra.any():
        return []
    same = table.duplicated().to_numpy(dtype=bool)
    named = " and ".join(keys)
    if same.sum() >= ADDED_SHARE * (~same).sum():
        raise TableError(
            f"{where}: {_listed(rows[same])}: {same.sum():,} of {len(same):,} rows are "
            f"the same as "
            "an earlier row in every cell; expected each row once: the file seems doubled"
        )
    if "scenario" not in keys or np.unique(keys["scenario"]).size == 1:
        _check_scenarios(where, table, list(keys), rows, extra, same)
    sums = ", ".join(f"{name} {float(x[cash][extra].sum()):,.2f}" for name, x in amounts.items())
    notes = [
        f"{where}: {int(extra.sum()):,} "
        f"{'row repeats' if extra.sum() == 1 else 'rows repeat'} the {named} of an "
        f"earlier row "
        f"({_listed(rows[extra])}); their amounts are added to it: {sums}"
    ]
    if same.any():
        of_these = ", ".join(
            f"{name} {float(x[cash][same].sum()):,.2f}" for name, x in amounts.items()
        )
        notes.append(
            f"{where}: {int(same.sum()):,} of them {'is' if same.sum() == 1 else 'are'} "
            f"the same as an earlier row in every cell "
            f"({_listed(rows[same])}), and probably copied: {of_these}; expected each row once"
        )
    return notes


def _check_scenarios(
    where: str,
    table: pd.DataFrame,
    keys: list[str],
    rows: np.ndarray,
    extra: np.ndarray,
    same: np.ndarray,
) -> None:
    """Refuse repeated dates in a table of one scenario if they look like several scenarios."""
    named = " and ".join(k for k in keys if k != "scenario")
    distinct = int((~extra).sum())
    duplicates = len(table[extra].drop_duplicates(subset=keys))
    often = duplicates >= ADDED_SHARE * distinct
    if "scenario" in keys:
        lost = "the column scenario has the same number in all rows"
        refused = often and distinct > 1
    else:
        lost = "the table has no column scenario"
        refused = often or bool((extra & ~same).any())
    if not refused:
        return
    first = table[keys].iloc[int(np.argmax(extra))]
    matches = (table[keys] == first).all(axis=1).to_numpy(dtype=bool)
    raise TableError(
        f"{where}: {_listed(rows[matches])}: the same {named}, and {lost} ({duplicates:,} "
        f"of {distinct:,} occur in several rows); "
        f"expected a column scenario, or one row for each {named}"
    )
