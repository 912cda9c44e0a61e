"""Model and expert side by side, by loan and by author. docs/experts.md.

The loans with entries are simulated three times on the same random numbers: without entries, with
the study's weights, and with weight 1. The value of the study's own run anchors all three. Model
and expert differ from it by means of paired runs, reported with their errors.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.layout import TILE
from npl_sim.engine.compile_model import Model, compile_model
from npl_sim.engine.expert_records import loans_named
from npl_sim.engine.pilot_runs import Pilot, run_pilot
from npl_sim.engine.simulate import record_paths
from npl_sim.engine.tile import Simulator
from npl_sim.study.masked_entries import without_entries

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["ExpertComparison", "compare_experts"]

MOST_SCENARIOS = 4096
"""Most scenarios of the paired runs."""

TOTAL = "total"
"""Author of the row that adds all authors."""

FIGURES = ("model", "expert", "blended", "difference")


@dataclass(frozen=True)
class ExpertComparison:
    """Values of loans with manual entries: model, expert, and the study's own."""

    loans: pd.DataFrame
    """One row a loan: loan_id, author, entry, weight (NaN where the model stands), route, claim.

    Then model, expert, blended and difference (blended less model), each with its standard error
    `_se`. [package currency]
    """
    authors: pd.DataFrame
    """The same figures by author, and in total: author, loans, claim, figures. [package
    currency]"""
    scenarios: int
    """Scenarios of the paired runs."""


@dataclass(frozen=True)
class _Entry:
    """What people entered for one loan."""

    author: str
    kinds: tuple[str, ...]
    weight: float
    route: str


def _entries(study: Study, table: LoanTable) -> dict[int, _Entry]:
    """Return the entries by row of the loan table.

    The author is that of the estimate, else of the manual cash, else of the override.
    """
    found: dict[int, _Entry] = {}

    def add(row: int, author: str, kind: str, weight: float, route: str) -> None:
        old = found.get(row)
        if old is None:
            found[row] = _Entry(author, (kind,), weight, route)
        elif kind not in old.kinds:
            found[row] = dataclasses.replace(old, kinds=(*old.kinds, kind))

    for row, loans in zip(study.experts.rows, loans_named(table, study.experts.rows), strict=True):
        for i in loans:
            add(i, row.author, "estimate", row.weight, row.route)
    at = {str(name): i for i, name in enumerate(table.loans["loan_id"])}
    for cash in study.manual_cash.rows:
        if cash.loan in at:
            replaces = 1.0 if cash.mode == "replace" else math.nan
            add(at[cash.loan], cash.author, "manual cash", replaces, cash.route)
    for change in study.overrides.rows:
        if change.loan in at:
            add(at[change.loan], change.author, "override", math.nan, "")
    return found


def _without(study: Study) -> Study:
    """Return the study without entries and without the policies derived from them."""
    policies = tuple(p for p in study.policies if not p.derived_from)
    return without_entries(study.model_copy(update={"policies": policies}))


def _certain(study: Study) -> Study:
    """Return the study with every estimate at weight 1."""
    rows = tuple(row.model_copy(update={"weight": 1.0}) for row in study.experts.rows)
    experts = study.experts.model_copy(update={"rows": rows})
    return study.model_copy(update={"experts": experts})


def _some(model: Model, rows: np.ndarray) -> Model:
    """Return the model with some of its loans, by row of the loan table, and no placements."""
    kept = np.isin(model.tape_row, rows)
    loans = model.package.loans[kept]
    tables = model.collection
    begin = np.searchsorted(loans["collection_table"], np.arange(len(tables.policy) + 1))
    return dataclasses.replace(
        model,
        package=model.package._replace(loans=loans),
        collection=tables._replace(begin=begin, placement=np.full_like(tables.placement, -1)),
        tape_row=model.tape_row[kept],
        placements=(),
    )


def _simulator(study: Study, table: LoanTable, rows: np.ndarray) -> Simulator:
    pilot: Pilot | None = run_pilot(study, table, record_paths)
    return Simulator(study, _some(compile_model(study, table, pilot), rows), "nothing")


def _values(simulator: Simulator, first: int, count: int) -> np.ndarray:
    """Return present values, shape (scenarios, loans), loans in the order of the tape."""
    record = simulator.simulate(first, count, record=True).record[:, :, 0]
    return np.asarray(record[:, np.argsort(simulator.model.tape_row)])


def _columns(rows: np.ndarray, authors: list[str], entries: dict[int, _Entry]) -> np.ndarray:
    """Return which loans each column adds: single loans, those of each author, all of them."""
    sums = np.zeros((len(rows), len(rows) + len(authors) + 1))
    sums[:, : len(rows)] = np.eye(len(rows))
    for n, i in enumerate(rows.tolist()):
        sums[n, len(rows) + authors.index(entries[i].author)] = 1.0
    sums[:, -1] = 1.0
    return sums


def _paired(
    study: Study, table: LoanTable, rows: np.ndarray, sums: np.ndarray, scenarios: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return means and standard errors by column of `sums`.

    The rows are: without entries, weight 1, the study, study less without, weight 1 less study.
    """
    versions = [_without(study), study]
    if any(row.weight < 1.0 for row in study.experts.rows):
        versions.append(_certain(study))
    simulators = [_simulator(version, table, rows) for version in versions]
    total, squares = np.zeros((2, 5, sums.shape[1]))
    for first in range(0, scenarios, TILE):
        count = min(TILE, scenarios - first)
        without, own, *rest = (_values(s, first, count) @ sums for s in simulators)
        certain = rest[0] if rest else own
        for k, values in enumerate((without, certain, own, own - without, certain - own)):
            total[k] += values.sum(axis=0)
            squares[k] += np.square(values).sum(axis=0)
    mean = total / scenarios
    spread = np.maximum(squares - scenarios * np.square(mean), 0.0)
    return mean, np.sqrt(spread / max(scenarios - 1, 1) / scenarios)


def compare_experts(study: Study, table: LoanTable, cash: Cash) -> ExpertComparison | None:
    """Return model and expert side by side; None for a study without manual entries.

    Parameters
    ----------
    study, table
        The study and its loans.
    cash
        Cash of the study's own run, which gives the blended values.

    Notes
    -----
    With means over paired scenarios, ``model = blended - mean(study - without)`` and
    ``expert = blended + mean(certain - study)``. Agency contracts on totals are left out of the
    paired runs.
    """
    entries = _entries(study, table)
    if not entries:
        return None
    rows = np.array(sorted(entries), dtype=np.int64)
    authors = list(dict.fromkeys(entries[i].author for i in rows.tolist()))
    sums = _columns(rows, authors, entries)
    scenarios = min(cash.scenarios, MOST_SCENARIOS)
    mean, error = _paired(study, table, rows, sums, scenarios)
    ids = table.loans["loan_id"].iloc[rows]
    own = cash.loans.set_index("loan_id").loc[ids, "pv_mean"].to_numpy(dtype=np.float64) @ sums
    figures = np.stack([own - mean[3], own + mean[4], own, mean[3]])
    frame = pd.DataFrame(
        {
            key: column
            for name, values, se in zip(FIGURES, figures, error[:4], strict=True)
            for key, column in ((name, values), (f"{name}_se", se))
        }
    )
    claims = table.loans[["principal", "accrued_interest", "fees"]].sum(axis=1).to_numpy()[rows]
    heads = {
        "loan_id": ids.astype(str).to_numpy(),
        "author": [entries[i].author for i in rows.tolist()],
        "entry": [", ".join(entries[i].kinds) for i in rows.tolist()],
        "weight": [entries[i].weight for i in rows.tolist()],
        "route": [entries[i].route for i in rows.tolist()],
        "claim": claims,
    }
    totals = sums[:, len(rows) :]
    by_author = {
        "author": [*authors, TOTAL],
        "loans": totals.sum(axis=0).astype(int),
        "claim": claims @ totals,
    }
    rest = frame.iloc[len(rows) :].reset_index(drop=True)
    return ExpertComparison(
        pd.concat([pd.DataFrame(heads), frame.iloc[: len(rows)]], axis=1),
        pd.concat([pd.DataFrame(by_author), rest], axis=1),
        scenarios,
    )
