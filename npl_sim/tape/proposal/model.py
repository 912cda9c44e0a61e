"""Records of a proposal: sheets, fields, codes, unmapped columns and questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as record_field
from datetime import date
from pathlib import Path
from typing import Any, Literal

SheetRole = Literal["loans", "collateral", "guarantors", "relationships", "other"]
"""What a sheet holds; `other`: a summary, a cover, or nothing that is read."""

Confidence = Literal["high", "medium", "low"]
"""How sure a proposal is: `high` needs no look, `medium` a look, `low` an answer."""

Settings = Mapping[str, Any]
"""Keys below `tape` of a study, as `tape_section` writes them; mappings merge key by key."""


@dataclass(frozen=True)
class FieldProposal:
    """Proposal for one canonical column of a table."""

    table: SheetRole
    """The table."""
    field: str
    """Canonical column, such as principal."""
    headers: tuple[str, ...]
    """Headers that are read, as the file spells them; several add up; empty: none was found."""
    unit: float | None = None
    """Value of one unit of the amounts; None for other columns. [package currency]"""
    unit_source: str = ""
    """Where the unit comes from, such as "row 1, '单位：万元'"; empty: assumed to be 1."""
    filled: float = 0.0
    """Share of the records with a cell that holds something. [share]"""
    examples: tuple[str, ...] = ()
    """First three different cells, as the file shows them."""
    confidence: Confidence = "high"
    """How sure the proposal is."""
    reason: str = ""
    """Why, in one sentence."""
    alternatives: tuple[str, ...] = ()
    """Other headers that may be meant."""
    default: str = ""
    """What an empty cell or a missing column stands for, in words; empty: nothing is known."""


@dataclass(frozen=True)
class ColumnProposal:
    """A column of the bank that no canonical column reads; it travels to the results."""

    table: SheetRole
    """The table."""
    header: str
    """Its header, as the file spells it."""
    filled: float
    """Share of the records with a cell that holds something. [share]"""
    examples: tuple[str, ...]
    """First three different cells, as the file shows them."""
    meaning: str = ""
    """Name of its due-diligence field, such as case_number; empty: not recognized."""
    total: float | None = None
    """Sum of its amounts; None if it holds none. [package currency]"""
    explains: str = ""
    """Canonical amount whose difference it explains, such as gbv; empty: none."""


@dataclass(frozen=True)
class CodeProposal:
    """One code of a column, with its proposed meaning."""

    field: str
    """Canonical column, such as stage, product, kind, region, five_class or lien_rank."""
    code: str
    """The code, as the file spells it."""
    count: int
    """Records with it, in all tables."""
    value: str | None
    """Proposed canonical value; None if it is not known."""
    built_in: bool
    """Whether the program reads the code so without a `value_map`."""
    confidence: Confidence = "high"
    """How sure the proposal is."""
    note: str = ""
    """What falls back, or what else the code may mean; empty: nothing to say."""


@dataclass(frozen=True)
class SheetProposal:
    """Proposal for one sheet of a workbook, or for one file of another format."""

    path: Path
    """The file."""
    sheet: str
    """Name of the sheet; empty for files without sheets."""
    role: SheetRole
    """What it holds."""
    reason: str
    """Why the sheet has that role."""
    hidden: bool = False
    """Whether the workbook hides the sheet."""
    used: bool = True
    """Whether the tape reads it; False for `other`, and for sheets that another one repeats."""
    header_row: int = 1
    """Row of the headers. [row, from 1]"""
    headers: tuple[str, ...] = ()
    """All headers, in order."""
    records: int = 0
    """Records, without lines of totals, footers and repeated headers. [rows]"""
    total_rows: tuple[int, ...] = ()
    """Rows that hold totals, as a spreadsheet numbers them."""
    footer_rows: tuple[int, ...] = ()
    """Rows that hold notes below the table."""
    merged_cells: int = 0
    """Merged cells below the headers; their value holds for each row that they span."""
    unit: float | None = None
    """Unit of amounts without a unit of their own; None if none is stated. [currency]"""
    unit_source: str = ""
    """Where the unit comes from: title, headers, or evidence of magnitude."""
    currency: str = ""
    """ISO 4217 code that the sheet states; empty: none."""
    currency_source: str = ""
    """Where the currency comes from."""
    cut_off_date: date | None = None
    """Date of the balances that the sheet states."""
    cut_off_source: str = ""
    """Text that states it."""
    title: tuple[str, ...] = ()
    """Texts above the headers."""
    encoding: str = ""
    """Encoding of a text file, as read."""
    decimal: Literal[".", ","] | None = None
    """Decimal mark of numbers written as text, where it is a comma."""

    @property
    def label(self) -> str:
        """Name of the file, with the sheet in brackets."""
        return f"{self.path.name}[{self.sheet}]" if self.sheet else self.path.name


@dataclass(frozen=True)
class Option:
    """One answer to a question."""

    key: str
    """Short name of the answer, such as 10000 or litigation."""
    text: str
    """The answer, in one sentence."""
    settings: Settings = record_field(default_factory=dict)
    """Keys below `tape` that this answer sets; empty: the reading stays as it is. A value of None
    at the top level takes the key away."""
    study: Settings = record_field(default_factory=dict)
    """Keys of the study itself that this answer sets, such as currency or base."""


@dataclass(frozen=True)
class Question:
    """A reading that the files do not settle, with its possible answers."""

    id: str
    """Stable name, such as unit.loans or stage.终本."""
    text: str
    """What must be decided, with the evidence."""
    options: tuple[Option, ...]
    """Possible answers; the first is not always the default."""
    default: str
    """Key of the answer that the proposal takes until somebody decides: the adverse one where
    nothing favors another."""
    about: str = ""
    """Canonical column, header or sheet concerned."""
    count: int = 0
    """Records concerned. [rows]"""
    confirms: tuple[str, ...] = ()
    """Names for `tape.confirmed` that an answer by a person settles."""
    stops: Literal["never", "large", "always"] = "never"
    """Whether a run waits for an answer: `large` where one moves the price by over 5 %."""

    def option(self, key: str) -> Option:
        """Return the answer of a key.

        Raises
        ------
        KeyError
            If the question has no such answer.
        """
        for one in self.options:
            if one.key == key:
                return one
        raise KeyError(key)


@dataclass(frozen=True)
class Proposal:
    """How a bank's files are to be read, with everything that is open."""

    sheets: tuple[SheetProposal, ...]
    """All sheets of all files, in the order in which they were given."""
    fields: tuple[FieldProposal, ...]
    """Canonical columns found, and those that are missed, by table."""
    columns: tuple[ColumnProposal, ...]
    """Columns of the bank that no canonical column reads."""
    codes: tuple[CodeProposal, ...]
    """Codes with counts, in the order of their frequency."""
    questions: tuple[Question, ...]
    """Readings that the files do not settle."""
    currency: str = ""
    """Currency of the package; empty: nothing states it."""
    jurisdiction: str = ""
    """Law that language and regions point to, china or italy; empty: nothing points to one."""
    cut_off_date: date | None = None
    """Date of the balances; None if none is stated."""
    settings: Settings = record_field(default_factory=dict)
    """Keys below `tape` under the default answers; see `tape_section`."""

    def of(self, role: SheetRole) -> tuple[SheetProposal, ...]:
        """Return the sheets that form one table."""
        return tuple(sheet for sheet in self.sheets if sheet.role == role and sheet.used)

    def field(self, table: SheetRole, name: str) -> FieldProposal | None:
        """Return the proposal for one canonical column; None if the table lacks it."""
        return next((f for f in self.fields if (f.table, f.field) == (table, name)), None)

    def question(self, name: str) -> Question | None:
        """Return a question by its id; None if the files settle it."""
        return next((q for q in self.questions if q.id == name), None)
