"""Read a tape into a clean loan table with findings, quarantine and reconciliation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.core.errors import TapeError
from npl_sim.tables.columns import Notation
from npl_sim.tables.files import RawFile, Source
from npl_sim.tables.findings import Finding, format_findings
from npl_sim.tape.bank_columns import BankColumns, keep_columns
from npl_sim.tape.headers import Match
from npl_sim.tape.joins import Join
from npl_sim.tape.opening import open_sheets
from npl_sim.tape.other_reading import OtherReading
from npl_sim.tape.other_readings import find_other_readings
from npl_sim.tape.parsed import among, parse
from npl_sim.tape.quarantine import (
    FileAccount,
    Ledger,
    QuarantineLog,
    Reconciliation,
    file_accounts,
    ledger,
    set_aside_rows,
)
from npl_sim.tape.reading import Reading
from npl_sim.tape.schema import Role, column_names
from npl_sim.tape.seizures import with_assumed_liens
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.unmodeled import find_unmodeled
from npl_sim.tape.unused_amounts import UnusedAmount


@dataclass(frozen=True)
class LoanTable:
    """A tape that can be priced."""

    loans: pd.DataFrame
    collateral: pd.DataFrame
    guarantors: pd.DataFrame
    """Clean rows with the canonical columns of `schema`; `loans` also has `guaranteed` (bool). A
    NaN `secured_cap` or `cap` is no cap; NaN and NaT elsewhere: not known."""
    quarantine: pd.DataFrame
    """Raw rows set aside: file, row, reasons, gbv_counted, and the cells as the files show them.
    """
    findings: tuple[Finding, ...]
    """Everything that was found, errors and warnings."""
    sources: tuple[Source, ...]
    """Files read."""
    reconciliation: Reconciliation
    """Rows and amounts in, loaded and set aside."""
    other_readings: tuple[OtherReading, ...] = ()
    """Plausible other readings of the tape."""
    stated_ages: frozenset[str] = frozenset()
    """Ids of loans whose age the file states; the ages of all others run with the valuation date.
    """
    masked: bool = False
    """Whether pseudonyms stand for ids, and nothing quotes a cell."""
    bank: Mapping[str, BankColumns] = field(default_factory=dict)
    """The bank's own columns by table: loans and collateral; see `bank_columns`."""

    def bank_columns(self, table: str = "loans") -> pd.DataFrame:
        """Return the columns of the bank's file as text, read or not, one row per loan.

        Parameters
        ----------
        table
            loans, or collateral with one row per item.

        Returns
        -------
        pandas.DataFrame
            Columns by header, indexed like `loans` or `collateral`. A masked tape shows amounts,
            dates and known codes alone, under the names of canonical columns.
        """
        rows = self.loans if table == "loans" else self.collateral
        kept = self.bank.get(table)
        if kept is None or not kept.cells:
            return pd.DataFrame(index=rows.index)
        return kept.frame().set_index(rows.index)

    @property
    def joins(self) -> tuple[Join, ...]:
        """Joins of the other tables to the loans."""
        return self.reconciliation.joins


def _ready(frame: pd.DataFrame, role: Role, keep: np.ndarray) -> pd.DataFrame:
    return frame.loc[keep, list(column_names(role))].reset_index(drop=True)


def _empty(role: Role) -> pd.DataFrame:
    blank = RawFile(
        Source(role, "", "", 0), (), pd.DataFrame(index=range(0)), np.zeros(0, np.int64), 1
    )
    return parse(role, blank, Match({}, ()), Notation(), {}).frame


def read_tape(
    spec: TapeSpec, valuation_date: date, memory_limit_gib: float = 2.0, mask: bool = False
) -> LoanTable:
    """Read, check and complete a tape.

    Parameters
    ----------
    spec
        Its terms; paths must be resolved.
    valuation_date
        Date from which ages run and at which the package is priced.
    memory_limit_gib
        Most memory that reading a file may take. [GiB]
    mask
        Whether findings quote no cell; `masking.read_masked` masks all else.

    Returns
    -------
    LoanTable
        Clean rows in the order of the file, what was set aside, and all findings.

    Raises
    ------
    TapeError
        If a file or its headers cannot be used, or if few rows of tables match. Also if a reading
        needs confirmation, if faulty rows stop the study, or if no row is left.
    """
    reading = Reading(
        spec, valuation_date, open_sheets(spec, valuation_date, memory_limit_gib), mask
    )
    aside, items = reading.loans()
    if items is not None:
        reading.collateral(items, aside)
    if "guarantors" in reading.sheets:
        reading.guarantors(aside)
    reading.whole()
    findings = reading.review()
    if spec.on_error == "stop" and any(f.severity == "error" for f in findings):
        expected = "on_error: quarantine sets faulty rows aside and prices the rest"
        raise TapeError(f"{format_findings(findings)}\n{expected}")
    return _loaded(reading, aside, findings)


def _loaded(reading: Reading, aside: QuarantineLog, findings: tuple[Finding, ...]) -> LoanTable:
    """Return the clean rows and the reconciliation of all others."""
    tables, sheets, day = reading.tables, reading.sheets, reading.valuation_date
    clean: dict[Role, pd.DataFrame] = {r: _empty(r) for r in ("collateral", "guarantors")}
    accounts: dict[Role, Ledger] = {}
    unused: dict[Role, tuple[UnusedAmount, ...]] = {}
    bank: dict[str, BankColumns] = {}
    kept: list[pd.DataFrame] = []
    by_file: list[FileAccount] = []
    for role, table in tables.items():
        out = aside.rows(table.parsed, table.ids)
        amounts = table.amounts(role)
        # else the rows are those of the loan file, and are kept with them
        own_file = role in sheets
        totals = len(sheets[role].totals.rows) if own_file else 0
        accounts[role] = ledger(amounts, out, table.counted, totals)
        if own_file:
            by_file += file_accounts(role, table.parsed.raw, amounts, table.counted)
        keep = ~out & table.counted
        clean[role] = _ready(table.frame, role, keep)
        unused[role] = tuple(
            replace(u, values=u.values[keep]) for u in reading.unused.get(role, ())
        )
        if role != "guarantors":
            bank[role] = keep_columns(table.parsed.raw, reading.places(role), keep)
        if own_file:
            shared = [t.parsed for r, t in tables.items() if role == "loans" and r not in sheets]
            reasons = aside.reasons(table.parsed, table.ids, out, *shared)
            counts = np.where(table.counted, amounts, 0.0) if role == "loans" else None
            kept.append(set_aside_rows(table.parsed.raw, out, reasons, counts))
    links = reading.links
    if links is not None:
        kept.append(links.set_aside())
    loans = clean["loans"]
    if len(loans) == 0:
        text = format_findings(findings)
        raise TapeError(f"{text}\ntape: no loan is left; expected at least one")
    loans["guaranteed"] = among(loans["loan_id"], clean["guarantors"]["loan_id"].to_numpy(object))
    items = clean["collateral"].astype({"lien_rank": "int64"})
    confirmed = reading.spec.confirmed
    liens = unused.get("collateral", ())
    return LoanTable(
        loans=loans,
        collateral=items if "prior_liens" in confirmed else with_assumed_liens(items),
        guarantors=clean["guarantors"],
        quarantine=_joined(kept),
        findings=findings,
        sources=tuple(reading.sources()),
        reconciliation=Reconciliation(
            accounts["loans"],
            accounts.get("collateral"),
            accounts.get("guarantors"),
            len(loans),
            tuple(reading.joins),
            tuple(by_file),
        ),
        other_readings=(
            *find_other_readings(loans, items, day, unused["loans"], liens, confirmed),
            *find_unmodeled(loans, clean["guarantors"], pd.Timestamp(day)),
        ),
        stated_ages=_stated_ages(tables["loans"].parsed.frame),
        bank=bank,
    )


def _stated_ages(frame: pd.DataFrame) -> frozenset[str]:
    return frozenset(frame.loc[frame["age_months"].notna(), "loan_id"].astype(str))


def _joined(kept: list[pd.DataFrame]) -> pd.DataFrame:
    """Return all quarantined rows in one table; missing columns of a file are empty."""
    frame = pd.concat([k for k in kept if len(k)] or kept[:1], ignore_index=True)
    texts = [c for c in frame.columns if c not in ("row", "gbv_counted")]
    frame[texts] = frame[texts].fillna("")
    return frame
