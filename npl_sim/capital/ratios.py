"""NPL ratio and coverage ratio: before the transfer, as claimed, and as earned."""

from __future__ import annotations

from typing import NamedTuple

from npl_sim.capital.facts import BankBook


class NplRatios(NamedTuple):
    """NPL ratio and coverage ratio of a loan book."""

    npl: float
    """Non-performing loans over loans. [share of 1]"""
    coverage: float
    """Allowances over non-performing loans; infinite without any. [share of 1]"""


def npl_ratios(bank: BankBook, outstanding: float, provisions: float, removed: float) -> NplRatios:
    """Return the ratios after a part of the package has left the book.

    Parameters
    ----------
    bank
        Loan book before the transfer.
    outstanding, provisions
        Gross amount of the package and its provisions. [package currency]
    removed
        Part of the package that is removed: 0 before, 1 if all of it counts as sold. [share of 1]
    """
    loans = bank.loans - removed * outstanding
    bad = bank.non_performing - removed * outstanding
    allowances = bank.allowances - removed * provisions
    return NplRatios(
        bad / loans if loans > 0.0 else 0.0, allowances / bad if bad > 0.0 else float("inf")
    )
