"""Verdict on the difference between simulation and second method, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
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
        sentence = _(
            "{sentence}: the methods agree for the package, by segment and by kind of cash"
        ).format(sentence=sentence)
    else:
        sentence = f"{sentence}: {'; '.join(found)}"
    missing = left_out(second)
    return f"{sentence}. {missing}" if missing else sentence


def left_out(second: SecondOpinion) -> str:
    """Return which loans are not compared, and their share; empty if all are."""
    out = second.left_out
    if not out.loans:
        return ""
    return ngettext(
        "Not compared: {count} loan in insolvency on the tape, {gbv} of GBV and {value} of the "
        "value",
        "Not compared: {count} loans in insolvency on the tape, {gbv} of GBV and {value} of the "
        "value",
        out.loans,
    ).format(count=f"{out.loans:,}", gbv=percent(out.gbv_share), value=percent(out.value_share))


def _named(places: tuple[str, ...]) -> str:
    more = len(places) - MOST
    return ", ".join(places[:MOST]) + (_(" and {more} more").format(more=more) if more > 0 else "")
