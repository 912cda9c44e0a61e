"""Tape specification: files, headers, units and codes."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from npl_sim.core.fields import Currency, Money, Months, Spec, Text
from npl_sim.tables.columns import Notation
from npl_sim.tape.file_patterns import matched_files
from npl_sim.tape.schema import SCHEMAS, Role, column_names
from npl_sim.tape.table_terms import (
    MAX_FILES,
    HeaderName,
    Headers,
    Scalar,
    SheetNames,
    TableTerms,
    form_of,
)

AmountUnit = Annotated[
    float, Field(ge=1e-3, le=1e9, json_schema_extra={"unit": "package currency per unit"})
]
HeaderRow = Annotated[int, Field(ge=1, le=1000, json_schema_extra={"unit": "row"})]
ExchangeRate = Annotated[
    float, Field(gt=0.0, le=1e6, json_schema_extra={"unit": "package currency per unit"})
]
RowCount = Annotated[int, Field(ge=0, le=100_000_000, json_schema_extra={"unit": "rows"})]
MAX_KEYS = 100
_NOT_OF_FILES = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"}
"""Text codecs that no table uses: for domain names and source code."""

TAPE_FILES = ("loans", "collateral", "guarantors", "relationships")
"""Keys that name the files of a tape."""

_PREFIXES: dict[Role, str] = {"loans": "", "collateral": "collateral_", "guarantors": "guarantor_"}
"""Beginnings of the keys of each table."""

Columns = dict[str, Headers]


TapeFiles = Annotated[
    Annotated[Path, Tag("file")]
    | Annotated[tuple[Path, ...], Field(min_length=1, max_length=MAX_FILES), Tag("list")],
    Discriminator(form_of),
]
"""A file, a pattern such as loans_*.csv, or a list of both whose rows form one table."""


def _known(given: str, names: tuple[str, ...], what: str, kind: str) -> None:
    if given not in names:
        near = difflib.get_close_matches(given, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"{what}: {given!r} is no {kind} column; expected {', '.join(names)}{hint}"
        )


class ExpectedTotals(Spec):
    """Control totals of the loan file, as stated by its sender."""

    rows: RowCount | None = None
    """Rows of the loan file, without lines of totals."""
    gbv: Money | None = None
    """Gross book value of the loan file, in package currency."""


class TapeSpec(Spec):
    """The loan tape of a study."""

    loans: TapeFiles
    """Loan file: CSV, workbook (.xlsx, .xlsm, .xls, .xlsb, .ods), Parquet, or an HTML table; a
    relative path starts at the study's folder. A list of files, or a pattern such as loans_*.csv
    (sorted by name), is one table."""
    collateral: TapeFiles | None = None
    """Collateral file or files, one row per item. Defaults to the collateral columns of the loan
    file, if it has any."""
    guarantors: TapeFiles | None = None
    """Guarantor file or files, one row per guarantee."""
    relationships: TapeFiles | None = None
    """File or files that join loans to collateral, many to many, such as the EBA's: loan_id and
    collateral_id."""
    columns: Columns = Field(default={}, max_length=MAX_KEYS)
    """Canonical loan column to its header in the file. Several headers in a list add up to one
    amount; null: the column is not read, whatever the headers. Others are found by name or known
    alias."""
    collateral_columns: Columns = Field(default={}, max_length=MAX_KEYS)
    """Canonical collateral column to its header in the file."""
    guarantor_columns: Columns = Field(default={}, max_length=MAX_KEYS)
    """Canonical guarantor column to its header in the file."""
    headers: Annotated[tuple[HeaderName, ...], Field(max_length=2000)] = ()
    """Headers of a loan file that has none, by position."""
    collateral_headers: Annotated[tuple[HeaderName, ...], Field(max_length=2000)] = ()
    """Headers of a collateral file that has none, by position."""
    guarantor_headers: Annotated[tuple[HeaderName, ...], Field(max_length=2000)] = ()
    """Headers of a guarantor file that has none, by position."""
    header_row: HeaderRow | None = None
    """Row of the loan file's headers. Defaults to the first row with known headers."""
    collateral_header_row: HeaderRow | None = None
    """Row that holds the headers of the collateral file. Defaults to the row stated for the loan
    file."""
    guarantor_header_row: HeaderRow | None = None
    """Row that holds the headers of the guarantor file. Defaults to the row stated for the loan
    file."""
    defaults: dict[str, Scalar] = Field(default={}, max_length=MAX_KEYS)
    """Canonical loan column to the constant used where the file has no such column."""
    value_map: dict[str, dict[Scalar, Scalar]] = Field(default={}, max_length=MAX_KEYS)
    """Canonical column to a translation of its codes, such as stage: {S1: collection}."""
    amount_unit: AmountUnit | None = None
    """Value of one unit of the amounts, such as 10000 for 万元. Defaults to what headers and title
    rows state, else 1."""
    collateral_amount_unit: AmountUnit | None = None
    """Unit of the amounts of the collateral file; defaults to that of the loan file."""
    guarantor_amount_unit: AmountUnit | None = None
    """Unit of the amounts of the guarantor file; defaults to that of the loan file."""
    column_units: dict[str, AmountUnit] = Field(default={}, max_length=MAX_KEYS)
    """Canonical amount column to its unit, which overrides all other statements of it."""
    exchange_rates: dict[Currency, ExchangeRate] = Field(default={}, max_length=MAX_KEYS)
    """Package currency per unit of another currency: {USD: 7.1}. Rows in a currency without a
    rate are errors."""
    rates_in_percent: bool | None = None
    """Whether a rate of 12 without a percent sign means 12 % a year. Defaults to what the header
    states."""
    decimal: Literal[".", ","] | None = None
    """Decimal mark of numbers written as text; the other mark separates thousands. Defaults to a
    point."""
    date_format: Text = "auto"
    """Order of dates such as 03/04/2024: dmy, mdy, or auto, which refuses dates that the column
    does not settle. Also a pattern such as %b-%Y or %d-%b-%y."""
    placeholder_dates: Annotated[tuple[date, ...], Field(max_length=MAX_KEYS)] = ()
    """Dates that stand for a missing date, such as 1900-01-01; others before 1950 are errors."""
    blank_amounts: Literal["zero"] | None = None
    """Set to zero to read an empty amount as 0 in formats where an empty cell may also be an
    error. Defaults to an error there."""
    encoding: Text = "auto"
    """Encoding of CSV files; auto reads UTF-8, UTF-16 with a mark, and GB18030 (GBK)."""
    sheet: SheetNames | None = None
    """Sheet, or list of sheets, of the loan workbook; defaults to the first."""
    collateral_sheet: SheetNames | None = None
    """Sheet or sheets of the collateral workbook; defaults to the first."""
    guarantor_sheet: SheetNames | None = None
    """Sheet or sheets of the guarantor workbook; defaults to the first."""
    collateral_scope: Literal["file", "loan"] | None = None
    """Whether a collateral id names one item in the whole file, or one under each loan. By
    default, equal ids under several loans stop the run."""
    cut_off_date: date | None = None
    """Date of the balances and of the days past due; defaults to the valuation date."""
    on_error: Literal["stop", "quarantine"] = "stop"
    """Whether faulty rows stop the run or are set aside and reported."""
    expected: ExpectedTotals = ExpectedTotals()
    """Control totals; a difference is an error."""
    confirmed: Annotated[tuple[Text, ...], Field(max_length=1000)] = ()
    """Names of readings that were checked and are intended, as given in the messages."""
    stale_appraisal_months: Months = 24.0
    """Age from which an appraisal draws a warning."""
    currency: Text = "CNY"
    """Package currency; other amounts are errors unless `exchange_rates` converts them."""

    @field_validator("encoding")
    @classmethod
    def encoding_is_of_text(cls, value: str) -> str:
        if value != "auto":
            try:
                codec = codecs.lookup(value)
                text = (
                    codec._is_text_encoding and codec.name.replace("_", "-") not in _NOT_OF_FILES
                )
            except (LookupError, ValueError):
                text = False
            if not text:
                raise ValueError(
                    f"{value!r} is no known encoding of text; expected auto, utf-8, "
                    f"gb18030, utf-16, ..."
                )
        return value

    @field_validator("date_format")
    @classmethod
    def date_format_is_known(cls, value: str) -> str:
        if value in ("auto", "dmy", "mdy"):
            return value
        if "%" not in value:
            raise ValueError(
                f"got {value!r}; expected auto, dmy, mdy, or a pattern such as %d-%b-%y"
            )
        if "%y" not in value.lower():
            raise ValueError(f"got {value!r}, a pattern without a year; expected %Y or %y in it")
        return value

    @model_validator(mode="after")
    def columns_are_canonical(self) -> TapeSpec:
        roles: tuple[tuple[Role, str, tuple[str, ...]], ...] = (
            ("loans", "columns", tuple(self.columns)),
            ("collateral", "collateral_columns", tuple(self.collateral_columns)),
            ("guarantors", "guarantor_columns", tuple(self.guarantor_columns)),
            ("loans", "defaults", tuple(self.defaults)),
        )
        for role, field, names in roles:
            for name in names:
                _known(name, column_names(role), field, role)
        every = {column.name: column for schema in SCHEMAS.values() for column in schema}
        for name in self.value_map:
            _known(name, tuple(every), "value_map", "canonical")
        amounts = tuple(name for name, column in every.items() if column.type == "amount")
        for name in self.column_units:
            _known(name, amounts, "column_units", "amount")
        self._several_are_amounts(amounts)
        if "loan_id" in self.defaults:
            raise ValueError(
                "defaults: loan_id differs from loan to loan; expected a column for it"
            )
        return self

    def _several_are_amounts(self, amounts: tuple[str, ...]) -> None:
        for field in ("columns", "collateral_columns", "guarantor_columns"):
            for name, headers in getattr(self, field).items():
                if isinstance(headers, tuple) and (name not in amounts or not headers):
                    raise ValueError(
                        f"{field}: {name} is given the headers {list(headers)}; expected "
                        f"one header, or several for an amount"
                    )

    def resolve(self, folder: Path) -> TapeSpec:
        """Return the specification with absolute paths and patterns resolved to files.

        Raises
        ------
        TapeError
            If no file matches a pattern.
        """
        update: dict[str, Path | tuple[Path, ...] | None] = {}
        for role, paths in self.files.items():
            given = getattr(self, role)
            found = [f for path in paths for f in matched_files(f"tape.{role}", path, folder)]
            single = len(found) == 1 and not isinstance(given, tuple)
            update[role] = None if not found else found[0] if single else tuple(found)
        return self.model_copy(update=update)

    def placed(self, place: Callable[[str, int, Path], Path]) -> TapeSpec:
        """Return the specification with other paths, given key, position and path of each file."""
        update: dict[str, Path | tuple[Path, ...] | None] = {}
        for role, paths in self.files.items():
            found = tuple(place(role, i, path) for i, path in enumerate(paths, 1))
            update[role] = (
                found if isinstance(getattr(self, role), tuple) else next(iter(found), None)
            )
        return self.model_copy(update=update)

    @property
    def files(self) -> dict[str, tuple[Path, ...]]:
        """Files of the tape by key; None if the tape has no such table."""
        found: dict[str, tuple[Path, ...]] = {}
        for role in TAPE_FILES:
            given = getattr(self, role)
            found[role] = () if given is None else given if isinstance(given, tuple) else (given,)
        return found

    def key(self, role: Role, name: str) -> str:
        """Return the study key that states something of a table: columns, collateral_columns."""
        return f"{_PREFIXES[role]}{name}"

    def unit_key(self, role: Role) -> tuple[str, float | None]:
        """Return the study key for the unit of a file's amounts, and its value."""
        key = self.key(role, "amount_unit")
        own: float | None = getattr(self, key)
        return (key, own) if own is not None else ("amount_unit", self.amount_unit)

    def table(self, role: Role) -> TableTerms:
        """Return the terms of one table."""
        row, headers, columns, sheet = (
            getattr(self, self.key(role, name))
            for name in ("header_row", "headers", "columns", "sheet")
        )
        return TableTerms(self.files[role], sheet, row or self.header_row, headers, columns)

    @property
    def currency_is_known(self) -> bool:
        """Whether the study states the package currency, so that others are refused."""
        return "currency" in self.model_fields_set

    @property
    def notation(self) -> Notation:
        """Notation of numbers and dates; units and epochs are those of each column and file."""
        return Notation(
            decimal=self.decimal or ".",
            date_format=self.date_format,
            amount_unit=self.amount_unit or 1.0,
            rates_in_percent=bool(self.rates_in_percent),
            currency=self.currency if self.currency_is_known else "",
            placeholders=frozenset(self.placeholder_dates),
            blanks_are_zero=self.blank_amounts == "zero",
            decimal_stated=self.decimal is not None,
        )
