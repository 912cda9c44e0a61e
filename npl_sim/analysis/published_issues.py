"""Segments whose price or recovery is far outside the published range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.published import EVERY_COUNTRY, PublishedRange, figures_for, place_of
from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext as _

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

FAR = 1.5
"""Distance from the published range, as a multiple, beyond which a segment is reported."""

FEWEST = 10
"""Fewest loans of a segment that is compared with published figures. [loans]"""


def published_issues(study: Study, table: LoanTable, loans: pd.DataFrame) -> Iterator[Issue]:
    """Yield segments whose price or recovery is far outside the published range."""
    place = place_of(study.legal)
    secured = loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy()
    product = loans["product"].to_numpy(dtype=object)
    for measure, column, name in (
        ("price_of_gbv", "pv_mean", _("the price")),
        ("recovery_of_gbv", "received_mean", _("expected recovery, undiscounted,")),
    ):
        entries = figures_for(place, measure)
        for label, hit in _segments(entries, product, secured):
            known = [entry for entry in entries if _segment(entry) == label]
            gbv = float(loans["gbv"].to_numpy(dtype=np.float64)[hit].sum())
            if int(hit.sum()) < FEWEST or gbv <= 0.0:
                continue
            share = float(loans[column].to_numpy(dtype=np.float64)[hit].sum()) / gbv
            low, high = min(e.low for e in known), max(e.high for e in known)
            if low / FAR <= share <= high * FAR:
                continue
            side, entry = (
                (_("below"), min(known, key=lambda e: e.low))
                if share < low
                else (_("above"), max(known, key=lambda e: e.high))
            )
            where = "" if place else f"; {_(EVERY_COUNTRY)}"
            yield Issue(
                "warning",
                _("result, {label}").format(label=label),
                _("{name} is {share:.1%} of GBV, far {side} the published {entry}{where}").format(
                    name=name, share=share, side=side, entry=entry, where=where
                ),
                gbv,
            )


def _segment(entry: PublishedRange) -> str:
    """Return the name of the segment that an entry covers."""
    kind = ", ".join(entry.products) or _("all loans")
    return kind if entry.security == "any" else f"{kind}, {_(entry.security)}"


def _segments(
    entries: Sequence[PublishedRange], product: np.ndarray, secured: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each segment that entries cover, and which loans are in it."""
    for entry in {_segment(entry): entry for entry in entries}.values():
        hit = (
            np.isin(product, entry.products)
            if entry.products
            else np.ones(len(product), dtype=bool)
        )
        if entry.security != "any":
            hit &= secured == (entry.security == "secured")
        yield _segment(entry), hit
