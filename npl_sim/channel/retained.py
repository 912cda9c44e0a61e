"""What of a package's risk stays with the bank. docs/channel.md section 7."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.channel.outcomes import Outcomes
from npl_sim.channel.run import ChannelRun, run_channel, run_lossless
from npl_sim.channel.statistics import Weighted, tail_weights, weighted_sum
from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.channel.terms.vehicles import BANK
from npl_sim.stats.jackknife import jackknife
from npl_sim.stats.risk import Estimate

__all__ = ["MEASURES", "VARIABILITY", "Retained", "retained_risk"]

VARIABILITY = ("standard deviation", "mean absolute deviation", "sum of p (x - mean)+", "range")
MEASURES = (
    "expected loss",
    *VARIABILITY,
    "expected shortfall below mean",
    "worst quantile below mean",
    "shortfall in the package's worst",
)
"""What is measured before and after the sale, in the order in which it is shown."""


@dataclass(frozen=True)
class Retained:
    """Risk before and after the sale.

    Attributes
    ----------
    run
        What everyone paid and got.
    before, after
        Present value for the bank if it keeps the package, and under the contract, shape (scenarios,).
        [package currency]
    reference
        What the package brings in a world without loss, before and after. [package currency]
    measures
        By measure: before, after [package currency], and share [share of 1].
    """

    run: ChannelRun
    before: np.ndarray
    after: np.ndarray
    reference: tuple[float, float]
    measures: dict[str, tuple[Estimate, Estimate, Estimate]]

    def share(self, measure: str) -> Estimate:
        """Return the share of a measure that stays with the bank."""
        return self.measures[measure][2]

    @property
    def variability(self) -> dict[str, float]:
        """Variability after over before, by statistic."""
        return {name: self.share(name).value for name in VARIABILITY}


def retained_risk(contract: ChannelContract, outcomes: Outcomes) -> Retained:
    """Carry out a contract and measure what stays with the bank.

    Parameters
    ----------
    contract
        The contract, without its side letter (see `ChannelContract.letter`).
    outcomes
        Cash of the package.
    """
    run = run_channel(contract, outcomes)
    amount = outcomes.face if contract.loss_reference == "face" else run.price
    lossless = run_lossless(contract, outcomes, run.price, amount)
    before, after = outcomes.present_value(run.keep), outcomes.present_value(run.cash[BANK])
    reference = (
        float(outcomes.present_value(lossless.keep)[0]),
        float(outcomes.present_value(lossless.cash[BANK])[0]),
    )
    measures = _measures(
        before, after, reference, outcomes, contract.tail_level, contract.confidence
    )
    return Retained(run, before, after, reference, measures)


def _measures(
    before: np.ndarray, after: np.ndarray, reference: tuple[float, float], outcomes: Outcomes, level: float,
    confidence: float,
) -> dict[str, tuple[Estimate, Estimate, Estimate]]:  # fmt: skip
    def statistics(rows: np.ndarray) -> dict[str, float]:
        probability = outcomes.among(rows)
        kept = Weighted(before[rows], probability, not outcomes.exact)
        left = Weighted(after[rows], probability, not outcomes.exact)
        worst = tail_weights(kept.values, probability, level)
        losing = probability * (kept.values < reference[0])
        result = {}
        for side, x, top in (("before", kept, reference[0]), ("after", left, reference[1])):
            values = (
                float(weighted_sum(losing, top - x.values)),
                x.sd,
                x.mad,
                x.above_mean,
                x.range,
                x.mean - x.shortfall(level),
                x.mean - x.quantile(level),
                x.mean - float(weighted_sum(worst, x.values)),
            )
            # What is nothing but rounding beside the amounts themselves is nothing.
            noise = 1e-12 * max(float(np.abs(x.values).max()), abs(top))
            result.update(
                {
                    f"{side} {name}": 0.0 if abs(v) <= noise else v
                    for name, v in zip(MEASURES, values, strict=True)
                }
            )
        for name in MEASURES:
            whole = result[f"before {name}"]
            result[f"share {name}"] = result[f"after {name}"] / whole if whole > 0.0 else math.nan
        return result

    found = jackknife(statistics, outcomes.scenarios, confidence, exact=outcomes.exact)
    for side in (
        "before",
        "after",
        "share",
    ):  # the extremes of a sample have no error that a sample could tell
        if not outcomes.exact:
            x = found[f"{side} range"]
            found[f"{side} range"] = Estimate(x.value, math.nan, -math.inf, math.inf, confidence)
    return {
        name: (found[f"before {name}"], found[f"after {name}"], found[f"share {name}"])
        for name in MEASURES
    }
