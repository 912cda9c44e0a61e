"""Find the currency, the law and the date of the balances that the files of a bank show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

import pandas as pd

from npl_sim.tables.cell_types import column_text
from npl_sim.tables.columns import Notation
from npl_sim.tables.dates import read_dates
from npl_sim.tape.proposal.matching import cells_of
from npl_sim.tape.proposal.opened import Opened, positions
from npl_sim.tape.proposal.seen import Seen
from npl_sim.tape.proposal.vocabulary import known_names
from npl_sim.tape.regions import market_region
from npl_sim.tape.schema import columns_of
from npl_sim.tape.templates import header_key
from npl_sim.tape.title_date import title_date
from npl_sim.tape.units import currency_code, header_statement, plain_statement, title_statement

_HAN = re.compile(r"[\u4e00-\u9fff]")
_ITALIAN = re.compile(
    r"\b(?:rapporto|ndg|capitale|interessi|sofferenza|procedura|immobil\w*|perizia|ipotec\w*|"
    r"regione|tribunale|spese|debitore|forma tecnica|scadenza)\b",
    re.IGNORECASE,
)
_PLACES = ("city", "address", "court")
_LEAST_PLACES = 0.5
_TIE = 0.8
"""Share of the known places that must lie in one country."""


def jurisdiction_of(sheets: Sequence[Seen]) -> str:
    """Return china or italy by places, then by the language of headers; empty: neither.

    Parameters
    ----------
    sheets
        Sheets with their roles.
    """
    read = [one for one in sheets if one.role != "other"]
    places: Counter[str] = Counter()
    for one in read:
        for at, header in enumerate(one.table.headers):
            key = header_key(header)
            if known_names().get(key) in _PLACES or _names_region(key):
                for text in pd.unique(column_text(cells_of(one.table, at))):
                    found = market_region(str(text))
                    places[found.jurisdiction if found else ""] += 1
    known = sum(places.values()) - places[""]
    if known:
        name, count = max(((n, c) for n, c in places.items() if n), key=lambda pair: pair[1])
        if count >= _TIE * known:
            return name
    headers = [h for one in read for h in one.table.headers if h]
    if sum(_HAN.search(h) is not None for h in headers) > len(headers) / 2:
        return "china"
    italian = sum(_ITALIAN.search(h) is not None for h in headers)
    return "italy" if italian >= max(2, len(headers) / 4) else ""


def _names_region(key: str) -> bool:
    from npl_sim.tape.proposal.vocabulary import field_names

    return any(
        key in names and names[key].field == "region"
        for names in (field_names("loans"), field_names("collateral"))
    )


def currencies_of(tables: Sequence[Opened]) -> list[str]:
    """Return the currencies that titles, headers, unit rows and columns of currencies state."""
    found: dict[str, None] = {}
    for one in tables:
        raw = one.rows.with_notes()
        for _, texts in raw.above:
            for text in (*texts, " ".join(texts)):
                found.setdefault(title_statement(text).currency)
        for below in one.below.values():
            found.setdefault(plain_statement(below.strip("()（）[]")).currency)
        amounts = {c.name for role in ("loans", "collateral", "guarantors") for c in columns_of(role)
                   if c.type == "amount"}  # fmt: skip
        for places in (one.found, one.items):
            for name, where in places.items():
                if name in amounts:
                    found.setdefault(header_statement(one.header(where.positions[0])).currency)
                if name == "currency":
                    for text in pd.unique(column_text(raw.frame[where.positions[0]])):
                        found.setdefault(currency_code(str(text)))
    return [code for code in found if code]


def cut_off_dates(tables: Sequence[Opened]) -> dict[str, date]:
    """Return the dates of the balances that titles and notes state, by sheet."""
    found: dict[str, date] = {}
    for one in tables:
        for _, texts in one.rows.with_notes().above:
            for text in (*texts, " ".join(texts)):
                day = title_date(text)
                if day is not None:
                    found.setdefault(one.seen.label, day)
    return found


def latest_date(loans: Sequence[Opened], notation: Notation) -> date | None:
    """Return the latest past date in the dates of the loans; None if they have none."""
    names = [c.name for c in columns_of("loans") if c.type == "date" and c.name != "maturity_date"]
    latest: list[pd.Timestamp] = []
    for one in loans:
        for name in names:
            if name in one.found:
                at = one.found[name].positions[0]
                days = read_dates(one.records.frame[at], notation).values
                days = days[days <= pd.Timestamp.now()]
                if len(days):
                    latest.append(days.max())
    return max(latest).date() if latest else None


def read_positions(one: Opened) -> set[int]:
    """Return the positions of a sheet that some canonical column reads."""
    return positions(one.found) | positions(one.items)
