"""Table of weighted outcomes, read from a file. docs/channel.md section 9."""

from __future__ import annotations

import difflib
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from npl_sim.channels.outcomes import Outcomes
from npl_sim.core.errors import ChannelError, TableError
from npl_sim.tables.cash_file import open_table
from npl_sim.tables.cash_table import CashTable, check_size, nearest, shown_names, summed
from npl_sim.tables.cell_types import shown
from npl_sim.tables.columns import MAX_AMOUNT, Column, Notation
from npl_sim.tables.repeats import check_duplicate_rows

PROBABILITY = {"probability": 1.0, "probability_percent": 0.01, "prob_pct": 0.01}
LOSS = {"loss": 0.0, "loss_share": 1.0, "loss_percent": 0.01, "loss_pct": 0.01}
"""Loss columns: unit as a share of face, 0 for an amount."""
CASH = ("cash", "net", "received", "costs")
"""Cash columns; `cash` and `net` are the same."""
KNOWN = ("scenario", "month", *PROBABILITY, *LOSS, *CASH)
MOST_MONTHS = 1200
SIMILAR = 0.8
"""Similarity from which an unknown column counts as a misspelled one (`difflib`)."""
_MEANING = re.compile(
    r"(?:^|_)(?:prob|weights?$|date|day|year|quarter|period|time|currency|ccy|unit|pd$|pd_)"
    r"|日|月|年|币|概率"
)
"""Names of unknown columns that may change the meaning of other columns."""
_CASH = re.compile(
    r"(?:^|_)(?:cost|fee|expens|amount|paid|receipt|recover|inflow|outflow|loss)|費|费|回收|金额"
)
"""Names of unknown columns that may be part of the cash."""


class _Rows(NamedTuple):
    """Table with the scenario and month of each row."""

    table: CashTable
    notation: Notation
    scenario: np.ndarray
    month: np.ndarray
    shape: tuple[int, int]

    def sum(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of values by scenario and month."""
        return summed(self.shape, (self.scenario, self.month), values)


def read_outcomes(
    path: str | Path, face: float | None, discount_rate: float, seed: int = 0, currency: str = ""
) -> tuple[Outcomes, tuple[str, ...]]:
    """Read outcomes from a file.

    Parameters
    ----------
    path
        Delimited text file, workbook or Parquet file.
    face
        Amount that the debtors owe, required for a file of losses. [package currency]
    discount_rate
        Effective annual discount rate. [per year]
    seed, currency
        Seed of further draws, and currency that marks of amounts must match; defaults to any.

    Returns
    -------
    tuple
        The outcomes, and notes on the file.

    Raises
    ------
    ChannelError
        If the file cannot be read or its content is impossible.
    """
    try:
        table = open_table("outcomes", Path(path), KNOWN, currency)
        return outcomes_of(table, face, discount_rate, seed)
    except TableError as error:
        raise ChannelError(str(error)) from None


def outcomes_of(
    table: CashTable, face: float | None, discount_rate: float, seed: int
) -> tuple[Outcomes, tuple[str, ...]]:
    """Return the outcomes that a table holds, and notes; parameters as in `read_outcomes`.

    Raises
    ------
    TableError
        If its content is impossible.
    """
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
    rows = _Rows(table, notation, scenario, month, shape)
    notes = [*table.notes]
    if unused:
        notes.append(f"{table.where}: columns not used: {shown_names(unused)}")
    if losses:
        received, known = _from_losses(rows, losses[0], face)
        costs = np.zeros(shape)
    else:
        received, costs, more = _from_cash(rows, cash)
        notes += more
        known = float(np.max((received - costs).sum(axis=1))) if face is None else face
        if face is None:
            notes.append(f"face is not given: the best outcome, {known:,.2f}, is used instead")
    exact = bool(weights)  # otherwise equally likely, and treated as a sample
    outcomes = Outcomes(received, costs, probability, exact, known, discount_rate, seed=seed)
    return outcomes, tuple(notes)


def _columns(table: CashTable) -> tuple[list[str], list[str], list[str]]:
    """Return the unused columns, the loss columns, and the cash columns."""
    where = table.where
    if len(table) == 0:
        raise ChannelError(f"{where}: has no rows; expected outcomes")
    unused = [c for c in table.cells if c not in KNOWN]
    losses = [c for c in table.cells if c in LOSS]
    cash = [c for c in table.cells if c in CASH]
    ambiguous = len(losses) > 1 or {"cash", "net"} <= set(cash) or cash == ["costs"]
    if ambiguous or bool(losses) == bool(cash):
        hint = next((h for h in (nearest(u, KNOWN) for u in unused) if h), "")
        raise ChannelError(
            f"{where}: has the columns {shown_names(table.cells)}; expected amounts as one of "
            f"{', '.join(LOSS)}, or cash, or received with costs{hint}"
        )
    for name in unused:
        similar = difflib.get_close_matches(name[:100], KNOWN, n=1, cutoff=SIMILAR)
        if similar or _MEANING.search(name) or (cash and _CASH.search(name)):
            raise ChannelError(
                f"{where}: unknown column {shown(name)}{nearest(name, KNOWN)}; expected no column "
                f"about amounts, probabilities or months, besides {', '.join(KNOWN)}"
            )
    return unused, losses, cash


def _from_cash(rows: _Rows, cash: list[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return receipts and costs by scenario and month, and notes."""
    table, where = rows.table, rows.table.where
    amounts = {name: _amounts(rows, name) for name in cash}
    notes: list[str] = []
    if "scenario" in table:
        keys = {"scenario": rows.scenario, "month": rows.month}
        notes = check_duplicate_rows(where, keys, amounts, table.rows)
    if "received" not in amounts:
        if len(amounts) > 1:
            raise ChannelError(
                f"{where}: has {cash[0]} and {cash[1]}; "
                "expected one of them, or received and costs"
            )
        net = rows.sum(amounts[cash[0]])
        return np.maximum(net, 0.0), np.maximum(-net, 0.0), notes
    received, costs = amounts["received"], amounts.get("costs", np.zeros(len(table)))
    for name in (n for n in cash if n in ("cash", "net")):
        largest = np.maximum(np.maximum(np.abs(received), np.abs(costs)), np.abs(amounts[name]))
        gap = np.abs(amounts[name] - (received - costs))
        wrong = gap > np.maximum(1e-6 * largest, min(0.01, 1e-3 * float(largest.max())))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise ChannelError(
                f"{table.place(name, row)} beside received {received[row]:,.10g} and costs "
                f"{costs[row]:,.10g}; expected {name} = received - costs"
            )
        notes.append(f"{where}: {name} equals received - costs in every row and was not added")
    if not received.any():
        notes.append(f"{where}: all receipts are 0")
    return rows.sum(received), rows.sum(costs), notes


def _amounts(rows: _Rows, name: str) -> np.ndarray:
    low = 0.0 if name in ("received", "costs") else -MAX_AMOUNT
    return rows.table.numbers(Column(name, "amount", "Cash.", minimum=low), rows.notation)


def _shares(table: CashTable, name: str, unit: float, notation: Notation) -> np.ndarray:
    """Return a column of shares from 0 to 1, in the unit of the column."""
    percent = unit != 1.0
    written = Notation(decimal=notation.decimal, rates_in_percent=percent)
    expected = "a percentage from 0 to 100" if percent else "a share from 0 to 1"
    column = Column(name, "rate", "Share.", minimum=0.0, maximum=1.0)
    return table.numbers(column, written, expected)


def _from_losses(rows: _Rows, name: str, face: float | None) -> tuple[np.ndarray, float]:
    """Return receipts by scenario and month, and the face."""
    table, where = rows.table, rows.table.where
    if face is None:
        raise ChannelError(
            f"{where}: has losses ({name}), and the contract has no face; "
            "expected face: amount owed"
        )
    if LOSS[name] == 0.0:
        loss = _amounts(rows, name)
    else:
        loss = _shares(table, name, LOSS[name], rows.notation) * face
    bad = (loss < 0.0) | (loss > face * (1.0 + 1e-12))
    if bad.any():
        raise ChannelError(
            f"{table.place(name, int(np.argmax(bad)))}; "
            f"expected a loss between 0 and the face {face:,.2f}"
        )
    twice = np.bincount(rows.scenario, minlength=rows.shape[0]) > 1
    if twice.any():
        first, second = table.rows[rows.scenario == int(np.argmax(twice))][:2]
        raise ChannelError(
            f"{where}: rows {first} and {second}: the scenario has several rows of {name}; "
            "expected one, or cash by month"
        )
    return rows.sum(np.maximum(face - loss, 0.0)), face


def _scenarios(table: CashTable) -> tuple[np.ndarray, int]:
    """Return the scenario of each row, numbered in the order of the file, and their number."""
    if "scenario" not in table:
        return np.arange(len(table)), len(table)
    text = table.names(
        "scenario", "the name or number of a scenario: in this row scenario is empty"
    )
    places, names = pd.factorize(text)
    folded: dict[str, str] = {}
    for name in names.tolist():
        key = re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).casefold()
        other = folded.setdefault(key, name)
        if other != name:
            row = table.rows[int(np.argmax((text == name).to_numpy(dtype=bool)))]
            raise ChannelError(
                f"{table.where}: row {row}, scenario: got {shown(name)}, and {shown(other)} in "
                "another row; expected one spelling"
            )
    return np.asarray(places, dtype=np.int64), len(names)


def _probability(
    table: CashTable, given: list[str], scenario: np.ndarray, count: int, notation: Notation
) -> np.ndarray:
    """Return the probability of each scenario."""
    if len(given) > 1:
        raise ChannelError(f"{table.where}: has {given[0]} and {given[1]}; expected one of them")
    if not given:
        return np.full(count, 1.0 / count)
    name, unit = given[0], PROBABILITY[given[0]]
    values, probability = _shares(table, name, unit, notation), np.zeros(count)
    probability[scenario] = values
    other = np.abs(probability[scenario] - values) > 1e-12
    if other.any():
        raise ChannelError(
            f"{table.place(name, int(np.argmax(other)))}, which differs within a scenario; "
            "expected the same on all its rows"
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
    """Return the month of each row; refuse cash without months or scenarios."""
    if "month" not in table:
        if cash and count < len(table):
            rows = table.rows[scenario == int(np.argmax(np.bincount(scenario) > 1))]
            raise ChannelError(
                f"{table.where}: rows {rows[0]} and {rows[1]} are of the same scenario, and there "
                "is no column month; expected one, or one row per scenario"
            )
        return np.zeros(len(table), dtype=np.int64)
    months = table.whole("month", MOST_MONTHS, "months from the start")
    if cash and not weighted and "scenario" not in table and np.unique(months).size > 1:
        raise ChannelError(
            f"{table.where}: has cash of several months, and neither a column scenario nor "
            "probabilities; expected a column scenario"
        )
    return months
