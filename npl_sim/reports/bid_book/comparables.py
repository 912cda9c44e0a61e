"""Table of published comparables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from npl_sim.analysis.published import EVERY_COUNTRY
from npl_sim.core.language import gettext as _
from npl_sim.reports.table import Table, table_of

if TYPE_CHECKING:
    from npl_sim.analysis.comparables import Comparables


NAMES = {
    "price_of_gbv": "price / GBV",
    "price_of_principal": "price / principal",
    "recovery_of_gbv": "recovery / GBV",
}
"""Names of the measures in a table."""

OLDEST = 1200.0
"""Upper age of a published figure without an upper limit. [months]"""


def comparables_text(found: Comparables) -> str:
    """Return the result of the comparison in words."""
    inside = (
        _("the model lies within {inside} of {compared} published figures").format(
            inside=found.inside, compared=found.compared
        )
        if found.compared
        else ""
    )
    none = (
        _("no comparable for {missing}").format(missing="; ".join(found.missing))
        if found.missing
        else ""
    )
    countries = "" if found.place else _(EVERY_COUNTRY)
    sentences = [x for x in (inside or _("nothing was compared"), none, countries) if x]
    return "; ".join(sentences)


def comparables_table(found: Comparables) -> Table:
    """Return the classes of a package with published figures, their source and date."""
    rows = tuple(_row(row) for row in found.table.to_dict(orient="records"))
    return table_of(
        _("Published comparables"),
        "class [28] | measure [28] | loans [count] | model [share] | "
        "std error [fine] | published from [share] | to [share] | verdict [16] | "
        "outside by [share] | published by [32] | source [60]",
        rows,
        note=_("Other packages at other returns and dates, not a limit: {found}.").format(
            found=comparables_text(found)
        ),
        nothing=_("the package has no loans"),
    )


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    by = f"{row['publisher']}, {row['place']} {row['year']}" if row["source"] else "-"
    return (
        f"{row['segment']}, {row['security']}",
        _measure(row),
        row["loans"],
        row["model"],
        row["se"],
        row["low"],
        row["high"],
        row["verdict"],
        row["gap"],
        by,
        row["source"] or "-",
    )


def _measure(row: dict[str, Any]) -> str:
    name = NAMES.get(row["measure"], "-")
    name = _("average {name}").format(name=name) if row["statistic"] == "average" else name
    after = row["after_months"]
    if after == after:  # a number
        name += _(" after {after:.0f} months").format(after=after)
    first, _to, last = str(row["ages"]).partition(" to ")
    if not last:
        return name
    # The last age that a published figure can state means no limit.
    return (
        _("{name}, aged {first} months or more").format(name=name, first=first)
        if float(last) >= OLDEST
        else _("{name}, aged {ages} months").format(name=name, ages=row["ages"])
    )
