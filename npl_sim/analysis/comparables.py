"""Published comparables: a check of a price against published prices and recoveries.

A class is the secured or the unsecured loans of a segment. It is compared with figures published
for loans of its product, security, age and country. Published figures are of other packages, at
other returns and dates. A difference asks for a reason; it does not show that the price is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.analysis.published import PublishedRange, comparables_for, place_of
from npl_sim.core.layout import KIND_IS_INFLOW

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution


FEWEST = 10
"""Fewest loans of a class that is compared: published figures are averages over pools. [loans]"""

INSIDE, BELOW, ABOVE = "inside", "below", "above"
FEW, UNKNOWN, NONE = "too few loans", "not determined", "no comparable"


@dataclass(frozen=True)
class Comparables:
    """Comparison of a priced package with published figures."""

    table: pd.DataFrame
    """Rows by class and published figure, or one row for a class without a figure.

    - segment, security: the class; security is secured or unsecured
    - figure, measure, statistic, ages, after_months: the published figure
    - of_own_security: whether it is of secured or unsecured loans alone
    - loans, gbv: loans of the class that the figure covers [package currency]
    - model, se: the model's share and its standard error; NaN if not known [share]
    - low, high: published range [share of GBV or of principal]
    - gap: model less the nearer end of the range; 0 inside [share]
    - verdict: inside, below, above, too few loans, not determined, no comparable
    - place, year, publisher, source: the publication
    """
    place: str
    """Country whose figures count (ISO 3166); every country if it is empty (not known)."""
    compared: int
    inside: int
    """Number of figures compared, and of those whose range holds the model."""
    missing: tuple[str, ...]
    """Classes without a published figure: segment and security."""


@dataclass(frozen=True)
class _Loans:
    """Data of a priced package for the comparison, one value for each loan."""

    result: PriceDistribution
    segment: np.ndarray
    secured: np.ndarray
    product: np.ndarray
    age: np.ndarray
    gbv: np.ndarray
    principal: np.ndarray
    group: np.ndarray

    def covered(self, entry: PublishedRange) -> np.ndarray:
        """Return which loans a published figure covers."""
        hit = (
            np.isin(self.product, entry.products)
            if entry.products
            else np.ones(len(self.gbv), dtype=bool)
        )
        if entry.security != "any":
            hit = hit & (self.secured == (entry.security == "secured"))
        if entry.ages is not None:
            hit = hit & (self.age >= entry.ages[0]) & (self.age < entry.ages[1])
        return hit

    def own_group(self, hit: np.ndarray) -> str | None:
        """Return the group of the run with exactly these loans; None if there is no such group."""
        names = np.unique(self.group[hit])
        whole = len(names) == 1 and np.array_equal(self.group == names[0], hit)
        return str(names[0]) if whole and str(names[0]) in self.result.flows.groups else None


def comparables(study: Study, table: LoanTable, result: PriceDistribution) -> Comparables:
    """Compare a priced package with published figures.

    Parameters
    ----------
    study, table
        What was priced; the law gives the country.
    result
        Its price. A recovery by time is known where the run keeps cash by the class
        (``simulation.group_by``).
    """
    place = place_of(study.legal)
    entries = comparables_for(place)
    loans = _loans(study, table, result)
    rows, missing = [], []
    for segment in sorted(set(loans.segment)):
        for secured in (True, False):
            own = (loans.segment == segment) & (loans.secured == secured)
            if not own.any():
                continue
            label = {"segment": segment, "security": "secured" if secured else "unsecured"}
            found = list(_compared(loans, own, entries))
            if not found:
                missing.append(f"{segment}, {label['security']}")
                found = [_row(loans, own, None)]
            rows += [{**label, **row} for row in found]
    frame = pd.DataFrame(rows)
    verdict = frame["verdict"] if len(frame) else pd.Series(dtype=object)
    return Comparables(
        table=frame,
        place=place,
        compared=int(verdict.isin((INSIDE, BELOW, ABOVE)).sum()),
        inside=int((verdict == INSIDE).sum()),
        missing=tuple(missing),
    )


def _loans(study: Study, table: LoanTable, result: PriceDistribution) -> _Loans:
    frame = table.loans
    return _Loans(
        result=result,
        segment=frame["segment"].astype(str).to_numpy(dtype=object),
        secured=frame["loan_id"].isin(table.collateral["loan_id"]).to_numpy(),
        product=frame["product"].to_numpy(dtype=object),
        age=frame["age_months"].to_numpy(dtype=np.float64),
        gbv=frame["gbv"].to_numpy(dtype=np.float64),
        principal=frame["principal"].to_numpy(dtype=np.float64),
        group=frame[study.simulation.group_by].astype(str).to_numpy(dtype=object),
    )


def _compared(
    loans: _Loans, own: np.ndarray, entries: tuple[PublishedRange, ...]
) -> Iterator[dict[str, Any]]:
    for entry in entries:
        hit = own & loans.covered(entry)
        if hit.any():
            yield _row(loans, hit, entry)


def _row(loans: _Loans, hit: np.ndarray, entry: PublishedRange | None) -> dict[str, Any]:
    """Return the comparison of some loans with a published figure, or without any."""
    row: dict[str, Any] = dict.fromkeys(("figure", "measure", "statistic", "ages"), "")
    row |= {
        "of_own_security": False,
        "after_months": math.nan,
        "loans": int(hit.sum()),
        "gbv": math.fsum(loans.gbv[hit]),
    }
    row |= dict.fromkeys(("model", "se", "low", "high", "gap"), math.nan)
    row |= {"verdict": NONE, **dict.fromkeys(("place", "year", "publisher", "source"), "")}
    if entry is None:
        return row
    model, se = _measured(loans, hit, entry)
    verdict, gap = _verdict(model, entry)
    if row["loans"] < FEWEST:
        verdict, gap = FEW, math.nan
    ages = "" if entry.ages is None else f"{entry.ages[0]:g} to {entry.ages[1]:g}"
    source = f"{entry.source.title}, {entry.source.publisher}"
    return row | {
        "figure": entry.id,
        "measure": entry.measure,
        "statistic": entry.statistic,
        "of_own_security": entry.security != "any",
        "ages": ages,
        "after_months": math.nan if entry.after_months is None else float(entry.after_months),
        "model": model,
        "se": se,
        "low": entry.low,
        "high": entry.high,
        "gap": gap,
        "verdict": verdict,
        "place": entry.place,
        "year": entry.year,
        "publisher": entry.source.publisher,
        "source": source,
    }


def _verdict(model: float, entry: PublishedRange) -> tuple[str, float]:
    """Return the position of a share against a published range, and the distance outside."""
    if math.isnan(model):
        return UNKNOWN, math.nan
    if model < entry.low:
        return BELOW, model - entry.low
    return (ABOVE, model - entry.high) if model > entry.high else (INSIDE, 0.0)


def _measured(loans: _Loans, hit: np.ndarray, entry: PublishedRange) -> tuple[float, float]:
    """Return the model's share for some loans and its standard error; NaN if not known."""
    flows, group = loans.result.flows, loans.own_group(hit)
    base = math.fsum(
        (loans.principal if entry.measure == "price_of_principal" else loans.gbv)[hit]
    )
    if base <= 0.0:
        return math.nan, math.nan
    if entry.measure == "recovery_of_gbv":
        if entry.after_months is None:
            return math.fsum(
                flows.loans["received_mean"].to_numpy(dtype=np.float64)[hit]
            ) / base, math.nan
        return _recovered(loans, group, entry.after_months) / base, math.nan
    price = math.fsum(flows.loans["pv_mean"].to_numpy(dtype=np.float64)[hit]) / base
    if group is None:
        return price, math.nan
    own = loans.result.breakdowns["group"].set_index("group")
    return price, float(own.loc[group, "pv_se"]) / base


def _recovered(loans: _Loans, group: str | None, months: int) -> float:
    """Return mean receipts of a group up to a month; NaN if not known. [package currency]"""
    flows = loans.result.flows
    if group is None or months >= flows.mean_by_kind.shape[0]:
        return math.nan
    cash = flows.mean_by_kind[: months + 1, :, list(flows.groups).index(group)]
    return math.fsum(cash[:, KIND_IS_INFLOW].sum(axis=1))
