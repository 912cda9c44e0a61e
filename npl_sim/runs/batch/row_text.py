"""Result of a run of a batch in one line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.core.errors import counted
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
        parts.append(f"{counted(row.loans_quarantined, 'row')} in quarantine ({gbv})")
    for count, kind in ((row.errors, "error"), (row.warnings, "warning")):
        if count:
            parts.append(counted(count, kind))
    first = (
        row.top_issue
        if len(row.top_issue) <= LONGEST
        else f"{row.top_issue[:LONGEST].rstrip()}..."
    )
    return ", ".join(parts) + (f"; first: {first}" if first else "")


def row_text(row: Row) -> str:
    """Return the result of a run in one line."""
    if row.status == "failed":
        lines = row.message.splitlines()
        more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
        return f"failed: {lines[0]}{more}"
    unit = money_unit(max(abs(row.mean), row.gbv / 100.0), row.currency)
    when = "was done before" if row.status == "skipped" else f"done in {row.seconds:.1f} s"
    remark = row_remark(row)
    return (
        f"{when}; value {unit.show(row.mean)} {unit.name} ({percent(row.of_gbv, 2)} of GBV)"
        + (f", buyer's bid {unit.show(row.buyer_bid)}" if math.isfinite(row.buyer_bid) else "")
        + (f"; {remark}" if remark else "")
    )
