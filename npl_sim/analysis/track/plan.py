"""Cash of the plan by scenario, for the months elapsed and the rest, by groups of loans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.cashflows.weights import sample_of
from npl_sim.core.errors import NplSimError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.engine.cell_cash import cell_cash
from npl_sim.stats.sample import Sample

if TYPE_CHECKING:
    from npl_sim.cashflows.stored_cash import StoredCash
    from npl_sim.core.progress import Progress
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

MOST_CELLS = 256
"""Most groups of loans in one pass over the scenarios; more groups take further passes."""

KINDS = tuple(kind.name.lower() for kind in Kind)
"""Names along the kind axis."""

RECEIPTS = tuple(kind for kind, receipt in zip(KINDS, KIND_IS_INFLOW, strict=True) if receipt)
"""Kinds of receipts."""


@dataclass(frozen=True)
class Split:
    """Receipts by the values of one attribute of the loans."""

    names: tuple[str, ...]
    """Values of the attribute."""
    elapsed: np.ndarray
    """Receipts to date, shape (scenarios, names). [package currency]"""
    rest: np.ndarray
    """Receipts after that of loans that are not closed, shape of `elapsed`. [package currency]"""


@dataclass(frozen=True)
class Plan:
    """Cash of the plan by scenario. Amounts are in package currency; costs are positive.

    Cash of month 0 counts in month 1.
    """

    sample: Sample
    """Weighted scenarios."""
    elapsed: int
    """Whole months since the valuation date."""
    receipts: np.ndarray
    """Receipts of all loans, shape (scenarios, months + 1)."""
    costs: np.ndarray
    """Costs of all loans, shape of `receipts`."""
    open_receipts: np.ndarray
    """Receipts of the loans that are not closed, shape of `receipts`."""
    open_costs: np.ndarray
    """Costs of the loans that are not closed, shape of `receipts`."""
    residual: np.ndarray
    """Residual value at the horizon among `open_receipts`, shape (scenarios,)."""
    splits: Mapping[str, Split]
    """Receipts by attribute of the loans."""
    kinds: Split | None
    """Receipts by kind of cash; None if kinds are not stored."""
    source: str
    """What the cash comes from: a simulation, or a stored run."""

    @property
    def months(self) -> int:
        """Horizon. [months]"""
        return self.receipts.shape[1] - 1


class _Totals:
    """Running sums of the plan while blocks of scenarios are read."""

    def __init__(self, scenarios: int, months: int) -> None:
        shape = (scenarios, months + 1)
        self.receipts, self.costs = np.zeros(shape), np.zeros(shape)
        self.open_receipts, self.open_costs = np.zeros(shape), np.zeros(shape)
        self.residual = np.zeros(scenarios)


def simulated_plan(
    study: Study,
    table: LoanTable,
    elapsed: int,
    attributes: pd.DataFrame,
    closed: np.ndarray,
    progress: Progress | None = None,
) -> Plan:
    """Simulate the plan, with its receipts by each attribute of the loans.

    Parameters
    ----------
    study, table
        The study of the plan and its loans.
    elapsed
        Whole months since the valuation date.
    attributes
        One text column for each attribute, one row a loan, in the order of the tape.
    closed
        Loans that are settled, so that nothing more comes from them, shape (loans,).
    progress
        Receives the loan paths of each finished block.
    """
    scenarios, months = study.simulation.scenarios, study.simulation.horizon_months
    _check_elapsed(elapsed, months)
    totals = _Totals(scenarios, months)
    splits: dict[str, Split] = {}
    kinds = Split(RECEIPTS, *(np.zeros((scenarios, len(RECEIPTS))) for _ in range(2)))
    controls, blocks = np.empty((scenarios, 0)), tuple[int, ...]()
    for number, names in enumerate(_passes(attributes, closed)):
        cells, of_cell, shut = _cells(attributes[names], closed)
        own = {name: _empty_split(of_cell[name], scenarios) for name in names}
        for block in cell_cash(study, table, cells, progress):
            part, cash = block.part, block.cash
            received = cash[:, :, KIND_IS_INFLOW].sum(axis=2)
            if number == 0:
                if not controls.size:
                    controls = np.empty((scenarios, block.controls.shape[1]))
                controls[part], blocks = block.controls, block.control_blocks
                _add(totals, part, cash, received, ~shut)
                by_kind = cash[:, :, KIND_IS_INFLOW]
                kinds.elapsed[part] = by_kind[..., : elapsed + 1].sum(axis=(1, 3))
                kinds.rest[part] = by_kind[:, ~shut][..., elapsed + 1 :].sum(axis=(1, 3))
            to_date = received[..., : elapsed + 1].sum(axis=2)
            later = received[..., elapsed + 1 :].sum(axis=2) * ~shut
            for name, split in own.items():
                at = pd.Categorical(of_cell[name], categories=split.names).codes
                for column, total in ((split.elapsed, to_date), (split.rest, later)):
                    np.add.at(column[part].T, at, total.T)
        splits |= own
    sample = sample_of(controls, blocks) if controls.size else Sample.plain(scenarios)
    return Plan(sample, elapsed, **vars(totals), splits=splits, kinds=kinds, source="simulation")


def stored_plan(
    cash: StoredCash, elapsed: int, attribute: str, names: tuple[str, ...] | None = None
) -> Plan:
    """Return the plan of a stored run: by month, and by its own groups where they are stored.

    Parameters
    ----------
    cash
        Stored cash of the run.
    elapsed
        Whole months since the valuation date.
    attribute
        Attribute of the loans by which the run stores groups.
    names
        Names of the groups; defaults to those of the run.
    """
    _check_elapsed(elapsed, cash.months)
    receipts, costs = _after_start(cash.receipts), _after_start(cash.costs)
    splits = {}
    amounts = getattr(cash, "amounts", None)
    if amounts is not None:
        received = amounts[:, :, cash.is_receipt].sum(axis=2)
        splits[attribute] = Split(
            names or cash.groups,
            received[:, : elapsed + 1].sum(axis=1),
            received[:, elapsed + 1 :].sum(axis=1),
        )
    none = np.zeros(cash.scenarios)
    return Plan(
        cash.sample, elapsed, receipts, costs, receipts, costs, none, splits, None, "stored run"
    )


def _check_elapsed(elapsed: int, months: int) -> None:
    if not 1 <= elapsed <= months:
        raise NplSimError(
            f"track: {elapsed} whole months have passed since the valuation date; expected from 1 "
            f"to the horizon of {months} months. Check --as-of"
        )


def _passes(attributes: pd.DataFrame, closed: np.ndarray) -> Iterator[list[str]]:
    """Yield attributes whose combinations make at most `MOST_CELLS` groups of loans."""
    names: list[str] = []
    for name in attributes.columns:
        together = attributes[[*names, name]].assign(closed=closed)
        if names and len(together.drop_duplicates()) > MOST_CELLS:
            yield names
            names = []
        names.append(name)
    if names:
        yield names


def _cells(
    attributes: pd.DataFrame, closed: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Return the group of each loan, each group's value by attribute, and which are closed."""
    keys = attributes.assign(**{"closed loan": closed})
    codes = keys.groupby(list(keys.columns), sort=True, dropna=False).ngroup().to_numpy()
    first = np.unique(codes, return_index=True)[1]
    values = {str(name): attributes[name].to_numpy(dtype=object)[first] for name in attributes}
    return codes, values, closed[first]


def _empty_split(values: np.ndarray, scenarios: int) -> Split:
    names = tuple(sorted(set(map(str, values))))
    return Split(names, *(np.zeros((scenarios, len(names))) for _ in range(2)))


def _after_start(cash: np.ndarray) -> np.ndarray:
    """Return cash with that of month 0 in month 1, shape (scenarios, months + 1).

    What falls due on the valuation date, such as fees of a suit, is paid after the purchase. A
    file of cash has it in month 1.
    """
    cash = cash.copy()
    cash[:, 1] += cash[:, 0]
    cash[:, 0] = 0.0
    return cash


def _add(
    totals: _Totals, part: slice, cash: np.ndarray, received: np.ndarray, still: np.ndarray
) -> None:
    """Add the cash of a block of scenarios, of all loans and of those that are not closed."""
    spent = -cash[:, :, ~KIND_IS_INFLOW].sum(axis=2)
    totals.receipts[part] = _after_start(received.sum(axis=1))
    totals.costs[part] = _after_start(spent.sum(axis=1))
    totals.open_receipts[part] = _after_start(received[:, still].sum(axis=1))
    totals.open_costs[part] = _after_start(spent[:, still].sum(axis=1))
    totals.residual[part] = cash[:, still, Kind.RESIDUAL].sum(axis=(1, 2))
