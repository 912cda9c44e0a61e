"""Deals: the cash of a package sent through a securitization, and the sizes of its notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from npl_sim.api.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.core.issues import Issue
    from npl_sim.reports.report import Report
    from npl_sim.runs.deal import DealResult as UseCaseResult
    from npl_sim.runs.deal import SizeResult
    from npl_sim.runs.deal_cash import DealCash
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.securitization.results.outcome import DealOutcome
    from npl_sim.securitization.sizing.structuring import Structured
    from npl_sim.securitization.terms.deal import Deal

__all__ = [
    "CashSource",
    "DealResult",
    "DealSizing",
    "Flows",
    "read_deal",
    "read_flows",
    "run",
    "size",
]


class CashSource(Protocol):
    """Cash of a package that a deal can distribute: a `Simulation`, or `Flows` from a file."""

    def for_deal(self, deal: Deal) -> DealCash:
        """Return the cash by date, as the deal receives it."""


class Flows:
    """Cash of a package by scenario and date, from a file.

    Make one with `npl_sim.read_flows`.

    Attributes
    ----------
    cash : npl_sim.runs.deal_cash.DealCash
        Receipts and costs by scenario and date, with their warnings. [currency of the deal]
    """

    def __init__(self, cash: DealCash) -> None:
        self.cash = cash

    def for_deal(self, deal: Deal) -> DealCash:
        """Return the cash by date, as the deal receives it."""
        return self.cash


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
    """A deal whose notes were sized: sizes, binding limits, terms solved for, the seller's proceeds, the frontier.

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


def read_deal(path: str | Path) -> Deal:
    """Read and validate a deal.

    Parameters
    ----------
    path : str or Path
        YAML file of the deal.

    Returns
    -------
    Deal
        Dates, tranches, accounts, claims, triggers and orders of payment.

    Raises
    ------
    StudyError
        With every issue of the deal, each with file, line, column, key, value and what was expected.

    Examples
    --------
    >>> import npl_sim as npl
    >>> deal = npl.read_deal("configs/deals/gongyuan_zhicheng_2023_6.yaml")
    >>> [tranche.name for tranche in deal.tranches]
    ['senior', 'subordinated']
    """
    from npl_sim.study.deal_file import load_deal

    return load_deal(path)


def read_flows(
    path: str | Path,
    deal: Deal,
    *,
    month_zero: date | None = None,
    scenarios: int | None = None,
    seed: int | None = None,
) -> Flows:
    """Read the cash of a package for a deal from a table of flows, or make it by a recipe.

    Parameters
    ----------
    path : str or Path
        Table (.csv, workbook, .parquet), or recipe (.yaml).
    deal : Deal
        Its cut-off date and currency are those of the flows.
    month_zero : date, optional
        Date of month 0 of a table with months; defaults to the deal's cut-off date.
    scenarios, seed : int, optional
        Scenarios and seed of a recipe; default to its own.

    Returns
    -------
    Flows

    Raises
    ------
    StudyError, DealError
        If the file cannot be read, with file, row, column, value and what was expected.
    """
    from npl_sim.core.progress import Silent
    from npl_sim.runs.deal_cash import FlowFile, read_cash

    file = FlowFile(Path(path), month_zero, scenarios, seed)
    return Flows(read_cash(deal, file, Silent()))


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
    In each scenario and on each date, collections and accounts equal what is paid out and what remains in accounts,
    to half a cent. `docs/deals.md` states the order of events.
    """
    from npl_sim.runs.deal import run as run_deal

    return DealResult(run_deal(deal, cash.for_deal(deal)))


def size(deal: Deal, cash: CashSource) -> DealSizing:
    """Size the notes of a deal to their limits, solve for terms, and value what the seller receives.

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
