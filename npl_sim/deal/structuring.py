"""A deal structured from beginning to end: sizes, then terms solved for, then the seller's side and the frontier.

1. Tranches are sized (`sizing`).
2. Terms are solved for one after the other (`solve`), at these sizes; each is kept for the next. Where one changes what the
   waterfall pays (a coupon, a reserve), both are done again with it until sizes stay as they are.
3. The deal that comes out is carried out; tranches and the seller's side are told of it. The limits are read again, since
   a term that was solved for may have broken one: notes say so.
4. The frontier (`frontier`) is told with these terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.deal.collections import DatedFlows
from npl_sim.deal.frontier import frontier_table
from npl_sim.deal.limits import Reading
from npl_sim.deal.run import DealRun
from npl_sim.deal.seller import SellerResult, seller_result
from npl_sim.deal.sizing import Sizing, size_tranches, structure_of
from npl_sim.deal.solve import Solved, solve_term, solve_text
from npl_sim.deal.spec import Deal
from npl_sim.deal.structurewords import Price
from npl_sim.deal.tranches import TrancheResult, tranche_results
from npl_sim.deal.trials import Trials

__all__ = ["Structured", "structure_deal"]

ROUNDS = 6
"""Most rounds of sizing and solving."""


@dataclass(frozen=True)
class Structured:
    """A structured deal.

    Attributes
    ----------
    before, deal
        The deal as it was and as it came out.
    sizing
        Tranches that were sized.
    solved
        Terms that were solved for.
    run
        The deal carried out.
    tranches
        What it means for each tranche.
    seller
        The seller's side; none where it is not asked for.
    frontier
        Sizes compared; none where they are not asked for.
    notes
        What a reader should know, one sentence each.
    """

    before: Deal
    deal: Deal
    sizing: Sizing
    solved: tuple[Solved, ...]
    run: DealRun
    tranches: dict[str, TrancheResult]
    seller: SellerResult | None
    frontier: pd.DataFrame | None
    notes: tuple[str, ...]


def structure_deal(
    deal: Deal, flows: DatedFlows, index: np.ndarray | None = None, confidence: float = 0.95
) -> Structured:
    """Structure a deal.

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
        If the deal has no structure, no size keeps a limit, or no value of a term meets its goal.
    """
    structure = structure_of(deal)
    current, last = deal, None
    for _ in range(ROUNDS):
        sizing = size_tranches(current, flows, index, confidence)
        current, solved = sizing.deal, []
        for item in structure.solve:
            found = solve_term(current, item, flows, index, confidence)
            solved.append(found)
            current = found.deal
        now = [t.balance for t in current.tranches]
        if now == last or not structure.size or all(isinstance(s.find, Price) for s in structure.solve):
            break
        last = now
    trials = sizing.trials
    if solved:
        trials = Trials.of(current, structure_of(current), flows, index, confidence)
    run = trials.run(current)
    again = _readings(trials, current) if solved else ()
    broken = [
        f"{r.text} of {r.tranche} no longer holds once {', '.join(solve_text(s.solve) for s in solved)} is solved for"
        for r in again
        if not r.holds
    ]
    notes = (*(f"{s.tranche}: {text}" for s in sizing.sized for text in s.notes), *broken)
    seller, frontier = structure.seller, structure.frontier
    return Structured(
        before=deal,
        deal=current,
        sizing=sizing,
        solved=tuple(solved),
        run=run,
        tranches=tranche_results(run, confidence=confidence),
        seller=None if seller is None else seller_result(run, seller, confidence),
        frontier=None if frontier is None else frontier_table(trials, frontier),
        notes=notes,
    )


def _readings(trials: Trials, deal: Deal) -> tuple[Reading, ...]:
    sizes = {s.tranche: deal.tranche(s.tranche).balance for s in structure_of(deal).size}
    return tuple(
        reading
        for item in structure_of(deal).size
        for reading in trials.readings(item.tranche, item.limits, sizes)
    )
