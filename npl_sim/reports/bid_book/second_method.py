"""Verdict on the difference between simulation and second method, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import fixed, percent

if TYPE_CHECKING:
    from npl_sim.analysis.independence import SecondOpinion


MOST = 4
"""Most differences that are named; the rest are counted."""


def verdict(second: SecondOpinion) -> str:
    """Return the verdict on the difference of the methods in words."""
    size = (
        ""
        if math.isnan(second.share)
        else _("{share} of the price, ").format(share=percent(second.share))
    )
    size += "" if math.isnan(second.z) else f"z {fixed(second.z, 1)}; "
    sentence = _("{size}flagged where |z| > {critical} and beyond {bound}").format(
        size=size, critical=fixed(second.critical, 1), bound=percent(second.bound)
    )
    found = (
        [_("FLAGGED: {differs}").format(differs=_named(second.differs))] if second.flagged else []
    )
    if second.unknown:
        found.append(
            _("error not known, so not determined: {unknown}").format(
                unknown=_named(second.unknown)
            )
        )
    if not found:
        return _(
            "{sentence}: the methods agree for the package, by segment and by kind of cash"
        ).format(sentence=sentence)
    return f"{sentence}: {'; '.join(found)}"


def _named(places: tuple[str, ...]) -> str:
    more = len(places) - MOST
    return ", ".join(places[:MOST]) + (_(" and {more} more").format(more=more) if more > 0 else "")
