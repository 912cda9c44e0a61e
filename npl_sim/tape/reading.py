"""Parse, join and check the tables of a tape, singly and together, and review the findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.core.errors import TapeError
from npl_sim.tables.files import Source
from npl_sim.tables.findings import Finding, FindingLog
from npl_sim.tape.absent import note_absent, note_required, note_unsecured
from npl_sim.tape.checks import check_duplicate_loans, check_loans, complete_loans
from npl_sim.tape.clock_dates import check_clock_dates
from npl_sim.tape.currency import row_rates
from npl_sim.tape.file_parts import check_files
from npl_sim.tape.insolvency import read_insolvency
from npl_sim.tape.items import Spellings, check_collateral, check_guarantors, check_loan_ids
from npl_sim.tape.joins import Join, Missed, join_finding
from npl_sim.tape.links import Links, read_links
from npl_sim.tape.masked_findings import masked_finding, names_on_tape
from npl_sim.tape.other_readings import OTHER_READINGS
from npl_sim.tape.parsed import Parsed
from npl_sim.tape.plausibility import (
    check_balances,
    check_control_totals,
    check_date_order,
    check_date_range,
    check_item_values,
    check_rates,
    check_valuation_date,
)
from npl_sim.tape.quarantine import QuarantineLog
from npl_sim.tape.relationships import join_items
from npl_sim.tape.review import confirm, stop_text, stopping, unused_names, weigh
from npl_sim.tape.schema import Role
from npl_sim.tape.shared_items import Scope
from npl_sim.tape.sheets import Sheet, parse_items, parse_sheet, with_content
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.stage_dates import date_stages
from npl_sim.tape.title_date import check_title_date
from npl_sim.tape.unit_ratios import check_cap_unit, check_interest_unit, check_lien_units
from npl_sim.tape.unmodeled import UNMODELED
from npl_sim.tape.unused_amounts import UnusedAmount, check_claim, unused_amounts, unused_liens


@dataclass(frozen=True)
class Checked:
    """One table, parsed, completed and checked; `counted` marks rows whose amount counts."""

    parsed: Parsed
    frame: pd.DataFrame
    counted: np.ndarray

    @property
    def ids(self) -> pd.Series:
        return self.frame["loan_id"]

    def amounts(self, role: Role) -> np.ndarray:
        """Return the amounts that the table's account adds up, in package currency."""
        name = {"loans": "gbv", "collateral": "appraisal_value", "guarantors": ""}[role]
        return self.frame[name].to_numpy(dtype=np.float64) if name else np.zeros(len(self.frame))


@dataclass
class Reading:
    """Tables of a tape while they are checked."""

    spec: TapeSpec
    valuation_date: date
    sheets: dict[Role, Sheet]
    mask: bool = False
    tables: dict[Role, Checked] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)
    links: Links | None = None
    unused: dict[Role, tuple[UnusedAmount, ...]] = field(default_factory=dict)

    def _parse(self, role: Role) -> Parsed:
        """Parse a table and compare its files."""
        sheet = self.sheets[role]
        parsed = parse_sheet(sheet, self.spec)
        for finding in check_files(sheet, parsed, self.spec):
            parsed.log.about_file(finding)
        return parsed

    def loans(self) -> tuple[QuarantineLog, Parsed | None]:
        """Parse, complete and check loans; return the quarantine log and embedded items."""
        spec, valuation_date = self.spec, self.valuation_date
        sheet = self.sheets["loans"]
        loans = self._parse("loans")
        note_required(loans)
        check_date_range("loans", loans, pd.Timestamp(valuation_date))
        # A stage that the study states holds where the file leaves it empty, too.
        settled = (
            *spec.confirmed,
            *(["blank.stage"] if spec.defaults.get("stage") == "collection" else []),
        )
        frame = complete_loans(loans, valuation_date, spec.cut_off_date, settled)
        frame = date_stages(loans, read_insolvency(loans, frame))
        unused = self._unused(sheet, loans)
        claim = check_claim(loans, frame, unused, sheet.match.units.get("gbv", 1.0))
        loans.log.findings += claim  # errors of the file, which set no row aside.
        # A stated gross book value is the whole claim, so no unused column is part of it.
        self.unused["loans"] = () if "gbv" in loans.given else unused
        check_loans(loans, frame, valuation_date, spec.cut_off_date)
        items = None
        if sheet.items is not None:
            items = parse_items(sheet, sheet.items, loans, spec)
        counted = check_duplicate_loans(loans, frame, None if items is None else items.frame)
        self.tables["loans"] = Checked(loans, frame, counted)
        if items is not None:
            items = with_content(items)
        elif "collateral" in self.sheets:
            items = self._parse("collateral")
        return QuarantineLog(loans, frame["loan_id"]), items

    def _unused(self, sheet: Sheet, table: Parsed) -> tuple[UnusedAmount, ...]:
        """Return a file's amounts that no canonical column reads, in package currency."""
        used = {*sheet.match.positions, *(sheet.items.positions if sheet.items else ())}
        own = []
        for part in sheet.files:
            units = set(part.match.units.values())
            unit = units.pop() if len(units) == 1 else self.spec.notation.amount_unit
            own.append(replace(self.spec.notation, amount_unit=unit))
        find = unused_amounts if sheet.role == "loans" else unused_liens
        rates = np.nan_to_num(row_rates(table, self.spec))
        return tuple(replace(u, values=u.values * rates) for u in find(table, used, own))

    def collateral(self, items: Parsed, aside: QuarantineLog) -> None:
        """Join the collateral to the loans and check it."""
        loans, spec = self.tables["loans"], self.spec
        check_date_range("collateral", items, pd.Timestamp(self.valuation_date))
        if "collateral" in self.sheets and spec.relationships is None:
            self.unused["collateral"] = self._unused(self.sheets["collateral"], items)
        scope: Scope = spec.collateral_scope
        spellings: Spellings = {}
        if spec.relationships is not None and "collateral" in self.sheets:
            self.links = read_links(spec.files["relationships"], self.spec.notation, spec.encoding)
            joined, blamed = join_items(items, self.links, loans.parsed, loans.frame)
            aside.blame_loans(blamed)
            items, orphan, scope = joined.items, joined.orphan, "file"
            self._meet(self.links.log, self.links.raw.header_row, joined.joins[0], joined.missed)
            self._meet(items.log, items.raw.header_row, joined.joins[1], joined.unnamed)
        else:
            orphan, spellings = check_loan_ids(items, loans.ids)
            self._join("collateral", items, orphan)
        rows = check_collateral(
            items, loans.frame, self.valuation_date, spec.stale_appraisal_months, scope, orphan
        )
        check_item_values(items, rows, loans.frame)
        check_lien_units(items, rows, loans.frame)
        aside.blame(items, rows["loan_id"], orphan, spellings)
        self.tables["collateral"] = Checked(items, rows, np.ones(len(rows), dtype=bool))

    def guarantors(self, aside: QuarantineLog) -> None:
        """Join the guarantors to the loans and check them."""
        loans = self.tables["loans"]
        backers = self._parse("guarantors")
        orphan, spellings = check_loan_ids(backers, loans.ids)
        self._join("guarantors", backers, orphan)
        check_date_range("guarantors", backers, pd.Timestamp(self.valuation_date))
        rows = check_guarantors(backers, loans.frame)
        check_cap_unit(backers, rows, loans.frame)
        aside.blame(backers, rows["loan_id"], orphan, spellings)
        self.tables["guarantors"] = Checked(backers, rows, np.ones(len(rows), dtype=bool))

    def _join(self, role: Role, table: Parsed, orphan: np.ndarray) -> None:
        """Count the rows of a separate file that match a loan."""
        if role not in self.sheets:
            return
        ids = table.frame["loan_id"]
        apart = orphan | (ids == "").to_numpy(dtype=bool)
        join = Join(role, len(ids), len(ids) - int(apart.sum()))
        missed = Missed("a loan on the tape", ids[apart], self.tables["loans"].ids)
        self._meet(table.log, table.raw.header_row, join, missed)

    def _meet(self, log: FindingLog, header_row: int, join: Join, missed: Missed) -> None:
        self.joins.append(join)
        found = join_finding(log, join, header_row, missed)
        if found is not None:
            log.about_file(found)

    def whole(self) -> None:
        """Run the checks that need all tables."""
        loans, spec = self.tables["loans"], self.spec
        parsed, frame = loans.parsed, loans.frame
        valuation = pd.Timestamp(self.valuation_date)
        cut_off = valuation if spec.cut_off_date is None else pd.Timestamp(spec.cut_off_date)
        gbv = float(frame["gbv"][loans.counted].sum(min_count=1))
        items = self.tables.get("collateral")
        for sheet in (part for table in self.sheets.values() for part in table.files):
            titled = check_title_date(sheet.records, spec.cut_off_date, self.valuation_date)
            if titled is not None:
                parsed.log.findings.append(titled)
        check_date_order(parsed, frame, cut_off, spec.cut_off_date is not None)
        check_clock_dates(parsed, frame, valuation)
        check_valuation_date(
            parsed, items.parsed if items else None, valuation, spec.cut_off_date, gbv
        )
        check_rates(parsed, gbv)
        check_balances(parsed, frame)
        check_interest_unit(parsed, frame)
        check_control_totals(
            parsed, loans.amounts("loans"), loans.counted, spec.expected, spec.amount_unit or 1.0
        )
        for role, table in self.tables.items():
            note_absent(role, table.parsed, table.ids, frame, embedded=role not in self.sheets)
        note_unsecured(parsed, frame, items.ids.unique() if items else [], items is not None)

    def places(self, role: Role) -> dict[int, str]:
        """Return the canonical column that reads each position of a table's file."""
        sheet = self.sheets.get(role)
        if sheet is None:  # the columns of collateral in a loan file
            match = self.sheets["loans"].items
            return {} if match is None else match.fields
        return sheet.match.fields

    def logs(self) -> list[FindingLog]:
        """Return the findings of all files."""
        logs = [table.parsed.log for table in self.tables.values()]
        return [*logs, *([self.links.log] if self.links else [])]

    def sources(self) -> list[Source]:
        """Return the files of the tape, in study order."""
        found = [file.records.source for sheet in self.sheets.values() for file in sheet.files]
        return [*found, *(self.links.sources if self.links else ())]

    def shown(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings as messages may show them."""
        if not self.mask:
            return tuple(findings)
        names = names_on_tape([(source.role, source.file) for source in self.sources()])
        return tuple(masked_finding(f, names) for f in findings)

    def review(self) -> tuple[Finding, ...]:
        """Weigh and confirm findings; stop on errors that quarantine cannot settle."""
        own = self.tables["loans"].frame.drop_duplicates("loan_id").set_index("loan_id")["gbv"]
        used: set[str] = set()
        stops: list[Finding] = []
        tables = [(t.parsed.log, t.parsed.raw, t.ids) for t in self.tables.values()]
        if self.links is not None:
            tables.append((self.links.log, self.links.raw, self.links.frame["loan_id"]))
        for log, raw, ids in tables:
            weigh(log, ids, lambda names: float(own.reindex(names).sum(min_count=1)))
            used |= confirm(log, self.spec.confirmed)
            stops += stopping(log, raw.header_row)
        findings = [f for log in self.logs() for f in log.findings]
        if stops:
            raise TapeError(stop_text(self.shown(stops), self.shown(findings)))
        first = self.tables["loans"].parsed.log
        # Other readings are found later, on the clean rows.
        unused = unused_names(
            self.spec.confirmed, findings, {*used, *OTHER_READINGS, *UNMODELED}, first.file
        )
        first.findings.extend(unused)
        return self.shown(f for log in self.logs() for f in log.findings)
