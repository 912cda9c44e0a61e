"""Names of cells, attributes and verdicts in reports on cash against the plan."""

from __future__ import annotations

import math

import pandas as pd

from npl_sim.analysis.track.attributes import NOT_STATED
from npl_sim.core.language import gettext as _
from npl_sim.reports.style import readable

ORDER = (
    "total", "costs", "month", "vintage", "product", "segment", "region", "stage", "servicer",
    "route", "kind",
)  # fmt: skip
"""Attributes in the order of reports."""


def attribute_title(attribute: str) -> str:
    """Return the title of the cells of an attribute."""
    return {
        "total": _("Receipts to date"),
        "costs": _("Costs to date"),
        "month": _("Receipts by month after the valuation date"),
        "vintage": _("Receipts to date by year of default"),
        "product": _("Receipts to date by product"),
        "segment": _("Receipts to date by segment"),
        "region": _("Receipts to date by region"),
        "stage": _("Receipts to date by stage at the valuation date"),
        "servicer": _("Receipts to date by servicer"),
        "route": _("Receipts to date by route"),
        "kind": _("Receipts to date by kind of cash"),
    }[attribute]


def attribute_name(attribute: str) -> str:
    """Return the name of an attribute, for the head of a column."""
    return {
        "total": _("Total"),
        "costs": _("Costs"),
        "month": _("Month"),
        "vintage": _("Year of default"),
        "product": _("Product"),
        "segment": _("Segment"),
        "region": _("Region"),
        "stage": _("Stage"),
        "servicer": _("Servicer"),
        "route": _("Route"),
        "kind": _("Kind of cash"),
    }[attribute]


def cell_name(attribute: str, name: str) -> str:
    """Return the name of one cell."""
    if name == NOT_STATED:
        return _("not stated")
    if attribute == "total":
        return _("all receipts")
    if attribute == "costs":
        return _("all costs")
    if attribute == "route":
        return route_name(name)
    return readable(name) if attribute in ("kind", "stage", "product") else name


def route_name(route: str) -> str:
    """Return the name of a route of cash."""
    return {
        "agreement": _("by agreement"),
        "court": _("through the court"),
        "insolvency": _("insolvency"),
        "sale": _("sale"),
    }[route]


def verdict(cell: pd.Series) -> str:
    """Return what a cell says of the plan."""
    if cell["alarm"]:
        below = cell["actual"] < cell["plan"]
        return _("ALARM: below plan") if below else _("ALARM: above plan")
    if cell["tested"]:
        return _("in line")
    small = cell["note"] == "too small to test"
    return _("too small to test") if small else _("not determined")


def reason(cells: pd.DataFrame) -> str:
    """Return why the cells of an attribute are not tested; empty where they are."""
    reasons = {
        "some loans have no servicer": _("not tested: some loans have no servicer"),
        "not determined: some cash states none": _("not tested: some cash states none"),
    }
    found = [reasons[note] for note in cells["note"].unique() if note in reasons]
    return found[0] if found else ""


def ratio_text(cell: pd.Series) -> str:
    """Return actual over plan with one standard deviation of the plan's scenarios."""
    if not math.isfinite(cell["ratio"]):
        return _("not determined")
    error = math.hypot(cell["spread"], cell["ratio_se"])
    return f"{cell['ratio']:.2f} ± {error:.2f}"
