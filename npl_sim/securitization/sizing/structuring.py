"""Structuring of a deal: sizes, terms solved for, the seller's side, the frontier.

1. Tranches are sized (`sizing`).
2. Terms are solved for one after the other (`solve`), at these sizes; each is kept for the next.
   If one changes the waterfall (a coupon, a reserve), sizing and solving alternate until sizes
   stay the same.
3. The resulting deal is run, for the results of tranches and the seller's side.
4. The frontier (`frontier`) uses these terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.results.tranches import TrancheResult, tranche_results
from npl_sim.securitization.sizing.frontier import frontier_table
from npl_sim.securitization.sizing.seller import SellerResult, seller_result
from npl_sim.securitization.sizing.settle import ROUNDS, settle
from npl_sim.securitization.sizing.size_errors import with_errors
from npl_sim.securitization.sizing.sizing import Sizing, sizing_at, structure_of
from npl_sim.securitization.sizing.solve import Solved
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.waterfall.run import DealRun


@dataclass(frozen=True)
class Structured:
    """A structured deal."""

    before: Deal
    deal: Deal
    """The deal as it was and as it came out."""
    sizing: Sizing
    """Tranches that were sized."""
    solved: tuple[Solved, ...]
    """Terms that were solved for."""
    run: DealRun
    """The deal carried out."""
    tranches: dict[str, TrancheResult]
    """What it means for each tranche."""
    seller: SellerResult | None
    """The seller's side; none where it is not asked for."""
    frontier: pd.DataFrame | None
    """Sizes compared; none where they are not asked for."""
    notes: tuple[str, ...]
    """What a reader should know, one sentence each."""


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
    trials = Trials.of(deal, structure, flows, index, confidence)
    settled = settle(trials)
    current, trials = settled.trials.deal, settled.trials
    sizing = sizing_at(trials, settled.sizes, settled.exactly, settled.rounds)
    if structure.size:
        sizing = with_errors(sizing, settled)
    solved, rest = settled.solved, settled.rest
    run = trials.run(current)
    notes = tuple(f"{s.tranche}: {text}" for s in sizing.sized for text in s.notes)
    if not rest:
        notes += (
            _(
                "sizes and terms still moved each other after {rounds} rounds; each goal "
                "is met to within the last move"
            ).format(rounds=ROUNDS),
        )
    seller, frontier = structure.seller, structure.frontier
    return Structured(
        before=deal,
        deal=current,
        sizing=sizing,
        solved=solved,
        run=run,
        tranches=tranche_results(run, confidence=confidence),
        seller=None if seller is None else seller_result(run, seller, confidence),
        frontier=None if frontier is None else frontier_table(trials, frontier),
        notes=notes,
    )
