"""Known headers and codes of tapes: English, Chinese, Italian, and the EBA templates of 2023.

A header is compared without case, spaces, underscores and a unit in brackets, so that
``本金余额（万元）`` and ``Principal Balance`` are both found. A code is compared without case.
"""

from __future__ import annotations

import re
import unicodedata

from npl_sim.tape.schema import DATA, TAPE_STAGES
from npl_sim.tape.units import without_unit

ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    role: {name: tuple(entry["headers"]) for name, entry in columns.items() if "headers" in entry}
    for role, columns in DATA["columns"].items()
}
"""Canonical column to the headers that also match it, beside its own name."""


def _codes(column: str) -> dict[str, str]:
    """Return the codes of a column, each with what it means."""
    meanings: dict[str, list[str]] = DATA["codes"][column]
    return {code: meaning for meaning, codes in meanings.items() for code in codes}


STAGES = {**{stage: stage for stage in TAPE_STAGES}, **_codes("stage")}
"""Code of a stage to its canonical name."""

FLAGS = {code: meaning == "true" for code, meaning in _codes("flag").items()}
"""Code of a truth value."""

NAME_CODES = {
    column: _codes(column) for column in ("product", "kind", "five_class", "insolvency_status")
}
"""Codes of free-text columns with customary canonical names."""

NUMBER_CODES = {"lien_rank": _codes("lien_rank")}
"""Codes of number columns that are often written as text."""


def _plain(header: str) -> str:
    return unicodedata.normalize("NFKC", header).strip().casefold()


def header_key(header: str) -> str:
    """Return the common key of all spellings of a header."""
    return re.sub(r"[\s_\-\u200b\ufeff]+", "", without_unit(_plain(header)))
