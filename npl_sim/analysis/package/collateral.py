"""Collateral of a package by kind and region: values, appraisals, expected proceeds."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.package.facts import (
    NOT_GIVEN,
    OTHERS,
    appraisal_months,
    free_collateral,
    labels,
    largest_first,
)
from npl_sim.analysis.package.strata import MOST_ROWS, PACKAGE, ratio
from npl_sim.core.layout import Kind

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

PROCEEDS = (Kind.COLLATERAL, Kind.IN_KIND)
"""Kinds of receipts that come from collateral: sale, and acceptance against debt."""

APPRAISAL_YEARS = (1.0, 2.0, 3.0)
"""Ends of the bands of the age of an appraisal. [years]"""

MOST_SETS = 60
"""Most sets of kinds and regions whose cash is kept apart; the smallest are summed."""

_COLUMN = "collateral_set"
"""Column of the loans that the cash is grouped by."""


@dataclass(frozen=True)
class CollateralCells:
    """Items and loans by kind and region of the collateral.

    A cell is a kind in a region. Small kinds and regions are in `OTHERS`. A set is all cells of
    one loan.
    """

    kind: np.ndarray
    region: np.ndarray
    """Kind and region of each item, shape (items,)."""
    loan_set: np.ndarray
    """Label of the set of each loan; empty without collateral. Shape (loans,)."""
    shares: pd.DataFrame
    """Rows set, kind, region and share: how the proceeds of a set are split over its cells. It is
    by free value, by appraised value where nothing is free, else in equal parts."""
    by_city: bool = False
    """Whether the regions are cities."""


def collateral_cells(table: LoanTable, cities: np.ndarray | None = None) -> CollateralCells:
    """Return the items and loans of a tape by kind and place of the collateral.

    Parameters
    ----------
    table
        The tape.
    cities
        City of each item; defaults to places that are regions.
    """
    items, free = table.collateral, free_collateral(table.collateral)
    value = items["appraisal_value"].fillna(0.0).to_numpy(dtype=np.float64)
    named = []
    place = labels(items["region"]) if cities is None else cities
    for label in (labels(items["kind"]), place):
        kept = largest_first(label, value, MOST_ROWS)
        named.append(np.where(np.isin(label, kept), label, OTHERS).astype(object))
    kind, region = named
    cell = pd.Series([f"{k}\t{r}" for k, r in zip(kind, region, strict=True)], dtype=object)
    loan = items["loan_id"].to_numpy(dtype=object)
    sets = cell.groupby(loan).agg(lambda x: "\n".join(sorted(set(x))))
    kept_sets = pd.Series(free).groupby(sets.reindex(loan).to_numpy()).sum()
    largest = kept_sets.sort_values(ascending=False, kind="stable").index[: MOST_SETS - 1]
    sets = sets.where(sets.isin(largest), OTHERS)
    own = sets.reindex(table.loans["loan_id"]).fillna("").to_numpy(dtype=object)
    frame = pd.DataFrame({"kind": kind, "region": region, "free": free, "value": value})
    frame["set"] = sets.reindex(loan).to_numpy(dtype=object)
    return CollateralCells(kind, region, own, _shares(frame), cities is not None)


def _shares(frame: pd.DataFrame) -> pd.DataFrame:
    sums = frame.groupby(["set", "kind", "region"], sort=True)[["free", "value"]].sum()
    sums = sums.reset_index()
    whole = sums.groupby("set")[["free", "value"]].transform("sum")
    count = sums.groupby("set")["set"].transform("size")
    weight = np.select(
        [whole["free"] > 0.0, whole["value"] > 0.0], [sums["free"], sums["value"]], 1.0
    )
    total = np.select([whole["free"] > 0.0, whole["value"] > 0.0], [whole["free"], whole["value"]])
    total = np.where(total > 0.0, total, count)
    return sums[["set", "kind", "region"]].assign(share=weight / total)


def grouped_by_set(
    study: Study, table: LoanTable, cells: CollateralCells
) -> tuple[Study, LoanTable]:
    """Return study and tape so that the cash of a simulation is grouped by collateral."""
    simulation = study.simulation.model_copy(update={"group_by": _COLUMN})
    loans = table.loans.assign(**{_COLUMN: cells.loan_set})
    return (
        study.model_copy(update={"simulation": simulation}),
        dataclasses.replace(table, loans=loans),
    )


def proceeds(cells: CollateralCells, groups: tuple[str, ...], cash: np.ndarray) -> pd.DataFrame:
    """Return the expected proceeds of each cell.

    Parameters
    ----------
    cells
        Collateral by cell.
    groups
        Set of each group of the cash; empty for loans without collateral.
    cash
        Expected cash by group, kind and month. [package currency]

    Returns
    -------
    pandas.DataFrame
        Rows kind, region, proceeds and proceeds_months (proceeds times month), which sum to the
        package. [package currency; package currency x months]
    """
    received = cash[:, [int(kind) for kind in PROCEEDS]].sum(axis=1)
    of_set = pd.DataFrame(
        {
            "set": groups,
            "proceeds": received.sum(axis=1),
            "proceeds_months": received @ np.arange(received.shape[1]),
        }
    )
    merged = cells.shares.merge(of_set, on="set", how="left")
    for name in ("proceeds", "proceeds_months"):
        merged[name] = merged[name].fillna(0.0) * merged["share"]
    sums = merged.groupby(["kind", "region"], sort=True)[["proceeds", "proceeds_months"]].sum()
    return sums.reset_index()


def collateral_table(
    study: Study, table: LoanTable, cells: CollateralCells, found: pd.DataFrame
) -> pd.DataFrame:
    """Return the collateral by kind, by region, and by age of the appraisal.

    Parameters
    ----------
    study, table
        The study, with its limit of the age of an appraisal, and its loans.
    cells
        Collateral by cell.
    found
        Proceeds as of `proceeds`.

    Returns
    -------
    pandas.DataFrame
        Rows by group (kind, region, cell, appraisal) and name, then the package.
        [package currency, unless stated]

        - items: distinct items; one that secures several loans counts once
        - appraised, prior_liens (at most the appraised value of each item), free
        - appraisal_months: age of the appraisals by value [months]; unvalued: items without one
        - stale_share: share of appraised value that is older than the study allows, or undated
        - proceeds, proceeds_of_free [share of 1], discount [share of 1], proceeds_months
          [months]; NaN by age of the appraisal, where they are not known
    """
    facts = _item_facts(study, table, cells)
    rows = []
    for group in ("kind", "region"):
        order = largest_first(facts[group].to_numpy(), facts["appraised"].to_numpy(), MOST_ROWS)
        for name in order:
            part, gain = facts[facts[group] == name], found[found[group] == name]
            rows.append(_row(group, name, "", part, gain))
    for (kind, region), part in facts.groupby(["kind", "region"], sort=True):
        gain = found[(found["kind"] == kind) & (found["region"] == region)]
        rows.append(_row("cell", str(kind), str(region), part, gain))
    for name, part in facts.groupby("band", sort=True):
        rows.append(_row("appraisal", str(name), "", part, None))
    rows.append(_row(PACKAGE, PACKAGE, "", facts, found))
    return pd.DataFrame(rows)


def _item_facts(study: Study, table: LoanTable, cells: CollateralCells) -> pd.DataFrame:
    items = table.collateral
    value = items["appraisal_value"].fillna(0.0).to_numpy(dtype=np.float64)
    months = appraisal_months(items, study.valuation_date)
    edges = (*APPRAISAL_YEARS, math.inf)
    band = np.searchsorted(edges, np.nan_to_num(months) / 12.0, side="right")
    names = np.array([*(f"{low:g}" for low in (0.0, *APPRAISAL_YEARS)), NOT_GIVEN], dtype=object)
    limit = study.prudence.limits.appraisal_months
    return pd.DataFrame(
        {
            "kind": cells.kind,
            "region": cells.region,
            "band": names[np.where(np.isnan(months), len(names) - 1, band)],
            "item": items["collateral_id"].to_numpy(dtype=object),
            "appraised": value,
            "prior_liens": np.minimum(items["prior_liens"].fillna(0.0).to_numpy(), value),
            "free": free_collateral(items),
            "months": months,
            "stale": ~(months <= limit),
        }
    )


def _row(
    group: str, name: str, region: str, part: pd.DataFrame, gain: pd.DataFrame | None
) -> dict[str, object]:
    appraised, free = float(part["appraised"].sum()), float(part["free"].sum())
    dated = part["months"].notna().to_numpy()
    value, months = part["appraised"].to_numpy()[dated], part["months"].to_numpy()[dated]
    got = math.nan if gain is None else float(gain["proceeds"].sum())
    later = math.nan if gain is None else float(gain["proceeds_months"].sum())
    of_free = ratio(got, free)
    return {
        "group": group,
        "name": name,
        "region": region,
        "items": part["item"].nunique(),
        "appraised": appraised,
        "prior_liens": float(part["prior_liens"].sum()),
        "free": free,
        "appraisal_months": ratio(float(value @ months), float(value.sum())),
        "unvalued": int(part.loc[part["appraised"] <= 0.0, "item"].nunique()),
        "stale_share": ratio(float(part.loc[part["stale"], "appraised"].sum()), appraised),
        "proceeds": got,
        "proceeds_of_free": of_free,
        "discount": 1.0 - of_free,
        "proceeds_months": ratio(later, got),
    }
