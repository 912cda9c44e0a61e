"""Read a tape: files in, a clean loan table out, with findings, quarantine and reconciliation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.errors import TapeError
from npl_sim.tape.cells import Notation
from npl_sim.tape.checks import (
    check_collateral,
    check_guarantors,
    check_loans,
    check_repeats,
    complete_loans,
)
from npl_sim.tape.files import RawFile, Source, read_raw
from npl_sim.tape.findings import Finding, format_findings
from npl_sim.tape.headers import Match, match_headers
from npl_sim.tape.parsed import Parsed, constant_faults, parse, split_totals, unused_headers
from npl_sim.tape.quarantine import Reconciliation, ledger, set_aside_rows
from npl_sim.tape.schema import SCHEMAS, Role, column_names
from npl_sim.tape.spec import TapeSpec

__all__ = ["LoanTable", "read_tape"]

# Collateral columns whose names mean something else on a loan file.
_NOT_EMBEDDED = ("loan_id", "region")
_MARKS_COLLATERAL = ("appraisal_value", "kind", "collateral_id")


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
    """

    loans: pd.DataFrame
    collateral: pd.DataFrame
    guarantors: pd.DataFrame
    quarantine: pd.DataFrame
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]
    reconciliation: Reconciliation


@dataclass(frozen=True)
class _Sheet:
    """A file whose headers are matched and whose lines of totals are split off."""

    records: RawFile
    totals: RawFile
    match: Match
    items: Match | None = None


def _embedded(spec: TapeSpec, raw: RawFile, match: Match, faults: list[str]) -> Match | None:
    """Return where collateral columns stand on the loan file, if they do."""
    if spec.collateral is not None:
        return None
    found = match_headers(
        "collateral",
        raw.headers,
        spec.collateral_columns,
        amount_unit=spec.amount_unit,
        taken=match.at.values(),
        without=[n for n in _NOT_EMBEDDED if n not in spec.collateral_columns],
    )
    # A collateral region is only found under a header of its own.
    if not any(name in found.at for name in _MARKS_COLLATERAL):
        return None
    faults += [f"{raw.source.file}: {fault}" for fault in found.faults]
    return found


def _open(spec: TapeSpec, role: Role, path: Path, sheet: str | None, faults: list[str]) -> _Sheet | None:
    """Return a file ready to be parsed; None, with the reason in `faults`, where it is not."""
    try:
        raw = read_raw(role, path, spec.encoding, sheet, spec.header_row)
    except TapeError as error:
        faults.append(str(error))
        return None
    given = {
        "loans": spec.columns,
        "collateral": spec.collateral_columns,
        "guarantors": spec.guarantor_columns,
    }[role]
    constants = spec.defaults if role == "loans" else {}
    match = match_headers(role, raw.headers, given, constants=constants, amount_unit=spec.amount_unit)
    faults += [f"{raw.source.file} row {raw.header_row}: {fault}" for fault in match.faults]
    items = _embedded(spec, raw, match, faults) if role == "loans" else None
    if match.faults:
        return None
    every = {**match.at, **(items.at if items else {})}
    amounts = {every[c.name] for s in SCHEMAS.values() for c in s if c.type == "amount" and c.name in every}
    records, totals = split_totals(raw, match.at["loan_id"], amounts)
    if len(records.rows) == 0:
        faults.append(f"{raw.source.file}: has no rows but lines of totals")
        return None
    return _Sheet(records, totals, match, items)


def _check_totals(sheet: _Sheet, parsed: Parsed, notation: Notation, spec: TapeSpec) -> None:
    """Warn of each line of totals, and where the last one is not the sum of the rows."""
    log = parsed.log
    if len(sheet.totals.rows) == 0:
        return
    role = sheet.records.source.role
    totals = parse(role, sheet.totals, sheet.match, notation, spec.value_map, {})
    rows = tuple(int(r) for r in sheet.totals.rows)
    expected = "records only: this line of totals was left out"
    log.about_file(Finding("warning", log.file, "", expected, len(rows), rows, ("totals",) * len(rows)))
    for column in SCHEMAS[role]:
        stated = totals.frame[column.name].iloc[-1] if column.type == "amount" else np.nan
        if column.name in sheet.match.at and not np.isnan(stated):
            added = float(parsed.frame[column.name].sum())
            if abs(stated - added) > 0.01 * max(1.0, spec.amount_unit) + 1e-6 * abs(added):
                value = f"{stated:,.2f}"
                told = f"{added:,.2f}, the sum of the rows: rows may be missing"
                log.about_file(
                    Finding("warning", log.file, column.name, told, 1, rows[-1:], (value,))
                )


def _parse(sheet: _Sheet, spec: TapeSpec, notation: Notation) -> Parsed:
    role = sheet.records.source.role
    constants = spec.defaults if role == "loans" else {}
    parsed = parse(role, sheet.records, sheet.match, notation, spec.value_map, constants)
    for finding in sheet.records.findings:
        parsed.log.about_file(finding)
    used = {*sheet.match.at.values(), *(sheet.items.at.values() if sheet.items else ())}
    for finding in unused_headers(sheet.records, used):
        parsed.log.about_file(finding)
    _check_totals(sheet, parsed, notation, spec)
    return parsed


def _parse_items(sheet: _Sheet, match: Match, loans: Parsed, spec: TapeSpec, notation: Notation) -> Parsed:
    """Return the collateral columns of a loan file, one row per loan row."""
    items = parse("collateral", sheet.records, match, notation, spec.value_map, {})
    return Parsed(
        items.raw, items.frame.assign(loan_id=loans.frame["loan_id"]), items.given, items.empty, items.log
    )


def _with_content(items: Parsed) -> Parsed:
    """Return the rows of embedded collateral that hold an item."""
    any_cell = np.zeros(len(items.frame), dtype=bool)
    for empty in items.empty.values():
        any_cell |= ~empty
    raw = items.raw.take(any_cell)
    items.log.rows = raw.rows
    frame = items.frame[any_cell].reset_index(drop=True)
    return Parsed(raw, frame, items.given, {n: e[any_cell] for n, e in items.empty.items()}, items.log)


class _Aside:
    """Spreads faults from rows to loans, and from loans to all their rows.

    A loan without one of its collateral or guarantor rows would be misvalued, so a faulty row of
    either sets its whole loan aside; only a row that belongs to no loan goes alone.
    """

    def __init__(self, loans: Parsed, frame: pd.DataFrame) -> None:
        self.tables = [(loans, frame["loan_id"])]
        self.because: dict[str, str] = {}
        self.blame(loans, frame["loan_id"], np.zeros(len(frame), dtype=bool))

    def blame(self, table: Parsed, ids: pd.Series, orphan: np.ndarray) -> None:
        """Set aside the loans of the faulty rows of a table, orphans excepted."""
        faulty = table.log.faulty() & ~orphan & (ids != "").to_numpy(dtype=bool)
        at = np.flatnonzero(faulty)
        for loan, row in zip(ids.to_numpy()[at], table.log.rows[at], strict=True):
            self.because.setdefault(str(loan), f"{table.log.file} row {row} is faulty")

    def rows(self, table: Parsed, ids: pd.Series) -> np.ndarray:
        """Return which rows of a table are set aside."""
        return table.log.faulty() | ids.isin(list(self.because)).to_numpy(dtype=bool)

    def reasons(self, table: Parsed, ids: pd.Series, aside: np.ndarray, *others: Parsed) -> list[str]:
        """Return the reasons of each row set aside."""
        texts = []
        for i in np.flatnonzero(aside):
            row = int(table.log.rows[i])
            own = [r for t in (table, *others) for r in t.log.reasons.get(row, ())]
            texts.append("; ".join(own) or f"set aside with its loan: {self.because[str(ids.iloc[i])]}")
        return texts


def _ready(frame: pd.DataFrame, role: Role, keep: np.ndarray) -> pd.DataFrame:
    return frame.loc[keep, list(column_names(role))].reset_index(drop=True)


def _empty(role: Role) -> pd.DataFrame:
    blank = RawFile(Source(role, "", "", 0), (), pd.DataFrame(index=range(0)), np.zeros(0, np.int64), 1)
    frame = parse(role, blank, Match({}, ()), Notation(), {}, {}).frame
    return frame.astype({"lien_rank": "int64"}) if role == "collateral" else frame


def _open_all(spec: TapeSpec, valuation_date: date) -> dict[Role, _Sheet]:
    """Open the files of a tape; raise all their faults together."""
    faults = constant_faults(spec.defaults)
    if spec.cut_off_date is not None and spec.cut_off_date > valuation_date:
        faults.append(
            f"cut_off_date: {spec.cut_off_date}; expected a date on or before the valuation date "
            f"{valuation_date}"
        )
    files: tuple[tuple[Role, Path | None, str | None], ...] = (
        ("loans", spec.loans, spec.sheet),
        ("collateral", spec.collateral, spec.collateral_sheet),
        ("guarantors", spec.guarantors, spec.guarantor_sheet),
    )
    sheets: dict[Role, _Sheet] = {}
    for role, path, name in files:
        if path is not None:
            sheet = _open(spec, role, path, name, faults)
            if sheet is not None:
                sheets[role] = sheet
    if faults:
        raise TapeError("\n".join(f"tape: {fault}" for fault in faults))
    return sheets


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
    sheets = _open_all(spec, valuation_date)
    notation = Notation(spec.decimal, spec.date_format, spec.amount_unit, spec.rates_in_percent)
    sheet = sheets["loans"]
    loans = _parse(sheet, spec, notation)
    frame = complete_loans(loans, valuation_date, spec.cut_off_date)
    check_loans(loans, frame, valuation_date, spec.cut_off_date)

    items: Parsed | None = None
    if sheet.items is not None:
        items = _parse_items(sheet, sheet.items, loans, spec, notation)
        counted = check_repeats(loans, frame, items.frame)
        items = _with_content(items)
    else:
        counted = check_repeats(loans, frame, None)
        if "collateral" in sheets:
            items = _parse(sheets["collateral"], spec, notation)

    aside = _Aside(loans, frame)
    collateral, guarantors = _empty("collateral"), _empty("guarantors")
    orphan = np.zeros(0, dtype=bool)
    if items is not None:
        collateral, orphan = check_collateral(
            items, frame, valuation_date, spec.stale_appraisal_months
        )
        aside.blame(items, collateral["loan_id"], orphan)
    backers: Parsed | None = None
    if "guarantors" in sheets:
        backers = _parse(sheets["guarantors"], spec, notation)
        guarantors, orphan = check_guarantors(backers, frame)
        aside.blame(backers, guarantors["loan_id"], orphan)

    return _assemble(spec, sheets, loans, frame, counted, items, collateral, backers, guarantors, aside)


def _assemble(
    spec: TapeSpec,
    sheets: dict[Role, _Sheet],
    loans: Parsed,
    frame: pd.DataFrame,
    counted: np.ndarray,
    items: Parsed | None,
    collateral: pd.DataFrame,
    backers: Parsed | None,
    guarantors: pd.DataFrame,
    aside: _Aside,
) -> LoanTable:
    """Split rows into those loaded and those set aside, and account for both."""
    tables: list[Parsed] = [t for t in (loans, items, backers) if t is not None]
    findings: Sequence[Finding] = [f for t in tables for f in t.log.findings]
    if spec.on_error == "stop" and any(f.severity == "error" for f in findings):
        raise TapeError(
            format_findings(findings) + "\non_error: quarantine sets faulty rows aside and prices the rest"
        )
    embedded = "collateral" not in sheets
    out = aside.rows(loans, frame["loan_id"])
    beside = (items,) if items is not None and embedded else ()
    reasons = aside.reasons(loans, frame["loan_id"], out, *beside)
    gbv = frame["gbv"].to_numpy(dtype=np.float64)
    kept = [set_aside_rows(loans.raw, out, reasons, np.where(counted, gbv, 0.0))]
    accounts = {"loans": ledger(gbv, out, counted, len(sheets["loans"].totals.rows))}
    for role, table, rows in (("collateral", items, collateral), ("guarantors", backers, guarantors)):
        if table is None:
            continue
        gone = aside.rows(table, rows["loan_id"])
        amounts = np.zeros(len(rows))
        if role == "collateral":
            amounts = rows["appraisal_value"].to_numpy(dtype=np.float64)
        shared = role == "collateral" and embedded
        totals = 0 if shared else len(sheets[role].totals.rows)  # type: ignore[index]
        accounts[role] = ledger(amounts, gone, np.ones(len(rows), dtype=bool), totals)
        if not shared:
            told = aside.reasons(table, rows["loan_id"], gone)
            kept.append(set_aside_rows(table.raw, gone, told, None))
        if role == "collateral":
            collateral = _ready(rows, "collateral", ~gone).astype({"lien_rank": "int64"})
        else:
            guarantors = _ready(rows, "guarantors", ~gone)
    clean = _ready(frame, "loans", ~out & counted)
    if len(clean) == 0:
        raise TapeError(format_findings(findings) + "\ntape: no loan is left; expected at least one")
    clean["guaranteed"] = clean["loan_id"].isin(guarantors["loan_id"])
    quarantine = pd.concat([k for k in kept if len(k)] or kept[:1], ignore_index=True)
    texts = [c for c in quarantine.columns if c not in ("row", "gbv_counted")]
    quarantine[texts] = quarantine[texts].fillna("")
    return LoanTable(
        loans=clean,
        collateral=collateral,
        guarantors=guarantors,
        quarantine=quarantine,
        findings=tuple(findings),
        sources=tuple(s.records.source for s in sheets.values()),
        reconciliation=Reconciliation(
            accounts["loans"], accounts.get("collateral"), accounts.get("guarantors"), len(clean)
        ),
    )
