"""Facts of each loan and item that the tables of a package use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.engine.clocks import clocks_of
from npl_sim.engine.policy_rows import policy_rows

if TYPE_CHECKING:
    from datetime import date

    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

SECURITY = ("first_rank", "later_rank", "seizure", "guarantee", "unsecured")
"""Security of a loan, the best first. The mortgage or pledge is of first rank, or of a later rank
only. A seizure is one without a mortgage."""

OTHERS = "others"
"""Key of the row that sums what has no row of its own."""

NOT_GIVEN = "not given"
"""Key of the row of loans or items that lack an attribute."""

BANK_HEADERS: dict[str, tuple[str, ...]] = {
    "name": (
        "客户名称", "借款人名称", "借款人", "客户姓名", "债务人名称", "债务人", "姓名", "borrower name",
        "customer name", "debtor name", "borrower", "ragione sociale", "denominazione",
        "nominativo",
    ),
    "city": ("城市", "所在城市", "地市", "市", "city", "comune", "città"),
    "branch": (
        "分行", "经办行", "支行", "经办机构", "管户机构", "所属机构", "branch", "filiale", "agenzia",
    ),
}  # fmt: skip
"""Headers of columns of the bank that the tables of a package use, by attribute."""


def free_collateral(items: pd.DataFrame) -> np.ndarray:
    """Return the value of each item that is left for the creditor of the tape.

    It is the appraised value less prior liens, at least 0 and at most the secured amount. An item
    without an appraisal counts 0.

    Parameters
    ----------
    items
        Collateral of a tape.

    Returns
    -------
    numpy.ndarray
        Shape (items,). [package currency]
    """
    value = items["appraisal_value"].fillna(0.0) - items["prior_liens"].fillna(0.0)
    cap = items["secured_cap"].fillna(np.inf)
    return np.minimum(np.maximum(value, 0.0), cap).to_numpy(dtype=np.float64)


def appraisal_months(items: pd.DataFrame, valuation_date: date) -> np.ndarray:
    """Return the age of each appraisal, NaN without a date, shape (items,). [months]"""
    days = (pd.Timestamp(valuation_date) - pd.to_datetime(items["appraisal_date"])).dt.days
    return np.asarray(days.to_numpy(dtype=np.float64) / DAYS_PER_MONTH)


def labels(values: pd.Series) -> np.ndarray:
    """Return an attribute as text, `NOT_GIVEN` where it is missing or blank."""
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip()
    return np.asarray(text.where(text != "", NOT_GIVEN).to_numpy(dtype=object))


def security_of(loans: pd.DataFrame, items: pd.DataFrame) -> np.ndarray:
    """Return the security of each loan, a name of `SECURITY`, shape (loans,)."""
    real = ~items["seizure_only"].to_numpy(dtype=bool)
    first = real & (items["lien_rank"].to_numpy(dtype=np.int64) == 1)

    def has(chosen: np.ndarray) -> np.ndarray:
        return np.asarray(loans["loan_id"].isin(items["loan_id"][chosen]), dtype=bool)

    backed = loans["guaranteed"].to_numpy(dtype=bool)
    found = [has(first), has(real), has(~real), backed]
    return np.select(found, SECURITY[:-1], default=SECURITY[-1]).astype(object)


def loan_facts(study: Study, table: LoanTable, valued: pd.DataFrame) -> pd.DataFrame:
    """Return one row per loan, in the order of the tape.

    Parameters
    ----------
    study, table
        The study and its loans.
    valued
        Loans with their bid (`Contributions.loans`), in the order of the tape.

    Returns
    -------
    pandas.DataFrame
        [package currency, unless stated]

        - loan_id, borrower_id, product, segment, region, stage, gbv, principal
        - security: a name of `SECURITY`; guaranteed
        - free_collateral: sum over the loan's items; items: their number
        - age_years: time since default [years]
        - receipts: expected, undiscounted, before costs; months_to_cash [months]
        - bid_cents, bid_se: share of the bid [cents], and its standard error
        - time_barred, window_over: whether limitation or the window to enforce has ended
        - insolvent: whether the debtor is in insolvency proceedings
    """
    loans, items = table.loans, table.collateral
    free = pd.Series(free_collateral(items)).groupby(items["loan_id"].to_numpy()).sum()
    count = items.groupby("loan_id")["collateral_id"].nunique()
    names = ["loan_id", "borrower_id", "product", "segment", "region", "stage"]
    barred, over = _clocks(study, table)
    stated = loans["insolvency_status"].astype(object)
    return pd.DataFrame(
        {
            **{name: labels(loans[name]) for name in names},
            "gbv": loans["gbv"].to_numpy(dtype=np.float64),
            "principal": loans["principal"].to_numpy(dtype=np.float64),
            "security": security_of(loans, items),
            "guaranteed": loans["guaranteed"].to_numpy(dtype=bool),
            "free_collateral": free.reindex(loans["loan_id"]).fillna(0.0).to_numpy(),
            "items": count.reindex(loans["loan_id"]).fillna(0).to_numpy(dtype=np.int64),
            "age_years": loans["age_months"].to_numpy(dtype=np.float64) / 12.0,
            "receipts": valued["received_mean"].to_numpy(dtype=np.float64),
            "months_to_cash": valued["months_to_cash"].to_numpy(dtype=np.float64),
            "bid_cents": valued["bid_cents"].to_numpy(dtype=np.int64),
            "bid_se": valued["bid_se"].to_numpy(dtype=np.float64),
            "time_barred": barred,
            "window_over": over,
            "insolvent": (labels(stated) != NOT_GIVEN)
            | (loans["stage"] == "insolvency").to_numpy(dtype=bool),
        }
    )


def _clocks(study: Study, table: LoanTable) -> tuple[np.ndarray, np.ndarray]:
    """Return the loans whose claim is time-barred, and those whose window to enforce is over."""
    loans = table.loans
    secured = loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy(dtype=bool)
    days = clocks_of(study, loans, policy_rows(study.policies, loans, secured))
    today = np.datetime64(study.valuation_date, "D")
    waiting = (loans["stage"] == "collection").to_numpy(dtype=bool)
    judged = (loans["stage"] == "judged").to_numpy(dtype=bool)
    return waiting & (days.last_day < today), judged & (days.window_last_day < today)


def months_to_cash(receipts: np.ndarray, months: np.ndarray) -> float:
    """Return the mean month of receipts; NaN without receipts. [months]"""
    known = np.isfinite(months) & (receipts > 0.0)
    total = float(receipts[known].sum())
    return float((receipts[known] * months[known]).sum()) / total if total > 0.0 else np.nan


def largest_first(labels: np.ndarray, size: np.ndarray, most: int) -> list[str]:
    """Return the labels with rows of their own, largest first; `OTHERS` last if some have none.

    Parameters
    ----------
    labels
        Label of each row.
    size
        Size of each row, not negative.
    most
        Most rows, `OTHERS` included.
    """
    total = pd.Series(size).groupby(labels, sort=True).sum()
    names = total.sort_values(ascending=False, kind="stable").index.astype(str).tolist()
    # A name of the tape that is equal to the key of the rest belongs to the rest.
    names = [name for name in names if name != OTHERS]
    hidden = OTHERS in labels or len(names) > most
    return [*names[: most - 1], OTHERS] if hidden else names


def bank_labels(table: LoanTable, attribute: str, role: str = "loans") -> np.ndarray | None:
    """Return an attribute from the bank's own columns; None where there is none.

    Parameters
    ----------
    table
        A tape; names of a masked one are not known.
    attribute
        A name of `BANK_HEADERS`.
    role
        loans or collateral.
    """
    columns = table.bank_columns(role)
    folded = {str(header).strip().casefold(): header for header in columns}
    found = next((folded[h] for h in BANK_HEADERS[attribute] if h in folded), None)
    return None if found is None else labels(columns[found])


def item_cities(table: LoanTable) -> np.ndarray | None:
    """Return the city of each item; None where the bank gives none.

    An item without a city of its own has that of the loan that it secures.
    """
    own, of_loans = bank_labels(table, "city", "collateral"), bank_labels(table, "city")
    if of_loans is None:
        return own
    by_loan = pd.Series(of_loans, index=table.loans["loan_id"].to_numpy(dtype=object))
    by_loan = by_loan[~by_loan.index.duplicated()]
    beside = by_loan.reindex(table.collateral["loan_id"]).fillna(NOT_GIVEN).to_numpy(dtype=object)
    return beside if own is None else np.where(own == NOT_GIVEN, beside, own)


def borrower_names(table: LoanTable) -> pd.Series | None:
    """Return the names of the borrowers by their id; None where the bank gives no names."""
    names = bank_labels(table, "name")
    if names is None:
        return None
    known = names != NOT_GIVEN
    by_id = pd.Series(names[known], index=labels(table.loans["borrower_id"])[known])
    return by_id[~by_id.index.duplicated()]
