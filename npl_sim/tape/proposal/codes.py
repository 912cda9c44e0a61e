"""Translate the codes of a tape, with counts; mark those that are unknown or fall back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from npl_sim.tables.cell_types import EMPTY, column_text
from npl_sim.tape.names import normal_name
from npl_sim.tape.proposal.meanings import NAMES, built_in
from npl_sim.tape.proposal.model import CodeProposal, Option, Question
from npl_sim.tape.proposal.opened import Opened
from npl_sim.tape.proposal.vocabulary import by_code, by_pattern
from npl_sim.tape.regions import market_region
from npl_sim.tape.schema import FIVE_CLASSES, TAPE_STAGES
from npl_sim.tape.seizures import seizer

CODED = (
    "stage",
    "product",
    "kind",
    "region",
    "five_class",
    "lien_rank",
    "insolvency_status",
    "seized_by",
    "documents_missing",
    "arbitration_clause",
    "seizure_only",
)
"""Columns whose codes are listed."""

MOST_CODES = 200
"""Most different codes of a column that are listed."""

_OPEN: Mapping[str, tuple[str, ...]] = {
    "stage": TAPE_STAGES,
    "five_class": FIVE_CLASSES,
    "product": NAMES["product"],
}
"""Columns whose unknown codes are questions, with the answers."""

_FLAGS = ("documents_missing", "arbitration_clause", "seizure_only")
_ADVERSE = {"stage": "collection", "five_class": "loss", "product": "consumer"}
"""Value of an unknown code without a hint: the one that leaves most to be done or brings least."""


_MAY_MEAN: Mapping[str, tuple[str, ...]] = {
    "collection": ("collection", "litigation"),
    "litigation": ("litigation", "judged", "collection"),
    "judged": ("judged", "litigation", "enforcement"),
    "enforcement": ("enforcement", "judged", "litigation"),
    "dormant": ("dormant", "enforcement", "collection"),
    "plan": ("plan", "collection"),
    "insolvency": ("insolvency", "enforcement"),
}
"""Stages that a word of a code may mean, by the stage that it suggests."""


def count_codes(tables: Sequence[Opened]) -> dict[str, Counter[str]]:
    """Return the codes of each coded column with their number of records, most frequent first."""
    found: dict[str, Counter[str]] = {}
    for one in tables:
        for places in (one.found, one.items):
            for field, where in places.items():
                if field not in CODED:
                    continue
                texts = column_text(one.records.frame[where.positions[0]])
                counts = found.setdefault(field, Counter())
                counts.update(t for t in texts.tolist() if t.casefold() not in EMPTY)
    return {field: found[field] for field in CODED if field in found}


def propose_codes(
    counts: Mapping[str, Counter[str]], market_regions: Collection[str] | None
) -> list[CodeProposal]:
    """Return the meaning of each code, most frequent first.

    Parameters
    ----------
    counts
        Codes of each column, as `count_codes` returns them.
    market_regions
        Regions that the market's indices name; None if they are not known.
    """
    return [
        _proposed(field, code, count, market_regions)
        for field, codes in counts.items()
        for code, count in codes.most_common(MOST_CODES)
    ]


def _proposed(
    field: str, code: str, count: int, market_regions: Collection[str] | None
) -> CodeProposal:
    if field == "region":
        return _region(code, count, market_regions)
    if field == "seized_by":
        return CodeProposal(field, code, count, seizer(code), True)
    known = built_in(field, code)
    if known is not None:
        return CodeProposal(field, code, count, known, True)
    stated = by_code(field, code)
    if stated is not None:
        return CodeProposal(field, code, count, stated, False, "high")
    guess = by_pattern(field, code)
    if guess is not None:
        return CodeProposal(
            field, code, count, guess, False, "medium", "read by a word that it contains"
        )
    note = {
        "product": "no customary product: only a policy that names it applies",
        "kind": "no customary kind: the terms of default apply",
    }.get(field, "not known: a row with it is an error until it has a meaning")
    return CodeProposal(field, code, count, None, False, "low", note)


def _region(code: str, count: int, market_regions: Collection[str] | None) -> CodeProposal:
    found = market_region(code)
    if found is None:
        note = "no region of a market: the indices of every region (*) apply"
        return CodeProposal("region", code, count, None, False, "low", note)
    own = normal_name("region", code) == found.name
    note = ""
    if market_regions is not None and found.name not in market_regions:
        note = f"the market has no index for {found.name}: those of every region (*) apply"
    return CodeProposal("region", code, count, found.name, own, "high", note)


def value_map(codes: Sequence[CodeProposal]) -> dict[str, dict[str, str | int]]:
    """Return the translation that a study must state: codes that the program does not know."""
    found: dict[str, dict[str, str | int]] = {}
    for one in codes:
        if not one.built_in and one.value is not None:
            value = int(one.value) if one.field == "lien_rank" else one.value
            found.setdefault(one.field, {})[one.code] = value
    return found


def code_questions(codes: Sequence[CodeProposal]) -> list[Question]:
    """Return a question for each stage or class that nothing, or only a word, translates."""
    found = []
    for one in codes:
        values = _OPEN.get(one.field)
        if values is None or one.built_in:
            continue
        if one.confidence == "high" or (one.value is not None and one.field != "stage"):
            continue
        if one.field == "stage" and one.value:
            values = _MAY_MEAN[one.value]
        default = one.value or _ADVERSE[one.field]
        hint = f" A word in it suggests {one.value}." if one.value else ""
        found.append(
            Question(
                f"{one.field}.{one.code}",
                f"What does {one.field} {one.code!r} mean ({one.count:,} records)?{hint}",
                tuple(
                    Option(
                        value,
                        f"{one.code!r} is {value}",
                        {"value_map": {one.field: {one.code: value}}},
                    )
                    for value in values
                ),
                default,
                one.field,
                one.count,
                stops="large" if one.field == "stage" else "never",
            )
        )
    return found
