"""Propose how a bank's files are to be read: sheets, columns, units, codes and open questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from npl_sim.core.errors import TapeError
from npl_sim.tables.columns import Notation
from npl_sim.tape.proposal import questions as ask
from npl_sim.tape.proposal.claims import Claim, find_claim
from npl_sim.tape.proposal.codes import code_questions, count_codes, propose_codes, value_map
from npl_sim.tape.proposal.listing import field_proposals, sheet_proposals, unread_columns
from npl_sim.tape.proposal.matching import Found, match_sheet
from npl_sim.tape.proposal.model import CodeProposal, Proposal, Question
from npl_sim.tape.proposal.notation import Written, settle_notation
from npl_sim.tape.proposal.opened import Opened, open_seen, positions, with_units
from npl_sim.tape.proposal.origin import (
    currencies_of,
    cut_off_dates,
    jurisdiction_of,
    latest_date,
)
from npl_sim.tape.proposal.section import table_settings
from npl_sim.tape.proposal.seen import Seen, see
from npl_sim.tape.proposal.sheet_choice import Choice, choose_sheets
from npl_sim.tape.proposal.unit_questions import Units, loan_median, merge, settle_table_units
from npl_sim.tape.schema import Role
from npl_sim.tape.spec import TapeSpec

_CURRENCY = {"china": "CNY", "italy": "EUR"}
_MARKS_ITEMS = ("appraisal_value", "kind", "collateral_id")
_TABLES: tuple[Role, ...] = ("loans", "collateral", "guarantors")


@dataclass
class _Draft:
    """A proposal while it is made."""

    choice: Choice
    written: Written
    jurisdiction: str
    tables: dict[str, list[Opened]] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    codes: list[CodeProposal] = field(default_factory=list)
    units: Units = field(default_factory=Units)
    settings: dict[str, Any] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)

    def of(self, role: str) -> list[Opened]:
        """Return the sheets of a table; those of loans also hold their collateral."""
        if role == "collateral" and role not in self.tables:
            return [one for one in self.tables.get("loans", ()) if one.items]
        return self.tables.get(role, [])

    @property
    def every(self) -> list[Opened]:
        return [one for own in self.tables.values() for one in own]


def propose(
    files: Sequence[Path],
    *,
    market_regions: Collection[str] | None = None,
    jurisdiction: str = "",
    currency: str = "",
    memory_limit_gib: float = 2.0,
) -> Proposal:
    """Propose how the files of a bank are to be read.

    Parameters
    ----------
    files
        Workbooks and text files; all their sheets are read.
    market_regions
        Regions that the indices of the market name; a code that falls back is marked. None: not
        known.
    jurisdiction
        china or italy, if it is known; else language and places decide.
    currency
        ISO 4217 code of the package, if it is known; else titles and headers decide.
    memory_limit_gib
        Most memory that reading a file may take. [GiB]

    Returns
    -------
    Proposal
        Sheets, columns, codes, and a question for each reading that the files do not settle.

    Raises
    ------
    TableError
        If a file cannot be read.
    TapeError
        If no sheet holds loans.
    """
    sheets = see([Path(path).resolve() for path in files], memory_limit_gib)
    if not any(one.role == "loans" for one in sheets):
        found = "; ".join(f"{one.label}: {one.reason}" for one in sheets)
        raise TapeError(
            f"no sheet holds loans: {found}; expected headers such as 借据编号 or Loan ID, and 本金余额 or "
            f"Principal"
        )
    draft = _opened(sheets, jurisdiction)
    _read_codes(draft, market_regions)
    _settle_units(draft)
    _settle_settings(draft)
    return _listed(draft, currency)


def _opened(sheets: Sequence[Seen], jurisdiction: str) -> _Draft:
    """Match the columns of all sheets, choose those that are read, and find the claims."""
    law = jurisdiction or jurisdiction_of(sheets)
    tables = [(one.table, one.role) for one in sheets if one.role != "other"]
    written = settle_notation(tables, law == "italy")
    matches = [_matched(one, written.notation) for one in sheets]
    choice = choose_sheets(sheets, matches)
    draft = _Draft(choice, written, law, questions=[*choice.questions, *written.questions])
    merge(draft.settings, written.settings)
    with_items = any(choice.sheets[i].role == "collateral" for i in choice.used)
    for i in sorted(choice.used):
        one, match = choice.sheets[i], matches[i]
        if match is None:
            continue
        items = {}
        if one.role == "loans" and not with_items:
            items = _items(one, match, written.notation)
        opened = open_seen(one, one.role, match, items)
        if one.role == "loans":
            claim = find_claim(opened, written.notation)
            draft.claims.append(claim)
            opened = replace(opened, found=claim.found)
        draft.tables.setdefault(one.role, []).append(opened)
    return draft


def _matched(one: Seen, notation: Notation) -> dict[str, Found] | None:
    """Return the columns of a sheet; None if it is not read."""
    if one.role == "other":
        return None
    raw = one.table
    given = {"loan_id": raw.headers.index(one.id_header)} if one.id_header else None
    return match_sheet(raw, one.role, notation, given=given)


def _items(one: Seen, match: dict[str, Found], notation: Notation) -> dict[str, Found]:
    """Return the columns of collateral in a loan list."""
    taken = positions(match)
    found = match_sheet(
        one.table, "collateral", notation, taken=taken, without=("loan_id", "region", "currency")
    )
    return found if any(name in found for name in _MARKS_ITEMS) else {}


def _read_codes(draft: _Draft, market_regions: Collection[str] | None) -> None:
    """Translate the codes of all tables."""
    draft.codes = propose_codes(count_codes(draft.every), market_regions)
    translated = value_map(draft.codes)
    for question in code_questions(draft.codes):
        merge(translated, question.option(question.default).settings["value_map"])
        draft.questions.append(question)
    if translated:
        draft.settings["value_map"] = translated


def _settle_units(draft: _Draft) -> None:
    """Settle the unit of each amount of each table."""
    spec = TapeSpec(loans=draft.every[0].seen.path)
    for role, own in draft.tables.items():
        if role in _TABLES:
            draft.tables[role] = [with_units(one, role, spec) for one in own]  # type: ignore[arg-type]
    for role in _TABLES:
        settle_table_units(
            draft.units,
            role,
            draft.of(role),
            draft.codes,
            draft.written.notation,
            draft.jurisdiction,
        )
        if role == "loans":
            median = loan_median(draft.units, draft.of(role), draft.written.notation)
            draft.units.factor["loans", "median"] = median
    draft.units.factor.pop(("loans", "median"), None)
    merge(draft.settings, draft.units.settings)
    draft.questions += draft.units.questions


def _settle_settings(draft: _Draft) -> None:
    """Write the keys of all tables, and ask for what is missing or open."""
    keys: dict[str, Any] = {}
    for role in ("loans", "collateral", "guarantors", "relationships"):
        if draft.tables.get(role):
            keys |= table_settings(role, draft.tables[role])
    loans, items = draft.of("loans"), draft.of("collateral")
    defaults: dict[str, Any] = {}
    draft.questions += ask.missing_questions(loans, defaults)
    if defaults:
        keys["defaults"] = defaults
    for role in _TABLES:
        own = draft.tables.get(role, [])
        draft.questions += ask.field_questions(role, own)
        for question in ask.duplicate_questions(role, own):
            merge(keys, question.option(question.default).settings)
            draft.questions.append(question)
    draft.questions += ask.stage_questions(loans, draft.codes, bool(items))
    appraisal = ask.appraisal_question(items, draft.written.notation)
    draft.questions += [appraisal] if appraisal else []
    if draft.tables.get("relationships") and any("loan_id" in o.found for o in items):
        keys.setdefault("collateral_columns", {})["loan_id"] = None
    draft.settings = {**keys, **draft.settings}


def _listed(draft: _Draft, currency: str) -> Proposal:
    """Return the finished proposal."""
    tables = draft.every
    stated = [currency] if currency else currencies_of(tables)
    guess = _CURRENCY.get(draft.jurisdiction, "")
    draft.questions += ask.origin_questions(stated, draft.jurisdiction, guess)
    dates = cut_off_dates(tables)
    days = set(dates.values())
    question = ask.date_question(dates, latest_date(draft.of("loans"), draft.written.notation))
    day: date | None = min(days) if days else None
    if question is not None:
        draft.questions.append(question)
    if day is not None:
        draft.settings["cut_off_date"] = day
    return Proposal(
        sheets=sheet_proposals(draft.choice, tables, draft.units, draft.written.decimal),
        fields=field_proposals(draft.tables, draft.units),
        columns=unread_columns(draft.tables, draft.claims, draft.units, draft.written.notation),
        codes=tuple(draft.codes),
        questions=_unique(draft.questions),
        currency=stated[0] if len(stated) == 1 else "",
        jurisdiction=draft.jurisdiction,
        cut_off_date=day,
        settings=draft.settings,
    )


def _unique(questions: Sequence[Question]) -> tuple[Question, ...]:
    """Return questions of different names; a repeated name gets a number."""
    seen: Counter[str] = Counter()
    found = []
    for one in questions:
        seen[one.id] += 1
        found.append(one if seen[one.id] == 1 else replace(one, id=f"{one.id}.{seen[one.id]}"))
    return tuple(found)
