"""Result of a run of a batch in one line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.core.errors import counted
from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import money_unit, percent

if TYPE_CHECKING:
    from npl_sim.runs.batch.table import Row

LONGEST = 200
"""Length to which the most important issue of a run is cut. [characters]"""


def row_remark(row: Row) -> str:
    """Return warnings to read before the price of a run is used; empty if there are none."""
    parts = []
    if row.loans_quarantined:
        unit = money_unit(row.gbv_quarantined, row.currency)
        gbv = f"GBV {unit.show(row.gbv_quarantined)} {unit.name}"
        parts.append(
            _("{loans_quarantined} in quarantine ({gbv})").format(
                loans_quarantined=counted(row.loans_quarantined, "row"), gbv=gbv
            )
        )
    for count, kind in ((row.errors, "error"), (row.warnings, "warning")):
        if count:
            parts.append(counted(count, kind))
    first = (
        row.top_issue
        if len(row.top_issue) <= LONGEST
        else f"{row.top_issue[:LONGEST].rstrip()}..."
    )
    return ", ".join(parts) + (_("; first: {first}").format(first=first) if first else "")


def row_text(row: Row) -> str:
    """Return the result of a run in one line."""
    if row.status == "failed":
        lines = row.message.splitlines()
        more = (
            _(" (and {lines} more lines)").format(lines=len(lines) - 1) if len(lines) > 1 else ""
        )
        return _("failed: {lines}{more}").format(lines=lines[0], more=more)
    unit = money_unit(max(abs(row.mean), row.gbv / 100.0), row.currency)
    when = (
        _("was done before")
        if row.status == "skipped"
        else _("done in {seconds:.1f} s").format(seconds=row.seconds)
    )
    remark = row_remark(row)
    return (
        _("{when}; value {mean} {unit} ({of_gbv} of GBV)").format(
            when=when, mean=unit.show(row.mean), unit=unit.name, of_gbv=percent(row.of_gbv, 2)
        )
        + (
            _(", buyer's bid {buyer_bid}").format(buyer_bid=unit.show(row.buyer_bid))
            if math.isfinite(row.buyer_bid)
            else ""
        )
        + (f"; {remark}" if remark else "")
    )
