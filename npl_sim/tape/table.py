"""Read a tape: files in, a clean loan table out, with findings, quarantine and reconciliation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.errors import TapeError
from npl_sim.tables.files import RawFile, Source
from npl_sim.tables.findings import Finding, format_findings
from npl_sim.tables.notation import Notation
from npl_sim.tape.checks import (
    check_collateral,
    check_guarantors,
    check_loans,
    check_repeats,
    complete_loans,
)
from npl_sim.tape.headers import Match
from npl_sim.tape.parsed import Parsed, among, parse
from npl_sim.tape.quarantine import Aside, Ledger, Reconciliation, ledger, set_aside_rows
from npl_sim.tape.readings import Reading
from npl_sim.tape.schema import Role, column_names
from npl_sim.tape.sheets import Sheet, notation_of, open_sheets, parse_items, parse_sheet, with_content
from npl_sim.tape.spec import TapeSpec

__all__ = ["LoanTable", "read_tape"]


@dataclass(frozen=True)
class LoanTable:
    """A tape that can be priced.

    Attributes
    ----------
    loans, collateral, guarantors
        Clean rows with the canonical columns of `schema`; `loans` also has `guaranteed` (bool).
        A NaN `secured_cap` or `cap` is no cap; NaN and NaT elsewhere: not known.
    quarantine
        Raw rows set aside: file, row, reasons, gbv_counted, and the cells as the files show them.
    findings
        Everything that was found, errors and warnings.
    sources
        Files read.
    reconciliation
        Rows and amounts in, loaded and set aside.
    readings
        Plausible other readings of the tape.
    """

    loans: pd.DataFrame
    collateral: pd.DataFrame
    guarantors: pd.DataFrame
    quarantine: pd.DataFrame
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]
    reconciliation: Reconciliation
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class _Checked:
    """One table, parsed, completed and checked; `counted`: rows whose amount counts."""

    parsed: Parsed
    frame: pd.DataFrame
    counted: np.ndarray

    @property
    def ids(self) -> pd.Series:
        return self.frame["loan_id"]

    def amounts(self, role: Role) -> np.ndarray:
        """Return what the account of the table adds up, in package currency."""
        name = {"loans": "gbv", "collateral": "appraisal_value", "guarantors": ""}[role]
        return self.frame[name].to_numpy(dtype=np.float64) if name else np.zeros(len(self.frame))


def _ready(frame: pd.DataFrame, role: Role, keep: np.ndarray) -> pd.DataFrame:
    return frame.loc[keep, list(column_names(role))].reset_index(drop=True)


def _empty(role: Role) -> pd.DataFrame:
    blank = RawFile(Source(role, "", "", 0), (), pd.DataFrame(index=range(0)), np.zeros(0, np.int64), 1)
    return parse(role, blank, Match({}, ()), Notation(), {}).frame


def _check(
    spec: TapeSpec, valuation_date: date, sheets: dict[Role, Sheet]
) -> tuple[dict[Role, _Checked], Aside]:
    """Parse and check every table, and spread their faults to whole loans."""
    notation = notation_of(spec)
    sheet = sheets["loans"]
    loans = parse_sheet(sheet, spec, notation)
    frame = complete_loans(loans, valuation_date, spec.cut_off_date)
    check_loans(loans, frame, valuation_date, spec.cut_off_date)
    items = None
    if sheet.items is not None:
        items = parse_items(sheet, sheet.items, loans, spec, notation)
    counted = check_repeats(loans, frame, None if items is None else items.frame)
    if items is not None:
        items = with_content(items)
    elif "collateral" in sheets:
        items = parse_sheet(sheets["collateral"], spec, notation)
    tables: dict[Role, _Checked] = {"loans": _Checked(loans, frame, counted)}
    aside = Aside(loans, frame["loan_id"])
    if items is not None:
        rows, orphan = check_collateral(items, frame, valuation_date, spec.stale_appraisal_months)
        aside.blame(items, rows["loan_id"], orphan)
        tables["collateral"] = _Checked(items, rows, np.ones(len(rows), dtype=bool))
    if "guarantors" in sheets:
        backers = parse_sheet(sheets["guarantors"], spec, notation)
        rows, orphan = check_guarantors(backers, frame)
        aside.blame(backers, rows["loan_id"], orphan)
        tables["guarantors"] = _Checked(backers, rows, np.ones(len(rows), dtype=bool))
    return tables, aside


def read_tape(spec: TapeSpec, valuation_date: date) -> LoanTable:
    """Read, check and complete a tape.

    Parameters
    ----------
    spec
        Its words; paths must be resolved.
    valuation_date
        Date from which ages run and at which the package is priced.

    Returns
    -------
    LoanTable
        Clean rows in the order of the file, what was set aside, and all findings.

    Raises
    ------
    TapeError
        If a file or its headers cannot be used, if rows are faulty and the study stops on errors,
        or if no row is left.
    """
    sheets = open_sheets(spec, valuation_date)
    tables, aside = _check(spec, valuation_date, sheets)
    findings = tuple(f for table in tables.values() for f in table.parsed.notes.findings)
    if spec.on_error == "stop" and any(f.severity == "error" for f in findings):
        told = "on_error: quarantine sets faulty rows aside and prices the rest"
        raise TapeError(f"{format_findings(findings)}\n{told}")
    clean: dict[Role, pd.DataFrame] = {r: _empty(r) for r in ("collateral", "guarantors")}
    accounts: dict[Role, Ledger] = {}
    kept: list[pd.DataFrame] = []
    for role, table in tables.items():
        out = aside.rows(table.parsed, table.ids)
        amounts = table.amounts(role)
        own_file = role in sheets  # else the rows are those of the loan file, and are kept with them
        totals = len(sheets[role].totals.rows) if own_file else 0
        accounts[role] = ledger(amounts, out, table.counted, totals)
        clean[role] = _ready(table.frame, role, ~out & table.counted)
        if own_file:
            shared = [t.parsed for r, t in tables.items() if role == "loans" and r not in sheets]
            reasons = aside.reasons(table.parsed, table.ids, out, *shared)
            counts = np.where(table.counted, amounts, 0.0) if role == "loans" else None
            kept.append(set_aside_rows(table.parsed.raw, out, reasons, counts))
    loans = clean["loans"]
    if len(loans) == 0:
        raise TapeError(f"{format_findings(findings)}\ntape: no loan is left; expected at least one")
    loans["guaranteed"] = among(loans["loan_id"], clean["guarantors"]["loan_id"].to_numpy(object))
    return LoanTable(
        loans=loans,
        collateral=clean["collateral"].astype({"lien_rank": "int64"}),
        guarantors=clean["guarantors"],
        quarantine=_joined(kept),
        findings=findings,
        sources=tuple(sheet.records.source for sheet in sheets.values()),
        reconciliation=Reconciliation(
            accounts["loans"], accounts.get("collateral"), accounts.get("guarantors"), len(loans)
        ),
    )


def _joined(kept: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows set aside as one table, empty where a file has no such column."""
    frame = pd.concat([k for k in kept if len(k)] or kept[:1], ignore_index=True)
    texts = [c for c in frame.columns if c not in ("row", "gbv_counted")]
    frame[texts] = frame[texts].fillna("")
    return frame
