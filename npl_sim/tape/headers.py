"""Match a file's headers to canonical columns; report missing, duplicate and unused ones."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from npl_sim.tape.schema import LOAN_ONE_OF, SCHEMAS, Role
from npl_sim.tape.table_terms import Headers
from npl_sim.tape.templates import ALIASES, header_key


@dataclass(frozen=True)
class Match:
    """Positions of the canonical columns of a table in a file."""

    at: dict[str, int]
    """Canonical column to position in the file; the first, where several add up."""
    errors: tuple[str, ...]
    """Why the headers cannot be used; empty: they can."""
    more: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Canonical amount column to the further positions that are added to the first."""
    units: Mapping[str, float] = field(default_factory=dict)
    """Canonical amount column to package currency per unit."""
    percent: frozenset[str] = frozenset()
    """Canonical rate columns whose header shows a percent sign."""
    currencies: Mapping[str, str] = field(default_factory=dict)
    """Canonical amount column to the currency that its header or a title row names; empty: none.
    """
    stated: frozenset[str] = frozenset()
    """Canonical amount columns whose unit is stated: by a key, the header, a row below it or a
    title."""
    parts: tuple[Match, ...] = ()
    """The matches of the files of a table that lies in several, in their order; empty: one file.
    """

    def of_part(self, part: int) -> Match:
        """Return the match of one file."""
        return self.parts[part] if self.parts else self

    @property
    def fields(self) -> dict[int, str]:
        """Canonical column that reads each position."""
        found = {place: name for name, place in self.at.items()}
        return found | {i: name for name, more in self.more.items() for i in more}

    @property
    def positions(self) -> set[int]:
        """Positions that have a meaning."""
        return {*self.at.values(), *(i for more in self.more.values() for i in more)}


def nearest_header(names: Iterable[str], headers: tuple[str, ...]) -> str:
    """Return a hint with the header nearest to the first name that has one, else all headers."""
    keys = {header_key(h): h for h in headers if h}
    for name in names:
        near = difflib.get_close_matches(header_key(name), list(keys), n=1, cutoff=0.6)
        if near:
            return f"; the nearest header is {keys[near[0]]!r}"
    return f"; the headers are {', '.join(repr(h) for h in headers if h)}"


def _place(name: str, header: str, headers: tuple[str, ...], errors: list[str]) -> int | None:
    """Return the position of the header that the study gives for a column."""
    places = [i for i, h in enumerate(headers) if h == header.strip()]
    places = places or [
        i for i, h in enumerate(headers) if h and header_key(h) == header_key(header)
    ]
    if len(places) == 1:
        return places[0]
    if places:
        columns = ", ".join(str(i + 1) for i in places)
        errors.append(f"header {header!r} stands over columns {columns}; expected it once")
    else:
        near = difflib.get_close_matches(header, [h for h in headers if h], n=1, cutoff=0.3)
        hint = f"; the nearest is {near[0]!r}" if near else ""
        errors.append(f"no header {header!r}, which the study gives for {name}{hint}")
    return None


def _explicit(
    given: Mapping[str, Headers], headers: tuple[str, ...], errors: list[str]
) -> dict[str, tuple[int, ...]]:
    """Return the positions of the headers that the study names; null names none."""
    at = {}
    for name, wanted in given.items():
        several = () if wanted is None else (wanted,) if isinstance(wanted, str) else wanted
        places = [_place(name, header, headers, errors) for header in several]
        found = tuple(p for p in places if p is not None)
        twice = [headers[p] for p in found if found.count(p) > 1]
        if twice:
            errors.append(f"header {twice[0]!r} is given twice for {name}; expected it once")
        if found:
            at[name] = found
    used: dict[int, str] = {}
    for name, positions in at.items():
        for place in positions:
            if used.setdefault(place, name) != name:
                errors.append(
                    f"header {headers[place]!r} is given for {used[place]} and for "
                    f"{name}; expected one"
                )
    return at


def match_headers(
    role: Role,
    headers: tuple[str, ...],
    given: Mapping[str, Headers],
    *,
    constants: Collection[str] = (),
    taken: Collection[int] = (),
    without: Collection[str] = (),
) -> Match:
    """Match the headers of a file to the canonical columns of a table.

    A header that the study names comes first, then a column's own name, then its known aliases.
    A column for which the study says null is not looked for.

    Parameters
    ----------
    role
        The table.
    headers
        Headers of the file.
    given
        Canonical column to header, headers that add up, or null, as the study says it.
    constants
        Canonical columns for which the study gives a constant.
    taken
        Positions that already have another meaning.
    without
        Canonical columns that are not looked for.
    """
    errors: list[str] = []
    explicit = _explicit(given, headers, errors)
    at = {name: places[0] for name, places in explicit.items()}
    more = {name: places[1:] for name, places in explicit.items() if len(places) > 1}
    used = {*taken, *(p for places in explicit.values() for p in places)}
    keys = [header_key(h) for h in headers]
    for column in SCHEMAS[role]:
        if column.name in at or column.name in without or column.name in given:
            continue
        for wanted in ((column.name,), ALIASES[role].get(column.name, ())):
            names = {header_key(w) for w in wanted}
            places = [i for i, key in enumerate(keys) if key in names and i not in used]
            if len(places) > 1:
                found = ", ".join(f"{headers[i]!r} (column {i + 1})" for i in places)
                errors.append(
                    f"{found} may each be {column.name}; expected one, or columns to say which"
                )
            if places:
                at[column.name] = places[0]
                used.add(places[0])
                break
    rates = {c.name for c in SCHEMAS[role] if c.type == "rate"}
    percent = frozenset(n for n, i in at.items() if n in rates and says_percent(headers[i]))
    errors += _missing(role, headers, {*at, *constants, *without})
    return Match(at, tuple(errors), more, {}, percent)


def says_percent(header: str) -> bool:
    """Return whether a header states that its rates are in percent."""
    return re.search(r"[%％]|percent|per cent|百分比", header, re.IGNORECASE) is not None


def known_headers(role: Role, given: Mapping[str, Headers]) -> Callable[[tuple[str, ...]], int]:
    """Return a function that counts the known headers of a row."""
    names = {
        header_key(w) for c in SCHEMAS[role] for w in (c.name, *ALIASES[role].get(c.name, ()))
    }
    if role == "loans":  # a loan file may carry collateral columns
        names |= {
            header_key(w)
            for c in SCHEMAS["collateral"]
            for w in (c.name, *ALIASES["collateral"].get(c.name, ()))
        }
    for wanted in given.values():
        names |= {header_key(w) for w in ((wanted,) if isinstance(wanted, str) else wanted or ())}
    return lambda headers: len({header_key(h) for h in headers if h} & names)


def _missing(role: Role, headers: tuple[str, ...], found: Collection[str]) -> list[str]:
    groups: list[tuple[str, ...]] = [(c.name,) for c in SCHEMAS[role] if c.required]
    if role == "loans":
        alternatives = {name for group in LOAN_ONE_OF for name in group}
        groups = [g for g in groups if g[0] not in alternatives] + list(LOAN_ONE_OF)
    errors = []
    for group in groups:
        if not any(name in found for name in group):
            wanted = " or ".join(group)
            errors.append(
                f"no column for "
                f"{wanted}{nearest_header((group[0], *ALIASES[role].get(group[0], ())), headers)}"
            )
    return errors


def amount_places(*matches: Match | None) -> set[int]:
    """Return the positions of a file's amount columns."""
    names = {c.name for schema in SCHEMAS.values() for c in schema if c.type == "amount"}
    found: set[int] = set()
    for match in matches:
        if match is not None:
            found |= {place for name, place in match.at.items() if name in names}
            found |= {i for more in match.more.values() for i in more}
    return found


def rate_errors(headers: tuple[str, ...], match: Match, in_percent: bool | None) -> list[str]:
    """Return errors in the notation of rates that headers state.

    Parameters
    ----------
    headers
        Headers of the file.
    match
        Where its columns stand.
    in_percent
        What the study says of rates without a percent sign; None if not stated.
    """
    rates = [c.name for c in SCHEMAS["loans"] if c.type == "rate" and c.name in match.at]
    errors = [
        f"{name}: header {headers[match.at[name]]!r} states per mille; expected percent "
        f"or shares of 1"
        for name in rates
        if "‰" in headers[match.at[name]]
    ]
    if in_percent is False:
        errors += [
            f"{name}: its header shows a percent sign, the study says rates_in_percent: "
            f"false; expected the same"
            for name in sorted(match.percent)
        ]
    return errors
