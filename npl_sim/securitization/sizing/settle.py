"""Sizes and solved terms of a deal, in turn until neither moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from npl_sim.securitization.sizing.resize import resized
from npl_sim.securitization.sizing.sizing import at_rest, find_sizes, structure_of
from npl_sim.securitization.sizing.solve import Solved, solve_on
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.structure import Price

__all__ = ["ROUNDS", "Settled", "settle"]

ROUNDS = 20
"""Most rounds of sizing and solving."""


@dataclass(frozen=True)
class Settled:
    """Sizes and terms that no longer move."""

    trials: Trials
    """Trials of the resulting deal."""
    sizes: dict[str, float]
    exactly: dict[str, float]
    """Sizes as they can be issued, and before rounding, by tranche. [package currency]"""
    solved: tuple[Solved, ...]
    """Terms that were solved for."""
    rounds: int
    """Rounds of sizing."""
    rest: bool
    """Whether sizes and terms came to rest."""


def settle(
    trials: Trials, near: Mapping[str, float] | None = None, terms: Sequence[float] = ()
) -> Settled:
    """Size the tranches of a deal and solve for its terms.

    Parameters
    ----------
    trials
        The deal on its scenarios.
    near
        Sizes found before on similar scenarios. [package currency]
    terms
        Values of the terms found then; each is looked for around it, and not to full precision.

    Raises
    ------
    DealError
        If no size keeps a limit, sizes do not come to rest, or no value of a term meets its goal.
    """
    structure = trials.structure
    moving = bool(structure.size) and not all(isinstance(s.find, Price) for s in structure.solve)
    found, exactly, rounds = find_sizes(trials, near, once=moving)
    rest = not moving
    values: Sequence[float | None] = terms or [None] * len(structure.solve)
    solved: list[Solved] = []
    current: Deal = resized(trials.deal, structure, found)
    for _ in range(ROUNDS):
        current, solved = resized(trials.deal, trials.structure, found), []
        for item, value in zip(structure.solve, values, strict=True):
            solved.append(
                solve_on(trials.terms.with_deal(current), item, trials.confidence, value)
            )
            current = solved[-1].deal
        if rest:
            break
        last, trials = found, trials.with_deal(current)
        found, exactly, more = find_sizes(trials, exactly, once=True)
        rest, rounds = at_rest(trials, last, found), rounds + more
    current = resized(current, structure_of(current), found)
    return Settled(trials.with_deal(current), found, exactly, tuple(solved), rounds, rest)
