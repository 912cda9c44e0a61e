"""Columns of a file of cash: which header means what, and which headers are months."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from npl_sim.core.errors import TapeError, escaped
from npl_sim.resources import read_toml
from npl_sim.tables.periods import calendar_month, counted_month, month_number
from npl_sim.tape.templates import ALIASES, header_key

AMOUNTS = ("amount", "costs")
"""Columns that hold amounts."""


@cache
def _data() -> dict[str, Any]:
    return read_toml("cash_columns.toml")


@cache
def _headers() -> dict[str, str]:
    """Return the column of each key of a header."""
    names = {column: list(headers) for column, headers in _data()["headers"].items()}
    names["loan_id"] += [*ALIASES["loans"]["loan_id"], "loan_id"]
    return {header_key(h): column for column, headers in names.items() for h in headers}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


@cache
def codes(section: str) -> dict[str, str]:
    """Return the codes of `kinds` or `routes`, each with what it means."""
    return {_plain(code): name for name, listed in _data()[section].items() for code in listed}


@cache
def route_of_kind() -> dict[str, str]:
    """Return the route of each kind of receipt."""
    return {kind: route for route, kinds in _data()["route_of"].items() for kind in kinds}


@dataclass(frozen=True)
class Layout:
    """Positions of the columns of a file of cash."""

    at: Mapping[str, int]
    """Column to its position."""
    months: Mapping[int, int] = field(default_factory=dict)
    """Position of each column of a month to the number of the month."""

    @property
    def amounts(self) -> tuple[int, ...]:
        """Positions of the amounts."""
        return (*(self.at[name] for name in AMOUNTS if name in self.at), *self.months)


def known_headers(headers: tuple[str, ...], start: date) -> int:
    """Return how many headers have a known meaning; months count as one."""
    columns = {_headers().get(header_key(h)) for h in headers if h} - {None}
    return len(columns) + any(_month(h, start) is not None for h in headers)


def _month(header: str, start: date) -> int | None:
    """Return the number of the month that a header names, or None."""
    last = calendar_month(header)
    if last is not None:
        return month_number(start, last)
    # A bare number may be anything, but M3 and 第3期 are months.
    return None if header.strip().isdecimal() else counted_month(header)


def layout_of(where: str, headers: Sequence[str], start: date) -> Layout:
    """Return the columns of a file of cash.

    Parameters
    ----------
    where
        What errors call the file.
    headers
        Its headers by position.
    start
        Valuation date, from which months count.

    Raises
    ------
    TapeError
        If a column is missing, or occurs twice.
    """
    at: dict[str, int] = {}
    months: dict[int, int] = {}
    for position, header in enumerate(headers):
        name = _headers().get(header_key(header)) if header else None
        if name is not None:
            if name in at:
                twice = f"{escaped(headers[at[name]])!r} and {escaped(header)!r}"
                raise TapeError(f"{where}: headers {twice} both mean {name}; expected one")
            at[name] = position
        elif header and (number := _month(header, start)) is not None:
            months[position] = number
    errors = _missing(at, months)
    if errors:
        listed = ", ".join(repr(escaped(h)) for h in headers[:20] if h)
        raise TapeError(f"{where}: {'; '.join(errors)}; the headers are {listed}")
    numbers = list(months.values())
    twice_at = next((n for n in numbers if numbers.count(n) > 1), None)
    if twice_at is not None:
        raise TapeError(f"{where}: two columns are month {twice_at}; expected each month once")
    return Layout(at, months)


def _missing(at: Mapping[str, int], months: Mapping[int, int]) -> list[str]:
    errors = []
    if "loan_id" not in at:
        errors.append("no column of loan ids; expected a header such as loan_id, 贷款编号")
    timed = [name for name in ("date", "month") if name in at]
    paid = [name for name in AMOUNTS if name in at]
    if months and (timed or paid):
        listed = ", ".join((*timed, *paid))
        errors.append(f"columns of months beside {listed}; expected one way to state cash")
    elif not months:
        if len(timed) != 1:
            found = " and ".join(timed) or "none"
            errors.append(f"got {found}; expected one column date or month, or monthly columns")
        if not paid:
            errors.append("no column of amounts; expected a header such as amount, 回款金额")
    return errors
