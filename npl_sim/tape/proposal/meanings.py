"""Meaning of a code without a `value_map`, and columns that their codes give away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from npl_sim.tape.names import normal_name
from npl_sim.tape.proposal.vocabulary import by_code, by_pattern
from npl_sim.tape.schema import FIVE_CLASSES, INSOLVENCY_STATUSES
from npl_sim.tape.templates import FLAGS, NAME_CODES, NUMBER_CODES, STAGES

NAMES: Mapping[str, tuple[str, ...]] = {
    "product": ("credit_card", "consumer", "sme", "mortgage", "corporate"),
    "kind": ("residential", "commercial", "industrial", "land", "vehicle", "equipment", "other"),
    "five_class": FIVE_CLASSES,
    "insolvency_status": (*INSOLVENCY_STATUSES, "none"),
}
"""Customary canonical values of columns of names."""

_FLAGS = ("documents_missing", "arbitration_clause", "seizure_only")

_BY_WORD = ("product", "kind")
"""Columns whose codes are also known by a term that they contain."""


def built_in(field: str, code: str) -> str | None:
    """Return what the program reads a code as; None if it does not know it."""
    plain = code.strip().casefold()
    if field == "stage":
        return STAGES.get(plain)
    if field in _FLAGS:
        flag = FLAGS.get(plain)
        return None if flag is None else "yes" if flag else "no"
    if field in NUMBER_CODES:
        found = NUMBER_CODES[field].get(plain)
        return found or (plain if plain.replace(".0", "").isdigit() else None)
    if plain in NAME_CODES.get(field, {}) or normal_name(field, code) in NAMES.get(field, ()):
        return normal_name(field, code)
    return None


def is_known(field: str, code: str) -> bool:
    """Return whether a code is one of a column, by itself or by a term that it contains."""
    if built_in(field, code) is not None or by_code(field, code) is not None:
        return True
    return field in _BY_WORD and by_pattern(field, code) is not None


def known_share(field: str, texts: Iterable[str]) -> float:
    """Return the share of texts that are codes of a column."""
    every = list(texts)
    known = {text: is_known(field, text) for text in set(every)}
    return sum(known[text] for text in every) / len(every) if every else 0.0
