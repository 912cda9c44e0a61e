"""Sizing: the largest tranches within their limits, and the binding limits.

The size of a tranche is the largest up to which all its limits hold (`search`), rounded down to
the issue increment. Limits are then measured again. Several tranches are sized in turn, given the
sizes of the others, until none moves by more than the search precision. Every trial runs the whole
waterfall on the same scenarios.

Errors of sizes come from resampled scenarios (`size_errors`). Each limit shows the number of
scenarios that decide it (`limits.Reading.cases`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from npl_sim.core.errors import DealError
from npl_sim.securitization.sizing.limits import Reading, limit_notes
from npl_sim.securitization.sizing.resize import largest_rest, resized
from npl_sim.securitization.sizing.search import Search
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.limits import StressLimit, limit_text
from npl_sim.securitization.terms.structure import Size, Structure
from npl_sim.stats.risk import Estimate, undefined

LATE = (
    " (late cash misses the first interest dates: "
    "expected an initial reserve, or a deferrable tranche)"
)
ROUNDS = 30
"""Most rounds over several tranches."""
COARSE = 5e-3
"""Width to which sizes for limits that do not bind are found, as a share of the size."""
FINE = 0.25
"""Width of the search, as a share of what notes are issued in multiples of."""
NO_ERROR = "sizes have no standard error"
NOT_RESAMPLED = f"{NO_ERROR}: structure.resamples is 0; expected 25 or more for errors"
"""Why sizes have no standard error, unless there is another reason."""


@dataclass(frozen=True)
class Sized:
    """A tranche at its largest size."""

    tranche: str
    """Tranche."""
    balance: Estimate
    """Its balance, rounded down, with the error of the unrounded size. [package currency]"""
    unrounded: float
    """The size before rounding. [package currency]"""
    binding: str
    """The binding limit as text."""
    number: int | None
    """Number of the limit that binds, from 0; None if the largest size tried keeps all."""
    readings: tuple[Reading, ...]
    """Its limits at the balance."""
    alone: tuple[float, ...]
    """For each limit, the largest size for it alone, within 0.5 %; infinite if it never binds.
    [package currency]"""
    highest: float
    """Largest size tried. [package currency]"""
    notes: tuple[str, ...] = ()
    """What a reader should know of it, one sentence each."""


@dataclass(frozen=True)
class Sizing:
    """A deal with its tranches sized."""

    deal: Deal
    """The deal at the sizes found."""
    sized: tuple[Sized, ...]
    """Each tranche that was sized."""
    trials: Trials
    """The scenarios on which they were."""
    rounds: int
    """How often each was sized until none moved."""
    without_error: str | None = NOT_RESAMPLED
    """Why sizes have no standard error; None if they have one."""


def structure_of(deal: Deal) -> Structure:
    """Return what is item of a deal.

    Raises
    ------
    DealError
        If it has no structure.
    """
    if deal.structure is None:
        raise DealError(
            f"deal {deal.name!r}: has no structure; expected a section structure, with size, "
            "solve, frontier or seller"
        )
    return deal.structure


def find_sizes(
    trials: Trials, near: Mapping[str, float] | None = None, once: bool = False
) -> tuple[dict[str, float], dict[str, float], int]:
    """Return sizes as they can be issued, sizes before rounding, and the number of rounds.

    Parameters
    ----------
    trials
        The deal on its scenarios.
    near
        Sizes found before, around which is looked first. [package currency]
    once
        Whether each tranche is sized once only, the others as they are.
    """
    deal, structure = trials.deal, trials.structure
    exactly = dict(near or {})
    sizes = {
        s.tranche: exactly.get(s.tranche, deal.tranche(s.tranche).balance) for s in structure.size
    }
    rounds = 0
    while structure.size:
        rounds += 1
        before = dict(sizes)
        for item in structure.size:
            exactly[item.tranche] = _largest(trials, item, sizes, exactly.get(item.tranche))
            sizes[item.tranche] = _issued(deal, item, exactly[item.tranche])
        if once or len(sizes) == 1 or at_rest(trials, before, sizes):
            break
        if rounds == ROUNDS:
            raise DealError(
                f"deal {deal.name!r}: after {ROUNDS} rounds the sizes of {', '.join(sizes)} "
                "still move; expected limits whose sizes come to rest (round_to often helps)"
            )
    return sizes, exactly, rounds


def at_rest(trials: Trials, before: Mapping[str, float], sizes: Mapping[str, float]) -> bool:
    """Return whether sizes moved by no more than the search precision or the issue increment."""
    return all(
        abs(sizes[s.tranche] - before[s.tranche]) <= max(4.0 * _width(trials, s), s.round_to)
        for s in trials.structure.size
    )


def sizing_at(
    trials: Trials, sizes: dict[str, float], exactly: dict[str, float], rounds: int
) -> Sizing:
    """Return sizes with their binding limits, the sizes that other limits allow, and errors."""
    structure = trials.structure
    sized = tuple(_sized_at(trials, s, sizes, exactly[s.tranche]) for s in structure.size)
    return Sizing(resized(trials.deal, structure, sizes), sized, trials, rounds)


def _width(trials: Trials, item: Size) -> float:
    """Return the precision of a size, finer than what can be issued. [package currency]"""
    return max(trials.structure.precision * trials.deal.pool_balance, FINE * item.round_to)


def _range(trials: Trials, item: Size, sizes: dict[str, float]) -> tuple[float, str]:
    """Return the largest size tried, and why no larger size is tried."""
    rest = largest_rest(trials.deal, trials.structure, item.tranche, sizes)
    pool = trials.deal.pool_balance
    highest = pool if item.at_most is None else min(pool, item.at_most)
    if rest < highest:
        return rest, "the total that is shared with the others"
    return highest, "the largest size looked at"


def _largest(trials: Trials, item: Size, sizes: dict[str, float], near: float | None) -> float:
    """Return the largest size of a tranche, given the sizes of the others."""
    deal, name, width = trials.deal, item.tranche, _width(trials, item)
    high, _ = _range(trials, item, sizes)
    if high <= width:
        raise DealError(
            f"deal {deal.name!r}: nothing is left for {name!r}; expected smaller tranches "
            "beside it"
        )
    search = Search(trials, name, item.limits, sizes)
    size = min(search.largest(high, width, near), high)
    if size == 0.0:
        smallest = search.readings(min(width, 0.5 * high))
        reading = min(smallest, key=lambda r: r.room)
        raise DealError(
            f"deal {deal.name!r}: no size of {name!r} keeps the limit {reading.text!r}: the "
            f"smallest shows {reading.value.value:.6g}, expected at "
            f"{'least' if reading.at_least else 'most'} "
            f"{reading.allowed:.6g}{LATE if isinstance(reading.limit, StressLimit) else ''}"
        )
    return size


def _issued(deal: Deal, item: Size, size: float) -> float:
    """Return a size rounded down to what can be issued."""
    if item.round_to <= 0.0:
        return size
    issued = math.floor(size / item.round_to + 1e-9) * item.round_to
    if issued <= 0.0:
        raise DealError(
            f"deal {deal.name!r}: {item.tranche!r} can be {size:,.2f} at most; expected "
            f"at least round_to, {item.round_to:,.2f}"
        )
    return issued


def _sized_at(trials: Trials, item: Size, sizes: dict[str, float], size: float) -> Sized:
    """Return a tranche at its largest size, with its binding limit."""
    high, reason = _range(trials, item, sizes)
    search = Search(trials, item.tranche, item.limits, sizes)
    found, width = min(size, high), _width(trials, item)
    number = _binding(search, found, high, width)
    coarse = max(width, COARSE * found)
    alone = tuple(
        found if i == number else search.alone(i, found, high, coarse)
        for i in range(len(item.limits))
    )
    issued = sizes[item.tranche]
    readings = search.readings(issued)
    binding = reason if number is None else limit_text(item.limits[number])
    balance = replace(undefined(trials.confidence), value=issued)
    return Sized(
        item.tranche,
        balance,
        found,
        binding,
        number,
        readings,
        alone,
        high,
        limit_notes(readings, trials.scenarios),
    )


def _binding(search: Search, found: float, high: float, width: float) -> int | None:
    """Return the number of the limit that binds just above a size; None at the largest size."""
    return None if found >= high else search.tightest(min(found + 2.0 * width, high))


def binding_reading(
    trials: Trials, item: Size, sizes: dict[str, float], size: float
) -> Reading | None:
    """Return the binding limit of a tranche at its size; None if the largest size keeps all.

    Parameters
    ----------
    trials
        The deal on its scenarios.
    item
        The tranche and its limits.
    sizes, size
        Sizes as they can be issued, and that of the tranche before rounding. [package currency]
    """
    high, _ = _range(trials, item, sizes)
    search = Search(trials, item.tranche, item.limits, sizes)
    number = _binding(search, min(size, high), high, _width(trials, item))
    return None if number is None else search.readings(sizes[item.tranche])[number]
