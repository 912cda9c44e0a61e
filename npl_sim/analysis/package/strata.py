"""Strata of a package: claims, collateral, receipts and price by attribute of the loans."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.analysis.package.facts import (
    NOT_GIVEN,
    OTHERS,
    SECURITY,
    largest_first,
    months_to_cash,
)
from npl_sim.tape.schema import TAPE_STAGES

MOST_ROWS, MOST_CITIES = 7, 5
"""Most rows of a group, and of cities: so many that they fit on a page beside all groups."""

YEARS = (1.0, 2.0, 3.0, 5.0)
"""Ends of the bands of years since default. [years]"""

LOAN_TO_VALUE = (0.5, 0.8, 1.0, 1.5)
"""Ends of the bands of claim over free collateral."""

NO_COLLATERAL = "no collateral"
"""Key of the loans without free collateral."""

CLAIM_ENDS = 4
"""Most ends between bands of the size of a claim."""

PACKAGE, PACKAGE_EFFECT = "package", "package effect"
"""Keys of the last rows: the package, and the bid that is not shared among the loans."""


@dataclass(frozen=True)
class Stratum:
    """One row: its key, its band, and the loans in it."""

    key: str
    low: float
    high: float
    """Ends of a band; NaN for a name."""
    chosen: np.ndarray
    """Whether each loan is in it, shape (loans,)."""


def claim_bands(claims: np.ndarray) -> tuple[float, ...]:
    """Return ends of bands of claims: numbers 1, 2 or 5 times a power of ten.

    They are the `CLAIM_ENDS` ends whose bands are most alike in their share of the loans and of
    the claims, taken together.

    Parameters
    ----------
    claims
        Claims of the loans. [package currency]
    """
    ordered = np.sort(claims[claims > 0.0])
    if len(ordered) == 0:
        return ()
    first, last = math.floor(math.log10(ordered[0])), math.ceil(math.log10(ordered[-1]))
    even = [m * 10.0**p for p in range(first, last + 1) for m in (1.0, 2.0, 5.0)]
    ends = [end for end in even if ordered[0] < end <= ordered[-1]]
    running = np.concatenate(([0.0], np.cumsum(ordered))) / ordered.sum()
    below = np.searchsorted(ordered, ends)
    share = 0.5 * (below / len(ordered) + running[below])

    def unevenness(chosen: tuple[int, ...]) -> float:
        parts = np.diff([0.0, *share[list(chosen)], 1.0])
        return float(parts @ parts)

    choices = itertools.combinations(range(len(ends)), min(CLAIM_ENDS, len(ends)))
    return tuple(ends[i] for i in min(choices, key=unevenness))


def _names(
    labels: np.ndarray, size: np.ndarray, order: Sequence[str] = (), most: int = MOST_ROWS
) -> Iterator[Stratum]:
    """Yield strata by name: in an order where there is one, else the largest first."""
    kept = largest_first(labels, size, most)
    label = np.where(np.isin(labels, kept), labels, OTHERS)
    rank = {name: i for i, name in enumerate(order)}
    last = {NOT_GIVEN: 1, OTHERS: 2}
    kept.sort(key=lambda name: (last.get(name, 0), rank.get(name, len(rank))))
    for name in kept:
        yield Stratum(name, math.nan, math.nan, label == name)


def _bands(values: np.ndarray, ends: Sequence[float], missing: str) -> Iterator[Stratum]:
    """Yield strata by band ``[low, high)``, then the loans without a value."""
    edges = (-math.inf, *ends, math.inf)
    for low, high in zip(edges, edges[1:], strict=False):
        yield Stratum("", low, high, (values >= low) & (values < high))
    yield Stratum(missing, math.nan, math.nan, np.isnan(values))


def groups(
    loans: pd.DataFrame, more: dict[str, np.ndarray] | None = None
) -> dict[str, list[Stratum]]:
    """Return the strata of each group; empty ones are left out.

    Parameters
    ----------
    loans
        Loans as of `facts.loan_facts`.
    more
        Further attributes by name, as labels of the loans: city, branch.
    """
    claim, free = loans["gbv"].to_numpy(dtype=np.float64), loans["free_collateral"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        of_value = np.where(free > 0.0, claim / free, np.nan)
    text = {
        name: loans[name].to_numpy(dtype=object)
        for name in ("product", "security", "stage", "region")
    }
    given = more or {}
    found = {
        "product": _names(text["product"], claim),
        "security": _names(text["security"], claim, SECURITY),
        "stage": _names(text["stage"], claim, TAPE_STAGES),
        "claim": reversed([*_bands(claim, claim_bands(claim), NOT_GIVEN)]),
        "years": _bands(loans["age_years"].to_numpy(dtype=np.float64), YEARS, NOT_GIVEN),
        "loan_to_value": _bands(of_value, LOAN_TO_VALUE, NO_COLLATERAL),
        # The page leaves out the last groups where it is full.
        **({"city": _names(given["city"], claim, most=MOST_CITIES)} if "city" in given else {}),
        "region": _names(text["region"], claim),
        **{name: _names(given[name], claim) for name in given if name != "city"},
    }
    return {name: [x for x in rows if x.chosen.any()] for name, rows in found.items()}


def strata(
    loans: pd.DataFrame, package_effect: int = 0, more: dict[str, np.ndarray] | None = None
) -> pd.DataFrame:
    """Return the strata of a package; each group sums to the package.

    Parameters
    ----------
    loans
        Loans as of `facts.loan_facts`.
    package_effect
        Bid of the package beyond the sum of its loans. [cents]
    more
        As for `groups`.

    Returns
    -------
    pandas.DataFrame
        Rows by group and stratum, then the package effect (if any) and the package.
        [package currency, unless stated]

        - group, name: product, security, ...; name of the stratum, empty for a band
        - low, high: ends of a band ``[low, high)``; NaN for a name
        - loans; claim; share_of_claims; free_collateral; collateral_of_claim [shares of 1]
        - receipts, receipts_of_claim [share of 1]: expected, undiscounted, before costs
        - months_to_cash: mean month of receipts, by amount [months]
        - price, share_of_price, price_of_claim: share of the bid [shares of 1]
    """
    every = Stratum(PACKAGE, math.nan, math.nan, np.ones(len(loans), dtype=bool))
    whole = float(loans["gbv"].sum()), int(loans["bid_cents"].sum()) + package_effect
    rows = [
        _row(loans, group, stratum, whole)
        for group, found in groups(loans, more).items()
        for stratum in found
    ]
    if package_effect:
        nobody = Stratum(PACKAGE_EFFECT, math.nan, math.nan, ~every.chosen)
        rows.append(_row(loans, PACKAGE_EFFECT, nobody, whole, package_effect))
    rows.append(_row(loans, PACKAGE, every, whole, package_effect))
    return pd.DataFrame(rows)


def _row(
    loans: pd.DataFrame,
    group: str,
    stratum: Stratum,
    whole: tuple[float, int],
    effect: int = 0,
) -> dict[str, object]:
    part = loans[stratum.chosen]
    claim, free = float(part["gbv"].sum()), float(part["free_collateral"].sum())
    receipts = float(part["receipts"].sum())
    cents = int(part["bid_cents"].sum()) + effect
    months = months_to_cash(part["receipts"].to_numpy(), part["months_to_cash"].to_numpy())
    return {
        "group": group,
        "name": stratum.key,
        "low": stratum.low,
        "high": stratum.high,
        "loans": len(part),
        "claim": claim,
        "share_of_claims": ratio(claim, whole[0]),
        "free_collateral": free,
        "collateral_of_claim": ratio(free, claim),
        "receipts": receipts,
        "receipts_of_claim": ratio(receipts, claim),
        "months_to_cash": months,
        "price": cents / 100.0,
        "share_of_price": ratio(float(cents), float(whole[1])),
        "price_of_claim": ratio(cents / 100.0, claim),
    }


def ratio(part: float, whole: float) -> float:
    """Return a share; NaN where the whole is 0."""
    return part / whole if whole else math.nan
