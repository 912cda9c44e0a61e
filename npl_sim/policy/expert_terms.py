"""What people enter by hand: estimates of experts, manual cash, and overrides of policy terms.

docs/experts.md is the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from npl_sim.core.fields import Months, Share, Spec, Text, WholeMonths

Name = Annotated[str, Field(min_length=1, max_length=200, json_schema_extra={"unit": "text"})]

Amount = Annotated[float, Field(ge=0.0, le=1e15, json_schema_extra={"unit": "as stated"})]
"""An amount or a share, as the unit beside it says."""

SignedMoney = Annotated[
    float, Field(ge=-1e15, le=1e15, json_schema_extra={"unit": "package currency"})
]
"""A receipt (positive) or a cost (negative). [package currency]"""

Unit = Literal["share", "amount"]

ReceiptRoute = Literal[
    "voluntary",
    "settlement",
    "installment",
    "performance",
    "garnishment",
    "collateral",
    "deficiency",
    "guarantor",
    "in_kind",
    "sale",
    "residual",
    "insolvency",
]
"""Kinds of receipts; the names are those of `core.layout.Kind` in lower case."""


class ExpertEstimate(Spec):
    """One expert's estimate of what a loan, a borrower's loans, or a collateral item recovers.

    Low, base and high are the 10 % point, the mode and the 90 % point of a triangular
    distribution. Equal values mean certainty.
    """

    scope: Literal["loan", "borrower", "item"] = "loan"
    """What the id names."""
    id: Name
    """Loan, borrower or collateral id, as on the tape."""
    recovery_low: Amount
    """Recovery that is exceeded with probability 90 %."""
    recovery_base: Amount
    """Most likely recovery."""
    recovery_high: Amount
    """Recovery that is exceeded with probability 10 %."""
    recovery_unit: Unit = "share"
    """Whether recoveries are shares of the claim or amounts in package currency."""
    months_low: Months
    """Months from the valuation date to the receipt, exceeded with probability 90 %."""
    months_base: Months
    """Most likely months to the receipt."""
    months_high: Months
    """Months to the receipt, exceeded with probability 10 %."""
    cost: Amount = 0.0
    """Costs paid when the recovery is received."""
    cost_unit: Unit = "share"
    """Whether the cost is a share of the recovery or an amount in package currency."""
    route: ReceiptRoute = "settlement"
    """Kind of receipt under which the recovery is reported."""
    weight: Share = 1.0
    """Probability that the estimate replaces the loan's path in a scenario."""
    author: Name
    """Who made the estimate."""
    date: date
    """When it was made."""
    note: Text = ""
    """Reasons and documents."""

    @model_validator(mode="after")
    def low_to_high(self) -> ExpertEstimate:
        for name in ("recovery", "months"):
            points = [getattr(self, f"{name}_{point}") for point in ("low", "base", "high")]
            if points != sorted(points):
                shown = ", ".join(f"{point:,.10g}" for point in points)
                raise ValueError(
                    f"{name}_low, {name}_base, {name}_high are {shown}; "
                    "expected low <= base <= high"
                )
        for name, unit in (("recovery_high", self.recovery_unit), ("cost", self.cost_unit)):
            value = getattr(self, name)
            if unit == "share" and value > 1.0:
                key = name.partition("_")[0]
                raise ValueError(
                    f"{name} is {value:,.10g} and {key}_unit is share; expected a share from 0 "
                    f"to 1, or {key}_unit: amount"
                )
        return self


class ManualCashRow(Spec):
    """One receipt or cost of a loan that somebody entered by hand."""

    loan: Name
    """Loan id, as on the tape."""
    month: WholeMonths
    """Month from the valuation date in which it is paid."""
    amount: SignedMoney
    """Amount: a receipt is positive, a cost negative."""
    mode: Literal["replace", "add"] = "replace"
    """Replace: the loan brings its manual cash and nothing else. Add: its manual cash comes on
    top of the model's."""
    route: ReceiptRoute = "settlement"
    """Kind of receipt under which a receipt is reported; costs are reported as lawyers' fees."""
    author: Name
    """Who entered it."""
    date: date
    """When it was entered."""
    note: Text = ""
    """Reasons and documents."""

    @field_validator("amount")
    @classmethod
    def not_zero(cls, amount: float) -> float:
        if amount == 0.0:
            raise ValueError("got 0; expected a receipt above 0 or a cost below 0")
        return amount


class PolicyOverride(Spec):
    """One term of the policy of one loan, changed by hand."""

    loan: Name
    """Loan id, as on the tape."""
    key: Name
    """Term of a policy, such as `litigation.lawsuit.win_probability`."""
    value: Annotated[Any, Field(json_schema_extra={"unit": "of the term"})]
    """Value of the term for this loan."""
    author: Name
    """Who changed it."""
    date: date
    """When it was changed."""
    note: Text = ""
    """Reasons and documents."""


def _as_table(data: Any) -> Any:
    """Return a section that is only a list of rows as a mapping."""
    return {"rows": data} if isinstance(data, list | tuple) else data


class ManualTable(Spec):
    """A table that people fill in: its rows, or the file that holds them."""

    file: Path | None = None
    """Table file that holds the rows, relative to the study: a workbook or text."""
    sheet: Text = ""
    """Sheet of a workbook; defaults to its only sheet, or the one that bears the table's name."""

    @model_validator(mode="before")
    @classmethod
    def rows_alone(cls, data: Any) -> Any:
        return _as_table(data)


class Experts(ManualTable):
    """Estimates of experts, and how they move together."""

    rows: tuple[ExpertEstimate, ...] = Field(default=(), max_length=100_000)
    """The estimates."""
    region_correlation: Share = 0.15
    """Correlation of two estimates in one region: the middle of the 12 % to 24 % that bank
    capital rules set for companies, less a margin for what experts know."""
    group_correlation: Share = 0.15
    """Further correlation of two estimates in one group of connected borrowers."""
    borrower_correlation: Share = 0.35
    """Further correlation of two estimates for one borrower, whose assets and will to pay are
    the same. Cash that comes late is also less, through the same three shares."""

    @model_validator(mode="after")
    def shares_below_one(self) -> Experts:
        total = self.region_correlation + self.group_correlation + self.borrower_correlation
        if total > 1.0 + 1e-12:
            raise ValueError(
                "region_correlation, group_correlation and borrower_correlation sum to "
                f"{total:g}; expected at most 1"
            )
        return self


class ManualCash(ManualTable):
    """Cash by loan and month that people entered."""

    rows: tuple[ManualCashRow, ...] = Field(default=(), max_length=1_000_000)
    """Receipts and costs."""


class Overrides(ManualTable):
    """Terms of policies that people changed for single loans."""

    rows: tuple[PolicyOverride, ...] = Field(default=(), max_length=100_000)
    """The changes."""


def columns(model: type[Spec]) -> Sequence[str]:
    """Return the columns of a table of rows, in order."""
    return tuple(model.model_fields)


EXPERT_COLUMNS = columns(ExpertEstimate)
"""Columns of the sheet Experts."""
CASH_COLUMNS = columns(ManualCashRow)
"""Columns of the sheet Cash."""
OVERRIDE_COLUMNS = columns(PolicyOverride)
"""Columns of the sheet Overrides."""
