"""Records of expert estimates and manual cash for the kernel. docs/experts.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import quoted
from npl_sim.core.layout import CORRELATION, ESTIMATE, MANUAL, Kind
from npl_sim.policy.expert_terms import ExpertEstimate, ManualCashRow
from npl_sim.policy.triangular_points import triangular_ends
from npl_sim.tape.id_keys import keys_in

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["compile_experts", "expert_errors", "loans_named"]


def _claims(loans: np.ndarray) -> np.ndarray:
    """Return the claims at the valuation date. [currency]"""
    return np.asarray(loans["principal"] + loans["interest_and_fees"])


def _rows_by_name(names: np.ndarray) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names.tolist()):
        rows.setdefault(str(name), []).append(row)
    return rows


class _Named:
    """Loans that an id names, by scope.

    Parameters
    ----------
    table
        The loans.
    order
        Rows of the loan table in the order of the results; defaults to the order of the tape.
    """

    def __init__(self, table: LoanTable, order: np.ndarray | None = None) -> None:
        frame = table.loans if order is None else table.loans.iloc[order]
        self.loans = _rows_by_name(frame["loan_id"].to_numpy(object))
        self.borrowers = _rows_by_name(frame["borrower_id"].to_numpy(object))
        items = table.collateral
        self.item_loans = items["loan_id"].to_numpy(object)
        self.item_ranks = items["lien_rank"].fillna(1.0).to_numpy(dtype=np.float64)
        self.items = _rows_by_name(items["collateral_id"].to_numpy(object))
        self.item_keys = keys_in(items, "collateral_id")

    def rows(self, scope: str, name: str) -> tuple[list[int], list[float]]:
        """Return the loan rows that an id names, and the rank of each; empty for an unknown id."""
        if scope == "item":
            ranks: dict[int, float] = {}
            for at in self.items.get(name, []):
                for row in self.loans.get(str(self.item_loans[at]), []):
                    ranks[row] = min(ranks.get(row, np.inf), float(self.item_ranks[at]))
            return list(ranks), list(ranks.values())
        rows = (self.loans if scope == "loan" else self.borrowers).get(name, [])
        return rows, [1.0] * len(rows)

    def hint(self, scope: str, name: str) -> str:
        """Return the one id that differs by leading zeros alone; empty for none or several.

        Spreadsheets drop the zeros of an id that they take for a number.
        """
        ids = {"loan": self.loans, "borrower": self.borrowers, "item": self.items}[scope]
        bare = name.lstrip("0")
        near = [known for known in ids if bare and known.lstrip("0") == bare]
        return f"; did you mean {quoted(near[0])}?" if len(near) == 1 else ""

    def key(self, scope: str, name: str, loan: np.void) -> np.uint64:
        """Return the key of an id that names a loan: that of its random numbers."""
        if scope == "item":
            return np.uint64(self.item_keys[self.items[name][0]])
        return np.uint64(loan["key" if scope == "loan" else "borrower"])


def loans_named(table: LoanTable, rows: Sequence[ExpertEstimate]) -> list[list[int]]:
    """Return the rows of the loan table that each estimate covers.

    Parameters
    ----------
    table
        The loans.
    rows
        The estimates.
    """
    named = _Named(table)
    return [named.rows(row.scope, row.id)[0] for row in rows]


def expert_errors(study: Study, table: LoanTable) -> tuple[str, ...]:
    """Return the errors of estimates and manual cash against the tape; empty for none.

    Parameters
    ----------
    study, table
        The study and its loans.
    """
    errors, owner = list[str](), dict[int, str]()
    horizon, named = study.simulation.horizon_months, _Named(table)
    covered = loans_named(table, study.experts.rows)
    for n, (row, loans) in enumerate(zip(study.experts.rows, covered, strict=True)):
        where = f"experts.rows.{n}: {row.scope} {quoted(row.id)}"
        if not loans:
            errors.append(
                f"{where}: not among the loans that are priced; expected the id of a {row.scope}"
                f"{named.hint(row.scope, row.id)}"
            )
        if row.months_base > horizon:
            errors.append(
                f"{where}: months_base is {row.months_base:g}; expected at most the horizon of "
                f"{horizon} months"
            )
        if row.scope == "item" and len(loans) > 1 and study.tape.collateral_scope != "file":
            errors.append(
                f"{where}: stands under {len(loans)} loans; expected an item of one loan, or "
                "tape.collateral_scope: file for items that loans share"
            )
            continue
        for at in loans:
            if at in owner:
                loan = str(table.loans["loan_id"].iloc[at])
                errors.append(
                    f"{where}: loan {quoted(loan)} has an estimate already ({owner[at]}); "
                    "expected one estimate a loan, by loan, borrower or item"
                )
                break
            owner[at] = where
    rows_of = named.loans
    modes: dict[str, str] = {}
    first: dict[ManualCashRow, int] = {}
    for n, cash in enumerate(study.manual_cash.rows):
        where = f"manual_cash.rows.{n}: loan {quoted(cash.loan)}"
        found = rows_of.get(cash.loan, [])
        if not found:
            hint = named.hint("loan", cash.loan)
            errors.append(
                f"{where}: not among the loans that are priced; expected a loan id{hint}"
            )
        elif cash.month > horizon:
            errors.append(
                f"{where}: month is {cash.month}; expected at most the horizon of {horizon} months"
            )
        elif modes.setdefault(cash.loan, cash.mode) != cash.mode:
            errors.append(f"{where}: mode is {cash.mode}; expected one mode for all of its rows")
        elif cash.mode == "replace" and found[0] in owner:
            errors.append(
                f"{where}: mode is replace and the loan has an estimate ({owner[found[0]]}); "
                "expected one of the two, or mode: add"
            )
        elif first.setdefault(cash, n) != n:
            errors.append(
                f"{where}: the same as row {first[cash]} in every cell; expected one row with the "
                "sum, or a note that tells them apart"
            )
    return tuple(errors)


def _fill(
    estimate: np.ndarray,
    row: ExpertEstimate,
    claim: float,
    total: float,
    before: float,
    peers: float,
) -> None:
    """Fill the record of one loan.

    Parameters
    ----------
    estimate
        The record, of shape (1,).
    row
        The estimate.
    claim, total
        Claims of the loan, and of all loans that the estimate covers. [currency]
    before, peers
        Claims that are paid before the loan's rank, and those of its rank. [currency]
    """
    unit = total if row.recovery_unit == "share" else 1.0
    points = [p * unit for p in (row.recovery_low, row.recovery_base, row.recovery_high)]
    low, high = triangular_ends(*points)
    estimate["recovery"] = (low, points[1], high)
    low, high = triangular_ends(row.months_low, row.months_base, row.months_high)
    estimate["months"] = (low, row.months_base, high)
    estimate["share"] = claim / peers if peers > 0.0 else 0.0
    estimate["ahead"] = before * estimate["share"]
    estimate["cap"] = claim
    if row.cost_unit == "share":
        estimate["cost_share"] = row.cost
    else:
        estimate["cost"] = row.cost * (claim / total if total > 0.0 else 0.0)
    estimate["weight"] = row.weight
    estimate["kind"] = Kind[row.route.upper()]


def _estimates(study: Study, loans: np.ndarray, named: _Named) -> tuple[np.ndarray, list[int]]:
    """Return the ESTIMATE records, and the loan row of each."""
    claims, parts, owners = _claims(loans), [], []
    for row in study.experts.rows:
        at, ranks = named.rows(row.scope, row.id)
        if not at:
            continue  # loans outside a part of the tape; `expert_errors` refuses unknown ids
        total = float(sum(claims[i] for i in at))
        head = loans[min(at, key=lambda i: int(loans["key"][i]))]
        for i, rank in zip(at, ranks, strict=True):
            record = np.zeros(1, dtype=ESTIMATE)
            before = float(sum(claims[j] for j, r in zip(at, ranks, strict=True) if r < rank))
            peers = float(sum(claims[j] for j, r in zip(at, ranks, strict=True) if r == rank))
            _fill(record, row, float(claims[i]), total, before, peers)
            record["key"] = named.key(row.scope, row.id, head)
            for name in ("borrower", "group_key", "region_key"):
                record[name] = head[name]
            parts.append(record)
            owners.append(i)
    return np.concatenate(parts) if parts else np.zeros(0, dtype=ESTIMATE), owners


def _replacements(cash: dict[int, list[ManualCashRow]]) -> tuple[np.ndarray, list[int]]:
    """Return a record that replaces the path of each loan whose manual cash does so."""
    owners = [i for i, rows in cash.items() if rows[0].mode == "replace"]
    records = np.zeros(len(owners), dtype=ESTIMATE)
    records["weight"] = 1.0
    for n, i in enumerate(owners):
        records["months"][n] = max(row.month for row in cash[i])
    return records, owners


def _manual(cash: dict[int, list[ManualCashRow]], loans: np.ndarray) -> np.ndarray:
    """Return the MANUAL records by loan, after entering the range of each loan's own."""
    records = np.zeros(sum(map(len, cash.values())), dtype=MANUAL)
    at = 0
    for i in sorted(cash):
        loans["manual_begin"][i] = at
        for row in cash[i]:
            kind = Kind[row.route.upper()] if row.amount > 0.0 else Kind.LAWYER
            records[at] = (row.month, kind, row.amount)
            at += 1
        loans["manual_end"][i] = at
    return records


def compile_experts(
    study: Study, table: LoanTable, loans: np.ndarray, order: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Return estimates, manual cash and correlations, after entering the ranges of each loan.

    Parameters
    ----------
    study, table
        The study and its loans.
    loans
        LOAN records, in their final order.
    order
        Row of each on the loan table.

    Returns
    -------
    tuple
        ESTIMATE, MANUAL and CORRELATION records.
    """
    terms = study.experts
    shares = (terms.region_correlation, terms.group_correlation, terms.borrower_correlation)
    correlation = np.array([shares], dtype=CORRELATION)
    if not terms.rows and not study.manual_cash.rows:
        return np.zeros(0, dtype=ESTIMATE), np.zeros(0, dtype=MANUAL), correlation
    named = _Named(table, order)
    cash: dict[int, list[ManualCashRow]] = {}
    for row in study.manual_cash.rows:
        for i in named.rows("loan", row.loan)[0]:
            cash.setdefault(i, []).append(row)
    parts = [_estimates(study, loans, named), _replacements(cash)]
    records = np.concatenate([records for records, _ in parts])
    owners = np.array([i for _, owned in parts for i in owned], dtype=np.int64)
    order = np.argsort(owners, kind="stable")
    loans["estimate_begin"][owners[order]] = np.arange(len(owners))
    loans["estimate_end"][owners[order]] = np.arange(len(owners)) + 1
    return records[order], _manual(cash, loans), correlation
