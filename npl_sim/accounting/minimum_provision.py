"""Minimum provisions of a package by loan, and the top-up that its provisions need.

Two rules are known. The minimum loss coverage of the European Union goes by the time since a loan
became non-performing. The Chinese special provisions go by class. A missing date or class counts
as the most severe one: full coverage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.accounting.minimum_rules import minimum_rules
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.valuation.selling_terms import BankTotals, MinimumRule

AHEAD = (0, 12, 24, 36)
"""Months after the valuation date at which the European minimum is shown. [months]"""


@dataclass(frozen=True)
class MinimumProvision:
    """Minimum provision of a package.

    Attributes
    ----------
    rule
        The rule that applies, or none.
    by_loan
        Minimum of each loan at the valuation date, in the order of the loans. [package currency]
    by_part
        Rows by part or class: part, amount, minimum now, and in later months where time counts.
        [package currency]
    unknown
        Number of loans without the date or class that the rule needs; they count in full.
    """

    rule: MinimumRule
    by_loan: np.ndarray
    by_part: pd.DataFrame
    unknown: int

    def top_up(self, provisions: np.ndarray) -> float:
        """Return what the provisions lack, loan by loan, without offset between loans.

        Parameters
        ----------
        provisions
            Provisions of each loan. [package currency]
        """
        return float(np.maximum(self.by_loan - provisions, 0.0).sum())


def rule_of(rule: MinimumRule, jurisdiction: str | None) -> MinimumRule:
    """Return the rule that applies in a jurisdiction."""
    if rule != "by_jurisdiction":
        return rule
    if jurisdiction == "CN":
        return "china_five_class"
    return "eu_backstop" if jurisdiction in EU_MEMBERS else "none"


EU_MEMBERS = frozenset(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"]
    + ["IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"]
)
"""Members of the European Union, in which the Regulation applies."""


def months_nonperforming(loans: pd.DataFrame, valuation_date: date) -> np.ndarray:
    """Return the months since each loan became non-performing; NaN where no date is known.

    The day of default counts, else the days past due less 90 days (article 47a).
    """
    ends = pd.to_datetime(loans["default_date"], errors="coerce")
    days = (pd.Timestamp(valuation_date) - ends).dt.days.to_numpy(dtype=np.float64)
    past_due = loans["days_past_due"].to_numpy(dtype=np.float64) - 90.0
    days = np.where(np.isfinite(days), days, past_due)
    return np.where(np.isfinite(days), np.maximum(days, 0.0) / DAYS_PER_MONTH, np.nan)


def secured_parts(loans: pd.DataFrame, collateral: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts of each loan secured by immovable property and by other security.

    An item counts with its appraisal less prior liens, up to its cap. Items that are only seized
    secure nothing. Immovable property counts first; together they are at most the GBV.

    Unit: package currency.
    """
    gbv = loans["gbv"].to_numpy(dtype=np.float64)
    if not len(collateral):
        return np.zeros(len(gbv)), np.zeros(len(gbv))
    free = collateral["appraisal_value"].fillna(0.0) - collateral["prior_liens"].fillna(0.0)
    free = np.minimum(free.clip(lower=0.0), collateral["secured_cap"].fillna(np.inf))
    free = free.where(~collateral["seizure_only"].astype(bool), 0.0)
    known = minimum_rules().eu_backstop.immovable_kinds
    is_immovable = collateral["kind"].astype(str).isin(known)
    ids = collateral["loan_id"].astype(str)

    def part(rows: pd.Series) -> np.ndarray:
        sums = free[rows].groupby(ids[rows]).sum()
        return loans["loan_id"].astype(str).map(sums).fillna(0.0).to_numpy(dtype=np.float64)

    immovable = np.minimum(part(is_immovable), gbv)
    return immovable, np.minimum(part(~is_immovable), gbv - immovable)


def eu_backstop(
    loans: pd.DataFrame,
    collateral: pd.DataFrame,
    valuation_date: date,
    ahead: Sequence[int] = AHEAD,
) -> MinimumProvision:
    """Return the minimum loss coverage of the European Union.

    Every loan counts, since the tape does not say when it was originated.

    Parameters
    ----------
    loans, collateral
        Tables of the tape.
    valuation_date
        Date of the minimum.
    ahead
        Months after it at which the minimum of the same loans is shown, 0 first.
    """
    factors = minimum_rules().eu_backstop.factors
    months = months_nonperforming(loans, valuation_date)
    unknown = ~np.isfinite(months)
    immovable, other = secured_parts(loans, collateral)
    gbv = loans["gbv"].to_numpy(dtype=np.float64)
    parts = {
        "unsecured": (gbv - immovable - other, factors.unsecured),
        "immovable": (immovable, factors.immovable),
        "other_security": (other, factors.other_security),
    }
    by_loan, rows = np.zeros(len(gbv)), []
    for name, (amount, schedule) in parts.items():
        row: dict[str, object] = {"part": name, "amount": float(amount.sum())}
        for later in ahead:
            ages = np.where(unknown, 0.0, months) + later
            shares = np.array([schedule.share_after(age) for age in ages])
            minimum = amount * np.where(unknown, 1.0, shares)
            row[f"in_{later}_months"] = float(minimum.sum())
            if later == ahead[0]:
                by_loan += minimum
        rows.append(row)
    return MinimumProvision("eu_backstop", by_loan, pd.DataFrame(rows), int(unknown.sum()))


def china_five_class(loans: pd.DataFrame) -> MinimumProvision:
    """Return the Chinese special provisions by class.

    Parameters
    ----------
    loans
        Table of the tape.
    """
    shares = minimum_rules().china_five_class.shares
    classes = loans["five_class"].astype(object).where(loans["five_class"].notna(), "")
    classes = classes.astype(str)
    known = classes.isin(list(shares))
    share = classes.map(shares).fillna(1.0).to_numpy(dtype=np.float64)
    gbv = loans["gbv"].to_numpy(dtype=np.float64)
    by_loan = share * gbv
    rows = []
    for name in (*shares, "not given"):
        of = (classes == name) if name in shares else ~known
        if of.any():
            chosen = of.to_numpy()
            rows.append((name, float(gbv[chosen].sum()), float(by_loan[chosen].sum())))
    frame = pd.DataFrame(rows, columns=["part", "amount", "in_0_months"])
    return MinimumProvision("china_five_class", by_loan, frame, int((~known).sum()))


def minimum_provision(
    rule: MinimumRule, loans: pd.DataFrame, collateral: pd.DataFrame, valuation_date: date
) -> MinimumProvision | None:
    """Return the minimum provision under a rule; None without one.

    Parameters
    ----------
    rule
        Rule that applies (`rule_of`).
    loans, collateral, valuation_date
        As for `eu_backstop`.
    """
    if rule == "eu_backstop":
        return eu_backstop(loans, collateral, valuation_date)
    return china_five_class(loans) if rule == "china_five_class" else None


@dataclass(frozen=True)
class BankCoverage:
    """Coverage ratios of a bank, and what they lack of the standard.

    Attributes
    ----------
    coverage
        Provisions over non-performing loans; NaN without such loans.
    of_loans
        Provisions over all loans; NaN without loans.
    lacking
        Provisions lacking for the higher of both standards. [package currency]
    """

    coverage: float
    of_loans: float
    lacking: float


def bank_coverage(bank: BankTotals) -> BankCoverage:
    """Return the Chinese coverage ratios of a bank."""
    rule = minimum_rules().china_coverage
    wanted = max(rule.coverage * bank.nonperforming, rule.provisions_of_loans * bank.loans)
    return BankCoverage(
        bank.provisions / bank.nonperforming if bank.nonperforming > 0.0 else np.nan,
        bank.provisions / bank.loans if bank.loans > 0.0 else np.nan,
        max(wanted - bank.provisions, 0.0),
    )


def without_package(bank: BankTotals, gbv: float, provisions: float) -> BankTotals | None:
    """Return a bank's totals after the sale of a package; None if it does not hold the package.

    Parameters
    ----------
    bank
        Totals with the package.
    gbv, provisions
        GBV and provisions of the package. [package currency]
    """
    if bank.nonperforming < gbv or bank.provisions < provisions:
        return None
    return BankTotals(
        nonperforming=bank.nonperforming - gbv,
        provisions=bank.provisions - provisions,
        loans=bank.loans - gbv,
    )
