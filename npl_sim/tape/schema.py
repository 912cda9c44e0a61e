"""Canonical columns of a tape, described once for parsing, checks and documentation."""

from __future__ import annotations

from typing import Literal

from npl_sim.tables.columns import Column

Role = Literal["loans", "collateral", "guarantors"]
"""The three tables of a tape."""

MAX_ID_LENGTH = 200
"""Most characters of an id."""

TAPE_STAGES = ("collection", "litigation", "judged", "enforcement", "plan", "dormant")
"""Stages that a tape may state for a loan."""


def _amount(name: str, meaning: str, default: str = "", required: bool = False) -> Column:
    return Column(name, "amount", meaning, "package currency", required, default)


def _months(name: str, meaning: str, minimum: float = 0.0) -> Column:
    return Column(name, "number", meaning, "months", minimum=minimum, maximum=1200.0)


LOANS: tuple[Column, ...] = (
    Column("loan_id", "id", "Names the loan; leading zeros are kept.", required=True),
    Column("borrower_id", "id", "Names the borrower.", default="the loan's id"),
    Column("product", "name", "Product: credit_card, consumer, sme, mortgage, ...", required=True),
    Column("segment", "name", "Segment by which policies may differ.", default="the product"),
    Column("region", "name", "Region of the borrower or of the court.", default="all"),
    _amount("principal", "Outstanding principal.", required=True),
    _amount("accrued_interest", "Interest accrued and unpaid, penalty included.", "0"),
    _amount("fees", "Fees, advanced costs and other balances.", "0"),
    _amount("gbv", "Gross book value: principal + accrued_interest + fees.", "that sum"),
    Column("currency", "currency", "Currency of the row's amounts.", default="the package's"),
    Column("contract_rate", "rate", "Contract interest rate.", "per year", maximum=10.0),
    Column("penalty_rate", "rate", "Rate that runs after default.", "per year", maximum=10.0),
    Column("default_date", "date", "Day of default."),
    Column(
        "days_past_due", "number", "Days past due at the cut-off date.", "days", maximum=36500.0
    ),
    _months("age_months", "Months since default at the valuation date."),
    Column(
        "maturity_date",
        "date",
        "Due date of the last instalment, from which limitation runs unless the debt was "
        "accelerated.",
        default="the day of default",
    ),
    Column(
        "acceleration_date",
        "date",
        "Day on which the whole debt was declared due; empty: it was not.",
    ),
    Column(
        "last_interruption_date",
        "date",
        "Last interruption; limitation, or the window to apply for enforcement, runs anew "
        "from it.",
    ),
    _months(
        "limitation_left_months", "Months until the claim is time-barred; < 0: it is.", -1200.0
    ),
    Column("five_class", "name", "Class: normal, special_mention, substandard, doubtful, loss."),
    Column("stage", "stage", "Where the loan stands at the valuation date.", default="collection"),
    Column(
        "stage_date",
        "date",
        "Day on which that stage began.",
        default="the date of the stage below",
    ),
    Column("filing_date", "date", "Day on which the court docketed the suit; dates litigation."),
    Column("judgment_date", "date", "Day on which the judgment took effect; dates a judged loan."),
    Column(
        "enforcement_date", "date", "Day of the application for enforcement; dates enforcement."
    ),
    Column(
        "pause_date",
        "date",
        "Day on which the court paused enforcement (终本); dates a dormant loan.",
    ),
    Column(
        "procedure_date",
        "date",
        "Day on which the procedure under way began; dates litigation and enforcement.",
    ),
    Column(
        "arbitration_clause", "flag", "Whether the contract provides arbitration.", default="no"
    ),
    Column(
        "documents_missing",
        "flag",
        "Whether contract, title or demand files are missing.",
        default="no",
    ),
    Column("group_id", "id", "Names the group of connected borrowers.", default="no group"),
    Column(
        "joint_debtors",
        "number",
        "Joint debtors, the borrower included.",
        "debtors",
        default="1",
        minimum=1.0,
        maximum=100.0,
    ),
    _amount("monthly_capacity", "What the borrower can pay a month."),
    Column(
        "responsiveness",
        "number",
        "Multiplies the borrower's hazards of settlement and cure.",
        "multiple",
        default="1",
        maximum=1e6,
        above_minimum=True,
    ),
)
"""Columns of the loan file."""

LOAN_ONE_OF: tuple[tuple[str, ...], ...] = (
    ("principal", "gbv"),
    ("default_date", "days_past_due", "age_months"),
)
"""Groups of loan columns, of which the file must have at least one."""

COLLATERAL: tuple[Column, ...] = (
    Column("collateral_id", "id", "Names the item.", default="loan id / position"),
    Column("loan_id", "id", "The loan that the item secures.", required=True),
    Column("kind", "name", "Kind: residential, commercial, land, vehicle, ...", default="other"),
    Column("region", "name", "Where the item is.", default="the loan's region"),
    _amount("appraisal_value", "Appraised value of the whole item.", "0"),
    Column("appraisal_date", "date", "Day of the appraisal."),
    _amount("prior_liens", "Claims on the item that rank before ours.", "0"),
    Column(
        "lien_rank", "number", "Rank of our lien.", "rank", default="1", minimum=1.0, maximum=100.0
    ),
    _amount("secured_cap", "Most that the item secures for us.", "no cap"),
    Column("seized_by", "text", "Who seized the item, as the tape says it."),
    Column("currency", "currency", "Currency of the row's amounts.", default="the package's"),
)
"""Columns of the collateral file."""

GUARANTORS: tuple[Column, ...] = (
    Column("guarantor_id", "id", "Names the guarantor.", default="loan id / g position"),
    Column("loan_id", "id", "The loan that is guaranteed.", required=True),
    _amount("cap", "Most that the guarantor owes.", "the whole claim"),
    Column(
        "guarantee_end",
        "date",
        "Last day on which the guarantor may be called; not modeled, warned of.",
    ),
    Column("currency", "currency", "Currency of the row's amounts.", default="the package's"),
)
"""Columns of the guarantor file."""

FIVE_CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
"""Classes of a loan, from best to worst."""

STAGE_DATES: dict[str, tuple[str, ...]] = {
    "litigation": ("filing_date", "procedure_date"),
    "judged": ("judgment_date",),
    "enforcement": ("enforcement_date", "procedure_date"),
    "plan": (),
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
