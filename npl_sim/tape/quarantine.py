"""Quarantine of faulty rows with reasons, and the reconciliation of rows and amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import column_text
from npl_sim.tables.csv_safe import write_csv
from npl_sim.tables.files import RawFile
from npl_sim.tables.findings import PART_ROWS
from npl_sim.tape.joins import Join
from npl_sim.tape.parsed import Parsed, among
from npl_sim.tape.schema import Role

_LARGEST = 1e16  # beyond it cents do not fit 64 bits; no such amount is ever loaded


@dataclass(frozen=True)
class Ledger:
    """Reconciliation of one table, in whole cents, so that amounts add up exactly."""

    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    """Rows of the file without lines of totals; with a relationship file, an item's row counts
    once for each of its loans. [rows]"""
    total_rows: int
    """Lines of totals, which are not among the rows. [rows]"""
    rows_unknown: int
    """Quarantined rows whose amount cannot be known; they are in none of the amounts. [rows]"""
    cents_in: int
    cents_loaded: int
    cents_quarantined: int
    """Gross book value of loans, appraised value of collateral, nothing for guarantors; a loan
    in several rows counts once. [cents of the package currency]"""

    @property
    def balances(self) -> bool:
        """Whether rows and amounts read equal those loaded plus those quarantined."""
        return (
            self.rows_in == self.rows_loaded + self.rows_quarantined
            and self.cents_in == self.cents_loaded + self.cents_quarantined
        )


@dataclass(frozen=True)
class FileAccount:
    """Rows and amounts that one of several files adds to its table."""

    role: Role
    file: str
    """The table, and the name of the file."""
    rows_in: int
    """Rows of the file without lines of totals. [rows]"""
    cents_in: int
    """Its part of `Ledger.cents_in`; a loan in several files counts in its first one. [cents of
    the package currency]"""


def file_accounts(
    role: Role, raw: RawFile, amounts: np.ndarray, counted: np.ndarray
) -> list[FileAccount]:
    """Return the account of each file of a table; empty if there is only one file.

    Parameters
    ----------
    role
        The table.
    raw
        Its rows.
    amounts
        Amount of each row; NaN: unknown. [package currency]
    counted
        Rows whose amount counts.
    """
    found = []
    for i, part in enumerate(raw.parts):
        own = raw.part == i
        found.append(
            FileAccount(role, part.source.file, int(own.sum()), _cents(amounts[counted & own]))
        )
    return found


@dataclass(frozen=True)
class Reconciliation:
    """Accounts of the three tables; None without a collateral or guarantor table."""

    loans: Ledger
    collateral: Ledger | None
    guarantors: Ledger | None
    """The accounts."""
    loans_loaded: int
    """Loans on the table: rows loaded, less further rows of one loan. [loans]"""
    joins: tuple[Join, ...] = ()
    """Rows of the other tables that meet a loan."""
    files: tuple[FileAccount, ...] = ()
    """Accounts of the files of tables that lie in several."""

    @property
    def gbv_in(self) -> float:
        """Gross book value of the loan file, as far as it is known. In package currency."""
        return self.loans.cents_in / 100

    @property
    def gbv_loaded(self) -> float:
        """Gross book value loaded. In package currency."""
        return self.loans.cents_loaded / 100

    @property
    def gbv_quarantined(self) -> float:
        """Gross book value set aside, as far as it is known. In package currency."""
        return self.loans.cents_quarantined / 100


def _known(amounts: np.ndarray) -> np.ndarray:
    """Return amounts, with NaN for those too large for an account."""
    return np.where(np.abs(amounts) <= _LARGEST, amounts, np.nan)


def _cents(amounts: np.ndarray) -> int:
    """Return the exact sum of amounts rounded to cents; unknown ones count as 0."""
    known = _known(amounts)
    cents = np.rint(known[~np.isnan(known)] * 100.0).astype(np.int64)
    # Two halves, because a million amounts of 1e15 would overflow one sum.
    return (int((cents >> 32).sum()) << 32) + int((cents & 0xFFFFFFFF).sum())


def ledger(amounts: np.ndarray, aside: np.ndarray, counted: np.ndarray, total_rows: int) -> Ledger:
    """Return the account of a table.

    Parameters
    ----------
    amounts
        Amount of each row; NaN: unknown. [package currency]
    aside
        Rows set aside.
    counted
        Rows whose amount counts.
    total_rows
        Lines of totals. [rows]
    """
    unknown = np.isnan(_known(amounts))
    account = Ledger(
        rows_in=len(amounts),
        rows_loaded=int((~aside).sum()),
        rows_quarantined=int(aside.sum()),
        total_rows=total_rows,
        rows_unknown=int((unknown & counted).sum()),
        cents_in=_cents(amounts[counted]),
        cents_loaded=_cents(amounts[counted & ~aside]),
        cents_quarantined=_cents(amounts[counted & aside]),
    )
    if not account.balances:  # no tape can cause this
        raise AssertionError(f"the account of the tape does not balance: {account}")
    return account


def set_aside_rows(
    raw: RawFile, aside: np.ndarray, reasons: Sequence[str], amounts: np.ndarray | None
) -> pd.DataFrame:
    """Return raw rows with their file, row, reasons and amount (NaN if unknown)."""
    at = np.flatnonzero(aside)
    own = {
        "file": pd.Series(raw.files[at], dtype="str"),
        "row": pd.Series(raw.rows[at] % PART_ROWS, dtype="int64"),
        "reasons": pd.Series(list(reasons), dtype="str"),
        "gbv_counted": pd.Series(
            np.full(len(at), np.nan) if amounts is None else _known(amounts[at])
        ),
    }
    for i, header in enumerate(raw.headers):
        name = header or f"column {i + 1}"
        while name in own:
            name += " (raw)"
        own[name] = column_text(raw.frame[i].iloc[at]).reset_index(drop=True)
    return pd.DataFrame(own)


def write_quarantine(rows: pd.DataFrame, path: Path) -> None:
    """Write quarantined rows as CSV without cells that a spreadsheet runs as formulas."""
    write_csv(rows, path)


class QuarantineLog:
    """Log of quarantined loans: spreads errors from rows to loans, and to all their rows.

    A loan without one of its collateral or guarantor rows would be misvalued. So a faulty row of
    either quarantines its whole loan. A row without a loan is quarantined alone.
    """

    def __init__(self, loans: Parsed, ids: pd.Series) -> None:
        self.because: dict[str, str] = {}
        self.blame(loans, ids, np.zeros(len(ids), dtype=bool))

    def blame(
        self,
        table: Parsed,
        ids: pd.Series,
        orphan: np.ndarray,
        spellings: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        """Quarantine the loans of the faulty rows of a table.

        Parameters
        ----------
        table
            The table.
        ids
            Loan id of each row.
        orphan
            Rows that belong to no loan.
        spellings
            Id of such a row to the loans that it may mean in another spelling; they are set
            aside too.
        """
        faulty = table.log.faulty() & (ids != "").to_numpy(dtype=bool)
        at = np.flatnonzero(faulty)
        for i, loan, row in zip(at, ids.to_numpy()[at], table.log.rows[at], strict=True):
            for meant in spellings.get(str(loan), ()) if orphan[i] else (str(loan),):
                file, line = table.log.place(row)
                self.because.setdefault(meant, f"{file} row {line} is faulty")

    def blame_loans(self, reasons: Mapping[str, str]) -> None:
        """Quarantine loans for the given reasons."""
        for loan, reason in reasons.items():
            self.because.setdefault(loan, reason)

    def rows(self, table: Parsed, ids: pd.Series) -> np.ndarray:
        """Return which rows of a table are quarantined."""
        # An item on a loan row without an id goes with that row.
        alone = (ids == "").to_numpy(dtype=bool)
        return np.asarray(table.log.faulty() | among(ids, list(self.because)) | alone, dtype=bool)

    def reasons(
        self, table: Parsed, ids: pd.Series, aside: np.ndarray, *others: Parsed
    ) -> list[str]:
        """Return the reasons of each quarantined row."""
        texts = []
        for i in np.flatnonzero(aside):
            row = int(table.log.rows[i])
            own = [r for t in (table, *others) for r in t.log.reasons.get(row, ())]
            because = self.because.get(str(ids.iloc[i]))
            expected = f"set aside with its loan: {because}" if because else "belongs to no loan"
            texts.append("; ".join(own) or expected)
        return texts
