"""Compile the model: a study and a loan table become the read-only records of the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import StudyError
from npl_sim.core.layout import MAX_ITEMS, Stage
from npl_sim.engine.collateral_records import compile_guarantors, compile_items
from npl_sim.engine.collection_tables import NO_AGE, depends_on_age, stack_tables
from npl_sim.engine.court_queue import court_queues
from npl_sim.engine.expert_records import compile_experts
from npl_sim.engine.loan_records import coded, compile_loans
from npl_sim.engine.pilot_runs import Pilot, passes_npv_tests, write_pilot_prices
from npl_sim.engine.policy_rows import policy_rows
from npl_sim.engine.quantiles import QuantileTables
from npl_sim.engine.terms import compile_assets, compile_auctions, compile_fees, compile_policies
from npl_sim.kernels.context import CollectionTables, Package
from npl_sim.market.factors import cooperation_law
from npl_sim.policy.enforcement import CollateralTerms
from npl_sim.tape.names import kind_and_place
from npl_sim.tape.parsed import among

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Model", "compile_model"]


@dataclass(frozen=True)
class Model:
    """A study and its tape, ready for the kernel."""

    package: Package
    """Records; loans are sorted by collection table and key, whatever the order of the tape."""
    collection: CollectionTables
    """Collection tables by policy, group and age."""
    tape_row: np.ndarray
    """Row on the loan table of each loan of `package.loans`, shape (loans,)."""
    groups: tuple[str, ...]
    """Names along the group axis."""
    group_gbv: np.ndarray
    """Gross book value of each group. [package currency]"""
    placements: tuple[tuple[int, int], ...]
    """Policy and group of each row of the totals of placements."""
    loading: np.ndarray
    """Loading of each policy on the cooperation factor, shape (policies,)."""
    sale_loading: np.ndarray
    """Loading of each policy's sale price on the cooperation factor, shape (policies,)."""
    insolvency_loading: np.ndarray
    """Loading of each policy's insolvencies on the cooperation factor, shape (policies,)."""
    horizon: int
    """Months simulated."""


def _labels(
    policy: np.ndarray, group: np.ndarray, age: np.ndarray, collected: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows (policy, group, age, collected), in order, and each loan's row."""
    # One whole number for each row, in the same order, is quicker to sort than rows.
    columns = [policy, group, age, collected.astype(np.int64)]
    lows = [int(column.min(initial=0)) for column in columns]
    sizes = [
        int(column.max(initial=0)) - low + 1 for column, low in zip(columns, lows, strict=True)
    ]
    code = np.zeros(len(policy), dtype=np.int64)
    for column, low, size in zip(columns, lows, sizes, strict=True):
        code = code * size + (column - low)
    found, label = np.unique(code, return_inverse=True)
    rows = np.empty((len(found), len(columns)), dtype=np.int64)
    for n in range(len(columns) - 1, -1, -1):
        rows[:, n] = found % sizes[n] + lows[n]
        found = found // sizes[n]
    return rows, label.reshape(-1)


def _label_collection(loans: np.ndarray, study: Study) -> np.ndarray:
    """Enter the collection table of each loan; return policy, group, age and use of each table."""
    policy = loans["policy"]
    aged = np.array([depends_on_age(p.collection) for p in study.policies])
    collected = loans["stage"] == Stage.COLLECTION
    age = np.where(aged[policy] & collected, loans["age"].astype(np.int64), NO_AGE)
    table_rows, loans["collection_table"] = _labels(policy, loans["group"], age, collected)
    return table_rows


def _join_security(
    loans: np.ndarray,
    table: LoanTable,
    study: Study,
    kinds: dict[str, CollateralTerms],
    sorted_row: pd.Series,
) -> tuple[np.ndarray, np.ndarray]:
    """Return collateral and guarantors, after entering the range of each loan's own."""
    items, owner = compile_items(table, study, kinds, sorted_row, loans)
    loans["item_begin"] = np.searchsorted(owner, np.arange(len(loans)), side="left")
    loans["item_end"] = np.searchsorted(owner, np.arange(len(loans)), side="right")
    guarantors, backed = compile_guarantors(table, study, sorted_row, loans)
    loans["guarantor_begin"] = np.searchsorted(backed, np.arange(len(loans)), side="left")
    loans["guarantor_end"] = np.searchsorted(backed, np.arange(len(loans)), side="right")
    if len(loans) and int((loans["item_end"] - loans["item_begin"]).max()) > MAX_ITEMS:
        raise StudyError(
            [f"tape: a loan has more than {MAX_ITEMS} collateral items; expected fewer"]
        )
    return items, guarantors


def _placements(
    study: Study, table_rows: np.ndarray
) -> tuple[tuple[tuple[int, int], ...], np.ndarray]:
    """Return the pairs of policy and group under contracts on totals, and each table's pair."""
    on_totals = {
        i for i, p in enumerate(study.policies) if any(a.contract for a in p.collection.agencies)
    }
    placements = sorted(
        {
            (int(p), int(g))
            for p, g, _, collected in table_rows
            if collected and int(p) in on_totals
        }
    )
    rows = {pair: n for n, pair in enumerate(placements)}
    of = [rows.get((int(p), int(g)), -1) if collected else -1 for p, g, _, collected in table_rows]
    return tuple(placements), np.array(of, dtype=np.int64)


@dataclass(frozen=True)
class _Terms:
    """Records that do not depend on the loans."""

    terms: np.ndarray
    """TERMS records of the policies."""
    records: tuple[np.ndarray, ...]
    """Records from assets to quantile tables, in the order of `Package`."""
    kinds: dict[str, CollateralTerms]
    """Terms of collateral by kind."""


def _compile_terms(study: Study, pilot: Pilot | None) -> _Terms:
    """Compile policies, collateral terms, fees and distributions."""
    tables = QuantileTables()
    terms = compile_policies(
        study.policies,
        study.legal,
        study.valuation_date,
        study.market,
        study.pricing.required_return,
        tables,
    )
    assets = compile_assets(study.policies, terms, tables)
    if pilot is not None:
        write_pilot_prices(study.policies, pilot, terms)
    kinds = {kind_and_place(k): terms for k, terms in study.collateral.items()}
    kinds.setdefault("default", CollateralTerms())
    auctions = compile_auctions(kinds, tables)
    fees = compile_fees(study.legal)
    return _Terms(terms, (assets, terms, auctions, fees, tables.tables()), kinds)


def compile_model(study: Study, table: LoanTable, pilot: Pilot | None = None) -> Model:
    """Compile a study and its loans into the read-only records of the kernel.

    Parameters
    ----------
    study, table
        Study and loans.
    pilot
        Estimates of a pilot run, where the study requires one. Without them, loans sold at their
        remaining value bring nothing, and every plan passes its test.

    Raises
    ------
    StudyError
        If a loan falls under no policy, or collateral under no index.
    """
    frame = table.loans
    horizon = study.simulation.horizon_months
    secured = among(frame["loan_id"], table.collateral["loan_id"].to_numpy(object))
    policy = policy_rows(study.policies, frame, secured)
    fixed = _compile_terms(study, pilot)
    loans = compile_loans(table, study, policy)
    if pilot is not None:
        loans["offered"] &= passes_npv_tests(study.policies, pilot, loans, table)
    if study.market.courts is not None:
        loans["court_queue"] = court_queues(
            loans, fixed.terms, frame["region"], study.market.courts, horizon
        )
    group, groups = coded(frame[study.simulation.group_by])
    loans["group"] = group
    table_rows = _label_collection(loans, study)
    tape_row = np.lexsort((loans["key"], loans["collection_table"]))
    loans = loans[tape_row]
    begin = np.searchsorted(loans["collection_table"], np.arange(len(table_rows) + 1))
    sorted_row = pd.Series(np.arange(len(loans)), index=frame["loan_id"].to_numpy()[tape_row])
    items, guarantors = _join_security(loans, table, study, fixed.kinds, sorted_row)
    experts = compile_experts(study, table, loans)
    placements, placement_of = _placements(study, table_rows)
    sale_loading = [0.0 if p.sale is None else p.sale.cooperation_loading for p in study.policies]
    return Model(
        package=Package(loans, items, guarantors, *(*fixed.records, *experts)),
        collection=stack_tables(
            [p.collection for p in study.policies],
            table_rows,
            begin,
            placement_of,
            horizon,
            cooperation_law(study.market, study.stress, horizon),
        ),
        tape_row=tape_row,
        groups=tuple(str(g) for g in groups),
        # Added in the order of the kernel's loans, so that the order of the tape cannot show.
        group_gbv=np.bincount(
            loans["group"],
            weights=frame["gbv"].to_numpy(dtype=np.float64)[tape_row],
            minlength=len(groups),
        ),
        placements=placements,
        loading=np.array([p.collection.cooperation_loading for p in study.policies]),
        sale_loading=np.array(sale_loading),
        insolvency_loading=np.array(
            [
                0.0 if p.insolvency is None else p.insolvency.cooperation_loading
                for p in study.policies
            ]
        ),
        horizon=horizon,
    )
