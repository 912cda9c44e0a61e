"""Find the canonical columns among a file's headers; say what is missing, double or not used."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from npl_sim.tape.schema import LOAN_ONE_OF, SCHEMAS, Role
from npl_sim.tape.templates import ALIASES, header_key, header_unit

__all__ = ["Match", "match_headers"]


@dataclass(frozen=True)
class Match:
    """Where the canonical columns of a table stand in a file.

    Attributes
    ----------
    at
        Canonical column to position in the file.
    faults
        Why the headers cannot be used; empty: they can.
    """

    at: dict[str, int]
    faults: tuple[str, ...]


def _near(wanted: str, role: Role, headers: tuple[str, ...]) -> str:
    known = [header_key(name) for name in (wanted, *ALIASES[role].get(wanted, ()))]
    keys = {header_key(h): h for h in headers if h}
    for name in known:
        near = difflib.get_close_matches(name, list(keys), n=1, cutoff=0.6)
        if near:
            return f"; the nearest header is {keys[near[0]]!r}"
    return f"; the headers are {', '.join(repr(h) for h in headers if h)}"


def _explicit(
    role: Role, given: Mapping[str, str], headers: tuple[str, ...], faults: list[str]
) -> dict[str, int]:
    at = {}
    for name, header in given.items():
        places = [i for i, h in enumerate(headers) if h == header.strip()]
        places = places or [i for i, h in enumerate(headers) if h and header_key(h) == header_key(header)]
        if len(places) == 1:
            at[name] = places[0]
        elif places:
            columns = ", ".join(str(i + 1) for i in places)
            faults.append(f"header {header!r} stands over columns {columns}; expected it once")
        else:
            near = difflib.get_close_matches(header, [h for h in headers if h], n=1, cutoff=0.3)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            faults.append(f"no header {header!r}, which the study gives for {name}{hint}")
    return at


def match_headers(
    role: Role,
    headers: tuple[str, ...],
    given: Mapping[str, str],
    *,
    constants: Collection[str] = (),
    amount_unit: float = 1.0,
    taken: Collection[int] = (),
    without: Collection[str] = (),
) -> Match:
    """Match the headers of a file to the canonical columns of a table.

    A header that the study names comes first, then a column's own name, then its known aliases.

    Parameters
    ----------
    role
        The table.
    headers
        Headers of the file.
    given
        Canonical column to header, as the study says it.
    constants
        Canonical columns for which the study gives a constant.
    amount_unit
        What the study says that one unit of the amounts is worth. [package currency]
    taken
        Positions that already have another meaning.
    without
        Canonical columns that are not looked for.
    """
    faults: list[str] = []
    at = _explicit(role, given, headers, faults)
    used = {*taken, *at.values()}
    keys = [header_key(h) for h in headers]
    for column in SCHEMAS[role]:
        if column.name in at or column.name in without or column.name in given:
            continue
        for wanted in ((column.name,), ALIASES[role].get(column.name, ())):
            names = {header_key(w) for w in wanted}
            places = [i for i, key in enumerate(keys) if key in names and i not in used]
            if len(places) > 1:
                found = ", ".join(f"{headers[i]!r} (column {i + 1})" for i in places)
                faults.append(f"{found} may each be {column.name}; expected one, or columns to say which")
            if places:
                at[column.name] = places[0]
                used.add(places[0])
                break
    for column in SCHEMAS[role]:
        unit = header_unit(headers[at[column.name]]) if column.name in at else None
        if column.type == "amount" and unit is not None and unit != amount_unit:
            faults.append(
                f"header {headers[at[column.name]]!r} states a unit of {unit:g}, the study "
                f"an amount_unit of {amount_unit:g}; expected the same"
            )
    faults += _missing(role, headers, {*at, *constants, *without})
    return Match(at, tuple(faults))


def _missing(role: Role, headers: tuple[str, ...], found: Collection[str]) -> list[str]:
    groups: list[tuple[str, ...]] = [(c.name,) for c in SCHEMAS[role] if c.required]
    if role == "loans":
        alternatives = {name for group in LOAN_ONE_OF for name in group}
        groups = [g for g in groups if g[0] not in alternatives] + list(LOAN_ONE_OF)
    faults = []
    for group in groups:
        if not any(name in found for name in group):
            wanted = " or ".join(group)
            faults.append(f"no column for {wanted}{_near(group[0], role, headers)}")
    return faults
