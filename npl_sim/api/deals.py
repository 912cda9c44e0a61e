"""Deals: the cash of a package sent through a securitization, and the sizes of its notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from npl_sim.api.deal_inputs import CashSource
from npl_sim.api.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.core.issues import Issue
    from npl_sim.reports.report import Report
    from npl_sim.runs.deal import DealResult as UseCaseResult
    from npl_sim.runs.deal import SizeResult
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.securitization.results.outcome import DealOutcome
    from npl_sim.securitization.sizing.structuring import Structured
    from npl_sim.securitization.terms.deal import Deal

__all__ = [
    "DealResult",
    "DealSizing",
    "run",
    "size",
]


class DealResult(Result):
    """A deal that was run: cash, losses, lives and yields of its tranches, by scenario and date.

    Make one with `npl_sim.deal.run`.

    Attributes
    ----------
    result : npl_sim.runs.deal.DealResult
        The deal as the commands use it.
    """

    def __init__(self, result: UseCaseResult) -> None:
        self.result = result

    @property
    def outcome(self) -> DealOutcome:
        """Every estimate with its standard error."""
        return self.result.outcome

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Issues of the cash, of the terms and of the run, the most important first."""
        return self.result.issues

    def ledger(self, scenario: int | str = "median") -> pd.DataFrame:
        """Return every payment of one scenario with its reason.

        Parameters
        ----------
        scenario : int or str, default ``"median"``
            Number of the scenario, ``"median"`` or ``"bad"``.

        Raises
        ------
        DealError
            If there is no such scenario.
        """
        from npl_sim.securitization.results.ledger import ledger_of

        return ledger_of(self.outcome.run, self.outcome.place_of(str(scenario)))

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.reports.deal.tables import deal_tables

        return deal_tables(self.outcome)

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.deal.plots import drawings

        return drawings(self.outcome)

    def _report(self) -> Report:
        from npl_sim.reports.deal.text import deal_report

        return deal_report(self.outcome, self.issues)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.deal.tables import deal_summary

        return deal_summary(self.outcome)

    def _save(self, place: RunPlace, options: SaveOptions) -> Run:
        from npl_sim.runs.deal import save_deal

        return save_deal(self.result, place, options)


class DealSizing(Result):
    """A deal with sized notes: sizes, binding limits, solved terms, seller's proceeds, frontier.

    Make one with `npl_sim.deal.size`.

    Attributes
    ----------
    result : npl_sim.runs.deal.SizeResult
        The sized deal as the commands use it.
    """

    def __init__(self, result: SizeResult) -> None:
        self.result = result

    @property
    def structured(self) -> Structured:
        """The deal before and after, with every limit."""
        return self.result.structured

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Issues of the cash, of the terms and of the run, the most important first."""
        return self.result.issues

    @property
    def deal(self) -> Deal:
        """The deal with the sizes and terms that were found; `npl_sim.deal.run` takes it."""
        return self.structured.deal

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.reports.deal.structuring_tables import structuring_tables

        return structuring_tables(self.structured)

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.deal.structuring_plots import drawings

        return drawings(self.structured)

    def _report(self) -> Report:
        from npl_sim.reports.deal.structuring_text import structuring_report

        return structuring_report(self.structured, self.issues)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.deal.structuring_tables import structuring_summary

        return structuring_summary(self.structured)

    def _save(self, place: RunPlace, options: SaveOptions) -> Run:
        from npl_sim.runs.deal import save_size

        return save_size(self.result, place, options)


def run(deal: Deal, cash: CashSource) -> DealResult:
    """Send the cash of a package through a deal, date by date, in every scenario.

    Parameters
    ----------
    deal : Deal
        From `npl_sim.read_deal`, or `DealSizing.deal`.
    cash : Simulation or Flows
        Cash of the package.

    Returns
    -------
    DealResult

    Raises
    ------
    DealError
        If the cash lacks what the deal needs.

    Notes
    -----
    In each scenario and on each date, collections plus opening balances equal payments plus
    closing balances, to half a cent. `docs/deals.md` states the order of events.
    """
    from npl_sim.runs.deal import run as run_deal

    return DealResult(run_deal(deal, cash.for_deal(deal)))


def size(deal: Deal, cash: CashSource) -> DealSizing:
    """Size the notes of a deal to their limits, solve for terms, and value the seller's proceeds.

    Parameters
    ----------
    deal : Deal
        A deal with the section `structure`.
    cash : Simulation or Flows
        Cash of the package.

    Returns
    -------
    DealSizing

    Raises
    ------
    DealError
        If the deal has no section `structure`, or no size keeps its limits.
    """
    from npl_sim.runs.deal import size as size_deal

    return DealSizing(size_deal(deal, cash.for_deal(deal)))
