"""Find the amounts that make up a claim: parts of interest and fees, and the stated total."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from npl_sim.tables.columns import Notation
from npl_sim.tape.proposal.matching import Found
from npl_sim.tape.proposal.opened import Opened, positions
from npl_sim.tape.proposal.vocabulary import known_names, part_names
from npl_sim.tape.templates import header_key
from npl_sim.tape.unused_amounts import is_claim_header

_AGREE = 0.9
"""Least share of rows on which amounts must agree."""
_MOST_UNNAMED = 4
"""Most amounts without a known part that are tried as parts of the claim."""
_PARTS = ("accrued_interest", "fees")


@dataclass(frozen=True)
class Claim:
    """Columns of a claim, and what explains its stated total."""

    found: Mapping[str, Found]
    """Columns of the loan list, with all parts of interest and fees."""
    explains: Mapping[int, str]
    """Position of an amount to the canonical column whose difference it explains."""
    agrees: float | None
    """Share of rows on which the parts add up to the stated total; None: no total is stated."""
    totals: tuple[int, ...] = ()
    """Positions of amounts that are sums of other columns, and are not read."""


def find_claim(one: Opened, notation: Notation) -> Claim:
    """Return the columns of a claim.

    All amounts known as a part of interest or fees add up, except those that are themselves the
    sum of others. Where the list states a total, the parts are those that add up to it.

    Parameters
    ----------
    one
        A sheet of loans.
    notation
        How its numbers are written.
    """
    found = dict(one.found)
    parts = _parts(one)
    totals: list[int] = []
    for field, places in parts.items():
        left, sums = _without_sums(one, places, notation)
        parts[field] = left
        totals += sums
    if "principal" not in found or "gbv" not in found:
        found |= _summed(one, found, parts, "these amounts are parts of it", len(totals))
        return Claim(found, {}, None, tuple(totals))
    stated = one.amounts(found["gbv"].positions[0], notation)
    rest = stated - one.amounts(found["principal"].positions[0], notation)
    chosen, agrees, explains = _chosen(one, parts, rest, stated, notation)
    reason = (
        f"principal, interest and fees add up to {one.header(found['gbv'].positions[0])!r} "
        f"on {agrees:.0%} of the rows"
    )
    found |= _summed(one, found, chosen, reason, len(totals), sure=agrees >= _AGREE)
    for field in _PARTS:
        if not chosen[field] and field in found:
            del found[field]
    return Claim(found, explains, agrees, tuple(totals))


def _parts(one: Opened) -> dict[str, list[int]]:
    """Return the positions of known parts of interest and fees, the matched ones first."""
    found: dict[str, list[int]] = {field: [] for field in _PARTS}
    for field in _PARTS:
        if field in one.found:
            found[field] += one.found[field].positions
    names = part_names()
    others = {n: f for n, f in one.found.items() if n not in _PARTS}
    used = positions(others) | positions(one.items)
    for at, header in enumerate(one.records.headers):
        field, _ = names.get(header_key(header), ("", "")) if header else ("", "")
        if field and at not in used and not any(at in places for places in found.values()):
            found[field].append(at)
    return found


def _without_sums(
    one: Opened, places: Sequence[int], notation: Notation
) -> tuple[list[int], list[int]]:
    """Return amounts that are no sum of the others, and those that are."""
    left = list(places)
    sums: list[int] = []
    values = {at: one.amounts(at, notation) for at in places}
    while len(left) > 1:
        whole = np.sum([values[at] for at in left], axis=0)
        total = next((at for at in reversed(left) if _same(values[at], whole - values[at])), None)
        if total is None:
            break
        left.remove(total)
        sums.append(total)
    return left, sums


def _same(values: np.ndarray, others: np.ndarray, scale: np.ndarray | None = None) -> bool:
    return bool(_share(values, others, scale) > _AGREE) and bool((others != 0.0).any())


def _share(values: np.ndarray, others: np.ndarray, scale: np.ndarray | None = None) -> float:
    """Return the share of rows on which two amounts agree to the cent of their unit."""
    size = np.abs(values) if scale is None else np.abs(scale)
    if len(values) == 0:
        return 0.0
    return float(np.mean(np.abs(values - others) <= 0.021 + 1e-6 * size))


def _chosen(
    one: Opened,
    parts: Mapping[str, list[int]],
    rest: np.ndarray,
    stated: np.ndarray,
    notation: Notation,
) -> tuple[dict[str, list[int]], float, dict[int, str]]:
    """Return the parts that explain a total best, the share of rows, and unnamed parts."""
    known = [(field, at) for field in _PARTS for at in parts[field]]
    values = {at: one.amounts(at, notation) for _, at in known}
    whole = _share(_sum(values, [at for _, at in known], rest), rest, stated)
    if whole >= _AGREE:
        return {f: list(parts[f]) for f in _PARTS}, whole, {}
    unnamed = _unnamed(one, [at for _, at in known], notation)
    values |= unnamed
    best = (whole, tuple(at for _, at in known))
    for group in _groups([at for _, at in known], list(unnamed)):
        share = _share(_sum(values, group, rest), rest, stated)
        if share > best[0] + 1e-12:
            best = (share, group)
    if best[0] < _AGREE:  # nothing explains the total: every known part is read
        return {f: list(parts[f]) for f in _PARTS}, whole, {}
    field_of = {at: field for field, at in known}
    chosen: dict[str, list[int]] = {f: [] for f in _PARTS}
    for at in best[1]:
        field = field_of.get(at) or (
            "accrued_interest" if _is_interest(one.header(at)) else "fees"
        )
        chosen[field].append(at)
    return chosen, best[0], {at: "gbv" for at in best[1] if at in unnamed}


def _sum(values: Mapping[int, np.ndarray], places: Sequence[int], like: np.ndarray) -> np.ndarray:
    return np.sum([values[at] for at in places], axis=0) if places else np.zeros(len(like))


def _groups(known: Sequence[int], unnamed: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield sets of parts: all known ones with some unnamed ones, then subsets of the known."""
    for size in range(len(unnamed) + 1):
        for more in itertools.combinations(unnamed, size):
            yield (*known, *more)
    for size in range(len(known) - 1, -1, -1):
        yield from itertools.combinations(known, size)


def _unnamed(one: Opened, known: Sequence[int], notation: Notation) -> dict[int, np.ndarray]:
    """Return amounts without a meaning that may be parts of the claim."""
    used = {*positions(one.found), *positions(one.items), *known}
    found: dict[int, np.ndarray] = {}
    for at, header in enumerate(one.records.headers):
        if at in used or not header or header_key(header) in known_names():
            continue
        values = one.amounts(at, notation)
        if np.count_nonzero(values) >= 0.05 * len(values) and len(found) < _MOST_UNNAMED:
            found[at] = values
    return found


def _is_interest(header: str) -> bool:
    return is_claim_header(header) and any(
        word in header.casefold() for word in ("息", "interest", "interess", "mora")
    )


def _summed(
    one: Opened,
    found: Mapping[str, Found],
    parts: Mapping[str, Sequence[int]],
    reason: str,
    sums: int,
    *,
    sure: bool = False,
) -> dict[str, Found]:
    """Return interest and fees with all their parts."""
    result: dict[str, Found] = {}
    for field, places in parts.items():
        if not places:
            continue
        old = found.get(field)
        if old is not None and old.positions == tuple(places) and not sure and not sums:
            continue
        names = ", ".join(repr(one.header(at)) for at in places)
        said = f"{names}: {reason}" if len(places) > 1 or sure else f"{names} is a part of it"
        base = old or Found(field, ())
        result[field] = replace(
            base,
            positions=tuple(places),
            confidence="high" if sure else "medium",
            reason=said,
            others=tuple(at for at in base.others if at not in places),
            duplicates=(),
        )
    return result
