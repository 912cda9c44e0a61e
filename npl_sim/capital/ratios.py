"""The NPL ratio and the coverage of NPL by allowances: before the transfer, as claimed, as earned."""

from __future__ import annotations

from dataclasses import dataclass

from npl_sim.capital.facts import BankBook

__all__ = ["NplRatios", "npl_ratios"]


@dataclass(frozen=True)
class NplRatios:
    """Two ratios that a supervisor reads.

    Attributes
    ----------
    npl
        Non-performing loans over loans. [share of 1]
    coverage
        Allowances over non-performing loans; infinite without any. [share of 1]
    """

    npl: float
    coverage: float


def npl_ratios(bank: BankBook, outstanding: float, provisions: float, gone: float) -> NplRatios:
    """Return the ratios once a part of the package has left the book.

    Parameters
    ----------
    bank
        The book before the transfer.
    outstanding, provisions
        Gross amount of the package and the provisions held against it. [package currency]
    gone
        Part of the package that is left out: 0 before, 1 where all of it counts as sold. [share of 1]
    """
    loans = bank.loans - gone * outstanding
    bad = bank.non_performing - gone * outstanding
    allowances = bank.allowances - gone * provisions
    return NplRatios(
        bad / loans if loans > 0.0 else 0.0, allowances / bad if bad > 0.0 else float("inf")
    )
