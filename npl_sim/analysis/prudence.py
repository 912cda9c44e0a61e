"""Prudent value: the best estimate less margins by source, as for prudent valuation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.analysis.data_flags import Flag
from npl_sim.core.errors import of_kind
from npl_sim.valuation.margins import AddOn, Disagreement, SamplingError, StressEffect

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.valuation.price import PriceDistribution


@dataclass(frozen=True)
class PrudentValue:
    """Prudent value of a package and the steps to it."""

    best: float
    """Mean price. [package currency]"""
    data: float
    """Effect of stale and missing inputs, 0 or less. [package currency]"""
    margins: pd.DataFrame
    """Rows by source: source, form, amount (0 or more) and note. [package currency]"""
    combined: float
    """Margins, combined as the study says; NaN where one is not known. [package currency]"""
    cap: float | None
    """Quantile of the price that caps the value; None without a cap. [package currency]"""
    value: float
    """Best estimate with the effect of data, less the margins, capped. [package currency]"""


def prudent_value(
    study: Study,
    result: PriceDistribution,
    flags: tuple[Flag, ...],
    stresses: pd.DataFrame,
    second: float | None,
) -> PrudentValue:
    """Return the prudent value of a package.

    Parameters
    ----------
    study, result
        What was priced.
    flags
        Stale and missing inputs.
    stresses
        Rows stress and change (see `sensitivity.stress_table`). [package currency]
    second
        Value by the second method; None if it was not run. [package currency]
    """
    prudence, best = study.prudence, result.mean.value
    change = dict(zip(stresses["stress"], stresses["change"], strict=True))
    rows = []
    for margin in prudence.margins:
        note = ""
        if isinstance(margin, AddOn):
            form, amount = f"{margin.share:.1%} of the best estimate", margin.share * abs(best)
        elif isinstance(margin, StressEffect):
            form = f"{margin.weight:.0%} of the stress {margin.stress}"
            # A stress that the study already applies has no further effect.
            effect = change.get(margin.stress, 0.0)
            note = "already applied" if margin.stress in study.stress else ""
            amount = margin.weight * max(-effect, 0.0)
        elif isinstance(margin, SamplingError):
            form, amount = f"{margin.multiple:g} standard errors", margin.multiple * result.mean.se
            note = (
                ""
                if math.isfinite(amount)
                else "the error cannot be estimated: run more scenarios"
            )
        else:
            margin = of_kind(margin, Disagreement, "margin")
            form = f"{margin.weight:.0%} of what the second method is below"
            amount = margin.weight * max(best - second, 0.0) if second is not None else 0.0
            note = "" if second is not None else "the second method was not run"
        rows.append({"source": margin.source, "form": form, "amount": amount, "note": note})
    margins = pd.DataFrame(rows, columns=["source", "form", "amount", "note"])
    # A margin that is not known leaves the value undetermined: a sum that left it out would be too
    # high.
    amounts = margins["amount"].to_numpy(dtype=float)
    squares = prudence.combine == "root_sum_square"
    combined = math.sqrt(float((amounts**2).sum())) if squares else float(amounts.sum())
    # A correction that would raise the value is reported among the flags and not counted.
    data = sum(min(f.effect, 0.0) for f in flags if math.isfinite(f.effect))
    value = best + data - combined
    cap = None
    if prudence.quantile is not None:
        cap = result.sample.quantile(result.pv, prudence.quantile).value
        value = min(value, cap)
    return PrudentValue(best, data, margins, combined, cap, value)
