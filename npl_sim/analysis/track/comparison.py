"""Cash to date against the plan, cell by cell, with one false-alarm rate for all cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.analysis.track.attributes import NOT_STATED
from npl_sim.analysis.track.plan import Plan, Split
from npl_sim.stats.joint_test import JointTest, joint_test
from npl_sim.stats.sample import Sample
from npl_sim.tape.cash_file.account import ActualCash
from npl_sim.tape.cash_file.layout import route_of_kind

LEVEL = 0.05
"""Chance of at least one false alarm over all cells."""

SMALLEST = 0.01
"""Smallest share of the plan's receipts to date at which a cell is tested."""

RAREST = 0.05
"""Smallest probability of any cash at which a cell is tested."""


@dataclass(frozen=True)
class Comparison:
    """Cash to date against the plan."""

    cells: pd.DataFrame
    """One row a cell: attribute, name, actual, plan, plan_se, ratio, ratio_se, spread, quantile,
    low, high, tested, p_value, alarm, note. [package currency, shares of 1]"""
    test: JointTest
    """Joint test of the cells with `tested`."""

    def of(self, attribute: str) -> pd.DataFrame:
        """Return the cells of one attribute."""
        return self.cells[self.cells["attribute"] == attribute]

    @property
    def total(self) -> pd.Series:
        """All receipts to date."""
        return self.of("total").iloc[0]

    @property
    def alarms(self) -> pd.DataFrame:
        """Cells that alarm, the least likely first."""
        found = self.cells[self.cells["alarm"].to_numpy(dtype=bool)]
        return found.sort_values("p_value", kind="stable")


@dataclass(frozen=True)
class _Cell:
    attribute: str
    name: str
    plan: np.ndarray
    actual: float
    note: str = ""


def compare_cash(
    plan: Plan, actual: ActualCash, attributes: pd.DataFrame, loans: pd.Series
) -> Comparison:
    """Compare receipts to date with the plan by month, attribute, kind and route.

    Parameters
    ----------
    plan
        Cash of the plan by scenario.
    actual
        Cash that came.
    attributes
        Attributes of the loans, in the order of the tape; no rows if the loans are not known.
    loans
        Ids of the loans, in the order of the tape.
    """
    cells = list(_cells(plan, actual, attributes, loans))
    weights = plan.sample.weights
    rows = [_row(cell, plan.sample, weights) for cell in cells]
    whole = rows[0]["plan"]
    for cell, row in zip(cells, rows, strict=True):
        often = float(weights @ (cell.plan != 0.0)) >= RAREST
        large = row["plan"] >= SMALLEST * whole
        row["tested"] = bool(not cell.note and often and large)
        if not cell.note and not row["tested"]:
            row["note"] = "too small to test"
    tested = [cell for cell, row in zip(cells, rows, strict=True) if row["tested"]]
    observed = np.array([cell.actual for cell in tested])
    simulated = (
        np.column_stack([c.plan for c in tested]) if tested else np.empty((len(weights), 0))
    )
    test = joint_test(weights, simulated, observed, LEVEL)
    p_values = iter(test.p_value)
    for row in rows:
        row["p_value"] = float(next(p_values)) if row["tested"] else np.nan
        row["alarm"] = bool(row["tested"] and row["p_value"] <= LEVEL)
    return Comparison(pd.DataFrame(rows), test)


def _row(cell: _Cell, sample: Sample, weights: np.ndarray) -> dict[str, Any]:
    """Return the figures of a cell: actual, plan, ratio, and place in the plan's distribution."""
    mean = sample.mean(cell.plan)
    apart = float(weights @ (cell.plan - mean.value) ** 2) ** 0.5
    known = mean.value > 0.0
    low, high = (sample.distribution(cell.plan).quantile(level) for level in (0.05, 0.95))
    below = float(weights @ (cell.plan < cell.actual))
    at = float(weights @ (cell.plan == cell.actual))
    return {
        "attribute": cell.attribute,
        "name": cell.name,
        "actual": cell.actual,
        "plan": mean.value,
        "plan_se": mean.se,
        "ratio": cell.actual / mean.value if known else np.nan,
        "ratio_se": abs(cell.actual) * mean.se / mean.value**2 if known else np.nan,
        "spread": apart / mean.value if known else np.nan,
        "quantile": below + 0.5 * at,
        "low": low,
        "high": high,
        "note": cell.note,
    }


def _cells(
    plan: Plan, actual: ActualCash, attributes: pd.DataFrame, loans: pd.Series
) -> Iterator[_Cell]:
    """Yield the cells: total, costs, months, attributes of the loans, kinds, routes."""
    last = plan.elapsed
    receipts, costs = actual.by_month()
    yield _Cell("total", "receipts", plan.receipts[:, 1 : last + 1].sum(axis=1), receipts.sum())
    if actual.states_costs:
        yield _Cell("costs", "costs", plan.costs[:, 1 : last + 1].sum(axis=1), costs.sum())
    for month in range(1, last + 1):
        yield _Cell("month", str(month), plan.receipts[:, month], float(receipts[month - 1]))
    for name, split in plan.splits.items():
        values = dict(zip(loans, attributes[name], strict=True)) if len(attributes) else {}
        came = actual.by(actual.rows["loan_id"].map(values))
        note = "some loans have no servicer" if _is_partial(name, split.names) else ""
        for i, value in enumerate(split.names):
            yield _Cell(name, value, split.elapsed[:, i], float(came.get(value, 0.0)), note)
    if plan.kinds is not None:
        yield from _by_kind(plan.kinds, actual)


def _is_partial(name: str, values: tuple[str, ...]) -> bool:
    return name == "servicer" and NOT_STATED in values


def _by_kind(kinds: Split, actual: ActualCash) -> Iterator[_Cell]:
    """Yield the cells by kind and route; without a test where some cash does not state it."""
    routes = route_of_kind()
    of_route: dict[str, np.ndarray] = {}
    for i, kind in enumerate(kinds.names):
        amounts = kinds.elapsed[:, i]
        of_route[routes[kind]] = of_route.get(routes[kind], 0.0) + amounts
    of_kind = dict(zip(kinds.names, kinds.elapsed.T, strict=True))
    for attribute, known in (("kind", of_kind), ("route", of_route)):
        came = actual.by(actual.rows[attribute].replace("", NOT_STATED))
        if not (set(came.index) & set(known)):
            continue  # the file states none
        missing = float(came.get(NOT_STATED, 0.0))
        note = "not determined: some cash states none" if missing else ""
        for name, amounts in known.items():
            value = float(came.get(name, 0.0))
            if value or amounts.any():
                yield _Cell(attribute, name, amounts, value, note)
        if missing:
            yield _Cell(attribute, NOT_STATED, np.zeros(len(amounts)), missing, note)
