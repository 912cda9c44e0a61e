"""A table of weighted outcomes, read from a file. docs/channel.md section 9."""

from __future__ import annotations

import difflib
import re
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.channel.outcomes import Outcomes
from npl_sim.core.errors import ChannelError, TableError
from npl_sim.tables.cash_file import open_table, table_of_frame
from npl_sim.tables.cash_table import CashTable, check_size, nearest, shown_names
from npl_sim.tables.cell_types import shown
from npl_sim.tables.columns import MAX_AMOUNT, Column, Notation
from npl_sim.tables.repeats import check_duplicate_rows

__all__ = ["outcomes_of_table", "read_outcomes"]

PROBABILITY = {"probability": 1.0, "probability_percent": 0.01, "prob_pct": 0.01}
LOSS = {"loss": 0.0, "loss_share": 1.0, "loss_percent": 0.01, "loss_pct": 0.01}
"""Columns of losses; the unit as a share of face, 0 where the column is an amount."""
CASH = ("cash", "net", "received", "costs")
"""Columns of cash; `cash` and `net` are the same."""
KNOWN = ("scenario", "month", *PROBABILITY, *LOSS, *CASH)
MOST_MONTHS = 1200

SIMILAR = 0.8
"""Likeness from which the name of an unknown column is taken for a misspelled one (`difflib`)."""
_MEANING = re.compile(
    r"(?:^|_)(?:prob|weights?$|date|day|year|quarter|period|time|currency|ccy|unit|pd$|pd_)|日|月|年|币|概率"
)
"""Names of unknown columns that may change what any other column means."""
_CASH = re.compile(
    r"(?:^|_)(?:cost|fee|expens|amount|paid|receipt|recover|inflow|outflow|loss)|費|费|回收|金额"
)
"""Names of unknown columns that may be part of the cash."""


def read_outcomes(
    path: str | Path, face: float | None, discount_rate: float, seed: int = 0, currency: str = ""
) -> tuple[Outcomes, tuple[str, ...]]:
    """Read outcomes from a file.

    Parameters
    ----------
    path
        Text with separators, workbook or Parquet file.
    face
        What the debtors owe; needed where the file has losses. [package currency]
    discount_rate
        Effective annual rate. [per year]
    seed
        Seed of further draws.
    currency
        Currency with which a mark beside an amount must agree; empty: any.

    Returns
    -------
    tuple
        The outcomes, and notes on the file.

    Raises
    ------
    ChannelError
        If the file cannot be read, or says something that cannot be.
    """
    try:
        return _outcomes(
            open_table("outcomes", Path(path), KNOWN, currency), face, discount_rate, seed
        )
    except TableError as error:
        raise ChannelError(str(error)) from None


def outcomes_of_table(
    table: pd.DataFrame,
    face: float | None,
    discount_rate: float,
    seed: int = 0,
    where: str = "outcomes",
) -> tuple[Outcomes, tuple[str, ...]]:
    """Return the outcomes that a table in memory holds, and notes; its first record counts as row 2 (see `read_outcomes`).

    Raises
    ------
    ChannelError
        If the table says something that cannot be.
    """
    try:
        return _outcomes(table_of_frame(table, where), face, discount_rate, seed)
    except TableError as error:
        raise ChannelError(str(error)) from None


def _outcomes(
    table: CashTable, face: float | None, discount_rate: float, seed: int
) -> tuple[Outcomes, tuple[str, ...]]:
    unused, losses, cash = _columns(table)
    weights = [c for c in table.cells if c in PROBABILITY]
    shares = [*weights, *(n for n in losses if LOSS[n] > 0.0)]
    mark = table.mark([*cash, *(n for n in losses if n not in shares)], shares)
    notation = Notation(decimal=mark, currency=table.currency)
    scenario, count = _scenarios(table)
    probability = _probability(table, weights, scenario, count, notation)
    month = _months(table, scenario, count, bool(weights), bool(cash))
    shape = (count, int(month.max()) + 1)
    check_size(table.where, *shape, planes=6)
    notes = [*table.notes]
    if unused:
        notes.append(f"{table.where}: columns not used: {shown_names(unused)}")
    if losses:
        received, known = _from_losses(table, losses[0], face, (scenario, month), shape, notation)
        costs = np.zeros(shape)
    else:
        received, costs, told = _from_cash(table, cash, (scenario, month), shape, notation)
        notes += told
        known = float(np.max((received - costs).sum(axis=1))) if face is None else face
        if face is None:
            notes.append(f"face is not given: the best outcome, {known:,.2f}, stands for it")
    weighted = bool(weights)  # else equally likely, and taken for a sample
    outcomes = Outcomes(received, costs, probability, weighted, known, discount_rate, seed=seed)
    return outcomes, tuple(notes)


def _columns(table: CashTable) -> tuple[list[str], list[str], list[str]]:
    """Return the columns that are not used, those of losses, and those of cash."""
    where = table.where
    if len(table) == 0:
        raise ChannelError(f"{where}: has no rows; expected outcomes")
    unused = [c for c in table.cells if c not in KNOWN]
    losses = [c for c in table.cells if c in LOSS]
    cash = [c for c in table.cells if c in CASH]
    if (
        len(losses) > 1
        or bool(losses) == bool(cash)
        or {"cash", "net"} <= set(cash)
        or cash == ["costs"]
    ):
        hint = next((h for h in (nearest(u, KNOWN) for u in unused) if h), "")
        raise ChannelError(
            f"{where}: has the columns {shown_names(table.cells)}; expected amounts as one of {', '.join(LOSS)}, "
            f"or cash, or received with costs{hint}"
        )
    for name in unused:
        similar = difflib.get_close_matches(name[:100], KNOWN, n=1, cutoff=SIMILAR)
        if similar or _MEANING.search(name) or (cash and _CASH.search(name)):
            raise ChannelError(
                f"{where}: unknown column {shown(name)}{nearest(name, KNOWN)}; expected no column that may bear on amounts, "
                f"probabilities or months, besides {', '.join(KNOWN)}"
            )
    return unused, losses, cash


def _amounts(table: CashTable, name: str, notation: Notation) -> np.ndarray:
    low = -MAX_AMOUNT if name in ("cash", "net") else 0.0
    return table.numbers(Column(name, "amount", "Cash.", minimum=low), notation)


def _from_cash(
    table: CashTable,
    cash: list[str],
    at: tuple[np.ndarray, np.ndarray],
    shape: tuple[int, int],
    notation: Notation,
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return receipts and costs by scenario and month, and notes."""
    amounts = {name: _amounts(table, name, notation) for name in cash}
    notes: list[str] = []
    if "scenario" in table:
        notes = check_duplicate_rows(
            table.where, {"scenario": at[0], "month": at[1]}, amounts, table.rows
        )
    if "received" not in amounts:
        if len(amounts) > 1:
            raise ChannelError(
                f"{table.where}: has {cash[0]} and {cash[1]}; expected one of them, or received and costs"
            )
        net = _sum(shape, at, amounts[cash[0]])
        return np.maximum(net, 0.0), np.maximum(-net, 0.0), notes
    received, costs = amounts["received"], amounts.get("costs", np.zeros(len(table)))
    for name in (n for n in cash if n in ("cash", "net")):
        largest = np.maximum(np.maximum(np.abs(received), np.abs(costs)), np.abs(amounts[name]))
        gap = np.abs(amounts[name] - (received - costs))
        wrong = gap > np.maximum(1e-6 * largest, min(0.01, 1e-3 * float(largest.max())))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ChannelError(
                f"{table.place(name, row)} beside received {received[row]:,.10g} and costs {costs[row]:,.10g}; expected "
                f"{name} = received - costs"
            )
        notes.append(
            f"{table.where}: {name} equals received - costs in every row, and was not added to it"
        )
    if not received.any():
        notes.append(f"{table.where}: all receipts are 0")
    return _sum(shape, at, received), _sum(shape, at, costs), notes


def _shares(table: CashTable, name: str, unit: float, notation: Notation) -> np.ndarray:
    """Return a column of shares from 0 to 1, in the unit of the column."""
    percent = unit != 1.0
    written = Notation(decimal=notation.decimal, rates_in_percent=percent)
    expected = f"a {'percentage from 0 to 100' if percent else 'share from 0 to 1'}"
    return table.numbers(
        Column(name, "rate", "Share.", minimum=0.0, maximum=1.0), written, expected
    )


def _from_losses(
    table: CashTable,
    name: str,
    face: float | None,
    at: tuple[np.ndarray, np.ndarray],
    shape: tuple[int, int],
    notation: Notation,
) -> tuple[np.ndarray, float]:
    """Return receipts by scenario and month, and the face."""
    if face is None:
        raise ChannelError(
            f"{table.where}: has losses ({name}), and the contract has no face; expected face: amount owed"
        )
    if LOSS[name] == 0.0:
        loss = table.numbers(Column(name, "amount", "Loss.", minimum=-MAX_AMOUNT), notation)
    else:
        loss = _shares(table, name, LOSS[name], notation) * face
    bad = (loss < 0.0) | (loss > face * (1.0 + 1e-12))
    if bad.any():
        raise ChannelError(
            f"{table.place(name, int(np.argmax(bad)))}; expected a loss between 0 and the face {face:,.2f}"
        )
    twice = np.bincount(at[0], minlength=shape[0]) > 1
    if twice.any():
        rows = table.rows[at[0] == int(np.argmax(twice))]
        raise ChannelError(
            f"{table.where}: rows {rows[0]} and {rows[1]}: the scenario has several rows of {name}; expected one, or cash by month"
        )
    return _sum(shape, at, np.maximum(face - loss, 0.0)), face


def _scenarios(table: CashTable) -> tuple[np.ndarray, int]:
    """Return the scenario of each row, numbered in the order of the file, and how many there are."""
    if "scenario" not in table:
        return np.arange(len(table)), len(table)
    text = table.names(
        "scenario", "the name or number of a scenario: in this row scenario is empty"
    )
    places, names = pd.factorize(text)
    folded: dict[str, str] = {}
    for name in names.tolist():
        other = folded.setdefault(
            re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).casefold(), name
        )
        if other != name:
            row = table.rows[int(np.argmax((text == name).to_numpy(dtype=bool)))]
            raise ChannelError(
                f"{table.where}: row {row}, scenario: got {shown(name)}, and {shown(other)} in another row; expected one spelling"
            )
    return np.asarray(places, dtype=np.int64), len(names)


def _probability(
    table: CashTable, given: list[str], scenario: np.ndarray, count: int, notation: Notation
) -> np.ndarray:
    """Return the probability of each scenario."""
    if not given:
        return np.full(count, 1.0 / count)
    if len(given) > 1:
        raise ChannelError(f"{table.where}: has {given[0]} and {given[1]}; expected one of them")
    name, unit = given[0], PROBABILITY[given[0]]
    values = _shares(table, name, unit, notation)
    probability = np.zeros(count)
    probability[scenario] = values
    other = np.abs(probability[scenario] - values) > 1e-12
    if other.any():
        raise ChannelError(
            f"{table.place(name, int(np.argmax(other)))}, which differs within a scenario; expected the same on all its rows"
        )
    total = float(probability.sum())
    if abs(total - 1.0) > 1e-6:
        raise ChannelError(
            f"{table.where}: {name} sums to {total / unit:.9g}; expected {1 / unit:g}"
        )
    return np.asarray(probability / total)


def _months(
    table: CashTable, scenario: np.ndarray, count: int, weighted: bool, cash: bool
) -> np.ndarray:
    """Return the month of each row; refuse a table of cash that has lost its months or scenarios."""
    if "month" not in table:
        if cash and count < len(table):
            rows = table.rows[scenario == int(np.argmax(np.bincount(scenario) > 1))]
            raise ChannelError(
                f"{table.where}: rows {rows[0]} and {rows[1]} are of the same scenario, and there is no column month; expected one, or "
                "one row per scenario"
            )
        return np.zeros(len(table), dtype=np.int64)
    months = table.whole("month", MOST_MONTHS, "months from the start")
    if cash and not weighted and "scenario" not in table and np.unique(months).size > 1:
        raise ChannelError(
            f"{table.where}: has cash of several months, and neither a column scenario nor probabilities; expected a column scenario"
        )
    return months


def _sum(
    shape: tuple[int, int], at: tuple[np.ndarray, np.ndarray], values: np.ndarray
) -> np.ndarray:
    total = np.zeros(shape)
    np.add.at(total, at, values)
    return total
