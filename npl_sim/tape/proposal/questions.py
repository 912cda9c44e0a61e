"""Questions on columns of a bank's files that are missing, doubled, or found by part of a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npl_sim.tape.proposal.model import Option, Question, Settings
from npl_sim.tape.proposal.opened import Opened
from npl_sim.tape.schema import LOAN_ONE_OF, TAPE_STAGES


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
