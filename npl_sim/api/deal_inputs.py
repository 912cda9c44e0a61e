"""Inputs of deals: the terms of a deal, and cash of a package from a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from npl_sim.runs.deal_cash import DealCash
    from npl_sim.securitization.terms.deal import Deal

__all__ = ["CashSource", "Flows", "read_deal", "read_flows"]


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
        With every issue of the deal: file, line, column, key, value and what was expected.

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
