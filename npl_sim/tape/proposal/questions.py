"""Questions on readings of a tape that its files do not settle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from npl_sim.tables.cell_types import EMPTY, column_text, is_empty
from npl_sim.tables.columns import Notation
from npl_sim.tape.proposal.model import CodeProposal, Option, Question, Settings
from npl_sim.tape.proposal.opened import Opened
from npl_sim.tape.proposal.vocabulary import known_names
from npl_sim.tape.schema import LOAN_ONE_OF, TAPE_STAGES
from npl_sim.tape.templates import header_key

_LATER = {"judged": "judgment_date", "enforcement": "enforcement_date", "dormant": "pause_date"}
"""Stages after litigation, and the column that dates each."""


def _columns_key(role: str) -> str:
    return {"loans": "columns", "collateral": "collateral_columns"}.get(role, "guarantor_columns")


def missing_questions(tables: Sequence[Opened], defaults: dict[str, Any]) -> list[Question]:
    """Return questions on columns without which loans cannot be valued, and their defaults.

    Parameters
    ----------
    tables
        Sheets of loans.
    defaults
        Receives the constants that stand for missing columns.
    """
    found = {name for one in tables for name in one.found}
    count = sum(len(one.records.rows) for one in tables)
    questions = []
    if "stage" not in found:
        defaults["stage"] = "collection"
        questions.append(
            Question(
                "stage.missing",
                f"At which stage are the {count:,} loans? No column says so.",
                tuple(
                    Option(stage, f"All are in {stage}", {"defaults": {"stage": stage}})
                    for stage in TAPE_STAGES
                ),
                "collection",
                "stage",
                count,
            )
        )
    if "product" not in found:
        defaults["product"] = "consumer"
        names = ("consumer", "credit_card", "sme", "mortgage", "corporate")
        questions.append(
            Question(
                "product.missing",
                f"Which product are the {count:,} loans? No column says so.",
                tuple(
                    Option(name, f"All are {name}", {"defaults": {"product": name}})
                    for name in names
                ),
                "consumer",
                "product",
                count,
            )
        )
    if "principal" not in found and "accrued_interest" not in found:
        defaults["accrued_interest"] = 0
    if not any(name in found for name in LOAN_ONE_OF[1]):
        questions.append(_missing_default(tables, defaults, count))
    return questions


def _missing_default(tables: Sequence[Opened], defaults: dict[str, Any], count: int) -> Question:
    """Ask since when the loans are in default; the default is the usual age of such packages."""
    options = [
        Option(f"{months}", f"All defaulted {months} months ago", _months(months))
        for months in (12, 36, 60, 120)
    ]
    for one in tables[:1]:
        for name in ("maturity_date", "last_interruption_date", "filing_date"):
            if name in one.found:
                header = one.header(one.found[name].positions[0])
                settings: dict[str, Any] = {
                    "columns": {"default_date": header, name: None},
                    "defaults": {},
                }
                options.append(Option(header, f"{header!r} is the day of default", settings))
    defaults["age_months"] = 60
    text = f"Since when are the {count:,} loans in default? No column says so."
    return Question("default_date.missing", text, tuple(options), "60", "default_date", count)


def _months(months: int) -> Settings:
    return {"defaults": {"age_months": months}}


def field_questions(role: str, tables: Sequence[Opened]) -> list[Question]:
    """Return questions on columns that are found by a part of a name, or one of several."""
    questions: list[Question] = []
    for one in tables[:1]:
        for prefix, places in (("", one.found), ("items", one.items)):
            table = "collateral" if prefix else role
            for name, found in places.items():
                dates = name.endswith("_date") and found.others
                if found.duplicates or not (found.confidence == "low" or dates):
                    continue
                at = (*found.positions, *found.others)
                key = _columns_key(table)
                options = [
                    Option(one.header(i), f"{one.header(i)!r}", {key: {name: one.header(i)}})
                    for i in at
                ]
                if name != "loan_id":
                    options.append(Option("none", "No column", {key: {name: None}}))
                questions.append(
                    Question(
                        f"field.{table}.{name}",
                        f"Which column of {one.seen.label} is {name}? {found.reason}.",
                        tuple(options),
                        one.header(found.positions[0]),
                        name,
                        len(one.records.rows),
                    )
                )
    return questions


def duplicate_questions(role: str, tables: Sequence[Opened]) -> list[Question]:
    """Return questions on headers that stand over several columns, of which one is read.

    The headers are then named by position, as the file itself does not tell them apart.
    """
    questions = []
    for one in tables[:1]:
        for name, found in one.found.items():
            if not found.duplicates:
                continue
            header = one.header(found.positions[0])
            options = tuple(
                Option(
                    str(at + 1), f"Column {at + 1}", by_position(role, one, found.duplicates, at)
                )
                for at in found.duplicates
            )
            places = ", ".join(str(at + 1) for at in found.duplicates)
            questions.append(
                Question(
                    f"duplicate.{role}.{name}",
                    f"Which of the columns {places} of {one.seen.label}, all headed {header!r}, "
                    f"is {name}?",
                    options,
                    str(found.positions[0] + 1),
                    name,
                    len(one.records.rows),
                )
            )
    return questions


def by_position(role: str, one: Opened, same: Sequence[int], chosen: int) -> Settings:
    """Return settings that name the headers of a sheet by position, with one of several chosen."""
    prefix = {"loans": "", "collateral": "collateral_", "guarantors": "guarantor_"}[role]
    headers = [
        f"{h} ({at + 1})" if (at in same and at != chosen) or not h else h
        for at, h in enumerate(one.records.headers)
    ]
    settings: dict[str, Any] = {
        f"{prefix}headers": headers,
        f"{prefix}header_row": int(one.records.rows[0]),
    }
    stated = set(one.units.values())
    if len(stated) == 1 and stated != {1.0}:  # a title above the first record is no longer read
        settings[f"{prefix}amount_unit"] = stated.pop()
    return settings


def stage_questions(
    loans: Sequence[Opened], codes: Sequence[CodeProposal], with_items: bool
) -> list[Question]:
    """Return questions on paused enforcements, and on a date of filing of later stages."""
    stages = {c.code: c.value for c in codes if c.field == "stage"}
    counts: Counter[str] = Counter()
    filed: Counter[str] = Counter()
    dated: set[str] = set()
    header = ""
    for one in loans:
        if "stage" not in one.found:
            continue
        texts = column_text(one.records.frame[one.found["stage"].positions[0]])
        stage = texts.map(stages).fillna("").tolist()
        counts.update(stage)
        dated |= set(one.found) & {"stage_date", "procedure_date", *_LATER.values()}
        if "filing_date" in one.found:
            at = one.found["filing_date"].positions[0]
            header = one.header(at)
            given = ~is_empty(column_text(one.records.frame[at]), EMPTY)
            filed.update(np.array(stage, dtype=object)[given].tolist())
    questions = []
    later = sum(filed[name] for name in _LATER)
    if later and "stage_date" not in dated and not dated & set(_LATER.values()):
        questions.append(_filing_question(header, filed, later))
    if counts["dormant"] and with_items:
        codes_of = [c for c, value in stages.items() if value == "dormant"]
        mapped: dict[str, Any] = {"value_map": {"stage": dict.fromkeys(codes_of, "enforcement")}}
        questions.append(
            Question(
                "stage.dormant",
                f"Is anything done on the {counts['dormant']:,} loans whose enforcement the court "
                f"paused ({', '.join(map(repr, codes_of))})? It resumes when assets turn up or "
                f"the collateral can be sold.",
                (
                    Option("dormant", "They wait, as the study's terms of revival say"),
                    Option("enforcement", "Enforcement has resumed, or will be resumed", mapped),
                ),
                "dormant",
                "stage",
                counts["dormant"],
                ("dormant",),
            )
        )
    return questions


def _filing_question(header: str, filed: Counter[str], later: int) -> Question:
    by_stage = ", ".join(f"{name} {filed[name]:,}" for name in _LATER if filed[name])
    others = {
        name: Option(
            name,
            f"It is the {name.replace('_', ' ')} of each loan",
            {"columns": {name: header, "filing_date": None}},
        )
        for name in ("judgment_date", "enforcement_date")
    }
    return Question(
        "filing_date",
        f"Is {header!r} the day of filing, also for {later:,} loans in later stages ({by_stage})?",
        (
            Option("filing", "Yes: it dates litigation alone; later stages have no date"),
            *others.values(),
        ),
        "filing",
        "filing_date",
        later,
        ("stage_date",),
    )


def appraisal_question(tables: Sequence[Opened], notation: Notation) -> Question | None:
    """Return a question where items have an appraisal of the bank and one of the court."""
    for one in tables:
        places = one.items or one.found
        key = "collateral_columns"
        at = _known_at(one, "court_appraisal")
        if "appraisal_value" not in places or at is None:
            continue
        own = places["appraisal_value"].positions[0]
        sums = {i: float(one.amounts(i, notation).sum()) for i in (own, at)}
        given = int((one.amounts(at, notation) > 0.0).sum())
        bank, court = one.header(own), one.header(at)
        options = (
            Option("bank", f"{bank!r}, {sums[own]:,.2f} in all"),
            Option(
                "court",
                f"{court!r}, {sums[at]:,.2f} in all; items without it have no value",
                {key: {"appraisal_value": court}},
            ),
        )
        return Question(
            "appraisal",
            f"Which appraisal values the items: {bank!r}, or {court!r} ({given:,} items)?",
            options,
            "bank",
            "appraisal_value",
            given,
        )
    return None


def _known_at(one: Opened, name: str) -> int | None:
    """Return the position of a field of due diligence; None if the sheet lacks it."""
    return next(
        (i for i, h in enumerate(one.records.headers) if known_names().get(header_key(h)) == name),
        None,
    )


def date_question(dates: Mapping[str, date], latest: date | None) -> Question | None:
    """Return a question on the cut-off date where titles name several, or none does."""
    days = sorted(set(dates.values()))
    if len(days) == 1:
        return None
    if days:
        where = ", ".join(f"{label}: {day}" for label, day in dates.items())
        text = f"On which date are the balances? The titles say {where}."
        default = f"{days[0]}"
    elif latest is not None:
        text = f"On which date are the balances? Nothing states it; the latest date is {latest}."
        days, default = [latest], "valuation"
    else:
        return None
    options = tuple(
        Option(f"{day}", f"{day}", {"cut_off_date": day}, {"valuation_date": day}) for day in days
    )
    options += (Option("valuation", "The valuation date of the study", {"cut_off_date": None}),)
    return Question("cut_off_date", text, options, default, "cut_off_date")


def origin_questions(currency: Sequence[str], jurisdiction: str, guess: str) -> list[Question]:
    """Return questions on the currency and the law, where the files do not show them."""
    questions = []
    if len(currency) != 1:
        stated = f"The files state {', '.join(currency)}" if currency else "No file states it"
        choices = list(dict.fromkeys([*currency, guess, "CNY", "EUR"]))
        questions.append(
            Question(
                "currency",
                f"What is the currency of the package? {stated}.",
                tuple(Option(c, f"Amounts are in {c}", {}, {"currency": c}) for c in choices if c),
                next(c for c in [*currency, guess, "CNY"] if c),
                "currency",
            )
        )
    if not jurisdiction:
        laws = {"china": "The law of China", "italy": "The law of Italy"}
        questions.append(
            Question(
                "jurisdiction",
                "Which law applies? Neither language nor places show it.",
                tuple(Option(name, text) for name, text in laws.items()),
                "italy" if currency == ["EUR"] else "china",
            )
        )
    return questions
