"""What stands behind a result: sources of its figures, and the user's own comparables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.analysis.own_comparables import OwnComparables, own_comparables, read_comparables
from npl_sim.study.figure_sources import SourcedFigure, sourced_figures

if TYPE_CHECKING:
    from npl_sim.analysis.unsourced import UnsourcedShare
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution


@dataclass(frozen=True)
class Evidence:
    """Sources of the figures of a study, and comparables of its package."""

    figures: tuple[SourcedFigure, ...] = ()
    """Every figure of market, collateral terms and policies, with its origin."""
    unsourced: UnsourcedShare | None = None
    """Share of the value that rests on figures without a published source.

    None if it was not measured.
    """
    own: OwnComparables | None = None
    """Range that the user's own comparables imply; None without any."""

    @property
    def published(self) -> int:
        """Number of figures with a published source."""
        return sum(figure.is_published for figure in self.figures)

    @property
    def assumed(self) -> int:
        """Number of figures that the study calls an assumption, with a reason."""
        return sum(figure.state == "assumption" for figure in self.figures)


def evidence(
    study: Study,
    table: LoanTable,
    result: PriceDistribution,
    store: Path | None = None,
    effects: dict[str, tuple[float, float]] | None = None,
) -> Evidence:
    """Return what stands behind a price.

    Parameters
    ----------
    study, table, result
        What was priced, and its price.
    store
        File of the user's own comparables; defaults to none.
    effects
        Effects of inputs that are known already; a mapping, also an empty one, measures those that
        are missing. Defaults to no measure of the unsourced share.
    """
    own = None
    if store is not None:
        own = own_comparables(study, table, result, read_comparables(store, study.currency))
    share = None
    if effects is not None:
        # A sizing of a deal needs the record alone, without the engine.
        from npl_sim.analysis.unsourced import unsourced_share

        share = unsourced_share(study, table, effects, result.pricing.confidence)
    return Evidence(sourced_figures(study), share, own)
