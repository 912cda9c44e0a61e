"""Canonical columns of a tape, described once for parsing, checks and documentation."""

from __future__ import annotations

from typing import Any, Literal

from npl_sim.resources import read_toml
from npl_sim.tables.columns import Column

Role = Literal["loans", "collateral", "guarantors"]
"""The three tables of a tape."""

MAX_ID_LENGTH = 200
"""Most characters of an id."""

TAPE_STAGES = (
    "collection",
    "litigation",
    "judged",
    "enforcement",
    "plan",
    "insolvency",
    "dormant",
)
"""Stages that a tape may state for a loan."""

INSOLVENCY_STATUSES = (
    "petition",
    "accepted",
    "claims_filed",
    "reorganization",
    "plan",
    "liquidation",
    "closed",
)
"""Statuses of the debtor's insolvency that a tape may state."""


DATA: dict[str, Any] = read_toml("tape_columns.toml")
"""Columns with their headers, and codes by what they mean."""


def columns_of(role: str) -> tuple[Column, ...]:
    """Return the columns of a table, in order."""
    entries: dict[str, dict[str, Any]] = DATA["columns"][role]
    return tuple(
        Column(name, **{key: value for key, value in entry.items() if key != "headers"})
        for name, entry in entries.items()
    )


LOANS = columns_of("loans")
"""Columns of the loan file."""

LOAN_ONE_OF: tuple[tuple[str, ...], ...] = (
    ("principal", "gbv"),
    ("default_date", "days_past_due", "age_months"),
)
"""Groups of loan columns, of which the file must have at least one."""

COLLATERAL = columns_of("collateral")
"""Columns of the collateral file."""

GUARANTORS = columns_of("guarantors")
"""Columns of the guarantor file."""

FIVE_CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
"""Classes of a loan, from best to worst."""

STAGE_DATES: dict[str, tuple[str, ...]] = {
    "litigation": ("filing_date", "procedure_date"),
    "judged": ("judgment_date",),
    "enforcement": ("enforcement_date", "procedure_date"),
    "plan": (),
    "insolvency": ("insolvency_date",),
    "dormant": ("pause_date",),
}
"""Columns that date each stage in place of `stage_date`; the first known one is used."""

SCHEMAS: dict[Role, tuple[Column, ...]] = {
    "loans": LOANS,
    "collateral": COLLATERAL,
    "guarantors": GUARANTORS,
}
"""Columns of each table."""


def column_names(role: Role) -> tuple[str, ...]:
    """Return the canonical names of one table, in order."""
    return tuple(column.name for column in SCHEMAS[role])
