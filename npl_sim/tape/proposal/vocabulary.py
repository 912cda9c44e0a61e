"""Headers and patterns that a proposal recognizes: canonical, known aliases, and further ones."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from npl_sim.resources import read_toml
from npl_sim.tape.schema import DATA
from npl_sim.tape.templates import ALIASES, header_key

_BANK: dict[str, Any] = read_toml("bank_headers.toml")

ROLES = ("loans", "collateral", "guarantors", "relationships")
"""Tables of a tape, as the data name them."""


@dataclass(frozen=True)
class Name:
    """What a header names."""

    field: str
    """Canonical column, or known field of due diligence."""
    rank: int
    """0: the canonical name; 1: a known alias; 2 and more: a further header, best first."""


@functools.cache
def field_names(role: str) -> dict[str, Name]:
    """Return the canonical columns of a table by the keys of their headers."""
    found: dict[str, Name] = {}
    columns = DATA["columns"][role]
    for field in columns:
        found.setdefault(header_key(field), Name(field, 0))
    for field in columns:
        for header in ALIASES[role].get(field, ()):
            found.setdefault(header_key(header), Name(field, 1))
    for field, headers in _BANK["headers"].get(role, {}).items():
        for i, header in enumerate(headers):
            found.setdefault(header_key(header), Name(field, 2 + i))
    return found


@functools.cache
def part_names() -> dict[str, tuple[str, str]]:
    """Return the amounts that add up, as (canonical column, kind), by the keys of their headers."""
    return {
        header_key(header): (field, kind)
        for field, kinds in _BANK["parts"].items()
        for kind, headers in kinds.items()
        for header in headers
    }


@functools.cache
def known_names() -> dict[str, str]:
    """Return the fields of due diligence by the keys of their headers."""
    found: dict[str, str] = {}
    for name, entry in _BANK["known"].items():
        for header in entry["headers"]:
            found.setdefault(header_key(header), name)
    return found


def known_meaning(name: str) -> str:
    """Return what a field of due diligence is, in words."""
    meaning: str = _BANK["known"][name]["meaning"]
    return meaning


def known_type(name: str) -> str:
    """Return how the cells of a field of due diligence are read: text, amount, number or date."""
    kind: str = _BANK["known"][name]["type"]
    return kind


@functools.cache
def _every_key() -> frozenset[str]:
    keys = {key for role in ROLES for key in field_names(role)}
    return frozenset((keys | set(part_names()) | set(known_names())) - {""})


def count_known(headers: tuple[str, ...]) -> int:
    """Return how many headers of a row have a known meaning."""
    return len({header_key(h) for h in headers if h} & _every_key())


@functools.cache
def _patterns(field: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    entries: dict[str, list[str]] = _BANK["patterns"].get(field, {})
    return tuple((value, re.compile("|".join(texts))) for value, texts in entries.items())


def by_pattern(field: str, code: str) -> str | None:
    """Return the canonical value that the pattern of a column gives to a code; None: no pattern."""
    plain = unicodedata.normalize("NFKC", code).strip().casefold()
    return next((value for value, pattern in _patterns(field) if pattern.search(plain)), None)


@functools.cache
def _exact(field: str) -> dict[str, str]:
    entries: dict[str, list[str]] = _BANK["codes"].get(field, {})
    return {code: value for value, codes in entries.items() for code in codes}


def by_code(field: str, code: str) -> str | None:
    """Return the canonical value of a customary code; None if it is not known."""
    plain = unicodedata.normalize("NFKC", code).strip().casefold()
    return _exact(field).get(plain)
