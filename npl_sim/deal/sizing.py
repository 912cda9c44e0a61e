"""Tranches made as large as their limits allow, and which limit it is that allows no more.

For each limit the size is the largest below which it holds: sizes are tried from small to large until the limit breaks,
and the place where it breaks is then found by Brent's method, every trial being the whole waterfall on the same scenarios. The
size of the tranche is the smallest of these, rounded down to what can be issued; all limits are read again there.
Where several tranches are sized they are sized in turn, each given the sizes of the others, until none moves.

The error of a size is that of leaving out an eighth (`groups`) of the scenarios in turn (the grouped jackknife), the other
tranches staying as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from npl_sim.deal.collections import DatedFlows
from npl_sim.deal.limits import Reading
from npl_sim.deal.limitwords import DefaultProbabilityLimit, ExpectedLossLimit, Limit, limit_text
from npl_sim.deal.resize import largest_rest, resized
from npl_sim.deal.spec import Deal
from npl_sim.deal.structurewords import Size, Structure
from npl_sim.deal.trials import Trials
from npl_sim.errors import DealError
from npl_sim.stats.risk import Estimate, symmetric

__all__ = ["Sized", "Sizing", "largest_holding", "limits_table", "size_tranches", "structure_of"]

GRID = 8
"""Sizes that are tried before the place where a limit breaks is narrowed down."""
ROUNDS = 30
"""Most rounds over several tranches."""


@dataclass(frozen=True)
class Sized:
    """A tranche at its largest.

    Attributes
    ----------
    tranche
        Tranche.
    balance
        Its balance, rounded down; its error is that of the size before rounding. [package currency]
    unrounded
        The size before rounding. [package currency]
    binding
        What allows no more, in words.
    readings
        Its limits at the balance.
    alone
        For each limit, how large the tranche could be for it alone; infinite where it allows all that was
        looked at. [package currency]
    highest
        Largest size that was looked at. [package currency]
    notes
        What a reader should know of it, one sentence each.
    """

    tranche: str
    balance: Estimate
    unrounded: float
    binding: str
    readings: tuple[Reading, ...]
    alone: tuple[float, ...]
    highest: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sizing:
    """A deal with its tranches sized.

    Attributes
    ----------
    deal
        The deal at the sizes found.
    sized
        Each tranche that was sized.
    trials
        The scenarios on which they were.
    rounds
        How often each was sized until none moved.
    """

    deal: Deal
    sized: tuple[Sized, ...]
    trials: Trials
    rounds: int


def structure_of(deal: Deal) -> Structure:
    """Return what is asked of a deal.

    Raises
    ------
    DealError
        If it has no structure.
    """
    if deal.structure is None:
        raise DealError(
            f"deal {deal.name!r}: has no structure; expected a section structure, with size, solve, frontier or seller"
        )
    return deal.structure


def largest_holding(margin: Callable[[float], float], high: float, width: float) -> float:
    """Return the largest size below which a limit holds; 0 where it holds at none, infinity where at all.

    Parameters
    ----------
    margin
        Room that a size leaves: at least 0 where the limit holds.
    high
        Largest size looked at. [package currency]
    width
        Width to which the size is found; what is returned is on the side that holds. [package currency]
    """
    good = 0.0
    for step in range(1, GRID + 1):
        size = high * step / GRID
        if not margin(size) >= 0.0:
            return _narrowed(margin, good, size, width)
        good = size
    return math.inf


def _narrowed(margin: Callable[[float], float], good: float, bad: float, width: float) -> float:
    """Return the largest size known to hold between one that holds (or 0) and one that does not."""
    from scipy.optimize import brentq

    seen: dict[float, float] = {}

    def at(size: float) -> float:
        if size not in seen:
            room = margin(size)
            # Nothing is exactly 0: a limit that is met exactly holds. What is not defined does not.
            seen[size] = -1.0 if math.isnan(room) else room if room else 1e-300
        return seen[size]

    if good == 0.0:
        good = min(width, 0.5 * bad)
        if at(good) < 0.0:
            return 0.0
    brentq(at, good, bad, xtol=width, rtol=1e-15, maxiter=200)
    broken = min((size for size, room in seen.items() if room < 0.0), default=bad)
    return max(size for size, room in seen.items() if room >= 0.0 and size < broken)


def size_tranches(
    deal: Deal, flows: DatedFlows, index: np.ndarray | None = None, confidence: float = 0.95
) -> Sizing:
    """Size the tranches that a deal's structure names.

    Parameters
    ----------
    deal
        The deal, with its structure.
    flows
        Cash of the package by date.
    index
        Simulated reference rate (see `waterfall.run_deal`). [per year]
    confidence
        Confidence of intervals.

    Raises
    ------
    DealError
        If no size keeps a limit, or sizes of several tranches do not come to rest.
    """
    structure = structure_of(deal)
    trials = Trials.of(deal, structure, flows, index, confidence)
    width = structure.precision * deal.pool_balance
    sizes = {s.tranche: deal.tranche(s.tranche).balance for s in structure.size}
    found: dict[str, Sized] = {}
    rounds = 0
    while structure.size:
        rounds += 1
        before = dict(sizes)
        for item in structure.size:
            found[item.tranche] = _sized(trials, item, sizes, width)
            sizes[item.tranche] = found[item.tranche].balance.value
        if len(sizes) == 1 or all(abs(sizes[n] - before[n]) <= 4.0 * width for n in sizes):
            break
        if rounds == ROUNDS:
            raise DealError(
                f"deal {deal.name!r}: after {ROUNDS} rounds the sizes of {', '.join(sizes)} still move; expected limits whose sizes "
                "come to rest (round_to often helps)"
            )
    sized = tuple(_with_error(trials, s, sizes, found[s.tranche], width) for s in structure.size)
    return Sizing(resized(deal, structure, sizes), sized, trials, rounds)


def _alone(
    trials: Trials, name: str, limit: Limit, sizes: dict[str, float], high: float, width: float
) -> float:
    def margin(size: float) -> float:
        return trials.readings(name, (limit,), {**sizes, name: size})[0].margin

    return largest_holding(margin, high, width)


def _sized(trials: Trials, item: Size, sizes: dict[str, float], width: float) -> Sized:
    """Return a tranche at its largest, given the sizes of the others."""
    deal, name = trials.deal, item.tranche
    rest = largest_rest(deal, trials.structure, name, sizes)
    asked = min(deal.pool_balance, deal.pool_balance if item.at_most is None else item.at_most)
    high = min(asked, rest)
    if high <= width:
        raise DealError(
            f"deal {deal.name!r}: nothing is left for {name!r}; expected smaller tranches beside it"
        )
    alone = tuple(_alone(trials, name, limit, sizes, high, width) for limit in item.limits)
    for limit, size in zip(item.limits, alone, strict=True):
        if size == 0.0:
            reading = trials.readings(name, (limit,), {**sizes, name: min(width, high)})[0]
            raise DealError(
                f"deal {deal.name!r}: no size of {name!r} keeps the limit {limit_text(limit)!r}: the smallest shows "
                f"{reading.value.value:.6g}, expected at {'least' if reading.at_least else 'most'} {reading.allowed:.6g}"
            )
    least = min(alone)
    size = min(least, high)
    if least > high:
        what = "the total that is shared with the others" if rest < asked else "the largest size looked at"
    else:
        what = limit_text(item.limits[alone.index(least)])
    if item.round_to > 0.0:
        issued = math.floor(size / item.round_to + 1e-9) * item.round_to
        if issued <= 0.0:
            raise DealError(
                f"deal {deal.name!r}: {name!r} can be {size:,.2f} at most, less than one of round_to, {item.round_to:,.2f}"
            )
    else:
        issued = size
    readings = trials.readings(name, item.limits, {**sizes, name: issued})
    return Sized(
        name, Estimate(issued, math.nan, issued, issued, trials.confidence), size, what, readings, alone, high,
        _notes(trials, readings),
    )  # fmt: skip


def _notes(trials: Trials, readings: tuple[Reading, ...]) -> tuple[str, ...]:
    notes = []
    for r in readings:
        if not r.holds:
            notes.append(
                f"{r.text} does not hold at the rounded size: sizes and this limit are not in one order"
            )
        rare = isinstance(r.limit, ExpectedLossLimit | DefaultProbabilityLimit)
        if rare and r.allowed * trials.scenarios < 10.0:
            notes.append(
                f"{r.text} allows {r.allowed:.4%}, of which {trials.scenarios:,} scenarios hold fewer than ten cases: the size "
                "is known poorly, and its error is told too small"
            )
    return tuple(notes)


def _with_error(trials: Trials, item: Size, sizes: dict[str, float], found: Sized, width: float) -> Sized:
    """Return the sized tranche with the error of its size: that of the binding limit, leaving out groups."""
    groups, name = trials.structure.groups, item.tranche
    value, confidence = found.balance.value, trials.confidence
    least = min(found.alone)
    if least > found.highest:
        return replace(found, balance=Estimate(value, 0.0, value, value, confidence))
    if groups < 2 or trials.scenarios < 2 * groups:
        return replace(found, balance=Estimate(value, math.nan, -math.inf, math.inf, confidence))
    limit = item.limits[found.alone.index(least)]
    number = np.arange(trials.scenarios) % groups
    without = np.array(
        [
            min(
                _near(trials.part(np.flatnonzero(number != g)), name, limit, sizes, found, width),
                found.highest,
            )
            for g in range(groups)
        ]
    )
    se = math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum()))
    if np.ptp(without) <= 2.0 * width:
        se = 0.0  # the search itself is no finer
    return replace(found, balance=symmetric(value, se, groups - 1, confidence))


def _near(
    trials: Trials, name: str, limit: Limit, sizes: dict[str, float], found: Sized, width: float
) -> float:
    """Return the size for one limit, looked for near the size that all scenarios gave."""

    def margin(size: float) -> float:
        return trials.readings(name, (limit,), {**sizes, name: size})[0].margin

    for reach in (0.05, 0.2):
        low, high = found.unrounded * (1.0 - reach), min(found.unrounded * (1.0 + reach), found.highest)
        if margin(low) >= 0.0 > margin(high):
            return _narrowed(margin, low, high, width)
    return largest_holding(margin, found.highest, width)


def limits_table(sizing: Sizing) -> pd.DataFrame:
    """Return every limit of every sized tranche.

    Returns
    -------
    pandas.DataFrame
        tranche, limit, value, se, low, high, allowed, side (at most, at least), holds, alone (size that it allows by
        itself [package currency]), binding.
    """
    rows = [
        (
            s.tranche, r.text, r.value.value, r.value.se, r.value.low, r.value.high, r.allowed,
            "at least" if r.at_least else "at most", r.holds, alone, alone == min(s.alone) <= s.highest,
        )
        for s in sizing.sized
        for r, alone in zip(s.readings, s.alone, strict=True)
    ]  # fmt: skip
    columns = [
        "tranche",
        "limit",
        "value",
        "se",
        "low",
        "high",
        "allowed",
        "side",
        "holds",
        "alone",
        "binding",
    ]
    return pd.DataFrame(rows, columns=columns)
