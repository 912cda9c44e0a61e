"""The inputs with the largest effects on the target price, with their figures and sources."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.analysis.unsourced import GROUPS, HIGH, LOW, group_of
from npl_sim.study.figure_sources import SourcedFigure, sourced_figures

if TYPE_CHECKING:
    from npl_sim.analysis.unsourced import UnsourcedShare
    from npl_sim.study.model import Study

MOST = 15
"""Most assumptions of the list."""

DECISIONS = ("required return",)
"""Inputs of a sensitivity that are decisions of the buyer and no assumptions."""


@dataclass(frozen=True)
class MainFigure:
    """Figures that stand for an input in a list."""

    keys: tuple[str, ...]
    """Patterns of their keys."""
    unit: str
    """Unit in which they are shown: a name that reports translate."""
    scale: float = 100.0
    """Shown figure for a stated one of 1."""


MAIN = {
    "collateral prices": MainFigure(("market.indices.*.drift",), "% a year"),
    "forced-sale discount": MainFigure(
        ("collateral.*.forced_sale_discount",), "% of market value"
    ),
    "reserve prices of auctions": MainFigure(("collateral.*.reserve",), "% of appraisal"),
    "acceptance against debt": MainFigure(
        ("collateral.*.acceptance_against_debt_probability",), "% of failed auctions"
    ),
    "duration of legal steps": MainFigure(("*duration.mean",), "months", 1.0),
    "costs of work-out": MainFigure(
        ("policies.*.commission", "policies.*.lawyer_contingency_share"), "% of receipts"
    ),
    "borrowers' cooperation": MainFigure(("policies.*.pay_per_contact",), "% of contacts"),
    "discounts of settlements": MainFigure(
        ("policies.*.settlement_discount.shares.*",), "% of claim"
    ),
    "redefaults": MainFigure(("policies.*.redefault_hazard",), "% a month"),
    "outcome of suits": MainFigure(("policies.*.win_probability",), "% of suits"),
    "guarantors": MainFigure(("policies.*.guarantor_payment_probability",), "% of guarantors"),
    "voluntary performance": MainFigure(("policies.*.performance_probability",), "% of judgments"),
    "other assets and garnishment": MainFigure(
        ("policies.*.garnishment_probability",), "% of debtors"
    ),
    "prices of a final sale": MainFigure(
        ("policies.*.sale.unsecured_price", "policies.*.sale.secured_price"), "% of claim"
    ),
    "insolvency": MainFigure(("policies.*.insolvency.hazard",), "% a year"),
}
"""Main figures by input; each is among the figures of its group (`unsourced.GROUPS`)."""


def key_assumptions(
    study: Study, tornado: pd.DataFrame, bid: float, unsourced: UnsourcedShare | None
) -> pd.DataFrame:
    """Return the inputs with the largest effects on the target price.

    Parameters
    ----------
    study
        What is assumed.
    tornado
        Sensitivities (`sensitivity.tornado`).
    bid
        The target price that they are relative to. [package currency]
    unsourced
        Effects of the inputs that no sensitivity covers; None leaves them out.

    Returns
    -------
    pandas.DataFrame
        At most `MOST` rows, largest effect first.

        - input; unit, low and high: range of its main figures (see `MAIN`) in that unit
        - setting_unit, setting: the worse setting of the sensitivity
        - change: change of the target price there [package currency]
        - figures, published: number of its figures, and of those with a published source
        - state: published, partly, assumption or none (no source is stated)
        - source: the origins, each once
    """
    figures = sourced_figures(study)
    rows = [*_moved(study, tornado, bid), *_measured(unsourced)]
    known: dict[str, dict[str, object]] = {}
    for row in rows:
        known.setdefault(str(row["input"]), row)
    made = [{**row, **_figures(name, figures, study)} for name, row in known.items()]
    frame = pd.DataFrame(made, columns=COLUMNS)
    size = frame["change"].abs()
    order = frame.assign(size=size).sort_values(
        ["size", "input"], ascending=[False, True], kind="stable"
    )
    return order.drop(columns="size").head(MOST).reset_index(drop=True)


def group_names(key: str) -> list[str]:
    """Return the inputs whose figures a dotted key names: one, or none."""
    hits = (g.name for g in GROUPS if any(fnmatch.fnmatchcase(key, p) for p in g.keys))
    return list(hits)[:1]


COLUMNS = [
    *("input", "unit", "low", "high", "setting_unit", "setting", "change"),
    *("figures", "published", "state", "source"),
]


def _moved(study: Study, tornado: pd.DataFrame, bid: float) -> Iterator[dict[str, object]]:
    """Yield the worse setting of each sensitivity with its change of the target price."""
    for name, ends in tornado.groupby("lever", sort=False):
        worse = ends.loc[ends["price"].idxmin()]
        if name in DECISIONS or not math.isfinite(worse["bid"]):
            continue
        yield {
            "input": name,
            "setting_unit": worse["unit"],
            "setting": worse["setting"],
            "change": worse["bid"] - bid,
        }


def _measured(found: UnsourcedShare | None) -> Iterator[dict[str, object]]:
    """Yield the inputs that were moved for the share of unsourced figures alone."""
    if found is None:
        return
    for row in found.effects.itertuples():
        if math.isfinite(row.bid_change):
            yield {
                "input": row.input,
                "setting_unit": "multiple",
                "setting": math.nan,
                "change": row.bid_change,
            }


SETTINGS = (LOW, HIGH)
"""Settings of the inputs whose setting is NaN in the list: the worse of the two counts."""


def _figures(name: str, figures: tuple[SourcedFigure, ...], study: Study) -> dict[str, object]:
    group = next((g for g in GROUPS if g.name == name), None)
    own = [f for f in figures if group is not None and group_of(f.figure) is group]
    published = sum(f.is_published for f in own)
    main = MAIN.get(name)
    shown = [
        main.scale * f.figure.value
        for f in own
        if main is not None and any(f.figure.matches(key) for key in main.keys)
    ]
    unit = main.unit if main is not None and shown else ""
    if name == "servicing fee":
        buyer = study.buyer.servicing_rate
        rate = study.pricing.servicing_rate if buyer is None else buyer
        shown, unit = [100.0 * rate], "% of receipts"
    elif name == "recovery lag":
        shown, unit = [float(study.buyer.onboarding_months)], "months"
    return {
        "unit": unit,
        "low": min(shown, default=math.nan),
        "high": max(shown, default=math.nan),
        "figures": len(own),
        "published": published,
        "state": _state(own, published),
        "source": "; ".join(dict.fromkeys(f.origin for f in own if f.origin)),
    }


def _state(own: list[SourcedFigure], published: int) -> str:
    if own and published == len(own):
        return "published"
    if published:
        return "partly"
    return "assumption" if any(f.origin for f in own) else "none"
