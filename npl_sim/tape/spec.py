"""Words for a tape: which files, which headers, which units and codes."""

from __future__ import annotations

import codecs
import difflib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from npl_sim.base import Months, Spec, Text
from npl_sim.tape.schema import SCHEMAS, Role, column_names

__all__ = ["Scalar", "TapeSpec"]

Scalar = str | int | float | bool
"""A constant of a study file."""

AmountUnit = Annotated[float, Field(gt=0.0, le=1e9, json_schema_extra={"unit": "package currency per unit"})]
HeaderRow = Annotated[int, Field(ge=1, le=1000, json_schema_extra={"unit": "row"})]


def _known(given: str, role: Role, what: str) -> None:
    names = column_names(role)
    if given not in names:
        near = difflib.get_close_matches(given, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{what}: {given!r} is no {role} column; expected {', '.join(names)}{hint}")


class TapeSpec(Spec):
    """The loan tape of a study."""

    loans: Path
    """Loan file: CSV, Excel or Parquet; a relative path starts at the study's folder."""
    collateral: Path | None = None
    """Collateral file, one row per item; none: the loan file may carry collateral columns."""
    guarantors: Path | None = None
    """Guarantor file, one row per guarantee."""
    columns: dict[str, str] = Field(default={}, max_length=100)
    """Canonical loan column to its header in the file; others are found by name or known alias."""
    collateral_columns: dict[str, str] = Field(default={}, max_length=100)
    """Canonical collateral column to its header in the file."""
    guarantor_columns: dict[str, str] = Field(default={}, max_length=100)
    """Canonical guarantor column to its header in the file."""
    defaults: dict[str, Scalar] = Field(default={}, max_length=100)
    """Canonical loan column to the constant used where the file has no such column."""
    value_map: dict[str, dict[Scalar, Scalar]] = Field(default={}, max_length=100)
    """Canonical column to a translation of its codes, such as stage: {S1: collection}."""
    amount_unit: AmountUnit = 1.0
    """What one unit of every amount in the files is worth: 10000 for amounts in 10,000."""
    rates_in_percent: bool = False
    """Whether a rate of 12 without a percent sign means 12 % a year."""
    decimal: Literal[".", ","] = "."
    """Decimal mark of numbers written as text; the other mark separates thousands."""
    date_format: Literal["auto", "dmy", "mdy"] = "auto"
    """Order of dates such as 03/04/2024, which auto refuses; other notations need no order."""
    encoding: Text = "auto"
    """Encoding of CSV files; auto reads UTF-8, UTF-16 with a mark, and GB18030 (GBK)."""
    sheet: Text | None = None
    """Sheet of the loan workbook; none: the first."""
    collateral_sheet: Text | None = None
    """Sheet of the collateral workbook; none: the first."""
    guarantor_sheet: Text | None = None
    """Sheet of the guarantor workbook; none: the first."""
    header_row: HeaderRow = 1
    """Row that holds the headers in each file; rows above it are not read."""
    cut_off_date: date | None = None
    """Date of the balances and of the days past due; none: the valuation date."""
    on_error: Literal["stop", "quarantine"] = "stop"
    """Whether faulty rows stop the run or are set aside and reported."""
    stale_appraisal_months: Months = 24.0
    """Age from which an appraisal draws a warning."""
    currency: Text = "CNY"
    """Currency of the package, for labels."""

    @field_validator("encoding")
    @classmethod
    def encoding_is_known(cls, value: str) -> str:
        if value != "auto":
            try:
                codecs.lookup(value)
            except LookupError:
                raise ValueError(
                    f"{value!r} is no known encoding; expected auto, utf-8, gb18030, utf-16, ..."
                ) from None
        return value

    @model_validator(mode="after")
    def columns_are_canonical(self) -> TapeSpec:
        for role, field, names in (
            ("loans", "columns", self.columns),
            ("collateral", "collateral_columns", self.collateral_columns),
            ("guarantors", "guarantor_columns", self.guarantor_columns),
            ("loans", "defaults", self.defaults),
        ):
            for name in names:
                _known(name, role, field)  # type: ignore[arg-type]
        every = {column.name for schema in SCHEMAS.values() for column in schema}
        for name in self.value_map:
            if name not in every:
                _known(name, "loans", "value_map")
        if "loan_id" in self.defaults:
            raise ValueError("defaults: loan_id differs from loan to loan; expected a column for it")
        return self

    def resolve(self, folder: Path) -> TapeSpec:
        """Return the same words with relative paths taken from `folder`."""

        def placed(path: Path | None) -> Path | None:
            return None if path is None else folder / path.expanduser()

        return self.model_copy(
            update={
                "loans": placed(self.loans),
                "collateral": placed(self.collateral),
                "guarantors": placed(self.guarantors),
            }
        )
