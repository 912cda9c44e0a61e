"""The largest borrowers of a package: claims, collateral, receipts, price and anomalies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.package.facts import free_collateral, labels, months_to_cash
from npl_sim.analysis.package.strata import ratio

if TYPE_CHECKING:
    from npl_sim.analysis.worthless import Worthless

MOST_BORROWERS = 20
"""Borrowers in the table of the largest."""

ANOMALIES = ("time_barred", "window_over", "insolvent", "no_value", "partly_no_value")
"""Names of the anomalies of a borrower, in the order of a note."""

_SEPARATOR = "; "


def largest_borrowers(
    loans: pd.DataFrame,
    items: pd.DataFrame,
    package_effect: int = 0,
    nothing: Worthless | None = None,
    names: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the borrowers with the largest claims.

    Parameters
    ----------
    loans
        Loans as of `facts.loan_facts`.
    items
        Collateral of the tape.
    package_effect
        Bid of the package beyond the sum of its loans. [cents]
    nothing
        Loans without value.
    names
        Names by borrower id; defaults to none.

    Returns
    -------
    pandas.DataFrame
        At most `MOST_BORROWERS` rows, the largest claim first. [package currency, unless stated]

        - rank, borrower_id, name, loans
        - regions, cities, stages: those of the loans, the largest claim first, separated by
          semicolons; cities are empty where the bank gives none
        - guaranteed: whether any loan has a guarantor
        - claim, free_collateral; kinds: of the collateral, the largest free value first
        - receipts, months_to_cash [months]; years: since the first default [years]
        - price, price_of_claim [share of 1]
        - price_se: sum of the standard errors of the loans, an upper bound
        - share_of_price [share of 1]
        - anomalies: names of `ANOMALIES`; reasons: why loans have no value
    """
    cents = int(loans["bid_cents"].sum()) + package_effect
    claims = loans.groupby("borrower_id", sort=True)["gbv"].sum()
    largest = claims.sort_values(ascending=False, kind="stable").index[:MOST_BORROWERS]
    free = pd.DataFrame(
        {
            "loan_id": items["loan_id"].to_numpy(dtype=object),
            "kind": labels(items["kind"]),
            "free": free_collateral(items),
        }
    )
    reasons = {} if nothing is None else _reasons(nothing)
    chosen = loans[loans["borrower_id"].isin(largest)]
    rows = []
    for rank, (borrower, part) in enumerate(_in_order(chosen, list(largest)), start=1):
        own = free[free["loan_id"].isin(part["loan_id"])]
        row = {"rank": rank, "borrower_id": borrower, "name": ""}
        if names is not None:
            row["name"] = str(names.get(borrower, ""))
        rows.append(row | _figures(part, own, cents) | _anomalies(part, reasons))
    return pd.DataFrame(rows)


def _in_order(loans: pd.DataFrame, order: list[str]) -> list[tuple[str, pd.DataFrame]]:
    parts = dict(iter(loans.groupby("borrower_id", sort=False)))
    return [(borrower, parts[borrower]) for borrower in order]


def _reasons(nothing: Worthless) -> dict[str, str]:
    frame = nothing.loans
    return dict(zip(frame["loan_id"].astype(str), frame["reason"].astype(str), strict=True))


def _by_size(names: pd.Series, size: pd.Series) -> str:
    total = size.groupby(names.to_numpy(), sort=True).sum()
    ordered = total.sort_values(ascending=False, kind="stable")
    return _SEPARATOR.join(map(str, ordered.index))


def _figures(part: pd.DataFrame, own: pd.DataFrame, cents: int) -> dict[str, object]:
    claim, price = float(part["gbv"].sum()), int(part["bid_cents"].sum())
    receipts, months = part["receipts"].to_numpy(), part["months_to_cash"].to_numpy()
    error = part["bid_se"].to_numpy(dtype=np.float64)
    worth = part["bid_cents"].to_numpy() > 0
    return {
        "loans": len(part),
        "regions": _by_size(part["region"], part["gbv"]),
        "cities": _by_size(part["city"], part["gbv"]) if "city" in part else "",
        "stages": _by_size(part["stage"], part["gbv"]),
        "guaranteed": bool(part["guaranteed"].any()),
        "claim": claim,
        "free_collateral": float(part["free_collateral"].sum()),
        "kinds": _by_size(own["kind"], own["free"]) if len(own) else "",
        "receipts": float(receipts.sum()),
        "months_to_cash": months_to_cash(receipts, months),
        "years": float(part["age_years"].max()),
        "price": price / 100.0,
        "price_se": float(error[worth].sum()) if worth.any() else math.nan,
        "price_of_claim": ratio(price / 100.0, claim),
        "share_of_price": ratio(float(price), float(cents)),
    }


def _anomalies(part: pd.DataFrame, reasons: dict[str, str]) -> dict[str, object]:
    found = [name for name in ANOMALIES[:3] if part[name].any()]
    why = [reasons[loan] for loan in part["loan_id"] if loan in reasons]
    if why:
        found.append("no_value" if len(why) == len(part) else "partly_no_value")
    return {
        "anomalies": _SEPARATOR.join(found),
        "reasons": _SEPARATOR.join(dict.fromkeys(why)),
    }
