"""A table of weighted outcomes, read from a file. docs/channel.md section 9."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.channel.outcomes import Outcomes
from npl_sim.errors import ChannelError

__all__ = ["outcomes_of_table", "read_outcomes"]

PROBABILITY = {"probability": 1.0, "probability_percent": 0.01, "prob_pct": 0.01}
LOSS = {"loss": 0.0, "loss_share": 1.0, "loss_percent": 0.01, "loss_pct": 0.01}
"""Columns of losses; the unit as a share of face, 0 where the column is an amount."""
CASH = ("cash", "received", "costs")
KNOWN = ("scenario", "month", *PROBABILITY, *LOSS, *CASH)
MOST_MONTHS = 1200


def read_outcomes(
    path: str | Path, face: float | None, discount_rate: float, seed: int = 0
) -> tuple[Outcomes, tuple[str, ...]]:
    """Read outcomes from a CSV or Parquet file.

    Parameters
    ----------
    path
        File whose name ends in .csv or .parquet.
    face
        What the debtors owe; needed where the file has losses. [package currency]
    discount_rate
        Effective annual rate. [per year]
    seed
        Seed of further draws.

    Returns
    -------
    tuple
        The outcomes, and notes on what was not used.

    Raises
    ------
    ChannelError
        If the file cannot be read, or says something that cannot be.
    """
    path = Path(path)
    if not path.is_file():
        raise ChannelError(f"{path}: does not exist; expected a table of outcomes (.csv or .parquet)")
    kind = path.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise ChannelError(
            f"{path}: ends in {path.suffix!r}; expected a table of outcomes (.csv or .parquet)"
        )
    try:
        table = pd.read_parquet(path) if kind == ".parquet" else pd.read_csv(path, encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # the errors of both readers are kinds of ValueError
        raise ChannelError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    return outcomes_of_table(table, face, discount_rate, seed, str(path))


def outcomes_of_table(
    table: pd.DataFrame, face: float | None, discount_rate: float, seed: int = 0, where: str = "outcomes"
) -> tuple[Outcomes, tuple[str, ...]]:
    """Return the outcomes that a table holds, and notes (see `read_outcomes`)."""
    table = table.rename(columns=lambda c: str(c).strip().lower())
    if table.columns.duplicated().any():
        raise ChannelError(f"{where}: column {table.columns[table.columns.duplicated()][0]!r} stands twice")
    if table.empty:
        raise ChannelError(f"{where}: has no rows; expected outcomes")
    unused = [c for c in table.columns if c not in KNOWN]
    losses = [c for c in table.columns if c in LOSS]
    amounts = [c for c in table.columns if c in CASH]
    if (
        len(losses) > 1
        or bool(losses) == bool(amounts)
        or ("cash" in amounts and len(amounts) > 1)
        or amounts == ["costs"]
    ):
        near = [n for u in unused for n in difflib.get_close_matches(u, KNOWN, n=1)]
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ChannelError(
            f"{where}: has the columns {', '.join(map(str, table.columns))}; expected amounts as one of {', '.join(LOSS)}, "
            f"or cash, or received with costs{hint}"
        )
    scenario, count = _scenarios(table, where)
    probability = _probability(table, scenario, count, where)
    month = _months(table, where)
    shape = (count, int(month.max()) + 1)
    notes = [f"{where}: columns not used: {', '.join(unused)}"] if unused else []
    if losses:
        received, known = _from_losses(table, losses[0], face, scenario, month, shape, where), face
        costs = np.zeros(shape)
        assert known is not None
    else:
        known = face
        net = {name: _numbers(table, name, where) for name in amounts}
        if "cash" in net:
            cash = _sum(shape, scenario, month, net["cash"])
            received, costs = np.maximum(cash, 0.0), np.maximum(-cash, 0.0)
        else:
            for name, values in net.items():
                if values.min() < 0.0:
                    row = int(np.argmin(values))
                    raise ChannelError(
                        f"{where}: row {row + 1}, {name}: got {values[row]:g}; expected at least 0"
                    )
            received = _sum(shape, scenario, month, net["received"])
            costs = _sum(shape, scenario, month, net.get("costs", np.zeros(len(table))))
        if known is None:
            known = float(np.max((received - costs).sum(axis=1)))
            notes.append(f"face is not given: the best outcome, {known:,.2f}, stands for it")
    weighted = any(c in PROBABILITY for c in table.columns)  # else equally likely, and taken for a sample
    outcomes = Outcomes(received, costs, probability, weighted, known, discount_rate, seed=seed)
    return outcomes, tuple(notes)


def _from_losses(
    table: pd.DataFrame, name: str, face: float | None, scenario: np.ndarray, month: np.ndarray,
    shape: tuple[int, int], where: str,
) -> np.ndarray:  # fmt: skip
    if face is None:
        raise ChannelError(
            f"{where}: has losses ({name}), and the contract has no face; expected face: amount owed"
        )
    values = _numbers(table, name, where)
    loss = values if LOSS[name] == 0.0 else values * LOSS[name] * face
    bad = (loss < 0.0) | (loss > face * (1.0 + 1e-12))
    if bad.any():
        row = int(np.argmax(bad))
        raise ChannelError(
            f"{where}: row {row + 1}, {name}: got {values[row]:g}; expected a loss between 0 and the face {face:,.2f}"
        )
    twice = np.bincount(scenario, minlength=shape[0]) > 1
    if twice.any():
        raise ChannelError(
            f"{where}: scenario {int(np.argmax(twice)) + 1} has several rows of {name}; expected one, or cash by month"
        )
    return _sum(shape, scenario, month, np.maximum(face - loss, 0.0))


def _scenarios(table: pd.DataFrame, where: str) -> tuple[np.ndarray, int]:
    if "scenario" not in table:
        return np.arange(len(table)), len(table)
    names, places = np.unique(
        table["scenario"].astype("string").fillna("").to_numpy(dtype=object), return_inverse=True
    )
    if "" in names:
        raise ChannelError(
            f"{where}: row {int(np.argmax(places == 0)) + 1}: scenario is empty; expected its name or number"
        )
    # In the order of the file, so that row numbers mean something.
    _, first = np.unique(places, return_index=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[places], len(names)


def _probability(table: pd.DataFrame, scenario: np.ndarray, count: int, where: str) -> np.ndarray:
    given = [c for c in table.columns if c in PROBABILITY]
    if not given:
        return np.full(count, 1.0 / count)
    if len(given) > 1:
        raise ChannelError(f"{where}: has {given[0]} and {given[1]}; expected one of them")
    values = _numbers(table, given[0], where) * PROBABILITY[given[0]]
    if (values < 0.0).any():
        row = int(np.argmax(values < 0.0))
        raise ChannelError(
            f"{where}: row {row + 1}, {given[0]}: got {table[given[0]].iloc[row]}; expected at least 0"
        )
    probability = np.zeros(count)
    probability[scenario] = values
    other = np.abs(probability[scenario] - values) > 1e-12
    if other.any():
        raise ChannelError(
            f"{where}: row {int(np.argmax(other)) + 1}, {given[0]}: differs within a scenario; expected the same on all its rows"
        )
    total = float(probability.sum())
    if abs(total - 1.0) > 1e-6:
        raise ChannelError(
            f"{where}: {given[0]} sums to {total / PROBABILITY[given[0]]:.9g}; expected {1 / PROBABILITY[given[0]]:g}"
        )
    return probability / total


def _months(table: pd.DataFrame, where: str) -> np.ndarray:
    if "month" not in table:
        return np.zeros(len(table), dtype=np.int64)
    values = _numbers(table, "month", where)
    bad = (values != np.floor(values)) | (values < 0) | (values > MOST_MONTHS)
    if bad.any():
        row = int(np.argmax(bad))
        raise ChannelError(
            f"{where}: row {row + 1}, month: got {values[row]:g}; expected a whole number from 0 to {MOST_MONTHS}"
        )
    return values.astype(np.int64)


def _numbers(table: pd.DataFrame, name: str, where: str) -> np.ndarray:
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(np.argmax(bad))
        raise ChannelError(
            f"{where}: row {row + 1}, {name}: got {table[name].iloc[row]!r}; expected a finite number"
        )
    return values


def _sum(shape: tuple[int, int], scenario: np.ndarray, month: np.ndarray, values: np.ndarray) -> np.ndarray:
    total = np.zeros(shape)
    np.add.at(total, (scenario, month), values)
    return total
