"""Deals: the cash of a package sent through a securitization, and the sizes of its notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from npl_sim.api.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.core.issues import Issue
    from npl_sim.reports.report import Report
    from npl_sim.runs.folder import Run
    from npl_sim.securitization.collections import DatedFlows
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

    def for_deal(self, deal: Deal) -> DatedFlows:
        """Return the cash by date, as the deal receives it."""

    def issues_of_cash(self) -> tuple[Issue, ...]:
        """Return the issues of the cash."""


class Flows:
    """Cash of a package by scenario and date, read from a file.

    Make one with `npl_sim.read_flows`.

    Attributes
    ----------
    dated : DatedFlows
        Receipts and costs by scenario and date. [currency of the deal]
    """

    def __init__(self, dated: DatedFlows) -> None:
        self.dated = dated

    def for_deal(self, deal: Deal) -> DatedFlows:
        """Return the cash by date, as the deal receives it."""
        return self.dated

    def issues_of_cash(self) -> tuple[Issue, ...]:
        """Return the issues of the cash."""
        from npl_sim.tape.issues import of_text

        return tuple(map(of_text, self.dated.notes))


class _OfDeal(Result):
    """Common parts of a deal that was run and of one that was sized."""

    def __init__(self, source: CashSource) -> None:
        self.source = source

    def _deal_and_run(self) -> tuple[Deal, Any]:
        raise NotImplementedError

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """Issues of the cash, of the deal's terms and of the run, the most important first."""
        from npl_sim.securitization.checks.term_warnings import deal_warnings
        from npl_sim.securitization.results.run_warnings import run_warnings
        from npl_sim.tape.issues import ranked

        deal, made = self._deal_and_run()
        found = dict.fromkeys([*deal_warnings(deal), *run_warnings(made)])
        return ranked([*self.source.issues_of_cash(), *found])

    def _written(
        self, place: Any, summary: Mapping[str, Any], draw: Any, facts: Mapping[str, Any]
    ) -> Run:
        from npl_sim.reports.heading import issue_values
        from npl_sim.runs.deal_folder import write_deal_run

        deal, made = self._deal_and_run()
        content = {**issue_values(self.issues), **summary}
        found = {**facts, "command": [], "scenarios": made.scenarios}
        return write_deal_run(
            place, deal, self._frames, content, draw, found, {}, lambda draft: None
        )


class DealResult(_OfDeal):
    """A deal that was run: cash, losses, lives and yields of its tranches, by scenario and date.

    Make one with `npl_sim.deal.run`.

    Attributes
    ----------
    outcome : DealOutcome
        Every estimate with its standard error.
    """

    def __init__(self, source: CashSource, outcome: DealOutcome) -> None:
        super().__init__(source)
        self.outcome = outcome

    def _deal_and_run(self) -> tuple[Deal, Any]:
        return self.outcome.run.deal, self.outcome.run

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

    def _save(self, place: Any, figures: bool) -> Run:
        from npl_sim.reports.deal.plots import save_deal

        draw = (
            (lambda folder, failed: save_deal(self.outcome, folder, failed=failed))
            if figures
            else None
        )
        return self._written(place, self._values(), draw, {"kind": "tranche"})


class DealSizing(_OfDeal):
    """A deal whose notes were sized: sizes, binding limits, terms solved for, the seller's proceeds, the frontier.

    Make one with `npl_sim.deal.size`.

    Attributes
    ----------
    structured : Structured
        The deal before and after, with every limit read.
    """

    def __init__(self, source: CashSource, structured: Structured) -> None:
        super().__init__(source)
        self.structured = structured

    def _deal_and_run(self) -> tuple[Deal, Any]:
        return self.structured.deal, self.structured.run

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

    def _save(self, place: Any, figures: bool) -> Run:
        from npl_sim.reports.deal.structuring_plots import save_structuring
        from npl_sim.runs.deal_folder import deal_hash

        facts = {"kind": "structure", "deal_before_sha256": deal_hash(self.structured.before)}
        draw = partial(save_structuring, self.structured) if figures else None
        return self._written(place, self._values(), draw, facts)


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
    from npl_sim.study.flow_file import load_flows

    found = load_flows(Path(path), month_zero, scenarios, seed, deal.cutoff_date, deal.currency)
    return Flows(found)


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
    from npl_sim.securitization.results.outcome import outcome_of
    from npl_sim.securitization.waterfall.waterfall import run_deal

    flows = cash.for_deal(deal)
    return DealResult(cash, outcome_of(run_deal(deal, flows), flows.numbers))


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
    from npl_sim.securitization.sizing.structuring import structure_deal

    return DealSizing(cash, structure_deal(deal, cash.for_deal(deal)))
