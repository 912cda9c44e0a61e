"""Columns of a file of cash: which header means what, and which headers are months."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from npl_sim.core.errors import TapeError, escaped
from npl_sim.resources import read_toml
from npl_sim.tables.periods import calendar_month, counted_month, has_no_year, month_number
from npl_sim.tape.templates import ALIASES, header_key
from npl_sim.tape.units import without_unit

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


def known_headers(headers: tuple[str, ...], start: date, given: Iterable[str] = ()) -> int:
    """Return how many headers have a known meaning; months count as one."""
    own = {header_key(h): h for h in given}
    keys = [header_key(h) for h in headers if h]
    columns = {_headers().get(key) or own.get(key) for key in keys} - {None}
    return len(columns) + any(_month(h, start) is not None for h in headers)


def _month(header: str, start: date) -> int | None:
    """Return the number of the month that a header names, or None."""
    if header.endswith((")", "）")):
        header = without_unit(header)
    last = calendar_month(header)
    if last is not None:
        return month_number(start, last)
    # A bare number may be anything, but M3 and 第3期 are months.
    return None if header.strip().isdecimal() else counted_month(header)


def layout_of(
    where: str, headers: Sequence[str], start: date, given: Mapping[str, str] = {}
) -> Layout:
    """Return the columns of a file of cash.

    Where two headers mean the same, the one listed first among the known headers is taken; two
    headers of amounts are an error.

    Parameters
    ----------
    where
        What errors call the file.
    headers
        Its headers by position.
    start
        Valuation date, from which months count.
    given
        Column to the header that the user gives for it.

    Raises
    ------
    TapeError
        If a column is missing or ambiguous, or a header that is given is not there.
    """
    at = _given(where, headers, given)
    months: dict[int, int] = {}
    taken = set(at.values())
    for position, header in enumerate(headers):
        if position in taken or not header:
            continue
        name = _headers().get(header_key(header))
        if name is not None and name not in given:
            if name not in at:
                at[name] = position
            elif name in AMOUNTS:
                twice = f"{escaped(headers[at[name]])!r} and {escaped(header)!r}"
                raise TapeError(f"{where}: headers {twice} both mean {name}; expected one")
            elif _rank(header) < _rank(headers[at[name]]):
                at[name] = position
        elif name is None and (number := _month(header, start)) is not None:
            months[position] = number
    errors = _missing(at, months)
    no_year = next((h for h in headers if has_no_year(h)), None)
    if no_year is not None:
        errors.append(f"{escaped(no_year)!r} names no year; expected a header such as 2026年7月")
    if errors:
        listed = ", ".join(repr(escaped(h)) for h in headers[:20] if h)
        raise TapeError(
            f"{where}: {'; '.join(errors)}; the headers are {listed}. Expected known headers, or "
            "--column NAME=HEADER"
        )
    numbers = list(months.values())
    twice_at = next((n for n in numbers if numbers.count(n) > 1), None)
    if twice_at is not None:
        raise TapeError(f"{where}: two columns are month {twice_at}; expected each month once")
    return Layout(at, months)


def _given(where: str, headers: Sequence[str], given: Mapping[str, str]) -> dict[str, int]:
    """Return the positions of the headers that the user gives."""
    at: dict[str, int] = {}
    for name, header in given.items():
        if name not in _data()["headers"]:
            known = ", ".join(_data()["headers"])
            raise TapeError(f"--column {escaped(name)}: expected one of {known}")
        places = [i for i, h in enumerate(headers) if h and header_key(h) == header_key(header)]
        if len(places) != 1:
            listed = ", ".join(repr(escaped(h)) for h in headers[:20] if h)
            raise TapeError(
                f"{where}: {len(places)} headers {escaped(header)!r}, given for {name}; expected "
                f"one of {listed}"
            )
        at[name] = places[0]
    return at


def _rank(header: str) -> int:
    """Return the place of a header among the known ones."""
    return list(_headers()).index(header_key(header))


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
