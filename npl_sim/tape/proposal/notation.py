"""Settle how numbers, dates and rates of the bank's files are written, or ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from npl_sim.core.errors import TableError
from npl_sim.tables.cell_types import Percent, column_text
from npl_sim.tables.columns import Notation
from npl_sim.tables.dates import short_date
from npl_sim.tables.evidence import decimal_mark
from npl_sim.tables.files import RawFile
from npl_sim.tables.numbers import read_numbers
from npl_sim.tape.headers import says_percent
from npl_sim.tape.proposal.matching import cells_of
from npl_sim.tape.proposal.model import Option, Question
from npl_sim.tape.proposal.vocabulary import field_names, known_names, known_type, part_names
from npl_sim.tape.schema import columns_of
from npl_sim.tape.templates import header_key

_HIGHEST_SHARE = 1.0
"""Highest rate that is taken as a share of 1. [per year]"""


@dataclass(frozen=True)
class Written:
    """Notation of the files of a tape."""

    decimal: str | None = None
    """Decimal mark, where it is not a point."""
    date_order: str | None = None
    """dmy or mdy, where some column does not settle it."""
    in_percent: bool | None = None
    """Whether rates without a sign are in percent; None: nothing to state."""
    settings: Mapping[str, object] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()

    @property
    def notation(self) -> Notation:
        """Notation of the cells, with amounts in their own unit."""
        return Notation(
            decimal=self.decimal or ".",
            date_format=self.date_order or "auto",
            rates_in_percent=bool(self.in_percent),
            decimal_stated=self.decimal is not None,
        )


def typed_positions(raw: RawFile, roles: Iterable[str], kind: str) -> list[int]:
    """Return the columns of a sheet whose header names something of a type."""
    types: dict[str, str] = {}
    for role in roles:
        of = {c.name: c.type for c in columns_of(role)}
        types |= {key: of[name.field] for key, name in field_names(role).items()}
    types |= dict.fromkeys(part_names(), "amount")
    for key, name in known_names().items():
        types.setdefault(key, known_type(name))
    return [i for i, h in enumerate(raw.headers) if h and types.get(header_key(h)) == kind]


def settle_notation(raws: Iterable[tuple[RawFile, str]], italian: bool) -> Written:
    """Return the notation of the tables of a tape, with a question for what stays open.

    Parameters
    ----------
    raws
        The sheets that are read, each with its table.
    italian
        Whether the files are Italian, where numbers have decimal commas and dates begin with
        the day.
    """
    tables = [(raw, ("loans", "collateral") if role == "loans" else (role,)) for raw, role in raws]
    questions: list[Question] = []
    settings: dict[str, object] = {}
    decimal = _decimal(tables, italian, questions)
    if decimal == ",":
        settings["decimal"] = ","
    order = _date_order(tables, italian, questions)
    if order is not None:
        settings["date_format"] = order
    percent = _in_percent(tables, decimal, questions)
    if percent:
        settings["rates_in_percent"] = True
    return Written(decimal, order, percent, settings, tuple(questions))


Tables = Sequence[tuple[RawFile, tuple[str, ...]]]


def _decimal(tables: Tables, italian: bool, questions: list[Question]) -> str | None:
    """Return the decimal mark, a comma only where cells or a default say so."""
    marks = set()
    for raw, roles in tables:
        amounts = {raw.headers[i]: raw.frame[i] for i in typed_positions(raw, roles, "amount")}
        rates = {raw.headers[i]: raw.frame[i] for i in typed_positions(raw, roles, "rate")}
        try:
            marks.add(decimal_mark(raw.source.file, amounts, raw.rows, rates))
        except TableError as error:
            default = "," if italian else "."
            questions.append(
                Question(
                    "decimal",
                    f"Which mark separates decimals? {error}",
                    (
                        Option(".", "A point: 1,234.50", {"decimal": "."}),
                        Option(",", "A comma: 1.234,50", {"decimal": ","}),
                    ),
                    default,
                    raw.source.file,
                    len(raw.rows),
                )
            )
            return default
    if len(marks) == 2:
        # Native numbers say nothing: a workbook beside a file with decimal commas.
        return ","
    return "," if marks == {","} else None


def _date_order(tables: Tables, italian: bool, questions: list[Question]) -> str | None:
    """Return the order of short dates where a column does not settle its own."""
    sure: set[str] = set()
    open_columns: list[str] = []
    count = 0
    for raw, roles in tables:
        for at in typed_positions(raw, roles, "date"):
            texts = [str(t) for t in pd.unique(column_text(raw.frame[at]))]
            pairs = [short_date(text) for text in texts]
            by_day = any(a is not None and b is None for a, b in pairs)
            by_month = any(b is not None and a is None for a, b in pairs)
            either = any(a is not None and b is not None and a != b for a, b in pairs)
            sure |= ({"dmy"} if by_day else set()) | ({"mdy"} if by_month else set())
            if either and not by_day and not by_month:
                open_columns.append(raw.headers[at])
                count = max(count, len(raw.rows))
    if not open_columns:
        return None
    if len(sure) == 1:
        return next(iter(sure))
    default = "dmy" if italian else "mdy" if sure == {"mdy"} else "dmy"
    questions.append(
        Question(
            "date_order",
            f"Do short dates such as 03/04/2024 begin with the day or the month? No date under "
            f"{', '.join(map(repr, dict.fromkeys(open_columns)))} settles it.",
            (
                Option("dmy", "With the day: 3 April", {"date_format": "dmy"}),
                Option("mdy", "With the month: 4 March", {"date_format": "mdy"}),
            ),
            default,
            open_columns[0],
            count,
        )
    )
    return default


def _in_percent(tables: Tables, decimal: str | None, questions: list[Question]) -> bool | None:
    """Return whether rates without a percent sign are in percent."""
    for raw, roles in tables:
        for at in typed_positions(raw, roles, "rate"):
            if says_percent(raw.headers[at]):
                continue
            cells = cells_of(raw, at)
            shown = column_text(cells).str.contains("[%％]").to_numpy(dtype=bool)
            marked = np.array([isinstance(c, Percent) for c in cells.tolist()], dtype=bool)
            plain = cells[~(shown | marked)].reset_index(drop=True)
            column = next(c for c in columns_of("loans") if c.type == "rate")
            rates = read_numbers(plain, column, Notation(decimal=decimal or ".")).values.dropna()
            if len(rates) == 0 or float(rates.median()) <= _HIGHEST_SHARE:
                continue
            if float(rates.min()) <= _HIGHEST_SHARE and float(rates.quantile(0.25)) < 1.0:
                questions.append(_mixed_rates(raw.headers[at], len(rates)))
            return True
    return None


def _mixed_rates(header: str, count: int) -> Question:
    return Question(
        "rates_in_percent",
        f"Are the rates under {header!r} in percent? Some are above 1 and others below.",
        (
            Option("percent", "6.5 means 6.5 % a year", {"rates_in_percent": True}),
            Option("shares", "0.065 means 6.5 % a year", {"rates_in_percent": False}),
        ),
        "percent",
        header,
        count,
    )
